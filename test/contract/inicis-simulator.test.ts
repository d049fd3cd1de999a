import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InicisSimulator } from '../../src/simulators/inicis-unified/index.ts';
import { CANARY, OTHER_MERCHANT, openWindow, pressInWindow, TEST_MERCHANT } from '../support/inicis.ts';

const { mid, apiKey } = TEST_MERCHANT;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const PERSON = { userName: '홍길동', userPhone: '01012345678', userBirth: '19900101' };

/** The form of an attempt that the simulator takes. */
function formOf(mTxId: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    mid,
    reqSvcCd: '03',
    mTxId,
    successUrl: 'https://id.example/back',
    failUrl: 'https://id.example/back',
    authHash: sha256(mid + mTxId + apiKey),
    flgFixedUser: 'N',
    reservedMsg: 'isUseToken=Y',
    FRGNDInfo: 'N',
    ...more,
  };
}

describe('the simulator of Inicis', () => {
  let agency: InicisSimulator;
  let now: number;
  beforeEach(async () => {
    now = 1_800_000_000_000;
    const merchants = [TEST_MERCHANT, OTHER_MERCHANT];
    agency = await InicisSimulator.open({ merchants, people: [CANARY], clock: () => now });
  });
  afterEach(() => agency.close());

  const open = async (form: Readonly<Record<string, string>>, entry = '/id/auth') => {
    const answer = await openWindow(`${agency.url}${entry}`, form);
    const fault = /role="alert">요청이 올바르지 않습니다: ([^<]*)/.exec(await answer.text())?.[1];
    return answer.status === 200 ? 'opened' : fault;
  };

  it('opens its window for the right form, once for each mTxId', async () => {
    expect(await open(formOf('a1'))).toBe('opened');
    expect(await open(formOf('a1'))).toBe('mTxId was used before');
    expect(await open(formOf('a2', { reqSvcCd: '01' }), '/auth')).toBe('opened');
    expect(await open(formOf('a3', { reqSvcCd: '01' }))).toBe('service 01 has another entry');
    agency.readings = { ...agency.readings, entries: ['/auth'] };
    expect(await open(formOf('a4'))).toBe('service 03 has another entry');
    expect(await open(formOf('a5'), '/auth')).toBe('opened');
  });

  it.each<[fault: string, more: Readonly<Record<string, string>>]>([
    ['authHash is wrong', { authHash: sha256('') }],
    ['authHash is missing', { authHash: '' }],
    ['mid is unknown', { mid: 'nobody' }],
    ['mid is longer than 10 bytes', { mid: 'INIiasTest1' }],
    ['reqSvcCd is neither 01 nor 03', { reqSvcCd: '02' }],
    ['mTxId is longer than 20 bytes', { mTxId: 'x'.repeat(21) }],
    ['successUrl is longer than 128 bytes', { successUrl: `https://id.example/${'x'.repeat(110)}` }],
    ['failUrl is missing', { failUrl: '' }],
    ['flgFixedUser is neither Y nor N', { flgFixedUser: 'y' }],
    ['flgFixedUser is N with a person', { userName: '홍길동' }],
    ['userHash is wrong', { flgFixedUser: 'Y', ...PERSON, userHash: sha256('') }],
    ['userName is missing or not composed', { flgFixedUser: 'Y', ...PERSON, userName: '' }],
    ['userName is longer than 25 bytes', { flgFixedUser: 'Y', ...PERSON, userName: '가'.repeat(9) }],
    ['userPhone is no number', { flgFixedUser: 'Y', ...PERSON, userPhone: '010-1234' }],
    ['userBirth is no day', { flgFixedUser: 'Y', ...PERSON, userBirth: '900101' }],
    ['reservedMsg is longer than 40 bytes', { reservedMsg: 'x'.repeat(41) }],
    ['reservedMsg is wrong', { reservedMsg: 'isUseToken=1' }],
    ['FRGNDInfo is wrong', { FRGNDInfo: '0' }],
    ['directAgency is not offered', { directAgency: 'KAKAO' }],
    ['logoUrl is wrong', { logoUrl: 'http://shop.example/' }],
    ['returnUrl is unknown', { returnUrl: 'https://shop.example/' }],
  ])('does not open it: %s', async (fault, more) => {
    expect(await open(formOf('a1', more))).toBe(fault);
    expect(agency.warnings).toEqual([fault]);
  });

  it('warns of a window that is opened by GET, or refuses it', async () => {
    const get = (mTxId: string) => fetch(`${agency.url}/id/auth?${new URLSearchParams(formOf(mTxId))}`);
    expect((await get('a1')).status).toBe(200);
    expect(agency.warnings).toEqual(['GET of /id/auth instead of POST']);
    agency.readings = { ...agency.readings, refusesGet: true };
    expect((await get('a2')).status).toBe(400);
  });

  it('tells a result in clear when no encryption is asked for, and only for 15 minutes', async () => {
    const form = formOf('a1', { reservedMsg: 'isUseToken=N' });
    const { fields } = await pressInWindow(`${agency.url}/id/auth`, form, { do: 'approve' });
    const ask = async () => {
      const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
      const body = JSON.stringify({ mid, txId: fields['txId'] });
      const answer = await fetch(String(fields['authRequestUrl']), { method: 'POST', headers, body });
      return (await answer.json()) as object;
    };
    expect(await ask()).toMatchObject({ resultCode: '0000', userName: CANARY.name, userCi: CANARY.ci });
    now += 15 * 60_000 + 1;
    expect(await ask()).toEqual({ resultCode: '9303', resultMsg: '유효시간 초과' });
  });

  it('records what it is asked, and runs beside others', async () => {
    const other = await InicisSimulator.open({ merchants: [], people: [] });
    await open(formOf('a1'));
    expect(agency.requests).toMatchObject([{ method: 'POST', path: '/id/auth' }]);
    expect(other.requests).toEqual([]);
    await other.close();
  });
});
