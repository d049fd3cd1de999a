import type { CertificationResult } from './index.ts';

/** The failures that the script itself reports; the server adds their texts to the script. */
export type ScriptWord =
  | 'USER_CANCEL'
  | 'NOT_READY'
  | 'INVALID_PARAM'
  | 'REPLACED'
  | 'NETWORK_ERROR'
  | 'NOT_SUPPORTED'
  | 'SYSTEM_ERROR';

export type ScriptTexts = Readonly<Record<ScriptWord, string>>;

/** The values of an attempt that do not depend on its result. */
export interface Known {
  readonly merchantUid: string;
  readonly impUid?: string | undefined;
  readonly pgProvider?: string | undefined;
}

/** An object with unchecked members. */
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

/** The tier inside a wrapper's text, such as `Optional("AAA")`. */
export function findTier(value: unknown): string | undefined {
  const match = /(?:^|[^0-9A-Za-z])([0-9A-Z]{3})(?![0-9A-Za-z])/.exec(clean(value) || '');
  return match ? match[1] : undefined;
}

/** The base address of the server that serves the script at this address, or undefined. */
export function baseOf(address: string): string | undefined {
  const match =
    /^(https?:\/\/[^?#]+?)\/(?:v1\/iamport(?:\.esm)?|js\/iamport\.payment-[0-9A-Za-z._-]{1,40})\.js(?:[?#]|$)/.exec(
      address,
    );
  return match ? match[1] : undefined;
}

/** An object from JSON text, or null. */
export function parse(text: string): Raw | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** A copy of a value in the form of JSON, undefined if absent; for what JSON cannot express, the name of its type. */
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

/** A result without null, undefined or empty members, because callers put every member into an address. */
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

/** True if a page may be sent to this address: it is absolute, and does not run code or read files. */
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

/** Empty for text that is not valid Unicode. Encodes single quotes too, because wrappers put addresses between them. */
function toMember(name: string, value: unknown): string {
  try {
    return `${name}=${encodeURIComponent(String(value)).replace(/'/g, '%27')}`;
  } catch {
    return '';
  }
}
