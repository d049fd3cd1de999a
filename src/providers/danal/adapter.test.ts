import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  failureOf,
  ID,
  OK,
  openDanal,
  RETURN,
  STATE,
  TID,
  toBody,
  withChannel,
} from '../../../test/support/danal-talk.ts';
import { categoryOf, KNOWN_CODES } from './codes.ts';

const VECTORS_FOLDER = join(import.meta.dirname, '../../../test/contract/vectors');
const readVectors = <T>(file: string) => JSON.parse(readFileSync(join(VECTORS_FOLDER, file), 'utf8')) as T;
const { requests, answers } = readVectors<{
  requests: { name: string; fields: Record<string, string>; body: string }[];
  answers: {
    name: string;
    charset: string;
    body_hex: string;
    channel?: { carrier_approval?: boolean; carrier_fields?: string[] };
    expect: Record<string, string | boolean | number | null>;
  }[];
}>('danal-wire.json');

describe('the published vectors', () => {
  it('are what is sent', async () => {
    const danal = openDanal(`RETURNCODE=0000&RETURNMSG=x&TID=${TID}`, toBody(OK));
    await danal.begin();
    await danal.complete();
    expect(danal.calls.map(({ body }) => body)).toEqual(requests.map(({ body }) => body));
    for (const [at, { body }] of danal.calls.entries())
      expect(Object.fromEntries(new URLSearchParams(body))).toEqual(requests[at]?.fields);
    for (const { url, init } of danal.calls) {
      expect(url).toBe('https://uas.teledit.com/uas/');
      expect(init).toMatchObject({
        method: 'POST',
        redirect: 'manual',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8' },
      });
    }
  });

  it.each(answers)('are read: $name', async ({ name, charset, body_hex, channel = {}, expect: expected }) => {
    const { carrier_approval = false, ...others } = channel;
    const more = withChannel({ carrierApproval: carrier_approval }, { answer_charset: charset, ...others });
    const danal = openDanal(Buffer.from(body_hex, 'hex'));
    const call = name.startsWith('itemsend') ? danal.begin(more) : danal.complete(more);
    if (expected['outcome'] === 'started')
      return expect(JSON.parse(((await call) as { memo: string }).memo)).toMatchObject({
        tid: expected['tid'],
      });
    if (expected['outcome'] === 'failed') {
      const { provider_code: code, category, reason, failure } = expected;
      if (code !== undefined) expect(categoryOf(String(code))).toBe(category);
      const ours =
        {
          merchant_config: 'provider_misconfigured',
          unknown: 'provider_unavailable',
          under_age: 'under_age',
        }[String(category)] ?? String(reason);
      expect({ failure, met: await failureOf(call) }).toEqual({
        failure,
        met: code === undefined ? ours : `${ours} ${code}`,
      });
      return;
    }
    const { identity, providerTid } = (await call) as Awaited<ReturnType<typeof danal.complete>>;
    expect(providerTid).toBe(expected['pg_tid']);
    const absent = (value: string | null) => value ?? 'absent';
    expect({
      ...identity,
      phone: absent(identity.phone),
      carrier: absent(identity.carrier),
    }).toMatchObject({
      name: expected['name'],
      gender: expected['gender'],
      birthday: expected['birthday'],
      foreigner: expected['foreigner_v2'],
      ci: expected['unique_key'],
      di: expected['unique_in_site'],
      phone: expected['phone'] ?? 'absent',
      carrier: expected['carrier'] ?? 'absent',
    });
  });

  it('have every code of the table', () => {
    const codes = Object.entries(readVectors<Record<string, string>>('danal-codes.json'));
    expect(codes).toHaveLength(618);
    expect(KNOWN_CODES).toBe(618);
    for (const [code, category] of codes) expect(categoryOf(code)).toBe(category);
    for (const code of ['8888', '', 'constructor']) expect(categoryOf(code)).toBe('unknown');
  });
});

describe('the beginning of a visit', () => {
  const started = (more: Readonly<Record<string, string>> = {}) =>
    toBody({ RETURNCODE: '0000', RETURNMSG: 'No information', TID, ...more });

  it('leads to the window with a form', async () => {
    const danal = openDanal(started({ EXTRA: 'e', BackURL: 'https://evil.example', BgColor: '09' }));
    const begun = await danal.begin();
    expect(begun.address).toBe('https://wauth.teledit.com/Danal/WebAuth/Web/Start.php');
    expect(begun.fields).toEqual({
      TID,
      EXTRA: 'e',
      BackURL: `${RETURN}/back`,
      IsCharSet: 'UTF-8',
      BgColor: '00',
      IsUseCI: 'N',
      ByPassValue: STATE,
    });
    expect(danal.lines.filter(([level]) => level === 'warn')).toEqual([]);
  });

  it('hands on what the merchant fixed, and the settings of the window', async () => {
    const danal = openDanal(started());
    const begun = await danal.begin({
      ...withChannel(
        { carrierApproval: true },
        { bg_color: '10', logo_url: 'https://shop.example/l.png', mobile_window: true, send_user_id: true },
      ),
      prefill: { name: '홍길동', phone: '01011112222' },
      carriers: ['KT', 'MVNO'],
      minimumAge: 19,
    });
    expect(begun.address).toBe('https://wauth.teledit.com/Danal/WebAuth/Mobile/Start.php');
    expect(begun.fields).toMatchObject({
      BgColor: '10',
      IsUseCI: 'Y',
      CIURL: 'https://shop.example/l.png',
      IsCarrier: 'KTF;MVNO',
      IsDstAddr: '010-1111-2222',
      IsNAME: '홍길동',
    });
    expect(Object.fromEntries(new URLSearchParams(danal.calls[0]?.body))).toMatchObject({
      AGELIMIT: '019',
      USERID: ID,
    });
    expect(JSON.parse(begun.memo)).toEqual({ tid: TID, sendsUserId: true, fixesPhone: true });
    expect(danal.lines.filter(([level]) => level === 'warn')).toEqual([]);
  });

  it('warns that a fixed phone number cannot be compared without carrier approval', async () => {
    const danal = openDanal(started());
    const { fields } = await danal.begin({ prefill: { name: '', phone: '0111112222' } });
    expect(fields?.['IsDstAddr']).toBe('011-111-2222');
    expect(danal.lines.filter(([level]) => level === 'warn')).toHaveLength(1);
    expect(JSON.stringify(danal.lines)).not.toContain('111');
  });

  it.each([
    ['9014', 'provider_misconfigured 9014'],
    ['9015', 'provider_misconfigured 9015'],
    ['9010', 'provider_misconfigured 9010'],
    ['9993', 'provider_unavailable 9993'],
    ['1271', 'provider_unavailable 1271'],
    ['9999', 'provider_unavailable 9999'],
    ['1410', 'provider_unavailable 1410'],
    ['8888', 'provider_unavailable 8888'],
    ['9994', 'provider_refused 9994'],
    ['0086', 'person_blocked 0086'],
    ['9016', 'under_age 9016'],
    ['0', 'provider_unavailable 0'],
    ['000', 'provider_unavailable 000'],
    ['00000', 'provider_unavailable 00000'],
    [' 0000', 'provider_unavailable'],
    ['<b>', 'provider_unavailable'],
    ['', 'unreadable_answer'],
  ])('ends by the code %j, though there is a TID', async (code, ended) => {
    expect(await failureOf(openDanal(started({ RETURNCODE: code })).begin())).toBe(ended);
  });

  it('needs a code, and a TID that can be one', async () => {
    expect(await failureOf(openDanal(`TID=${TID}`).begin())).toBe('unreadable_answer');
    expect(await failureOf(openDanal('RETURNCODE=0000').begin())).toBe('unreadable_answer');
    for (const tid of ['', 'a-b', '<b>', '1'.repeat(65), '가'])
      expect(await failureOf(openDanal(started({ TID: tid })).begin())).toBe('unreadable_answer');
  });

  it('warns of a TID of another length, and takes it', async () => {
    const danal = openDanal(started({ TID: 'T1' }));
    expect((await danal.begin()).fields?.['TID']).toBe('T1');
    expect(danal.lines.filter(([level]) => level === 'warn')).toHaveLength(1);
  });

  it('is tried three times with one ORDERID while no answer begins, and not again after any answer', async () => {
    const reset = () => new Error('reset');
    const third = openDanal(reset(), reset(), started());
    expect((await third.begin()).fields?.['TID']).toBe(TID);
    expect(new Set(third.calls.map(({ body }) => body)).size).toBe(1);
    const down = openDanal(reset(), reset(), reset(), started());
    expect(await failureOf(down.begin())).toBe('provider_unavailable');
    expect(down.calls).toHaveLength(3);
    for (const answer of [new Response('x', { status: 500 }), 'RETURNCODE', 'x'.repeat(70_000)]) {
      const danal = openDanal(answer, started());
      expect(await failureOf(danal.begin())).toBe('unreadable_answer');
      expect(danal.calls).toHaveLength(1);
    }
  });

  it('asks nothing with settings that do not fit the channel', async () => {
    const danal = openDanal(started());
    expect(await failureOf(danal.begin(withChannel({ providerMerchantId: 'OTHER' })))).toBe(
      'provider_misconfigured',
    );
    expect(danal.calls).toEqual([]);
  });
});

describe('a return', () => {
  const { contradicts } = openDanal();

  it('may belong to the attempt with the TID of the visit, and with its state or none', () => {
    expect(contradicts()).toBeNull();
    for (const echoed of [STATE, ''])
      expect(
        contradicts({
          fields: [
            ['TID', TID],
            ['ByPassValue', echoed],
            ['RETURNCODE', '9999'],
          ],
        }),
      ).toBeNull();
  });

  it.each([
    ['another TID', [['TID', '202503141021551234569010']]],
    ['no TID', [['ByPassValue', STATE]]],
    ['nothing', []],
    ['a TID that only begins like it', [['TID', `${TID}0`]]],
    [
      'a TID twice',
      [
        ['TID', TID],
        ['TID', TID],
      ],
    ],
    [
      'any field twice',
      [
        ['TID', TID],
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    [
      'the state of another attempt',
      [
        ['TID', TID],
        ['ByPassValue', 'another'],
      ],
    ],
  ] as [string, [string, string][]][])('contradicts with %s', (_, fields) => {
    expect(contradicts({ fields })).not.toBeNull();
  });

  it('to BackURL is believed whatever it carries, and asks nothing', async () => {
    const danal = openDanal(toBody(OK));
    const fields = [
      ['TID', 'another'],
      ['RETURNCODE', '0000'],
      ['NAME', '까나리아'],
      ['CODE', '01012345678'],
    ] as const;
    expect(danal.contradicts({ isCancel: true, fields })).toBeNull();
    expect(await failureOf(danal.complete({ isCancel: true, fields }))).toBe('person_cancelled');
    expect(danal.calls).toEqual([]);
    expect(danal.lines.map(([, line]) => line)).toEqual([
      { adapter: 'danal', step: 'return', attempt: ID, codes: ['0000'] },
    ]);
  });

  it('proves nothing: the codes that it brings are logged and not read', async () => {
    const danal = openDanal('RETURNCODE=9999&RETURNMSG=x');
    const fields = [
      ['TID', TID],
      ['RETURNCODE', '0000'],
    ] as const;
    expect(await failureOf(danal.complete({ fields }))).toBe('provider_unavailable 9999');
    expect(danal.lines[0]?.[1]).toMatchObject({ codes: ['0000'] });
  });
});
