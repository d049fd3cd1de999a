import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDanal } from '../../src/providers/danal/adapter.ts';
import type { Deviation } from '../../src/simulators/danal/deviations.ts';
import { PEOPLE, type SimulatedPerson } from '../../src/simulators/danal/people.ts';
import { DanalSimulator } from '../../src/simulators/danal/simulator.ts';
import {
  CPID,
  comeBack,
  type DanalWorld,
  type DanalWorldOptions,
  openDanalWorld,
} from '../support/danal-world.ts';
import { describeProvider, type Deviation as SuiteDeviation } from './provider.ts';

const DEVIATIONS: Readonly<Partial<Record<SuiteDeviation, Deviation>>> = {
  reset: { breaks: 'before' },
  cut: { breaks: 'half' },
  huge: { body: `RETURNCODE=0000&${'x'.repeat(65_536)}` },
  redirect: { status: 302, location: '/elsewhere' },
  garbage: { body: '<html>오류</html>' },
  empty: { body: '' },
  status: { status: 500 },
};
const ABILITIES = ['hosted', 'reset', 'cut', 'huge', 'redirect', 'garbage', 'empty', 'status'] as const;

describeProvider('danal', ABILITIES, async () => {
  const cppwd = 'PasswordOfTheContract';
  const simulator = await DanalSimulator.open({ merchants: { CPID: cppwd } });
  const settings = { cpid: 'CPID', cppwd, cp_title: 'shop.example' };
  return {
    provider: createDanal({ fetch, log: () => {} }, simulator.endpoints),
    settings,
    wrongSettings: [
      [{ ...settings, cpid: 'OTHERCPID' }, 'cpid'],
      [{ ...settings, cppwd: 'é'.repeat(9) }, 'cppwd'],
      [{ ...settings, cp_title: '' }, 'cp_title'],
      [{ ...settings, environment: 'test' }, 'environment'],
      [{ ...settings, answer_charset: 'LATIN-1' }, 'answer_charset'],
      [{ ...settings, logo_url: 'http://shop.example/logo.png' }, 'logo_url'],
    ],
    async visit({ fields }, does) {
      const refusal = simulator.openWindow(fields ?? {});
      if (refusal !== null) throw new Error(refusal);
      const act = {
        approve: { does: 'approve' },
        refuse: { does: 'fail' },
        cancel: { does: 'cancel' },
      } as const;
      const { address, fields: brought } = simulator.act(fields?.['TID'] ?? '', act[does]);
      return { fields: Object.entries(brought), isCancel: address.endsWith('/back') };
    },
    timesAsked: () => simulator.requests.filter(({ body }) => body.includes('TXTYPE=CONFIRM')).length,
    deviate(how) {
      simulator.clearScript();
      const deviation = how === null ? undefined : DEVIATIONS[how];
      if (deviation === undefined) return;
      for (const step of ['ITEMSEND', 'CONFIRM'] as const) simulator.script(step, deviation, 99);
    },
    close: () => simulator.close(),
  };
});

const [HONG, SIM, AMBIGUOUS, EXTENDED, CHILD, JOHN] = PEOPLE as unknown as Record<number, SimulatedPerson> &
  Iterable<SimulatedPerson>;

describe('an attempt at Danal', () => {
  let world: DanalWorld;
  beforeEach(async () => {
    world = await openDanalWorld();
  });
  afterEach(() => world.close());
  const reopen = async (options: DanalWorldOptions) => {
    await world.close();
    world = await openDanalWorld(options);
  };
  const reasonOf = async (handle: string) => {
    const result = await world.result(handle);
    return result?.['success'] === true ? 'CERTIFIED' : [result?.['error_reason'], result?.['error_code']];
  };

  it('leads to Danal’s window: the policy of the screen lets a form go there and nowhere else', async () => {
    const { url } = await world.start();
    const shown = await fetch(url);
    const { origin } = new URL(world.simulator.endpoints.window);
    const policy = shown.headers.get('content-security-policy')?.split('; ') ?? [];
    expect(policy.filter((each) => each.startsWith('form-action'))).toEqual([`form-action 'self' ${origin}`]);
    expect(policy).toContain("default-src 'none'");
  });

  it('is certified with the shape of danal', async () => {
    const { back, form, visitor, handle, imp_uid, merchant_uid } = await world.visit({ does: 'approve' });
    expect(visitor.screen).toBe('hand_over');
    expect(form.address).toBe(world.simulator.endpoints.window);
    expect(await comeBack(back)).toEqual({ status: 200, screen: 'success' });
    expect(await reasonOf(handle)).toBe('CERTIFIED');
    const { certified_at, ...others } = await world.lookUp(imp_uid);
    expect(others).toEqual({
      imp_uid,
      merchant_uid,
      pg_provider: 'danal',
      pg_tid: form.fields['TID'],
      name: '홍길동',
      gender: 'male',
      birthday: '1990-01-31',
      birth: 633711600,
      certified: true,
      foreigner: false,
      foreigner_v2: null,
      origin: 'https://shop.example/join',
      unique_key: HONG?.ci,
      unique_in_site: HONG?.di,
    });
    expect(certified_at).toBeGreaterThan(1_700_000_000);
    expect([world.asks('ITEMSEND'), world.asks('CONFIRM')]).toEqual([1, 1]);
  });

  it('tells phone, carrier and foreigner with the contract for them', async () => {
    const foreigner_field = { name: 'FGN', true: 'F', false: 'L' };
    await reopen({
      simulator: { tellsPhone: true, carrierField: 'TELECOM', foreignerField: foreigner_field },
      channel: { carrierApproval: true, foreignerAddOn: true },
      settings: { foreigner_field },
    });
    for (const [person, shown] of [
      [
        JOHN,
        { name: 'JOHN SMITH', foreigner: true, foreigner_v2: true, carrier: 'KT', phone: '01000000704' },
      ],
      [
        SIM,
        { foreigner: false, foreigner_v2: false, carrier: 'KT', gender: 'female', birthday: '2004-02-29' },
      ],
    ] as const) {
      const { back, imp_uid } = await world.visit({ does: 'approve', ...(person && { person }) });
      await comeBack(back);
      expect(await world.lookUp(imp_uid)).toMatchObject(shown);
    }
    const { back, imp_uid } = await world.visit({ does: 'approve', ...(EXTENDED && { person: EXTENDED }) });
    await comeBack(back);
    const budget = await world.lookUp(imp_uid);
    expect(budget).toMatchObject({ certified: true, name: '김뷁똠', phone: EXTENDED?.phone });
    expect(budget).not.toHaveProperty('carrier');
  });

  it('does not tell phone and carrier without it, though Danal does', async () => {
    await reopen({ simulator: { tellsPhone: true, carrierField: 'CARRIER' } });
    const { back, imp_uid } = await world.visit({ does: 'approve' }, { phone: '01099990000' });
    await comeBack(back);
    const shown = await world.lookUp(imp_uid);
    // The window was shown the fixed number, with which nobody in it could go on.
    expect(shown).toMatchObject({ certified: false });
    const other = await world.visit({ does: 'approve' });
    await comeBack(other.back);
    const told = await world.lookUp(other.imp_uid);
    expect(told).toMatchObject({ certified: true });
    expect(told).not.toHaveProperty('phone');
    expect(told).not.toHaveProperty('carrier');
  });

  it.each([
    ['UTF-8', AMBIGUOUS],
    ['UTF-8', EXTENDED],
    ['EUC-KR', AMBIGUOUS],
    ['EUC-KR', EXTENDED],
    ['EUC-KR', HONG],
  ] as const)('reads answers in %s: $name', async (charset, person) => {
    await reopen({ simulator: { answerCharset: charset }, settings: { answer_charset: charset } });
    const { back, imp_uid } = await world.visit({ does: 'approve', ...(person && { person }) });
    await comeBack(back);
    expect((await world.lookUp(imp_uid))['name']).toBe(person?.name);
  });

  it('reads an answer in the other character set where the one of the settings does not fit', async () => {
    await reopen({ simulator: { answerCharset: 'EUC-KR' } });
    const { back, imp_uid } = await world.visit({ does: 'approve', ...(EXTENDED && { person: EXTENDED }) });
    await comeBack(back);
    expect((await world.lookUp(imp_uid))['name']).toBe('김뷁똠');
  });

  it('comes back in EUC-KR, and without ByPassValue', async () => {
    await reopen({ simulator: { returnCharset: 'EUC-KR', returnsByPassValue: false } });
    const { back, handle } = await world.visit({ does: 'approve' }, { name: '홍길동' });
    expect(back.body).toContain('IsNAME=%C8%AB');
    expect(back.body).not.toContain('ByPassValue');
    await comeBack(back);
    expect(await reasonOf(handle)).toBe('CERTIFIED');
  });

  it('shows the window what the merchant fixed, and does not take another person', async () => {
    await reopen({ simulator: { tellsPhone: true }, channel: { carrierApproval: true } });
    const wish = { name: '홍길동', phone: '010-0000-0131', carrier: 'SKT', min_age: '20' };
    const { form, back, handle } = await world.visit({ does: 'approve' }, wish);
    expect(form.fields).toMatchObject({ IsNAME: '홍길동', IsDstAddr: '010-0000-0131', IsCarrier: 'SKT' });
    expect(world.simulator.visits.newest?.asked['AGELIMIT']).toBe('020');
    await comeBack(back);
    expect(await reasonOf(handle)).toBe('CERTIFIED');
    for (const fields of [{ NAME: '다른이' }, { PHONE: '01099998888' }, { PHONE: null }]) {
      const other = await world.visit({ does: 'approve' }, wish);
      world.simulator.script('CONFIRM', { fields });
      await comeBack(other.back);
      expect(await reasonOf(other.handle)).toEqual(['PROVIDER_ERROR', 'PROVIDER_ERROR']);
      expect(await world.lookUp(other.imp_uid)).toMatchObject({ certified: false, name: null });
    }
  });

  it.each([
    ['9016', 'UNDER_AGE'],
    ['2376', 'USER_CANCEL'],
    ['9993', 'NOT_FINISHED'],
    ['9994', 'NOT_FINISHED'],
    ['0086', 'BLOCKED'],
    ['3039', 'IDENTITY_MISMATCH'],
    ['1362', 'LINE_NOT_ALLOWED'],
    ['9013', 'OTP_LIMIT'],
    ['3041', 'SEND_LIMIT'],
    ['9015', 'NOT_READY'],
    ['1271', 'PROVIDER_UNAVAILABLE'],
    ['2374', 'PROVIDER_ERROR'],
    ['8888', 'PROVIDER_ERROR'],
  ])('ends by the code %s with %s, and hands the code on', async (code, reason) => {
    const { back, handle, imp_uid } = await world.visit({ does: 'fail', code });
    await comeBack(back);
    expect(await reasonOf(handle)).toEqual([reason, code]);
    expect(await world.lookUp(imp_uid)).toMatchObject({ certified: false, unique_key: null });
  });

  it('is refused to a child by Danal, and by us where Danal forgets it', async () => {
    const child = { does: 'approve', ...(CHILD && { person: CHILD }) } as const;
    const told = await world.visit(child, { min_age: '14' });
    await comeBack(told.back);
    expect(await reasonOf(told.handle)).toEqual(['UNDER_AGE', '9016']);
    const forgotten = await world.visit({ does: 'approve' }, { min_age: '14' });
    world.simulator.script('CONFIRM', { fields: { DOB: '20200101' } });
    await comeBack(forgotten.back);
    expect(await reasonOf(forgotten.handle)).toEqual(['UNDER_AGE', 'UNDER_AGE']);
  });

  it.each(['cancel', 'error'] as const)('is cancelled by %s at BackURL, and stays so', async (does) => {
    const { back, form, handle, imp_uid } = await world.visit({ does, code: '9999' });
    expect(back.address).toMatch(/\/back$/);
    await comeBack(back);
    expect(await reasonOf(handle)).toEqual(['USER_CANCEL', 'USER_CANCEL']);
    world.simulator.act(form.fields['TID'] ?? '', { does: 'approve' });
    await comeBack({ address: back.address.replace(/\/back$/, ''), body: `TID=${form.fields['TID']}` });
    expect(await reasonOf(handle)).toEqual(['USER_CANCEL', 'USER_CANCEL']);
    expect(world.asks('CONFIRM')).toBe(0);
    expect(await world.lookUp(imp_uid)).toMatchObject({ certified: false });
  });

  it.each([
    ['9015', 'NOT_READY', { fields: { RETURNCODE: '9015' } }],
    ['9014', 'NOT_READY', { code: '9014' }],
    ['9010', 'NOT_READY', { code: '9010' }],
    ['8888', 'PROVIDER_UNAVAILABLE', { code: '8888' }],
    ['PROVIDER_ERROR', 'PROVIDER_ERROR', { fields: { TID: null } }],
    ['PROVIDER_ERROR', 'PROVIDER_ERROR', { breaks: 'half' }],
    ['PROVIDER_ERROR', 'PROVIDER_ERROR', { body: '' }],
    ['PROVIDER_ERROR', 'PROVIDER_ERROR', { status: 502 }],
    ['PROVIDER_ERROR', 'PROVIDER_ERROR', { status: 302, location: 'http://127.0.0.1:9/' }],
    ['PROVIDER_ERROR', 'PROVIDER_ERROR', { body: 'x='.padEnd(70_000, 'x') }],
  ] as [string, string, Deviation][])('does not begin: %s %s %j', async (code, reason, deviation) => {
    world.simulator.script('ITEMSEND', deviation);
    const { visitor, handle } = await world.begin();
    expect(visitor.screen).toBe('failure');
    expect(await reasonOf(handle)).toEqual([reason, code]);
    expect(world.asks('ITEMSEND')).toBe(1);
  });

  it('begins after two connections that were reset, and not after three', async () => {
    world.simulator.script('ITEMSEND', { breaks: 'before' });
    world.simulator.script('ITEMSEND', { breaks: 'after' });
    expect((await world.begin()).visitor.screen).toBe('hand_over');
    expect(world.asks('ITEMSEND')).toBe(3);
    world.simulator.script('ITEMSEND', { breaks: 'before' }, 3);
    const { handle } = await world.begin();
    expect(await reasonOf(handle)).toEqual(['PROVIDER_UNAVAILABLE', 'PROVIDER_UNAVAILABLE']);
  });

  it.each([
    ['CERTIFIED', { contentType: 'text/html; charset=EUC-KR' }, 1],
    ['CERTIFIED', { charset: 'EUC-KR' }, 1],
    ['CERTIFIED', { delay: 300 }, 1],
    ['CERTIFIED', { breaks: 'before' }, 2],
    ['CERTIFIED', { breaks: 'after' }, 2],
    ['PROVIDER_ERROR', { breaks: 'half' }, 1],
    ['PROVIDER_ERROR', { body: '' }, 1],
    ['PROVIDER_ERROR', { body: 'RETURNCODE=9999&RETURNCODE=0000' }, 1],
    ['PROVIDER_ERROR', { status: 500 }, 1],
    ['PROVIDER_ERROR', { status: 302, location: 'http://127.0.0.1:9/' }, 1],
    ['PROVIDER_ERROR', { body: 'x='.padEnd(70_000, 'x') }, 1],
    ['PROVIDER_ERROR', { fields: { CI: '' } }, 1],
    ['PROVIDER_ERROR', { fields: { NAME: null } }, 1],
    ['PROVIDER_ERROR', { fields: { DOB: '19900231' } }, 1],
    ['PROVIDER_ERROR', { fields: { TID: '202503141021551234567010' } }, 1],
    ['PROVIDER_ERROR', { fields: { ORDERID: 'B1234567890123456789' } }, 1],
    ['PROVIDER_ERROR', { fields: { RETURNCODE: '0' } }, 1],
  ] as [string, Deviation, number][])(
    'ends with %s when CONFIRM does %j',
    async (reason, deviation, asks) => {
      const { back, handle } = await world.visit({ does: 'approve' });
      world.simulator.script('CONFIRM', deviation);
      await comeBack(back);
      const ended = await reasonOf(handle);
      expect(Array.isArray(ended) ? ended[0] : ended).toBe(reason);
      expect(world.asks('CONFIRM')).toBe(asks);
    },
  );

  it.each([
    ['same', 'CERTIFIED'],
    ['9994', 'NOT_FINISHED'],
    ['9999', 'PROVIDER_UNAVAILABLE'],
  ] as const)('ends, if Danal answers a second CONFIRM with %s, with %s', async (secondConfirm, reason) => {
    await reopen({ simulator: { secondConfirm } });
    const { back, handle } = await world.visit({ does: 'approve' });
    world.simulator.script('CONFIRM', { breaks: 'after' });
    await comeBack(back);
    const ended = await reasonOf(handle);
    expect(Array.isArray(ended) ? ended[0] : ended).toBe(reason);
    expect(world.asks('CONFIRM')).toBe(2);
  });

  it('is unavailable when CONFIRM is reset twice', async () => {
    const { back, handle } = await world.visit({ does: 'approve' });
    world.simulator.script('CONFIRM', { breaks: 'before' }, 5);
    await comeBack(back);
    expect(await reasonOf(handle)).toEqual(['PROVIDER_UNAVAILABLE', 'PROVIDER_UNAVAILABLE']);
    expect(world.asks('CONFIRM')).toBe(2);
  });

  it('is not certified by a success about which nothing is told', async () => {
    const { back, handle } = await world.visit({ does: 'empty' });
    await comeBack(back);
    expect(await reasonOf(handle)).toEqual(['PROVIDER_ERROR', 'PROVIDER_ERROR']);
  });

  it('is asked about once, however often and by how many windows the browser comes back', async () => {
    const { back, handle } = await world.visit({ does: 'approve' });
    const screens = await Promise.all(Array.from({ length: 100 }, () => comeBack(back)));
    for (const { screen } of screens) expect(screen).toMatch(/^(?:success|waiting)$/);
    expect(await comeBack(back)).toEqual({ status: 200, screen: 'success' });
    expect(await reasonOf(handle)).toBe('CERTIFIED');
    expect(world.asks('CONFIRM')).toBe(1);
  });

  it('takes no return of another attempt, and goes on', async () => {
    type Visit = Awaited<ReturnType<typeof world.visit>>;
    const tid = ({ form }: Visit) => form.fields['TID'] ?? '';
    const state = ({ form }: Visit) => form.fields['ByPassValue'] ?? '';
    const attacker = await world.visit({ does: 'approve', ...(SIM && { person: SIM }) });
    for (const forge of [
      () => attacker.back.body,
      (victim: Visit) => `TID=${tid(attacker)}&ByPassValue=${state(victim)}`,
      (victim: Visit) => `TID=${tid(victim)}&ByPassValue=${state(attacker)}`,
      (victim: Visit) => `TID=${tid(victim)}&TID=${tid(attacker)}`,
      () => 'TID=202503141021551234567010',
      () => 'RETURNCODE=9999&RETURNMSG=x',
      () => '',
    ]) {
      const victim = await world.visit({ does: 'approve' });
      const before = world.asks('CONFIRM');
      const forged = { address: victim.back.address, body: forge(victim) };
      expect((await comeBack(forged)).status).toBe(410);
      expect(world.asks('CONFIRM')).toBe(before);
      expect((await world.shop.result(victim.handle)).state).toBe('pending');
      await comeBack(victim.back);
      expect(await world.lookUp(victim.imp_uid)).toMatchObject({ certified: true, name: '홍길동' });
    }
    await comeBack(attacker.back);
    expect(await world.lookUp(attacker.imp_uid)).toMatchObject({ certified: true, name: '심청' });
  });

  it('gives nobody the person of another visit when Danal mixes its answers up', async () => {
    const first = await world.visit({ does: 'approve' });
    const second = await world.visit({ does: 'approve', ...(SIM && { person: SIM }) });
    const answer = world.simulator.visits.confirm({ TID: first.form.fields['TID'] ?? '' });
    world.simulator.script('CONFIRM', { fields: answer });
    await comeBack(second.back);
    expect(await reasonOf(second.handle)).toEqual(['PROVIDER_ERROR', 'PROVIDER_ERROR']);
    expect(await world.lookUp(second.imp_uid)).toMatchObject({ certified: false, name: null });
  });

  it('believes no success from a browser that was not in the window, or was refused there', async () => {
    const { form, handle, visitor } = await world.begin();
    const address = form.fields['BackURL']?.replace(/\/back$/, '') ?? '';
    await comeBack({ address, body: `TID=${form.fields['TID']}&RETURNCODE=0000&NAME=x` });
    expect(await reasonOf(handle)).toEqual(['NOT_FINISHED', '9992']);
    expect(visitor.screen).toBe('hand_over');
    const refused = await world.visit({ does: 'fail', code: '2110' });
    await comeBack({ ...refused.back, body: `${refused.back.body}&RETURNCODE=0000` });
    expect(await reasonOf(refused.handle)).toEqual(['IDENTITY_MISMATCH', '2110']);
  });

  it('is over after its time, and Danal is not asked any more', async () => {
    const { back, handle } = await world.visit({ does: 'approve' });
    world.ahead.ms = 3 * 3_600_000;
    await comeBack(back);
    expect(await reasonOf(handle)).toEqual(['EXPIRED', 'EXPIRED']);
    expect(world.asks('CONFIRM')).toBe(0);
  });

  it('replays to its end only, hours later', async () => {
    const { back, imp_uid } = await world.visit({ does: 'approve' });
    await comeBack(back);
    world.ahead.ms = 600_000;
    const before = await world.lookUp(imp_uid);
    expect((await comeBack(back)).screen).toBe('success');
    expect(await world.lookUp(imp_uid)).toEqual(before);
    expect(world.asks('CONFIRM')).toBe(1);
  });

  it('leaves no person and no number of Danal in the log, in an address or in what the browser is told', async () => {
    await reopen({
      simulator: {
        tellsPhone: true,
        carrierField: 'CARRIER',
        people: [{ ...PEOPLE[0], ...CANARY } as SimulatedPerson],
      },
      channel: { carrierApproval: true },
    });
    const seen: string[] = [];
    for (const deviation of [
      {},
      { code: '9999' },
      { fields: { TID: '1' } },
      { fields: { CI: '' } },
      { status: 500 },
    ]) {
      const { back, handle, form } = await world.visit({ does: 'approve' }, { name: CANARY.name });
      world.simulator.script('CONFIRM', deviation);
      await comeBack(back);
      seen.push(JSON.stringify(await world.shop.result(handle)));
      expect(world.lines.join('')).not.toContain(form.fields['TID']);
    }
    for (const text of [...seen, ...world.lines, ...world.simulator.requests.map(({ path }) => path)])
      for (const canary of [...Object.values(CANARY), 'Password', CPID]) expect(text).not.toContain(canary);
  });
});

const CANARY = {
  name: '까나리아',
  birthday: '19910203',
  phone: '01000007531',
  ci: `SANDBOX/CANARYCI${'x'.repeat(70)}==`,
  di: `SANDBOX/CANARYDI${'x'.repeat(47)}=`,
};
