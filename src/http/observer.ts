import type { IncomingHttpHeaders } from 'node:http';
import type { ErrorCode } from '../errors.ts';

/** A request whose head has arrived, as metrics and traces see it. */
export interface ArrivedRequest {
  readonly requestId: string;
  /** As it was sent; may be any word. */
  readonly method: string;
  /** The path of the route, with `{…}` for its parameters; null without a route. */
  readonly route: string | null;
  /** The header of W3C Trace Context, as it was sent. */
  readonly traceparent: string | string[] | undefined;
}

/** The whole head, for who may see it: only the sandbox. */
export interface ArrivedHead extends ArrivedRequest {
  /** The raw target of the request line. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

export interface Answered {
  /** 0 when the connection was cut instead. */
  readonly status: number;
  /** The error that it was refused with; null for none. */
  readonly error: ErrorCode | null;
}

/** One request that is observed. */
export interface Observation {
  /** Runs the handler at once and returns its result. */
  run<T>(handle: () => Promise<T>): Promise<T>;
  /** Called once, when the answer has been handed to the connection. */
  end(answered: Answered): void;
}

/**
 * Hook around every request. Those of metrics and traces take an `ArrivedRequest`: no target, and no header but the
 * one of the trace.
 */
export interface Observer {
  begin(request: ArrivedHead): Observation;
  /** Called for bytes that are not a request. */
  refused(answered: Answered): void;
}

/** Combines observers into one, the first outermost; undefined for none, so that they cost a request nothing. */
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
