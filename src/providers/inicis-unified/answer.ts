import type { Gender } from '../../core/identity.ts';
import type { HostedResult } from '../../core/provider.ts';
import { AppError } from '../../errors.ts';
import { readJsonObject, textOf } from '../json.ts';
import { readPerson } from '../person.ts';
import { decryptSeedCbc, expandSeedKey, type RoundKeys } from '../seed.ts';
import type { InicisSettings, Service } from './settings.ts';
import { isBase64, refuseCode } from './text.ts';

/** To what an answer must belong, and how it is read. */
export interface AskedResult {
  readonly attemptId: string;
  readonly txId: string;
  readonly service: Service;
  /** The SEED key of the return. */
  readonly key: Uint8Array;
  readonly settings: Pick<InicisSettings, 'iv' | 'return_di' | 'ask_unverified_sex' | 'agencies_without_ci'>;
  readonly now: number;
}

type Answer = Readonly<Record<string, unknown>>;

/**
 * The person in the answer of Inicis. The checks stand in the order in which they must fail. Rejects with
 * `unreadable_answer`, `provider_refused`, `binding_mismatch` or `incomplete_result`.
 */
export function readResult(body: Uint8Array, asked: AskedResult): HostedResult {
  const { txId, settings, now } = asked;
  const answer = readJsonObject(body, 'inicis-unified result');
  const code = answer['resultCode'];
  if (typeof code !== 'string') throw unreadable('resultCode is no text');
  if (code !== '0000') throw refuseCode('result', code, textOf(answer, 'resultMsg'));
  requireOwn(answer, asked);

  const open = opener(asked);
  const [name, phone, birthday, ci] = (['userName', 'userPhone', 'userBirthday', 'userCi'] as const).map(
    (member) => open(textOf(answer, member)),
  ) as [string, string, string, string];
  // Without `return_di` the DI goes into no certification, so it is not even opened.
  const di = settings.return_di && asked.service === '03' ? open(textOf(answer, 'userDi')) : '';

  const flags = readFlags(answer, asked, open);
  const person = readPerson({ name, phone, birthday, ci, di, carrier: '', ...flags.told }, now);
  const { identity } = person;
  const missing = [
    identity.name === '' && 'userName',
    identity.phone === null && 'userPhone',
    identity.birthday === '' && 'userBirthday',
    identity.ci === null &&
      !settings.agencies_without_ci.includes(textOf(answer, 'providerDevCd')) &&
      'userCi',
  ].filter((each) => each !== false);
  if (missing.length > 0)
    throw new AppError('incomplete_result', {
      detail: `inicis-unified result: no usable ${missing.join(', ')}`,
    });
  return { providerTid: txId, identity, unclear: [...person.unclear, ...flags.unclear] };
}

function requireOwn(answer: Answer, { txId, attemptId, service }: AskedResult): void {
  const other = [
    answer['txId'] !== txId && 'txId',
    answer['mTxId'] !== attemptId && 'mTxId',
    answer['svcCd'] !== service && 'svcCd',
  ].filter((each) => each !== false);
  if (other.length > 0)
    throw new AppError('binding_mismatch', { detail: `inicis-unified result: another ${other.join(', ')}` });
}

/** Decrypts values; an empty one stays empty. Whether they are encrypted was decided by what was asked for. */
function opener({ key, settings }: AskedResult): (value: string) => string {
  const iv = Buffer.from(settings.iv, 'latin1');
  let keys: RoundKeys | null = null;
  return (value) => {
    if (value === '') return '';
    try {
      if (!isBase64(value)) throw new Error('no base64');
      keys ??= expandSeedKey(key);
      const plain = decryptSeedCbc(Buffer.from(value, 'base64'), keys, iv);
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain);
    } catch {
      throw unreadable('a value that was not encrypted with the key and the IV');
    }
  };
}

interface Flags {
  readonly told: { readonly gender: Gender | null; readonly foreigner: boolean | null };
  readonly unclear: readonly string[];
}

/** Sex and nationality come in clear or encrypted. What is neither is not known, and no reason to refuse. */
function readFlags(
  answer: Answer,
  { service, settings }: AskedResult,
  open: (value: string) => string,
): Flags {
  // Service 01 has none, but those that people type themselves when they are asked to.
  if (service === '01' && !settings.ask_unverified_sex)
    return { told: { gender: null, foreigner: null }, unclear: [] };
  const read = <T>(member: string, meanings: readonly (readonly [string, T])[]): T | null => {
    const value = textOf(answer, member);
    const meaningOf = (text: string) => meanings.find(([each]) => each === text);
    const found = meaningOf(value) ?? meaningOf(openOrNothing(value, open));
    return found === undefined ? null : found[1];
  };
  const gender = read<Gender>('userGender', [
    ['M', 'male'],
    ['F', 'female'],
  ]);
  const foreigner = read('isForeign', [
    ['1', true],
    ['0', false],
  ]);
  const unclear = [gender === null && 'userGender', foreigner === null && 'isForeign'];
  return {
    told: { gender, foreigner },
    unclear: service === '01' ? [] : unclear.filter((each) => each !== false),
  };
}

function openOrNothing(value: string, open: (value: string) => string): string {
  try {
    return open(value);
  } catch {
    return '';
  }
}

function unreadable(what: string): AppError {
  return new AppError('unreadable_answer', { detail: `inicis-unified result: ${what}` });
}
