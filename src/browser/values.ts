import type { CertificationResult } from './index.ts';

/** The failures that the script itself reports; it is served together with their texts. */
export type ScriptWord =
  | 'USER_CANCEL'
  | 'NOT_READY'
  | 'INVALID_PARAM'
  | 'REPLACED'
  | 'NETWORK_ERROR'
  | 'NOT_SUPPORTED'
  | 'SYSTEM_ERROR';

export type ScriptTexts = Readonly<Record<ScriptWord, string>>;

/** What is known of an attempt whatever becomes of it. */
export interface Known {
  readonly merchantUid: string;
  readonly impUid?: string | undefined;
  readonly pgProvider?: string | undefined;
}

/** An object whose members nobody has checked yet. */
export type Raw = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A parameter as text, or undefined when it counts as absent: wrappers send `null`, `'null'` and blanks. */
export function clean(value: unknown): string | undefined {
  const type = typeof value;
  if (type !== 'string' && type !== 'boolean' && !(type === 'number' && Number.isFinite(value)))
    return undefined;
  const text = String(value).trim();
  return text === '' || text === 'null' || text === 'undefined' ? undefined : text;
}

/** The tier inside what a wrapper hands over, as in `Optional("AAA")`. */
export function findTier(value: unknown): string | undefined {
  const match = /(?:^|[^0-9A-Za-z])([0-9A-Z]{3})(?![0-9A-Za-z])/.exec(clean(value) || '');
  return match ? match[1] : undefined;
}

/** The base address of the server whose script stands at this address, or undefined. */
export function baseOf(address: string): string | undefined {
  const match =
    /^(https?:\/\/[^?#]+?)\/(?:v1\/iamport(?:\.esm)?|js\/iamport\.payment-[0-9A-Za-z._-]{1,40})\.js(?:[?#]|$)/.exec(
      address,
    );
  return match ? match[1] : undefined;
}

/** An object out of JSON, or null. */
export function parse(text: string): Raw | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** A copy of a value as JSON can hold it, undefined for an absent one; of what JSON cannot hold, the type. */
export function toPlain(value: unknown): unknown {
  const type = typeof value;
  if (value === null || type === 'undefined' || type === 'string') return clean(value);
  try {
    return JSON.parse(JSON.stringify(value));
  } catch {
    return type;
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** A result without a member that is null, undefined or empty: callers join every key into an address. */
export function toResult(raw: Raw, known: Known, texts: ScriptTexts): CertificationResult {
  const text = (name: string): string | undefined => {
    const value = raw[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const impUid = text('imp_uid') || known.impUid;
  const pgProvider = text('pg_provider') || known.pgProvider;
  const ids = {
    ...(impUid && { imp_uid: impUid }),
    merchant_uid: text('merchant_uid') || known.merchantUid,
    ...(pgProvider && { pg_provider: pgProvider }),
    pg_type: 'certification' as const,
  };
  if (raw['success'] === true && impUid) return { success: true, imp_success: true, ...ids, imp_uid: impUid };
  const reason = text('error_reason') || 'SYSTEM_ERROR';
  return {
    success: false,
    imp_success: false,
    ...ids,
    error_code: text('error_code') || reason,
    error_msg:
      text('error_msg') ||
      (Object.keys(texts).indexOf(reason) < 0 ? undefined : texts[reason as ScriptWord]) ||
      texts.SYSTEM_ERROR,
    error_reason: reason,
  };
}

/** True for an address that a page may be sent to: absolute, and nothing that would run or read in this page. */
export function isReturnable(address: string): boolean {
  return (
    /^[a-z][a-z0-9+.-]*:/i.test(address) && !/^(?:javascript|vbscript|data|blob|file|about):/i.test(address)
  );
}

/** The return address with the result in its query; its own query and fragment are kept. */
export function returnAddress(address: string, result: CertificationResult): string {
  const names = [
    'imp_uid',
    'merchant_uid',
    'success',
    'imp_success',
    'error_code',
    'error_msg',
    'error_reason',
  ];
  const [rest = '', ...fragment] = address.split('#');
  const [path = '', ...query] = rest.split('?');
  const kept = query
    .join('?')
    .split('&')
    .filter((member) => member !== '' && names.indexOf(decode(member.split('=')[0] || '')) < 0);
  const values = result as unknown as Raw;
  const ours = names.filter((name) => values[name] !== undefined).map((name) => toMember(name, values[name]));
  return `${path}?${kept.concat(ours.filter(Boolean)).join('&')}${fragment.map((part) => `#${part}`).join('')}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '));
  } catch {
    return text;
  }
}

/** Empty for a text that is no Unicode. Single quotes are encoded too: wrappers put addresses into them. */
function toMember(name: string, value: unknown): string {
  try {
    return `${name}=${encodeURIComponent(String(value)).replace(/'/g, '%27')}`;
  } catch {
    return '';
  }
}
