import type { IncomingMessage, ServerResponse } from 'node:http';

/** How the transport of an answer can differ from the usual. */
export interface TransportDeviation {
  readonly status?: number;
  readonly location?: string;
  readonly contentType?: string;
  /** In milliseconds. */
  readonly delay?: number;
  /**
   * The connection is reset: `before` the request is looked at, `after` it was but without an answer, in the middle of
   * the answer (`half`), or at once after it (`behind`). `never`: no answer comes, until the client gives up.
   */
  readonly breaks?: 'before' | 'after' | 'half' | 'behind' | 'never';
}

/** Deviations that were asked for, once or more often, in this order at each step of a protocol. */
export class Script<Step extends string, Deviation extends TransportDeviation> {
  readonly #waiting: { readonly step: Step; readonly deviation: Deviation; times: number }[] = [];

  add(step: Step, deviation: Deviation, times: number): void {
    this.#waiting.push({ step, deviation, times });
  }

  clear(): void {
    this.#waiting.length = 0;
  }

  /** The next deviation at a step; null for the usual answer. */
  take(step: Step): Deviation | null {
    const at = this.#waiting.findIndex((each) => each.step === step);
    const next = this.#waiting[at];
    if (next === undefined) return null;
    next.times -= 1;
    if (next.times <= 0) this.#waiting.splice(at, 1);
    return next.deviation;
  }
}

/** Sends an answer with a deviation. */
export async function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Uint8Array,
  { breaks, status = 200, location, contentType = 'text/plain', delay = 0 }: TransportDeviation,
): Promise<void> {
  if (breaks === 'after') return reset(request);
  if (breaks === 'never') return;
  if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
  response.statusCode = status;
  if (location !== undefined) response.setHeader('Location', location);
  response.setHeader('Content-Type', contentType);
  response.setHeader('Content-Length', bytes.length);
  const cut = () => {
    // What was written has to arrive before the connection ends.
    setTimeout(() => request.socket.destroy(), 20);
  };
  if (breaks === 'half') response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), cut);
  else response.end(bytes, breaks === 'behind' ? cut : undefined);
}

export function reset(request: IncomingMessage): void {
  request.socket.resetAndDestroy();
}
