import { type GoldenCase, type GoldenRequest, timeAt } from './case-file.ts';
import type { KeyPair } from './placeholders.ts';
import { goesTo, targetSegments } from './target.ts';

/** The key pair of the cases that the user's key pair replaces. */
const OURS = 'A1';
const OUR_KEY = /imp_apikey(?![_0-9a-z])/g;
const OUR_KEY_ANYHOW = /imp_apikey/i;
/** The length of the secret in the cases; cases about the largest body depend on it. */
const OUR_SECRET_LENGTH = 80;
/** If a token in a case is older than this, in seconds, the case has set the clock. */
const OLDEST_TOKEN = 1739;

/** Cases whose expectation only holds on the date of the cases. */
const NEEDS_THE_DAY: ReadonlySet<string> = new Set(['or-birth-tomorrow']);

/** A case as it can be run against a server that we cannot control. */
export type Selection =
  | { readonly golden: GoldenCase }
  /** Why the case is left out. */
  | { readonly golden: null; readonly reason: string };

/**
 * Changes a case so that it can be run against a server that we cannot control, or says why it cannot. The user's key
 * pair replaces the one of the cases, and times are compared with the clock. Without `writes`, cases that create,
 * confirm or delete something are left out.
 */
export function selectCase(golden: GoldenCase, pair: KeyPair, writes: boolean): Selection {
  const reason =
    needsControl(golden, pair) ?? (writes || !mayWrite(golden) ? null : 'it may write (--writes)');
  return reason === null ? { golden: adapt(golden, pair) } : { golden: null, reason };
}

function needsControl(golden: GoldenCase, { impKey, impSecret }: KeyPair): string | null {
  const { given, request, response } = golden;
  const other = Object.keys(given).find((member) => member !== 'tokens' && member !== 'certifications');
  if (other !== undefined) return `it needs ${other}`;
  for (const { key, issued, again } of Object.values(given.tokens ?? {})) {
    if (key !== OURS) return 'it needs another key pair';
    if (again !== undefined || issued < -OLDEST_TOKEN) return 'it needs the clock';
  }
  if (NEEDS_THE_DAY.has(golden.name)) return 'it needs the clock';

  const words = wordsOf(request);
  if (/\{\{secret(-lower)?:(?!A1\}\})/.test(words)) return 'it needs another key pair';
  if (OUR_KEY_ANYHOW.test(words.replace(OUR_KEY, ''))) return 'it is about the spelling of a key';
  if (words.includes('{{secret-lower:') && impSecret === impSecret.toLowerCase())
    return 'it is about a secret with capital letters';
  const isSized = words.includes('{{fill:') && words.includes('{{secret:');
  if (isSized && impKey.length + impSecret.length !== 'imp_apikey'.length + OUR_SECRET_LENGTH)
    return 'it is about a length that counts on another key pair';
  if (/imp0000000\d/.test(request.path)) return 'it needs the merchants of the cases';
  if (/channel_?key|"pg"/i.test(words)) return 'it needs the channels of the cases';

  const [collection, impUid] = targetSegments(request.path, '') ?? [];
  const isFound = collection === 'certifications' && response.status === 200 && impUid !== 'otp';
  const isNamed = (given.certifications ?? []).some(({ imp_uid }) => words.includes(imp_uid));
  // If the server refuses before it looks for the certification, the certification need not exist.
  const isRefusedEarly = [204, 401, 405, 413].includes(response.status);
  return isFound || (isNamed && !isRefusedEarly) ? 'it needs a certification of the cases' : null;
}

/** Whether the request might create, confirm or delete something, even on a server with mistakes. */
function mayWrite({ given, request, response }: GoldenCase): boolean {
  if (given.tokens === undefined || [401, 405, 413].includes(response.status)) return false;
  if (request.method === 'DELETE') return true;
  return (
    request.method === 'POST' &&
    ['/certifications/otp/request', '/certifications/otp/confirm/{imp_uid}'].some((path) =>
      goesTo(request.path, '', path),
    )
  );
}

/** The whole request as one text. */
function wordsOf({ method, path, headers, body, body_base64: base64 }: GoldenRequest): string {
  const bytes = base64 === undefined ? '' : Buffer.from(base64, 'base64').toString('latin1');
  return [method, path, ...Object.entries(headers ?? {}).flat(), body ?? '', bytes].join('\n');
}

function adapt(golden: GoldenCase, { impKey }: KeyPair): GoldenCase {
  const { request, response } = golden;
  const put = (text: string) => text.replace(OUR_KEY, impKey);
  return {
    ...golden,
    // The remaining cases do not depend on what is stored.
    given: { tokens: golden.given.tokens ?? {} },
    request: {
      ...request,
      path: put(request.path),
      headers: Object.fromEntries(
        Object.entries(request.headers ?? {}).map(([name, value]) => [name, put(value)]),
      ),
      ...(typeof request.body === 'string' && { body: put(request.body) }),
    },
    response: {
      ...response,
      body: loosenTimes(response.body),
      // Times of the cases cannot occur literally in the answer.
      raw: (response.raw ?? []).filter((text) => !text.includes(String(timeAt(0) / 1000).slice(0, 7))),
    },
  };
}

/** Replaces a token's times with placeholders; they are exact only under the clock of the cases. */
function loosenTimes(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [
      name,
      typeof value === 'number' && (name === 'now' || name === 'expired_at')
        ? `{{${name}}}`
        : loosenTimes(value),
    ]),
  );
}
