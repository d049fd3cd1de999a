import type { IncomingHttpHeaders } from 'node:http';
import type { HeaderList } from './answers.ts';
import type { PathParameters } from './routes.ts';

/** A request with the status of its answer; 0 when the connection was cut instead. */
export interface SeenRequest {
  readonly requestId: string;
  readonly method: string;
  /** The raw target of the request line. */
  readonly target: string;
  /** The path of its route, or null. */
  readonly route: string | null;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly status: number;
}

/** What happens instead of an answer, or before it. */
export interface Fault {
  /** Milliseconds to wait first. */
  readonly delay: number;
  readonly outcome:
    | { readonly kind: 'answer' }
    | { readonly kind: 'abort' }
    | {
        readonly kind: 'instead';
        readonly status: number;
        readonly body: Uint8Array;
        /** Name, value, name, value, …; each replaces the usual header of its name. */
        readonly headers: HeaderList;
      };
}

/** Hook for tests against the server: sees requests and can make them fail. Production has none. */
export interface Tap {
  /** The fault for a request to this route, or null. `parameters` are those of its path, decoded. */
  fault(method: string, route: string, parameters: PathParameters): Fault | null;
  seen(request: SeenRequest): void;
}
