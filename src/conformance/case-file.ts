/*
 * A golden case as it stands in its file. The members carry the names of the file, which cases/v1/README.md
 * defines; what that page does not define makes a case invalid, so that no typing error passes as a success.
 */

export interface GoldenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | null;
  readonly body_base64?: string;
  readonly transfer?: 'chunked';
}

export interface GoldenResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly body: unknown;
  readonly raw?: readonly string[];
}

export interface GoldenPerson {
  readonly name: string;
  readonly birthday: string;
  readonly gender: 'male' | 'female' | null;
  readonly foreigner: boolean | null;
  readonly phone: string | null;
  readonly carrier: string | null;
}

export interface GoldenCertification {
  readonly imp_uid: string;
  readonly merchant_uid: string;
  readonly channel: string;
  readonly kind: 'page' | 'otp';
  readonly state: 'pending' | 'certified' | 'failed' | 'expired' | 'erased';
  readonly reason?: 'tries' | 'mismatch';
  readonly origin?: string | null;
  readonly requested: number;
  readonly certified_at?: number;
  readonly person?: string | GoldenPerson;
  readonly pg_tid?: string | null;
  readonly no_ci?: boolean;
  readonly otp?: { readonly code: string; readonly sent: number; readonly wrong: number };
  readonly method?: 'SMS' | 'APP';
  readonly app?: 'waiting' | 'approved';
}

/** OTP requests that the limiter has counted already; `phone` null: each for a different number. */
export interface GoldenOtpHistory {
  readonly phone: string | null;
  readonly merchant: string;
  readonly first: number;
  readonly every: number;
  readonly times: number;
}

export interface GoldenToken {
  readonly key: string;
  readonly issued: number;
  readonly again?: readonly number[];
}

export interface GoldenStep {
  readonly at: number;
  readonly request: GoldenRequest;
  readonly status: number;
  readonly keep?: Readonly<Record<string, string>>;
}

export interface GoldenGiven {
  readonly mode?: 'dev' | 'serve';
  readonly base_path?: string;
  readonly cors_origins?: readonly string[];
  readonly tokens?: Readonly<Record<string, GoldenToken>>;
  readonly certifications?: readonly GoldenCertification[];
  readonly otp_history?: readonly GoldenOtpHistory[];
  readonly provider?: Readonly<Partial<Record<'request' | 'confirm', string | readonly string[]>>>;
  readonly before?: readonly GoldenStep[];
}

export interface GoldenCase {
  readonly name: string;
  readonly given: GoldenGiven;
  readonly request: GoldenRequest;
  readonly response: GoldenResponse;
  readonly grade: string;
  readonly why: string;
}

/** `T0` of the cases in seconds: 2025-03-14T10:20:00+09:00. */
const T0 = 1_741_915_200;

/** Milliseconds since the epoch of an offset in a case. */
export function timeAt(offset: number): number {
  return (T0 + offset) * 1000;
}

/** The case itself cannot be run as it is written, or its preparation did not come out as it says. */
export class CaseError extends Error {}

type Check = (value: unknown, at: string) => void;

function refuse(at: string, reason: string): never {
  throw new CaseError(`${at} ${reason}`);
}

const anything: Check = () => {};

const text: Check = (value, at) => {
  if (typeof value !== 'string') refuse(at, 'must be a text');
};

const number: Check = (value, at) => {
  if (typeof value !== 'number') refuse(at, 'must be a number');
};

const flag: Check = (value, at) => {
  if (typeof value !== 'boolean') refuse(at, 'must be true or false');
};

function orNull(check: Check): Check {
  return (value, at) => {
    if (value !== null) check(value, at);
  };
}

function oneOf(...allowed: readonly string[]): Check {
  return (value, at) => {
    if (!allowed.some((one) => one === value)) refuse(at, `must be one of ${allowed.join(', ')}`);
  };
}

function listOf(check: Check): Check {
  return (value, at) => {
    if (!Array.isArray(value)) refuse(at, 'must be a list');
    for (const [index, element] of value.entries()) check(element, `${at}[${index}]`);
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapOf(check: Check): Check {
  return (value, at) => {
    if (!isObject(value)) refuse(at, 'must be an object');
    for (const [name, member] of Object.entries(value)) check(member, `${at}.${name}`);
  };
}

/** An object with these members and no others. */
function members(
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): Check {
  const known = new Map([...Object.entries(required), ...Object.entries(optional)]);
  return (value, at) => {
    if (!isObject(value)) refuse(at, 'must be an object');
    for (const name of Object.keys(required))
      if (!Object.hasOwn(value, name)) refuse(at, `has no member "${name}"`);
    for (const [name, member] of Object.entries(value)) {
      const check = known.get(name) ?? refuse(at, `has the unknown member "${name}"`);
      check(member, `${at}.${name}`);
    }
  };
}

const request = members(
  { method: text, path: text },
  {
    headers: mapOf(text),
    body: orNull(text),
    body_base64: (value, at) => {
      if (typeof value !== 'string' || Buffer.from(value, 'base64').toString('base64') !== value)
        refuse(at, 'must be base64');
    },
    transfer: oneOf('chunked'),
  },
);

const person: Check = (value, at) => {
  if (typeof value === 'string') return;
  members({
    name: text,
    birthday: text,
    gender: orNull(oneOf('male', 'female')),
    foreigner: orNull(flag),
    phone: orNull(text),
    carrier: orNull(text),
  })(value, at);
};

const certification = members(
  {
    imp_uid: text,
    merchant_uid: text,
    channel: text,
    kind: oneOf('page', 'otp'),
    state: oneOf('pending', 'certified', 'failed', 'expired', 'erased'),
    requested: number,
  },
  {
    reason: oneOf('tries', 'mismatch'),
    origin: orNull(text),
    certified_at: number,
    person,
    pg_tid: orNull(text),
    no_ci: flag,
    otp: members({ code: text, sent: number, wrong: number }),
    method: oneOf('SMS', 'APP'),
    app: oneOf('waiting', 'approved'),
  },
);

const given = members(
  {},
  {
    mode: oneOf('dev', 'serve'),
    base_path: text,
    cors_origins: listOf(text),
    tokens: mapOf(members({ key: text, issued: number }, { again: listOf(number) })),
    certifications: listOf(certification),
    otp_history: listOf(
      members({ phone: orNull(text), merchant: text, first: number, every: number, times: number }),
    ),
    provider: members({}, { request: anything, confirm: anything }),
    before: listOf(members({ at: number, request, status: number }, { keep: mapOf(text) })),
  },
);

const goldenCase = members({
  name: text,
  given,
  request,
  response: members({ status: number, body: anything }, { headers: mapOf(orNull(text)), raw: listOf(text) }),
  grade: oneOf('documented', 'recorded', 'client-derived', 'our choice'),
  why: text,
});

/** Reads the content of `{name}.json`; a `CaseError` says what is wrong in it. */
export function parseCase(content: string, name: string): GoldenCase {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw new CaseError(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  goldenCase(value, 'the case');
  // `members` has just looked at each of them.
  const parsed = value as GoldenCase;
  if (parsed.name !== name) throw new CaseError(`its name is "${parsed.name}", its file is ${name}.json`);
  return parsed;
}
