import type { IncomingHttpHeaders } from 'node:http';

/** A request as it was, with the status that it got; 0 when the connection was cut instead. */
export interface SeenRequest {
  readonly requestId: string;
  readonly method: string;
  /** The target as it stood in the request line. */
  readonly target: string;
  /** The path of the route that it met, or null. */
  readonly route: string | null;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly status: number;
}

/** What is to happen instead of an answer, or before it. */
export interface Fault {
  /** Milliseconds to wait first. */
  readonly delay: number;
  readonly outcome:
    | { readonly kind: 'answer' }
    | { readonly kind: 'abort' }
    | { readonly kind: 'instead'; readonly status: number; readonly body: string };
}

/** Looks on, and gets in the way, for whoever tests against the server. Production has none. */
export interface Tap {
  /** What is to go wrong with a request to this route, or null. */
  fault(method: string, route: string): Fault | null;
  seen(request: SeenRequest): void;
}
