import type { AdapterTools } from '../core/provider.ts';
import { AppError } from '../errors.ts';

/** One call of an agency's server. */
export interface AgencyCall {
  readonly adapter: string;
  /** What is asked, for the log, as in `confirm`. */
  readonly step: string;
  /** Our id for the attempt, for the log. */
  readonly attemptId: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For each try, in milliseconds. */
  readonly timeout: number;
  /** For all tries together, in milliseconds. Default: no limit. */
  readonly total?: number;
  /** How often it may be asked again when no answer began, and until how long after the first try began. */
  readonly repeats: {
    readonly most: number;
    readonly within: number;
    /** Whether an answer of 500 or above counts as none. Default: false. */
    readonly afterServerErrors?: boolean;
  };
}

/** Bytes of an answer. */
const LONGEST_ANSWER = 65_536;
const UTF8_BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Posts to an agency and returns the body of its answer, without a BOM. Redirects are not followed. Rejects with
 * `provider_unavailable` when no answer began in time, and with `unreadable_answer` for a status other than 200, an
 * answer over 64 KiB, and one that was cut off: such a call is not repeated, because the agency may have counted it.
 */
export async function callAgency({ fetch, log }: AdapterTools, call: AgencyCall): Promise<Buffer> {
  const { adapter, step, attemptId, timeout, total = Number.POSITIVE_INFINITY, repeats } = call;
  const begun = performance.now();
  for (let tried = 0; ; tried += 1) {
    const asked = performance.now();
    const report = (status: number | string) =>
      log(
        status === 200 ? 'info' : 'warn',
        { adapter, step, attempt: attemptId, status, duration: Math.round(performance.now() - asked) },
        'an agency was asked',
      );
    const left = Math.max(0, Math.round(total - (asked - begun)));
    const signal = AbortSignal.timeout(Math.min(timeout, left));
    const mayRepeat = () => tried < repeats.most && performance.now() - begun < repeats.within;
    const answer = await post(fetch, call, signal).catch((cause: unknown) => {
      report('no answer');
      return cause instanceof Error ? cause : new Error(String(cause));
    });
    if (answer instanceof Error) {
      if (mayRepeat()) continue;
      throw new AppError('provider_unavailable', { detail: `${adapter} ${step}: no answer`, cause: answer });
    }
    report(answer.status);
    if (answer.status >= 500 && repeats.afterServerErrors === true && mayRepeat()) {
      await answer.body?.cancel();
      continue;
    }
    return readAnswer(answer).catch((cause: unknown) => {
      const detail = `${adapter} ${step}: ${cause instanceof AppError ? cause.detail : 'the answer was cut off'}`;
      throw new AppError('unreadable_answer', { detail, cause });
    });
  }
}

function post(fetch: AdapterTools['fetch'], { url, headers, body }: AgencyCall, signal: AbortSignal) {
  return fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
}

async function readAnswer(answer: Response): Promise<Buffer> {
  if (answer.status !== 200) {
    await answer.body?.cancel();
    throw new AppError('unreadable_answer', { detail: `status ${answer.status}` });
  }
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of answer.body ?? []) {
    length += part.length;
    if (length > LONGEST_ANSWER)
      throw new AppError('unreadable_answer', { detail: 'the answer is too long' });
    parts.push(part);
  }
  const body = Buffer.concat(parts);
  return body.subarray(0, 3).equals(UTF8_BOM) ? body.subarray(3) : body;
}
