import { CaseError, type GoldenResponse, timeAt } from './case-file.ts';
import { headerOf, type RawAnswer } from './exchange.ts';
import { type Kept, placeholderName } from './placeholders.ts';

/*
 * Sections 5 and 6 of cases/v1/README.md. Every function returns the differences as sentences; an empty list means that
 * there are none.
 */

/** What determines the form of any answer, apart from what its case expects. */
export interface Situation {
  readonly method: string;
  readonly mode: 'dev' | 'serve';
  readonly corsOrigins: readonly string[];
  /** The request's `Origin`. */
  readonly origin: string | null;
  /** Whether the request was for `/users/pg/{userCode}`: open to every page, with its own envelope. */
  readonly toPublicList: boolean;
}

/** The values of placeholders in an expected body. */
export interface Expectations {
  readonly kept: Kept;
  /** Names in `kept` whose values are access tokens. */
  readonly tokenNames: readonly string[];
  /** Offset of the OTP request that created a certification, or null. */
  readonly otpRequestedAt: (impUid: string) => number | null;
}

/** How much a server's clock may differ from ours, in seconds. */
const CLOCK_TOLERANCE = 300;
const TOKEN_LIFE = 1800;

const CONTENT_TYPE = 'application/json; charset=UTF-8';

const show = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

function differ(what: string, expected: unknown, came: unknown): string {
  return `${what}: expected ${show(expected)}, came ${show(came)}`;
}

/** The differences between an answer and what its case expects. */
export function compareAnswer(
  answer: RawAnswer,
  expected: GoldenResponse,
  expectations: Expectations,
): string[] {
  const differences: string[] = [];
  if (answer.status !== expected.status) differences.push(differ('status', expected.status, answer.status));
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    const came = headerOf(answer, name);
    if (came !== value) differences.push(differ(`header ${name}`, value ?? undefined, came ?? undefined));
  }
  differences.push(...compareBody(answer.body, expected.body, expectations));
  for (const text of expected.raw ?? [])
    if (!answer.body.includes(Buffer.from(text, 'utf8')))
      differences.push(`raw body: ${show(text)} does not occur in ${show(answer.body.toString('latin1'))}`);
  return differences;
}

function compareBody(body: Buffer, expected: unknown, expectations: Expectations): string[] {
  if (expected === null)
    return body.length === 0 ? [] : [`body: expected no bytes, came ${show(body.toString('latin1'))}`];
  const parsed = parseJson(body);
  if (parsed === undefined) return [`body: expected JSON, came ${show(body.toString('latin1'))}`];
  const match: TextMatch = (name, came) => matchPlaceholder(name, came, parsed, expectations);
  return compareJson('body', expected, parsed, match);
}

/** Describes a text that does not match its placeholder; null when it matches. */
type TextMatch = (placeholder: string, came: unknown) => string | null;

function compareJson(at: string, expected: unknown, came: unknown, match: TextMatch): string[] {
  if (typeof expected === 'string') {
    const placeholder = placeholderName(expected);
    if (placeholder !== null) {
      const reason = match(placeholder, came);
      return reason === null ? [] : [`${at}: expected {{${placeholder}}} (${reason}), came ${show(came)}`];
    }
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(came)) return [differ(at, expected, came)];
    const differences = expected.flatMap((element, index) =>
      index < came.length ? compareJson(`${at}[${index}]`, element, came[index], match) : [],
    );
    if (came.length !== expected.length)
      differences.push(differ(`${at}: number of elements`, expected.length, came.length));
    return differences;
  }
  if (isObject(expected)) {
    if (!isObject(came)) return [differ(at, expected, came)];
    return compareMembers(at, expected, came, match);
  }
  return expected === came ? [] : [differ(at, expected, came)];
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function compareMembers(at: string, expected: JsonObject, came: JsonObject, match: TextMatch): string[] {
  const differences: string[] = [];
  for (const [name, value] of Object.entries(expected)) {
    if (!Object.hasOwn(came, name)) differences.push(`${at}.${name}: expected ${show(value)}, is absent`);
    else differences.push(...compareJson(`${at}.${name}`, value, came[name], match));
  }
  for (const [name, value] of Object.entries(came))
    if (!Object.hasOwn(expected, name))
      differences.push(`${at}.${name}: expected to be absent, came ${show(value)}`);
  const wanted = Object.keys(expected).filter((name) => Object.hasOwn(came, name));
  const found = Object.keys(came).filter((name) => Object.hasOwn(expected, name));
  if (wanted.join('\n') !== found.join('\n'))
    differences.push(`${at}: order of members: expected ${wanted.join(', ')}; came ${found.join(', ')}`);
  return differences;
}

function matchPlaceholder(
  name: string,
  came: unknown,
  body: unknown,
  { kept, tokenNames, otpRequestedAt }: Expectations,
): string | null {
  const text = typeof came === 'string' ? came : '';
  const value = kept.get(name);
  if (value !== undefined) return came === value ? null : `here ${show(value)}`;
  switch (name) {
    case 'hex40':
      return /^[0-9a-f]{40}$/.test(text) ? null : '40 hex digits';
    case 'new_token':
      if (!/^[0-9a-f]{40}$/.test(text)) return '40 hex digits';
      return tokenNames.some((token) => kept.get(token) === text) ? 'none of the tokens issued before' : null;
    case 'imp_uid':
      return /^imp_[0-9]{12}$/.test(text) ? null : 'imp_ and 12 digits';
    case 'pg_tid:danal': {
      const impUid = impUidOf(body);
      const requested = impUid === null ? null : otpRequestedAt(impUid);
      if (requested === null) return 'whose OTP request is not known';
      const stamp = stampInSeoul(requested);
      return /^[0-9]{21}010$/.test(text) && text.startsWith(stamp) ? null : `${stamp}, 7 digits, 010`;
    }
    case 'pg_tid:kcp_v2':
      return [...text].length >= 1 && [...text].length <= 50 ? null : 'a text of 1 to 50 characters';
    case 'now':
      return Number.isInteger(came) && Math.abs(Number(came) - Date.now() / 1000) <= CLOCK_TOLERANCE
        ? null
        : `whole seconds, at most ${CLOCK_TOLERANCE} from the clock here`;
    case 'expired_at': {
      const now = isObject(body) && isObject(body['response']) ? Number(body['response']['now']) : Number.NaN;
      const left = Number(came) - now;
      return Number.isInteger(came) && left > 0 && left <= TOKEN_LIFE
        ? null
        : `1 to ${TOKEN_LIFE} seconds after now`;
    }
    default:
      throw new CaseError(`unknown placeholder {{${name}}} in the expected body`);
  }
}

/** The `imp_uid` in an answer. */
export function impUidOf(body: unknown): string | null {
  const response = isObject(body) ? body['response'] : null;
  const impUid = isObject(response) ? response['imp_uid'] : null;
  return typeof impUid === 'string' ? impUid : null;
}

function stampInSeoul(offset: number): string {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'Asia/Seoul',
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  return parts.format(timeAt(offset)).replace(/\D/g, '');
}

/** The JSON value of a body; undefined when it is not JSON. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Checks the rules that hold for every answer, and returns the differences. */
export function checkEveryAnswer(answer: RawAnswer, situation: Situation): string[] {
  return [
    ...checkTransfer(answer, situation),
    ...(answer.body.length === 0 ? [] : [...checkBytes(answer.body), ...checkEnvelope(answer, situation)]),
    ...checkFixedHeaders(answer),
    ...checkCors(answer, situation),
  ];
}

function checkTransfer(answer: RawAnswer, { method }: Situation): string[] {
  const differences: string[] = [];
  const { body, status } = answer;
  const type = headerOf(answer, 'content-type');
  if ((body.length > 0 || method === 'HEAD') && type !== CONTENT_TYPE)
    differences.push(differ('T1: content-type', CONTENT_TYPE, type ?? undefined));
  const length = headerOf(answer, 'content-length');
  if (method === 'HEAD') {
    // The length of the answer to GET is unknown here; cases contain the number.
    if (length === null || !/^\d+$/.test(length))
      differences.push(differ('T2: content-length', 'a number', length ?? undefined));
    if (body.length > 0) differences.push(`R7: HEAD is answered with ${body.length} bytes of body`);
  } else if (length !== String(body.length) && !(status === 204 && length === null && body.length === 0))
    differences.push(differ('T2: content-length', String(body.length), length ?? undefined));
  return [
    ...differences,
    ...checkAbsent(answer, 'T2', 'transfer-encoding'),
    ...checkAbsent(answer, 'T3', 'content-encoding'),
  ];
}

function checkAbsent(answer: RawAnswer, rule: string, name: string): string[] {
  const came = headerOf(answer, name);
  return came === null ? [] : [differ(`${rule}: ${name}`, undefined, came)];
}

function checkBytes(body: Buffer): string[] {
  const differences: string[] = [];
  const high = body.findIndex((byte) => byte >= 0x80);
  if (high !== -1)
    differences.push(`T4: byte ${high} of the body is 0x${body[high]?.toString(16)}, not ASCII`);
  const text = body.toString('latin1');
  if (!text.startsWith('{')) differences.push(differ('T4: first character', '{', text[0]));
  if (!text.endsWith('}')) differences.push(differ('T4: last character', '}', text.at(-1)));
  const parsed = parseJson(body);
  // This is also the only check that notices a repeated member.
  if (high === -1 && parsed !== undefined && text !== compactAscii(parsed))
    differences.push(differ('T4: compact JSON in ASCII with / as \\/', compactAscii(parsed), text));
  return differences;
}

function compactAscii(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('/', '\\/')
    .replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Rule T5; or P1, which only holds for successful answers of the public list. */
function checkEnvelope({ status, body }: RawAnswer, { toPublicList }: Situation): string[] {
  const parsed = parseJson(body);
  if (!isObject(parsed)) return [`T5: the body is not a JSON object: ${show(body.toString('latin1'))}`];
  const listed = toPublicList && status === 200;
  const rule = listed ? 'P1' : 'T5';
  const [codeName, textName, contentName] = listed
    ? (['code', 'msg', 'data'] as const)
    : (['code', 'message', 'response'] as const);
  const names = `${codeName}, ${textName}, ${contentName}`;
  const found = Object.keys(parsed).join(', ');
  if (found !== names) return [differ(`${rule}: members`, names, found)];

  const code = parsed[codeName];
  const text = parsed[textName];
  const content = parsed[contentName];
  const differences: string[] = [];
  const check = (what: string, right: boolean, came: unknown) => {
    if (!right) differences.push(`${rule}: with status ${status} ${what}, came ${show(came)}`);
  };
  const filled = typeof text === 'string' && text !== '';
  if (listed) {
    check('code is 0 or -1', code === 0 || code === -1, code);
    check('msg is "ok" or says why not', code === 0 ? text === 'ok' : filled, text);
    check('data is a list', Array.isArray(content), content);
  } else if (status === 200) {
    check('code is 0', code === 0, code);
    check('message is null', text === null, text);
    check('response is an object', isObject(content), content);
  } else {
    check('code is -1', code === -1, code);
    check('message is a text', filled, text);
    check('response is null', content === null, content);
  }
  return differences;
}

function checkFixedHeaders(answer: RawAnswer): string[] {
  const fixed: (readonly [rule: string, name: string, value: string])[] = [
    ['T8', 'cache-control', 'no-store'],
    ['T8', 'x-content-type-options', 'nosniff'],
  ];
  if (answer.status === 401) fixed.push(['T9', 'www-authenticate', 'Bearer realm="bonin"']);
  return [
    ...fixed.flatMap(([rule, name, value]) => {
      const came = headerOf(answer, name);
      return came === value ? [] : [differ(`${rule}: ${name}`, value, came ?? undefined)];
    }),
    ...checkAbsent(answer, 'T8', 'server'),
    ...checkAbsent(answer, 'T8', 'x-powered-by'),
  ];
}

function checkCors(answer: RawAnswer, { mode, corsOrigins, origin, toPublicList }: Situation): string[] {
  const never = checkAbsent(answer, 'R9', 'access-control-allow-credentials');
  const allowed = headerOf(answer, 'access-control-allow-origin');
  if (mode === 'dev' || toPublicList)
    return allowed === '*'
      ? never
      : [...never, differ('R9: access-control-allow-origin', '*', allowed ?? undefined)];
  if (origin !== null && corsOrigins.includes(origin)) {
    if (allowed !== origin)
      never.push(differ('R10: access-control-allow-origin', origin, allowed ?? undefined));
    const vary = headerOf(answer, 'vary');
    if (!/(^|,)\s*origin\s*(,|$)/i.test(vary ?? ''))
      never.push(differ('R10: vary', 'Origin', vary ?? undefined));
    return never;
  }
  for (const [name, value] of answer.headers)
    if (/^access-control-/i.test(name)) never.push(differ(`R10: ${name.toLowerCase()}`, undefined, value));
  return never;
}
