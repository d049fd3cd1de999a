import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Fields, WireCharset } from './wire.ts';

/** What the simulator does at a step instead of its best. */
export interface Deviation {
  /** This code, with the TID that failures have too. */
  readonly code?: string;
  /** These fields instead; null leaves one out. */
  readonly fields?: Readonly<Record<string, string | null>>;
  /** These bytes instead. */
  readonly body?: string | Buffer;
  readonly status?: number;
  readonly location?: string;
  readonly contentType?: string;
  readonly charset?: WireCharset;
  /** In milliseconds. */
  readonly delay?: number;
  /**
   * The connection is reset: `before` the request is looked at, `after` it was but without an answer, in the middle of
   * the answer (`half`). `never`: no answer comes, until the client gives up.
   */
  readonly breaks?: 'before' | 'after' | 'half' | 'never';
}

export type Step = 'ITEMSEND' | 'CONFIRM';

/** Deviations that were asked for, once or more often, in this order at each step. */
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

/** The fields of an answer with a deviation. */
export function bend(answer: Fields, { code, fields = {} }: Deviation): Fields {
  if (code !== undefined) return { ...pick(answer, ['TID']), RETURNCODE: code, RETURNMSG: '오류' };
  const changed = Object.entries({ ...answer, ...fields });
  return Object.fromEntries(changed.filter((pair): pair is [string, string] => pair[1] !== null));
}

function pick(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
}

/** Sends an answer with a deviation. */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Buffer,
  { breaks, body = answer, status = 200, location, contentType = 'text/plain', delay = 0 }: Deviation,
): Promise<void> {
  if (breaks === 'after') return reset(request);
  if (breaks === 'never') return;
  if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
  const bytes = Buffer.from(body);
  response.statusCode = status;
  if (location !== undefined) response.setHeader('Location', location);
  response.setHeader('Content-Type', contentType);
  if (breaks !== 'half') return void response.end(bytes);
  response.setHeader('Content-Length', bytes.length);
  response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => {
    // What was written has to arrive before the connection ends.
    setTimeout(() => request.socket.destroy(), 20);
  });
}

export function reset(request: IncomingMessage): void {
  request.socket.resetAndDestroy();
}
