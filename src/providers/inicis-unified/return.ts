import type { HostedReturn } from '../../core/provider.ts';
import { AppError } from '../../errors.ts';
import { hasRepeatedField } from '../agency-text.ts';
import { isBase64, refuseCode } from './text.ts';

/** What the browser brings back from a window that ended well. Nothing in it is proved. */
export interface BroughtBack {
  /** Where the result can be asked for, as the URL parser writes it. */
  readonly resultUrl: string;
  readonly txId: string;
  /** The SEED key of 16 bytes. */
  readonly key: Buffer;
}

type Fields = HostedReturn['fields'];

const LONGEST_URL = 200;
/** Printable ASCII without what makes parsers disagree about the host. */
const URL_TEXT = /^[!-"$-?A-[\]-~]+$/;

/** Why a return cannot have come from Inicis; null if it can. */
export function findContradiction({
  isCancel,
  fields,
}: Pick<HostedReturn, 'isCancel' | 'fields'>): string | null {
  if (isCancel) return 'Inicis has no address of its own for giving up';
  return hasRepeatedField(fields) ? 'a field is there twice' : null;
}

/**
 * Reads a return. Rejects with `provider_refused` and Inicis's code when the window did not end well, and with
 * `binding_mismatch` when it names a foreign host, no transaction or no key. `hosts` are the origins that may be asked.
 */
export function readReturn(fields: Fields, hosts: readonly string[]): BroughtBack {
  const fieldOf = (name: string) => fields.find(([each]) => each === name)?.[1];
  const code = fieldOf('resultCode') ?? '';
  if (code !== '0000') throw refuseCode('return', code, toText(fieldOf('resultMsg') ?? ''));
  const resultUrl = readResultUrl(fieldOf('authRequestUrl') ?? '', hosts);
  if (resultUrl === null) throw mismatch('authRequestUrl is not an address of Inicis');
  const txId = fieldOf('txId') ?? '';
  if (!/^[0-9A-Za-z_-]{1,40}$/.test(txId)) throw mismatch('txId has not the form of one');
  const token = fieldOf('token') ?? '';
  const key = isBase64(token) ? Buffer.from(token, 'base64') : Buffer.alloc(0);
  if (key.length !== 16) throw mismatch('token is not a key');
  return { resultUrl, txId, key };
}

/** The address as the URL parser writes it; null unless its origin is one of `hosts`. */
export function readResultUrl(text: string, hosts: readonly string[]): string | null {
  if (text.length > LONGEST_URL || !URL_TEXT.test(text)) return null;
  const url = URL.parse(text);
  return url !== null && hosts.includes(url.origin) ? url.href : null;
}

/** Each character of a value that a browser brought is one byte; Inicis writes UTF-8. */
function toText(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function mismatch(what: string): AppError {
  return new AppError('binding_mismatch', { detail: `inicis-unified return: ${what}` });
}
