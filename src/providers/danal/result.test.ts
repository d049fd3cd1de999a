import { describe, expect, it } from 'vitest';
import {
  APPROVED,
  CI,
  confirm,
  failureOf,
  ID,
  identityOf,
  OK,
  openDanal,
  TID,
  toBody,
  withChannel,
} from '../../../test/support/danal-talk.ts';
import { toAppError } from '../../errors.ts';

describe('the answer to CONFIRM', () => {
  it.each([
    ['2376', 'person_cancelled 2376'],
    ['9016', 'under_age 9016'],
    ['9993', 'person_not_finished 9993'],
    ['9994', 'person_not_finished 9994'],
    ['9992', 'person_not_finished 9992'],
    ['2371', 'person_not_finished 2371'],
    ['3446', 'person_not_finished 3446'],
    ['0086', 'person_blocked 0086'],
    ['0042', 'person_blocked 0042'],
    ['3039', 'identity_mismatch 3039'],
    ['1110', 'identity_mismatch 1110'],
    ['9010', 'identity_mismatch 9010'],
    ['1362', 'line_not_allowed 1362'],
    ['9017', 'line_not_allowed 9017'],
    ['9013', 'otp_tries_spent 9013'],
    ['9991', 'otp_tries_spent 9991'],
    ['3041', 'resend_too_soon 3041'],
    ['2374', 'provider_refused 2374'],
    ['1102', 'provider_refused 1102'],
    ['8888', 'provider_refused 8888'],
    ['9014', 'provider_misconfigured 9014'],
    ['9999', 'provider_unavailable 9999'],
    ['1060', 'provider_unavailable 1060'],
    ['0', 'provider_refused 0'],
    ['00000', 'provider_refused 00000'],
    ['0000 ', 'provider_refused'],
    ['', 'unreadable_answer'],
  ])('with the code %j', async (code, ended) => {
    expect(await failureOf(confirm({ RETURNCODE: code }).result)).toBe(ended);
  });

  it.each([
    ['unreadable before a code', 'RETURNCODE=9016&A', 'unreadable_answer'],
    ['a code before whose answer it is', 'RETURNCODE=9016&TID=1', 'under_age 9016'],
    ['whose answer it is before what is missing', 'RETURNCODE=0000&TID=1', 'binding_mismatch'],
    ['no code before all that', `TID=${TID}`, 'unreadable_answer'],
  ])('is checked in this order: %s', async (_, body, ended) => {
    expect(await failureOf(openDanal(body).complete())).toBe(ended);
  });

  it.each([
    ['TID', '202503141021551234569010'],
    ['TID', null],
    ['TID', ''],
    ['ORDERID', 'ZZZZZZZZZZZZZZZZZZZZ'],
    ['ORDERID', ''],
  ])('is not about this visit with %s %j', async (name, value) => {
    expect(await failureOf(confirm({ [name]: value }).result)).toBe('binding_mismatch');
  });

  it('may leave out ORDERID, and its USERID counts only when we sent one', async () => {
    expect(await failureOf(confirm({ ORDERID: null, USERID: 'u1' }).result)).toBeNull();
    const memo = JSON.stringify({ tid: TID, sendsUserId: true, fixesPhone: false });
    expect(await failureOf(confirm({ USERID: 'u1' }, { memo }).result)).toBe('binding_mismatch');
    for (const USERID of [ID, null]) expect(await failureOf(confirm({ USERID }, { memo }).result)).toBeNull();
  });

  it.each([
    ['NAME', ''],
    ['NAME', '  '],
    ['NAME', null],
    ['CI', ''],
    ['CI', ' '],
    ['CI', null],
    ['DOB', ''],
    ['DOB', null],
    ['DOB', '19900231'],
    ['DOB', '900131'],
    ['DOB', '18990131'],
    ['DOB', '20260302'],
  ])('is incomplete with %s %j', async (name, value) => {
    expect(await failureOf(confirm({ [name]: value }).result)).toBe('incomplete_result');
  });

  it('gives the CI and DI as they came, and no DI for an empty one', async () => {
    expect((await identityOf({})).ci).toBe(CI);
    const short = confirm({ CI: 'short', DI: 'a b' });
    expect(await short.result).toMatchObject({ identity: { ci: 'short', di: 'a b' }, unclear: ['CI', 'DI'] });
    for (const DI of ['', null]) {
      const { result } = confirm({ DI });
      expect(await result).toMatchObject({ identity: { di: null }, unclear: ['DI'] });
    }
  });

  it('gives a name in NFC and without blanks around it', async () => {
    expect((await identityOf({ NAME: ` ${'홍길동'.normalize('NFD')} ` })).name).toBe('홍길동');
    expect((await identityOf({ NAME: 'JOHN  SMITH' })).name).toBe('JOHN  SMITH');
  });

  it.each([
    ['1', 'male', 'male'],
    ['2', 'female', 'female'],
    ['3', null, 'male'],
    ['6', null, 'female'],
    ['8', null, 'female'],
    ['0', null, null],
    ['9', null, null],
    ['M', null, null],
    ['', null, null],
  ])('tells by SEX %j the sex %j, by parity %j', async (SEX, plain, byParity) => {
    const { result, lines } = confirm({ SEX });
    expect((await result).identity.gender).toBe(plain);
    expect((await result).unclear).toEqual(plain === null ? ['SEX'] : []);
    // The core writes the names of unclear fields to the log.
    expect(lines.filter(([level]) => level === 'warn')).toEqual([]);
    expect((await identityOf({ SEX }, withChannel({}, { sex_by_parity: true }))).gender).toBe(byParity);
  });

  it.each([
    ['9001311', '1990-01-31', 'male'],
    ['9001316', '1990-01-31', 'female'],
    ['0402294', '2004-02-29', 'female'],
    ['0402297', '2004-02-29', 'male'],
  ])('tells by IDEN %s birthday and sex', async (IDEN, birthday, gender) => {
    const { result } = confirm({ DOB: null, SEX: null, IDEN });
    expect(await result).toMatchObject({ identity: { birthday, gender }, unclear: [] });
  });

  it('believes DOB and SEX more than IDEN, and an IDEN of another form not at all', async () => {
    expect(await identityOf({ IDEN: '0402294' })).toMatchObject({ birthday: '1990-01-31', gender: 'male' });
    expect(await identityOf({ IDEN: '0402294', SEX: '7' })).toMatchObject({ gender: null });
    for (const IDEN of ['9001310', '9001319', '90013111', '900131'])
      expect(await failureOf(confirm({ DOB: null, SEX: null, IDEN }).result)).toBe('incomplete_result');
  });

  it('tells phone and carrier only with carrier approval', async () => {
    const told = { PHONE: '010-0000-0000', CARRIER: 'KTF' };
    expect(await identityOf(told)).toMatchObject({ phone: null, carrier: null });
    expect(await identityOf(told, APPROVED)).toMatchObject({
      phone: '01000000000',
      carrier: 'KT',
      mvno: false,
    });
  });

  it.each([
    [{ CARRIER: 'skt', TELECOM: 'LGT' }, 'SKT', false],
    [{ CARRIER: ' ', TELECOM: 'LGU+' }, 'LGT', false],
    [{ TELECOM: 'KTM' }, 'KT', true],
  ])('takes the first field that is not empty for the carrier: %j', async (told, carrier, mvno) => {
    expect(await identityOf(told, APPROVED)).toMatchObject({ carrier, mvno });
  });

  it('takes the fields for the carrier from the settings', async () => {
    const more = withChannel({ carrierApproval: true }, { carrier_fields: ['TELCO'] });
    expect(await identityOf({ CARRIER: 'SKT', TELCO: 'LGT' }, more)).toMatchObject({ carrier: 'LGT' });
    expect(await identityOf({ CARRIER: 'SKT' }, more)).toMatchObject({ carrier: null });
  });

  it('warns of a carrier that nobody knows, with its spelling if that can be nothing else', async () => {
    for (const [CARRIER, logged] of [
      ['MVNO', 'MVNO'],
      ['07', '07'],
      ['01012345678', undefined],
      ['까나리아', undefined],
      ['KIM MINSU', undefined],
    ] as const) {
      const { result, lines } = confirm({ PHONE: '01000000000', CARRIER }, APPROVED);
      expect(await result).toMatchObject({ identity: { carrier: null }, unclear: ['CARRIER'] });
      const warnings = lines.filter(([level]) => level === 'warn').map(([, line]) => line);
      const line = { adapter: 'danal', step: 'confirm', attempt: ID, carrier: logged };
      expect(warnings).toEqual(logged === undefined ? [] : [line]);
    }
  });

  it('names what is empty with carrier approval', async () => {
    expect((await confirm({}, APPROVED).result).unclear).toEqual(['PHONE', 'CARRIER', 'TELECOM']);
    const odd = await confirm({ PHONE: '02-123-4567', CARRIER: 'KT' }, APPROVED).result;
    expect(odd).toMatchObject({ identity: { phone: '021234567' }, unclear: ['PHONE'] });
  });

  it('must have a phone number where one was fixed and the contract lets Danal tell it', async () => {
    const memo = JSON.stringify({ tid: TID, sendsUserId: false, fixesPhone: true });
    expect(await failureOf(confirm({}, { ...APPROVED, memo }).result)).toBe('binding_mismatch');
    expect(await failureOf(confirm({}, { memo }).result)).toBeNull();
    expect(await failureOf(confirm({ PHONE: '01000000000' }, { ...APPROVED, memo }).result)).toBeNull();
  });

  it('tells a foreigner only with the add-on, by the field of the settings', async () => {
    const foreigner_field = { name: 'FGN', true: 'Y', false: 'N' };
    const more = withChannel({ foreignerAddOn: true }, { foreigner_field });
    const foreignerOf = async (...told: Parameters<typeof confirm>) => (await identityOf(...told)).foreigner;
    expect(await foreignerOf({ FGN: 'Y' }, more)).toBe(true);
    expect(await foreignerOf({ FGN: 'N' }, more)).toBe(false);
    expect(await foreignerOf({ FGN: 'Y' }, withChannel({}, { foreigner_field }))).toBeNull();
    for (const [told, settings, unclear] of [
      [{ FGN: 'X' }, more, 'FGN'],
      [{}, more, 'FGN'],
      [{ FGN: 'Y' }, withChannel({ foreignerAddOn: true }), 'foreigner'],
    ] as const) {
      const { result, lines } = confirm(told, settings);
      expect(await result).toMatchObject({ identity: { foreigner: null }, unclear: [unclear] });
      expect(lines.filter(([level]) => level === 'warn')).toEqual([]);
    }
  });

  it('is asked for once more when none began, and never after one that began', async () => {
    const again = openDanal(new Error('reset'), toBody(OK));
    expect(await failureOf(again.complete())).toBeNull();
    const down = openDanal(new Error('reset'), new Error('reset'), toBody(OK));
    expect(await failureOf(down.complete())).toBe('provider_unavailable');
    expect(down.calls).toHaveLength(2);
    const cut = new ReadableStream({ start: (stream) => stream.error(new Error('cut')) });
    for (const answer of [new Response(cut), new Response('', { status: 502 }), '', 'RETURNCODE=9999']) {
      const danal = openDanal(answer, toBody(OK));
      await failureOf(danal.complete());
      expect(danal.calls).toHaveLength(1);
    }
  });

  it('has a number that can be kept, also for a TID that is too long', async () => {
    const tid = 'T'.repeat(60);
    const memo = JSON.stringify({ tid, sendsUserId: false, fixesPhone: false });
    expect((await confirm({ TID: tid }, { memo }).result).providerTid).toBe(ID);
    expect((await confirm({}).result).providerTid).toBe(TID);
  });

  it('leaves nothing about the person in the log or in an error', async () => {
    const person = {
      NAME: '까나리아',
      DOB: '19910203',
      PHONE: '01000007531',
      CARRIER: 'KIM',
      RETURNMSG: '까나리아',
    };
    const secret = /까나리아|19910203|7531|SANDBOX|p\+w|A000000000|20250314/;
    for (const change of [{}, { RETURNCODE: '9016' }, { TID: '1' }, { CI: '' }, { SEX: '까나리아' }]) {
      const { result, lines } = confirm({ ...person, ...change }, APPROVED);
      const thrown = await result.then(() => null, toAppError);
      expect(JSON.stringify(lines)).not.toMatch(secret);
      expect(`${thrown?.message} ${thrown?.stack}`).not.toMatch(secret);
    }
  });
});
