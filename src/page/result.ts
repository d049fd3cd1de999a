import { type Attempt, type AttemptEnd, toShowableCode } from '../core/attempt.ts';
import { FAILURES } from './failure.ts';

/** The argument of the shop's callback: flat, only texts and booleans, no personal data. */
export type Result = Readonly<Record<string, string | boolean>>;

/** The result of an attempt that has ended. */
export function toResult({ impUid, channel, launch }: Attempt, end: AttemptEnd): Result {
  const { merchantUid } = launch;
  const common = { imp_uid: impUid, merchant_uid: merchantUid };
  const provider = { pg_provider: channel.provider, pg_type: 'certification' };
  if (end.certified) return { success: true, imp_success: true, ...common, ...provider };
  return {
    success: false,
    imp_success: false,
    ...common,
    error_code: toShowableCode(end.providerCode) ?? end.reason,
    error_reason: end.reason,
    error_msg: FAILURES[end.reason],
    ...provider,
  };
}

const RETURNED = [
  'imp_uid',
  'merchant_uid',
  'success',
  'imp_success',
  'error_code',
  'error_reason',
  'error_msg',
] as const;

/**
 * A return address with the result in its query. Its own query and fragment stay, except members with the same names.
 * The rest of the address does not change, not even its spelling, because wrapper apps compare it as text.
 */
export function toReturnAddress(address: string, result: Result): string {
  const hash = address.indexOf('#');
  const fragment = hash === -1 ? '' : address.slice(hash);
  const [path = '', ...queries] = (hash === -1 ? address : address.slice(0, hash)).split('?');
  const kept = queries
    .join('?')
    .split('&')
    .filter((pair) => pair !== '' && !(RETURNED as readonly string[]).includes(decodeName(pair)));
  const own = RETURNED.flatMap((name) => {
    const value = result[name];
    return value === undefined ? [] : [`${name}=${encodeURIComponent(String(value))}`];
  });
  return `${path}?${[...kept, ...own].join('&')}${fragment}`;
}

function decodeName(pair: string): string {
  const [name = ''] = pair.split('=', 1);
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}
