import { setTimeout as sleep } from 'node:timers/promises';
import { CaseError, type GoldenCase, OWN_FOLDER, readCases } from './case-file.ts';
import { parseJson } from './compare.ts';
import { exchange, type RawAnswer, type Target } from './exchange.ts';
import type { KeyPair } from './placeholders.ts';
import { describe, playCase, type Stage } from './play.ts';
import { selectCase } from './select.ts';

export interface ConformanceOptions {
  readonly target: Target;
  readonly pair: KeyPair;
  /** Also runs the cases that may create, confirm or delete something. */
  readonly writes: boolean;
  /** Milliseconds between two cases. */
  readonly pause: number;
}

/** The result of one case. */
export interface CaseReport {
  readonly name: string;
  /** How sure the expectation is: `documented`, `recorded`, `client-derived` or `our choice`. */
  readonly grade: string;
  /** The rules of the contract that the case tests, and one sentence. */
  readonly why: string;
  readonly result: 'same' | 'different' | 'left out';
  /** The differences, or why the case was left out; tokens, the secret and personal members are masked. */
  readonly notes: readonly string[];
}

/** The server cannot be tested at all. */
export class UnusableServer extends Error {}

/** Runs every case that needs no control over the server, one after the other. Throws `UnusableServer`. */
export async function* runConformance(options: ConformanceOptions): AsyncGenerator<CaseReport> {
  const stage = createStage(options);
  await requireToken(options);
  for (const entry of readCases(OWN_FOLDER)) {
    const { name, golden } = entry;
    if (golden === null) {
      // An unreadable case is not run, and the report must say so.
      yield { name, grade: 'unknown', why: 'It cannot be read.', result: 'left out', notes: [entry.problem] };
      continue;
    }
    const selection = selectCase(golden, options.pair, options.writes);
    if (selection.golden === null) {
      yield report(golden, 'left out', [selection.reason]);
      continue;
    }
    if (options.pause > 0) await sleep(options.pause);
    const differences = await playCase(selection.golden, stage);
    yield report(
      golden,
      differences.length === 0 ? 'same' : 'different',
      differences.map((text) => mask(text, options.pair)),
    );
  }
}

/** The number of all cases. */
export function countCases(): number {
  return readCases(OWN_FOLDER).length;
}

function report(
  { name, grade, why }: GoldenCase,
  result: CaseReport['result'],
  notes: readonly string[],
): CaseReport {
  return { name, grade, why, result, notes };
}

function createStage({ target, pair }: ConformanceOptions): Stage {
  const refuse = () => Promise.reject(new CaseError('the server is not under control'));
  return {
    target,
    keyPair: (name) => (name === 'A1' ? pair : null),
    // The clock cannot be set; cases that depend on it were left out.
    setOffset: () => {},
    keepCertification: refuse,
    countRequests: refuse,
  };
}

/** With a wrong address or key pair every case would differ, which would say nothing about the server. */
async function requireToken({ target, pair }: ConformanceOptions): Promise<void> {
  const body = Buffer.from(JSON.stringify({ imp_key: pair.impKey, imp_secret: pair.impSecret }));
  let answer: RawAnswer;
  try {
    answer = await exchange(target, {
      method: 'POST',
      path: `${target.basePath}/users/getToken`,
      headers: [['Content-Type', 'application/json']],
      body,
      chunked: false,
      stayOpen: false,
    });
  } catch (error) {
    throw new UnusableServer(`${target.host}:${target.port} does not answer: ${mask(describe(error), pair)}`);
  }
  const { response, message } = (parseJson(answer.body) ?? {}) as Readonly<
    Record<string, { readonly access_token?: unknown } | string | null | undefined>
  >;
  const token = typeof response === 'object' ? response?.access_token : undefined;
  if (typeof token !== 'string')
    throw new UnusableServer(
      `${target.host}:${target.port} gives no access token for this key pair: status ${answer.status}` +
        (typeof message === 'string' ? `, ${message}` : ''),
    );
}

const PERSONAL =
  /("(?:name|phone|birthday|birth|carrier|unique_key|unique_in_site|merchant_uid)\\?"\s*:\s*)(?:\\?"(?:[^"\\]|\\(?!"))*\\?"|\d+)/g;

/** Masks what a report must not contain: access tokens, the secret, and personal members. */
function mask(text: string, { impSecret }: KeyPair): string {
  return text
    .replaceAll(impSecret, '(imp_secret)')
    .replace(/\b[0-9a-f]{40}\b/gi, '(access token)')
    .replace(PERSONAL, '$1"(masked)"');
}
