import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseInicisSettings } from './settings.ts';
import { windowFields } from './window.ts';

interface Vectors {
  readonly authHash: readonly Record<'mid' | 'mTxId' | 'apiKey' | 'authHash', string>[];
  readonly userHash: readonly Record<
    'userName' | 'mid' | 'userPhone' | 'mTxId' | 'userBirth' | 'reqSvcCd' | 'userHash',
    string
  >[];
}

const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../../test/contract/vectors/inicis-hash.json', import.meta.url), 'utf8'),
);
const KEYS = {
  environment: 'test',
  mid: 'INIiasTest',
  api_key: 'TGdxb2l3enJDWFRTbTgvREU3MGYwUT09',
  iv: 'SASKGINICIS00000',
};
const ATTEMPT = {
  attemptId: 'a1B2c3D4e5F6g7H8i9J0',
  returnAddress: `https://id.example/page/back/${'x'.repeat(22)}`,
};
const NOBODY = { name: '', phone: '' };
const HONG = { name: '홍길동', phone: '01000000000', birthday: '1990-01-31' };

/** The fields of a window with these settings and this fixed person. */
function fieldsOf(more: object = {}, prefill: { name: string; phone: string; birthday?: string } = NOBODY) {
  return windowFields(parseInicisSettings({ ...KEYS, ...more }), { ...ATTEMPT, prefill });
}

describe('the form that opens the window of Inicis', () => {
  it.each(vectors.authHash)('has the hash of $mTxId', ({ mid, mTxId, apiKey, authHash }) => {
    const settings = parseInicisSettings({ ...KEYS, mid, api_key: apiKey });
    const fields = windowFields(settings, { ...ATTEMPT, attemptId: mTxId, prefill: NOBODY });
    expect(fields).toMatchObject({ mid, mTxId, authHash });
  });

  it.each(vectors.userHash)('has the hash of a fixed person: $mTxId, $reqSvcCd', (vector) => {
    const { userName, mid, userPhone, mTxId, userBirth, reqSvcCd, userHash } = vector;
    const birthday = userBirth.replace(/(....)(..)(..)/, '$1-$2-$3');
    const settings = parseInicisSettings({ ...KEYS, mid, service: reqSvcCd });
    const prefill = { name: userName, phone: userPhone, birthday };
    const fields = windowFields(settings, { ...ATTEMPT, attemptId: mTxId, prefill });
    expect(fields).toMatchObject({ flgFixedUser: 'Y', userName, userPhone, userBirth, userHash });
  });

  it('has exactly the fields of the contract when nothing is added', () => {
    expect(fieldsOf()).toEqual({
      mid: KEYS.mid,
      reqSvcCd: '03',
      mTxId: ATTEMPT.attemptId,
      successUrl: ATTEMPT.returnAddress,
      failUrl: ATTEMPT.returnAddress,
      authHash: vectors.authHash[1]?.authHash,
      flgFixedUser: 'N',
      reservedMsg: 'isUseToken=Y',
      FRGNDInfo: 'N',
    });
  });

  it('has what the settings add', () => {
    const [direct_agency, di_code, logo_url] = ['TOSS', 'SITE', 'https://shop.example/logo.png'];
    expect(fieldsOf({ direct_agency, di_code, logo_url, ask_unverified_sex: true })).toMatchObject({
      directAgency: direct_agency,
      DI_CODE: di_code,
      logoUrl: logo_url,
      FRGNDInfo: 'Y',
    });
  });

  it.each<[string, object]>([
    ['no name', { name: '' }],
    ['no phone', { phone: '' }],
    ['a phone of 9 digits', { phone: '010000000' }],
    ['a phone of 12 digits', { phone: '010000000000' }],
    ['no birthday', { birthday: '' }],
    ['a name of 26 bytes', { name: `${'가'.repeat(8)}ab` }],
  ])('fixes nobody with %s', (_, more) => {
    const fields = fieldsOf({}, { ...HONG, ...more });
    expect(fields['flgFixedUser']).toBe('N');
    expect(Object.keys(fields).filter((name) => name.startsWith('user'))).toEqual([]);
  });

  it('measures and hashes a name in NFC, up to 25 bytes', () => {
    const composed = `${'홍'.repeat(8)}a`;
    const fields = fieldsOf({}, { ...HONG, name: composed.normalize('NFD') });
    expect(fields).toMatchObject({ flgFixedUser: 'Y', userName: composed });
    expect(fields).toEqual(fieldsOf({}, { ...HONG, name: composed }));
  });

  it('is not opened with a return address of more than 128 bytes', () => {
    const open = (returnAddress: string) =>
      windowFields(parseInicisSettings(KEYS), { ...ATTEMPT, returnAddress, prefill: NOBODY });
    const longest = `https://id.example/${'x'.repeat(109)}`;
    expect(open(longest)['successUrl']).toBe(longest);
    expect(() => open(`${longest}x`)).toThrow(
      expect.objectContaining({ code: 'provider_misconfigured', detail: expect.not.stringContaining('xx') }),
    );
  });
});
