import {
  CaseError,
  type GoldenCase,
  type GoldenCertification,
  type GoldenOtpHistory,
  type GoldenRequest,
  type GoldenToken,
} from './case-file.ts';
import { checkEveryAnswer, compareAnswer, impUidOf, parseJson } from './compare.ts';
import { exchange, headerOf, type RawAnswer, type RawRequest, type Target } from './exchange.ts';
import { type FindKeyPair, type Kept, substitute } from './placeholders.ts';
import { goesTo } from './target.ts';

/** A server under test, and what the runner of the cases can do with it. */
export interface Stage {
  readonly target: Target;
  readonly keyPair: FindKeyPair;
  /** Sets the clock to `T0` plus this many seconds. */
  setOffset(offset: number): void;
  /** Stores a certification of a case. */
  keepCertification(row: GoldenCertification): Promise<void>;
  /** Makes the limiter count these earlier OTP requests. */
  countRequests(history: GoldenOtpHistory): Promise<void>;
  /** Called with every request and its answer, in order. */
  seen?(request: RawRequest, answer: RawAnswer): void;
}

/**
 * Runs a case and returns the differences as sentences; an empty list means that it passed. Every failure is a
 * difference; it never throws.
 */
export async function playCase(golden: GoldenCase, stage: Stage): Promise<readonly string[]> {
  const differences: string[] = [];
  try {
    await new Play(golden, stage, differences).run();
  } catch (error) {
    differences.push(describe(error));
  }
  return differences;
}

/** The message of an error. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof CaseError) return error.message;
  const cause = error.cause === undefined ? '' : ` (${describe(error.cause)})`;
  return `${error.name}: ${error.message}${cause}`;
}

class Play {
  readonly #golden: GoldenCase;
  readonly #stage: Stage;
  readonly #differences: string[];
  readonly #kept = new Map<string, string>();
  readonly #otpRequests = new Map<string, number>();

  constructor(golden: GoldenCase, stage: Stage, differences: string[]) {
    this.#golden = golden;
    this.#stage = stage;
    this.#differences = differences;
  }

  /** Order of preparation: tokens, certifications, OTP history, earlier steps; then the request itself at `T0`. */
  async run(): Promise<void> {
    const { given, request, response } = this.#golden;
    const tokens = Object.entries(given.tokens ?? {}).sort(([, a], [, b]) => a.issued - b.issued);
    for (const [name, token] of tokens) await this.#issueToken(name, token);

    this.#stage.setOffset(0);
    for (const row of given.certifications ?? []) {
      await this.#stage.keepCertification(row);
      this.#otpRequests.set(row.imp_uid, row.requested);
    }
    for (const history of given.otp_history ?? []) await this.#stage.countRequests(history);
    await this.#sendBefore();

    // Only if the client keeps the connection open, `Connection: close` in an answer is the server's own decision.
    const stayOpen = Object.keys(response.headers ?? {}).some((name) => name.toLowerCase() === 'connection');
    const answer = await this.#send(request, 0, '', stayOpen);
    const expectations = {
      kept: this.#kept,
      tokenNames: tokens.map(([name]) => name),
      otpRequestedAt: (impUid: string) => this.#otpRequests.get(impUid) ?? null,
    };
    this.#differences.push(...compareAnswer(answer, response, expectations));
  }

  async #issueToken(name: string, { key, issued, again = [] }: GoldenToken): Promise<void> {
    const pair = this.#stage.keyPair(key);
    if (pair === null) throw new CaseError(`there is no key pair "${key}" in the world`);
    const request: GoldenRequest = {
      method: 'POST',
      path: `${this.#golden.given.base_path ?? ''}/users/getToken`,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ imp_key: pair.impKey, imp_secret: pair.impSecret }),
    };
    for (const offset of [issued, ...again]) {
      const label = `token "${name}" at ${offset}`;
      const answer = await this.#send(request, offset, `${label}: `);
      this.#expectStatus(label, answer, 200);
      if (offset === issued && !this.#kept.has(name)) this.#keep(label, answer, name, 'access_token');
    }
  }

  async #sendBefore(): Promise<void> {
    for (const [index, step] of (this.#golden.given.before ?? []).entries()) {
      const label = `before[${index}]`;
      const answer = await this.#send(step.request, step.at, `${label}: `);
      this.#expectStatus(label, answer, step.status);
      for (const [name, member] of Object.entries(step.keep ?? {})) this.#keep(label, answer, name, member);
    }
  }

  async #send(request: GoldenRequest, at: number, label: string, stayOpen = false): Promise<RawAnswer> {
    const { mode = 'dev', cors_origins = [] } = this.#golden.given;
    const basePath = this.#stage.target.basePath + (this.#golden.given.base_path ?? '');
    const raw = toRaw(request, this.#kept, this.#stage, stayOpen);
    this.#stage.setOffset(at);
    const answer = await exchange(this.#stage.target, raw);
    this.#stage.seen?.(raw, answer);
    const differences = checkEveryAnswer(answer, {
      method: raw.method,
      mode,
      corsOrigins: cors_origins,
      origin: headerOf(raw, 'origin'),
      toPublicList: goesTo(raw.path, basePath, '/users/pg/{userCode}'),
    });
    this.#differences.push(...differences.map((difference) => label + difference));
    const impUid = impUidOf(parseJson(answer.body));
    if (impUid !== null && goesTo(raw.path, basePath, '/certifications/otp/request'))
      this.#otpRequests.set(impUid, at);
    return answer;
  }

  #expectStatus(label: string, { status, body }: RawAnswer, expected: number): void {
    if (status !== expected)
      throw new CaseError(
        `${label}: expected status ${expected}, came ${status} with ${body.toString('latin1')}`,
      );
  }

  #keep(label: string, { body }: RawAnswer, name: string, member: string): void {
    const parsed = parseJson(body) as { response?: Record<string, unknown> | null } | undefined;
    const value = parsed?.response?.[member];
    if (typeof value !== 'string')
      throw new CaseError(`${label}: its answer has no text "${member}" to keep as {{${name}}}`);
    this.#kept.set(name, value);
  }
}

/** The request of a case with its placeholders filled in. */
function toRaw(
  request: GoldenRequest,
  kept: Kept,
  { target, keyPair }: Stage,
  stayOpen: boolean,
): RawRequest {
  const { body = null, body_base64: base64, transfer } = request;
  if (body !== null && base64 !== undefined) throw new CaseError('a request has body and body_base64');
  const text = body === null ? null : Buffer.from(substitute(body, kept, keyPair), 'utf8');
  const bytes = base64 === undefined ? text : Buffer.from(base64, 'base64');
  if (transfer === 'chunked' && bytes === null) throw new CaseError('a chunked request has no body');
  const headers = Object.entries(request.headers ?? {}).map(
    ([name, value]) => [name, substitute(value, kept, keyPair)] as const,
  );
  const connection = headerOf({ headers }, 'connection');
  return {
    method: request.method,
    path: target.basePath + substitute(request.path, kept, keyPair),
    headers,
    body: bytes,
    chunked: transfer === 'chunked',
    stayOpen: connection === null ? stayOpen : !/close/i.test(connection),
  };
}
