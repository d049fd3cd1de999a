import type { ErrorCode } from '../errors.ts';

/** A request whose head has arrived. */
export interface ArrivedRequest {
  readonly requestId: string;
  /** As it was sent: any word. */
  readonly method: string;
  /** The path of the route that it meets, with `{…}` for what varies; null for none. */
  readonly route: string | null;
  /** The header of W3C Trace Context, as it was sent. */
  readonly traceparent: string | string[] | undefined;
}

export interface Answered {
  /** 0 when the connection was cut instead. */
  readonly status: number;
  /** Why it was refused; null when it was not. */
  readonly error: ErrorCode | null;
}

/** One request that is looked on. */
export interface Observation {
  /** Runs its handler, at once, and hands on what comes of it. */
  run<T>(handle: () => Promise<T>): Promise<T>;
  /** Told once, when the answer has been handed to the connection. */
  end(answered: Answered): void;
}

/** Hook for metrics and tracing. Sees no target, no body and no header but the one of the trace. */
export interface Observer {
  begin(request: ArrivedRequest): Observation;
  /** Told of bytes that were no request. */
  refused(answered: Answered): void;
}

/** Several observers as one, the first outermost; undefined for none, so that a request has no work with them. */
export function joinObservers(observers: readonly Observer[]): Observer | undefined {
  const [first, ...others] = observers;
  const rest = first === undefined ? undefined : joinObservers(others);
  if (first === undefined || rest === undefined) return first;
  return {
    begin(request) {
      const outer = first.begin(request);
      const inner = rest.begin(request);
      return {
        run: (handle) => outer.run(() => inner.run(handle)),
        end(answered) {
          inner.end(answered);
          outer.end(answered);
        },
      };
    },
    refused(answered) {
      first.refused(answered);
      rest.refused(answered);
    },
  };
}
