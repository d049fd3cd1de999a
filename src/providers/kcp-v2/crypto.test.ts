import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../errors.ts';
import { readJsonObject } from '../json.ts';
import { openMessage, sealMessage } from './crypto.ts';

interface Vector {
  readonly name: string;
  readonly rv: string;
  readonly salt_hex: string;
  readonly plain: string;
  readonly plain_utf8_bytes: number;
  readonly cipher_base64: string;
  readonly site_cd?: string;
  readonly enc_key_hex_decoded_to_bytes?: boolean;
}
const path = new URL('../../../test/contract/vectors/kcp-v2-crypto.json', import.meta.url);
const { enc_key, site_cd, cases, must_fail, notes } = JSON.parse(readFileSync(path, 'utf8')) as {
  readonly enc_key: string;
  readonly site_cd: string;
  readonly cases: readonly Vector[];
  readonly must_fail: readonly Vector[];
  readonly notes: { readonly first_block_bit_flip: Vector };
};
const CREDENTIALS = { enc_key, site_cd };
const full = cases.find(({ name }) => name === 'result-full') as Vector;

async function read({ rv, cipher_base64 }: Vector, credentials = CREDENTIALS) {
  return readJsonObject(await openMessage({ rv, cipher: cipher_base64 }, credentials), 'kcp-v2 query');
}
const codeOf = (opened: Promise<unknown>) =>
  opened.then(
    () => null,
    (thrown: unknown) => (thrown instanceof AppError ? thrown.code : thrown),
  );

describe('messages of KCP', () => {
  it('are eight and six in the vectors', () => {
    expect([cases.length, must_fail.length]).toEqual([8, 6]);
  });

  it.each(cases)(
    'are encrypted and decrypted as in $name',
    async ({ salt_hex, plain, rv, cipher_base64 }) => {
      const salt = Buffer.from(salt_hex, 'hex');
      expect(await sealMessage(plain, CREDENTIALS, salt)).toEqual({ rv, cipher: cipher_base64 });
      const opened = Buffer.from(await openMessage({ rv, cipher: cipher_base64 }, CREDENTIALS));
      expect(opened.toString()).toBe(plain);
    },
  );

  it.each(must_fail)('are unreadable with $name', async (vector) => {
    const { site_cd: site = site_cd, enc_key_hex_decoded_to_bytes: isDecoded } = vector;
    // The key as the bytes of its hex digits, as somebody might put it.
    const key = isDecoded ? Buffer.from(enc_key, 'hex').toString('latin1') : enc_key;
    expect(await codeOf(read(vector, { enc_key: key, site_cd: site }))).toBe('unreadable_answer');
  });

  it('are unreadable when a change only makes them no JSON', async () => {
    expect(await codeOf(read(notes.first_block_bit_flip))).toBe('unreadable_answer');
  });

  it.each([
    ['no salt', ''],
    ['a salt of 15 bytes', Buffer.alloc(15).toString('base64')],
    ['a salt of 17 bytes', Buffer.alloc(17).toString('base64')],
    ['a salt in hex', full.salt_hex],
    ['a salt with a line break', `${full.rv}\n`],
    ['a salt in the alphabet of URLs', '-_-_-_-_-_-_-_-_-_-_-w=='],
  ])('are unreadable with %s', async (_, rv) => {
    expect(await codeOf(openMessage({ rv, cipher: full.cipher_base64 }, CREDENTIALS))).toBe(
      'unreadable_answer',
    );
  });

  it.each([
    ['a blank in it', (text: string) => `${text.slice(0, 4)} ${text.slice(4)}`],
    ['a line break at its end', (text: string) => `${text}\n`],
    ['a character of another alphabet', (text: string) => `-${text.slice(1)}`],
    ['quotes around it', (text: string) => `"${text}"`],
    ['padding in it', (text: string) => `${text}====${text}`],
    ['half a block', (text: string) => text.slice(0, -12)],
  ])('are unreadable with %s', async (_, change) => {
    const cipher = change(full.cipher_base64);
    expect(await codeOf(openMessage({ rv: full.rv, cipher }, CREDENTIALS))).toBe('unreadable_answer');
  });

  it('have a new salt of 16 bytes each', async () => {
    const sent = await Promise.all(Array.from({ length: 20 }, () => sealMessage('{}', CREDENTIALS)));
    expect(new Set(sent.map(({ rv }) => rv)).size).toBe(20);
    expect(new Set(sent.map(({ cipher }) => cipher)).size).toBe(20);
    for (const { rv } of sent) expect(Buffer.from(rv, 'base64')).toHaveLength(16);
  });
});
