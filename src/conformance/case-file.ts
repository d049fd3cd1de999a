import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { JsonFault, parseJson } from '../validation/json-text.ts';
import { check, joinProblems } from '../validation/problems.ts';
import { anyText, listOf, mapOf, object, oneOf, textThat, truth } from '../validation/schemas.ts';
import { decodeBytes, TextFault } from '../validation/text-bytes.ts';

/*
 * A golden case as in its file. The members have the names of the file, which cases/v1/README.md defines. Anything else
 * makes a case invalid, so that a typing error cannot pass as a success.
 */

const whole = v.pipe(v.number('be a whole number'), v.integer('be a whole number'));

const REQUEST = object({
  method: anyText,
  path: anyText,
  headers: v.optional(mapOf(anyText)),
  body: v.optional(v.nullable(anyText)),
  body_base64: v.optional(
    textThat('be base64', (value) => Buffer.from(value, 'base64').toString('base64') === value),
  ),
  transfer: v.optional(oneOf(['chunked'])),
});

const PERSON = object({
  name: anyText,
  birthday: anyText,
  gender: v.nullable(oneOf(['male', 'female'])),
  foreigner: v.nullable(truth),
  phone: v.nullable(anyText),
  carrier: v.nullable(anyText),
});

const CERTIFICATION = object({
  imp_uid: anyText,
  merchant_uid: anyText,
  channel: anyText,
  kind: oneOf(['page', 'otp']),
  state: oneOf(['pending', 'certified', 'failed', 'expired', 'erased']),
  reason: v.optional(oneOf(['tries', 'mismatch'])),
  origin: v.optional(v.nullable(anyText)),
  requested: whole,
  certified_at: v.optional(whole),
  person: v.optional(v.union([anyText, PERSON], 'be the name of a person, or an object')),
  pg_tid: v.optional(v.nullable(anyText)),
  no_ci: v.optional(truth),
  otp: v.optional(object({ code: anyText, sent: whole, wrong: whole })),
  method: v.optional(oneOf(['SMS', 'APP'])),
  app: v.optional(oneOf(['waiting', 'approved'])),
});

/** OTP requests that the limiter has already counted; `phone` null: each for a different number. */
const OTP_HISTORY = object({
  phone: v.nullable(anyText),
  merchant: anyText,
  first: whole,
  every: whole,
  times: whole,
});

const TOKEN = object({ key: anyText, issued: whole, again: v.optional(listOf(whole)) });

const STEP = object({
  at: whole,
  request: REQUEST,
  status: whole,
  keep: v.optional(mapOf(anyText)),
});

const ANSWER = oneOf([
  'ok',
  'mismatch',
  'blocked',
  'under_age',
  'line',
  'refused',
  'unavailable',
  'misconfigured',
]);
const ANSWERS = v.union(
  [ANSWER, listOf(ANSWER)],
  `be one of ${ANSWER.options.join(', ')}, or a list of those`,
);

const CASE = object({
  name: anyText,
  given: object({
    mode: v.optional(oneOf(['dev', 'serve'])),
    base_path: v.optional(anyText),
    cors_origins: v.optional(listOf(anyText)),
    tokens: v.optional(mapOf(TOKEN)),
    certifications: v.optional(listOf(CERTIFICATION)),
    otp_history: v.optional(listOf(OTP_HISTORY)),
    provider: v.optional(object({ request: v.optional(ANSWERS), confirm: v.optional(ANSWERS) })),
    before: v.optional(listOf(STEP)),
  }),
  request: REQUEST,
  response: object({
    status: whole,
    headers: v.optional(mapOf(v.nullable(anyText))),
    body: v.unknown(),
    raw: v.optional(listOf(anyText)),
  }),
  grade: oneOf(['documented', 'recorded', 'client-derived', 'our choice']),
  why: anyText,
});

export type GoldenCase = v.InferOutput<typeof CASE>;
export type GoldenGiven = GoldenCase['given'];
export type GoldenRequest = GoldenCase['request'];
export type GoldenResponse = GoldenCase['response'];
export type GoldenPerson = v.InferOutput<typeof PERSON>;
export type GoldenCertification = v.InferOutput<typeof CERTIFICATION>;
export type GoldenOtpHistory = v.InferOutput<typeof OTP_HISTORY>;
export type GoldenToken = v.InferOutput<typeof TOKEN>;
export type GoldenStep = v.InferOutput<typeof STEP>;

/** `T0` of the cases in seconds: 2025-03-14T10:20:00+09:00. */
const T0 = 1_741_915_200;

/** An offset in a case as milliseconds since the epoch. */
export function timeAt(offset: number): number {
  return (T0 + offset) * 1000;
}

/** The case cannot be run as written, or its preparation had another result than it says. */
export class CaseError extends Error {}

/** Parses the content of `{name}.json`; throws a `CaseError` with the reason. */
export function parseCase(content: string | Uint8Array, name: string): GoldenCase {
  const checked = check(CASE, readContent(content), 'the case');
  if (checked.problems !== null) throw new CaseError(joinProblems(checked.problems));
  const golden = checked.value;
  if (golden.name !== name) throw new CaseError(`its name is "${golden.name}", its file is ${name}.json`);
  return golden;
}

function readContent(content: string | Uint8Array): unknown {
  try {
    return parseJson(typeof content === 'string' ? content : decodeBytes(content));
  } catch (error) {
    if (error instanceof JsonFault || error instanceof TextFault) throw new CaseError(error.message);
    throw error;
  }
}

/** The built-in cases. */
export const OWN_FOLDER = fileURLToPath(new URL('./cases/v1/', import.meta.url));

/** A file in a folder of cases: the case, or why it is not valid. */
export type CaseEntry =
  | { readonly name: string; readonly golden: GoldenCase }
  | { readonly name: string; readonly golden: null; readonly problem: string };

/** Every `*.json` of a folder, by name. Throws only when the folder itself cannot be read. */
export function readCases(folder: string): readonly CaseEntry[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      const name = file.slice(0, -'.json'.length);
      try {
        return { name, golden: parseCase(readFileSync(join(folder, file)), name) };
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EISDIR')
          return { name, golden: null, problem: 'is a folder' };
        return { name, golden: null, problem: error instanceof Error ? error.message : String(error) };
      }
    });
}
