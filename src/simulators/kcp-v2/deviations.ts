import type { IncomingMessage, ServerResponse } from 'node:http';

export type Step = 'register' | 'query';

/** What the simulator does at a step instead of its best. */
export interface Deviation {
  /** Members of the answer instead; undefined leaves one out. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** Members of the encrypted payload instead; only for `query`. */
  readonly payload?: Readonly<Record<string, unknown>>;
  /** These bytes instead of the answer. */
  readonly body?: string | Uint8Array;
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

/** Deviations that were asked for, in this order at each step. */
export class Script {
  readonly #waiting: { readonly step: Step; readonly deviation: Deviation; times: number }[] = [];

  add(step: Step, deviation: Deviation, times: number): void {
    this.#waiting.push({ step, deviation, times });
  }

  clear(): void {
    this.#waiting.length = 0;
  }

  take(step: Step): Deviation {
    const at = this.#waiting.findIndex((each) => each.step === step);
    const next = this.#waiting[at];
    if (next === undefined) return {};
    next.times -= 1;
    if (next.times <= 0) this.#waiting.splice(at, 1);
    return next.deviation;
  }
}

/** Sends an answer with a deviation. */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Readonly<Record<string, unknown>>,
  deviation: Deviation,
): Promise<void> {
  const { members, breaks, body = JSON.stringify({ ...answer, ...members }), delay = 0 } = deviation;
  if (breaks === 'after') return reset(request);
  if (breaks === 'never') return;
  if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
  const bytes = Buffer.from(body);
  response.statusCode = deviation.status ?? 200;
  if (deviation.location !== undefined) response.setHeader('Location', deviation.location);
  response.setHeader('Content-Type', deviation.contentType ?? 'application/json;charset=UTF-8');
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
