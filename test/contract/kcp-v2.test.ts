import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Deviation } from '../../src/simulators/kcp-v2/deviations.ts';
import { PEOPLE } from '../../src/simulators/kcp-v2/people.ts';
import { CANARY, KCP_SETTINGS, openKcpWorld } from '../support/kcp-world.ts';

type World = Awaited<ReturnType<typeof openKcpWorld>>;
let world: World;

async function open(options: Parameters<typeof openKcpWorld>[0] = {}, settings: object = {}): Promise<World> {
  const opened = await openKcpWorld(options, settings);
  onTestFinished(() => opened.close());
  return opened;
}

beforeEach(async () => {
  world = await open();
});

const OTHER_KEY = 'ABCDEF0123456789';
/** A form with other values; null leaves a field out. */
function change(
  { address, fields }: { readonly address: string; readonly fields: Readonly<Record<string, string>> },
  changes: Readonly<Record<string, string | null>>,
) {
  const pairs = Object.entries({ ...fields, ...changes }).filter(
    (pair): pair is [string, string] => pair[1] !== null,
  );
  return { address, body: new URLSearchParams(pairs).toString() };
}

describe('a person at KCP', () => {
  it('is certified, and a client of version 1 sees what KCP said', async () => {
    const begun = await world.begin();
    expect(begun.address).toBe(`${world.kcp.url}/kcp_cert/certGateway.do`);
    expect(await world.bring(begun.visit({ does: 'approve' }))).toBe('success');
    expect(await world.resultOf(begun)).toMatchObject({ success: true, imp_uid: begun.imp_uid });
    expect(await world.lookUp(begun)).toEqual({
      birth: Date.parse('1991-02-03T00:00:00+09:00') / 1000,
      birthday: '1991-02-03',
      carrier: 'KT_MVNO',
      certified: true,
      certified_at: expect.any(Number),
      foreigner: false,
      foreigner_v2: false,
      gender: 'female',
      imp_uid: begun.imp_uid,
      merchant_uid: begun.merchant_uid,
      name: '까나리아',
      origin: 'https://shop.example/join',
      pg_provider: 'kcp_v2',
      pg_tid: `N${world.kcp.trades.all[0]?.order}`,
      phone: '01000007531',
      unique_in_site: CANARY.di,
      unique_key: CANARY.ci,
    });
    const [trade] = world.kcp.trades.all;
    expect(trade?.order).toMatch(/^[0-9A-Za-z]{20}$/);
    expect(trade?.options['param_opt_1']).toMatch(/^[\w-]{22}$/);
    expect(trade?.returnAddress).toBe(`${world.url}/page/back/${trade?.options['param_opt_1']}`);
  });

  it.each([
    [{ returnsKey: false }, {}],
    [{ returnsOptions: false }, {}],
    [{ returnsKey: false, returnsOptions: false }, {}],
    [{ secondQuery: 'refused' }, {}],
    [{ linkingValues: 'plain' }, {}],
    [{ linkingValues: 'encoded' }, {}],
    [{ linkingValues: 'lower-case' }, {}],
    [{ hasNumber: false }, { pg_tid: /^[0-9A-F]{16}$/ }],
  ] as const)(
    'is certified with what nobody knows for sure as %j',
    async (options, { pg_tid = /^N/ }: { pg_tid?: RegExp }) => {
      const other = await open(options);
      const begun = await other.walk({ does: 'approve' });
      expect(await other.lookUp(begun)).toMatchObject({
        unique_key: CANARY.ci,
        unique_in_site: CANARY.di,
        pg_tid: expect.stringMatching(pg_tid),
      });
    },
  );

  it.each([
    [0, { name: '홍길동', gender: 'male', carrier: 'SKT', foreigner_v2: false }],
    [1, { name: '심청', birthday: '2004-02-29', carrier: 'KT' }],
    [2, { name: '김뷁똠', carrier: 'LGT_MVNO' }],
    [4, { name: 'JOHN SMITH', carrier: 'KT_MVNO', foreigner: true, foreigner_v2: true }],
  ] as const)('is certified as KCP knows them: %i', async (at, members) => {
    const person = { ...CANARY, ...PEOPLE[at], ci: CANARY.ci, di: CANARY.di };
    expect(await world.lookUp(await world.walk({ does: 'approve', person }))).toMatchObject(members);
  });

  it('with an unknown carrier has none', async () => {
    const begun = await world.walk({ does: 'approve', person: { ...CANARY, carrier: 'NEW' } });
    const shown = await world.lookUp(begun);
    expect(shown).toMatchObject({ certified: true, phone: CANARY.phone });
    expect(shown).not.toHaveProperty('carrier');
    expect(world.lines.join('')).toContain('"fields":["carrier"]');
  });

  it('who is invented is refused by production', async () => {
    const begun = await world.begin();
    await world.bring(begun.visit({ does: 'approve', ...(PEOPLE[0] && { person: PEOPLE[0] }) }));
    expect(await world.lookUp(begun)).toMatchObject({ certified: false, name: null });
  });

  it('lacks birthday, sex and nationality on the test server, and only there', async () => {
    const blank = await open({ isTestHost: true }, { environment: 'test' });
    const begun = await blank.walk({ does: 'approve' });
    expect(await blank.lookUp(begun)).toMatchObject({
      certified: true,
      birthday: null,
      birth: 0,
      gender: null,
      foreigner: false,
      foreigner_v2: null,
      name: CANARY.name,
    });
    const adult = await blank.walk({ does: 'approve' }, { min_age: 14 });
    expect(await blank.resultOf(adult)).toMatchObject({ success: false, error_reason: 'UNDER_AGE' });
    const live = await open({ isTestHost: true });
    expect(await live.lookUp(await live.walk({ does: 'approve' }))).toMatchObject({ certified: false });
  });

  it.each([
    [{ does: 'cancel' }, { error_reason: 'USER_CANCEL', error_code: '9999' }],
    [{ does: 'fail' }, { error_reason: 'PROVIDER_ERROR', error_code: 'CS12' }],
    [
      { does: 'fail', code: 'CS16' },
      { error_reason: 'PROVIDER_ERROR', error_code: 'CS16' },
    ],
    [
      { does: 'fail', code: '3001' },
      { error_reason: 'PROVIDER_ERROR', error_code: '3001' },
    ],
    [
      { does: 'fail', code: '<script>' },
      { error_reason: 'PROVIDER_ERROR', error_code: 'PROVIDER_ERROR' },
    ],
    [{ does: 'empty' }, { error_reason: 'PROVIDER_ERROR' }],
  ] as const)('who does %j there is not certified', async (act, heard) => {
    const begun = await world.walk(act);
    expect(await world.resultOf(begun)).toMatchObject({ success: false, ...heard });
    expect(await world.lookUp(begun)).toMatchObject({ certified: false, name: null });
    expect(world.queries()).toHaveLength(act.does === 'empty' ? 1 : 0);
  });

  it('is refused who is too young, or is not whom the call named', async () => {
    const young = await world.walk({ does: 'approve' }, { min_age: 100 });
    expect(await world.resultOf(young)).toMatchObject({ error_reason: 'UNDER_AGE' });
    for (const named of [{ name: '홍길동' }, { phone: '010-0000-0001' }]) {
      const other = await world.walk({ does: 'approve' }, named);
      expect(await world.resultOf(other)).toMatchObject({ error_reason: 'PROVIDER_ERROR' });
    }
    const same = await world.walk({ does: 'approve' }, { name: CANARY.name, phone: '010-0000-7531' });
    expect(await world.resultOf(same)).toMatchObject({ success: true });
  });

  it('cannot use the window of a trade twice', async () => {
    const begun = await world.begin();
    const openWindow = () =>
      fetch(begun.address, {
        method: 'POST',
        body: new URLSearchParams({ reg_cert_key: begun.key, kcp_page_submit_yn: 'Y' }),
      });
    expect((await openWindow()).status).toBe(200);
    begun.visit({ does: 'cancel' });
    expect((await openWindow()).status).toBe(409);
  });

  it('leaves nothing of itself, of the keys and of the trade in the log', async () => {
    await world.walk({ does: 'approve' });
    await world.walk({ does: 'empty' });
    await world.walk({ does: 'fail' });
    const told = world.lines.join('');
    expect(told).toMatch(/"adapter":"kcp-v2","step":"register"/);
    expect(told).toMatch(/"adapter":"kcp-v2","step":"query"/);
    const states = world.kcp.trades.all.flatMap(({ key, options }) => [key, options['param_opt_1'] ?? '']);
    for (const secret of ['까나리아', '7531', '1991', '0203', 'Canary', KCP_SETTINGS.enc_key, ...states])
      expect(told.includes(secret), secret).toBe(false);
    for (const { path } of world.kcp.requests) expect(path).not.toContain('?');
  });
});

describe('a return that is not the one of its attempt', () => {
  it.each([
    ['another key', { reg_cert_key: OTHER_KEY }],
    ['another state', { param_opt_1: 'Zm9vYmFyYmF6cXV4MTIzNA' }],
    ['both of others', { reg_cert_key: OTHER_KEY, param_opt_1: 'Zm9vYmFyYmF6cXV4MTIzNA' }],
    ['another key, and given up', { reg_cert_key: OTHER_KEY, res_cd: '9999' }],
  ])('with %s is refused, and the attempt goes on', async (_, changes) => {
    const begun = await world.begin();
    const back = begun.visit({ does: 'approve' });
    await world.bring(change(back, changes));
    expect(await world.shop.result(begun.handle)).toMatchObject({ state: 'pending' });
    expect(world.queries()).toEqual([]);
    expect(await world.bring(back)).toBe('success');
  });

  it('is refused with a field that is there twice', async () => {
    const begun = await world.begin();
    const back = begun.visit({ does: 'approve' });
    for (const more of ['&res_cd=0000', '&res_cd=9999', '&x=1&x=1'])
      await world.bring({ ...back, body: back.body + more });
    expect(await world.shop.result(begun.handle)).toMatchObject({ state: 'pending' });
    expect(await world.bring(back)).toBe('success');
  });

  it('certifies nobody when it is swapped, and leaves the other one as it was', async () => {
    const [victim, attacker] = [await world.begin(), await world.begin()];
    const own = victim.visit({ does: 'approve' });
    const bad = attacker.visit({ does: 'fail' });
    await world.bring({ address: bad.address, body: own.body });
    await world.bring({ address: own.address, body: bad.body });
    for (const { handle } of [victim, attacker])
      expect(await world.shop.result(handle)).toMatchObject({ state: 'pending' });
    expect(world.queries()).toEqual([]);
    expect(await world.bring(own)).toBe('success');
    expect(await world.bring(bad)).toBe('failure');
  });

  it.each(['fail', 'cancel'] as const)('is no success because it says so, after %s', async (does) => {
    const begun = await world.begin();
    const forged = change(begun.visit({ does }), { res_cd: '0000', user_name: '홍길동', CI: CANARY.ci });
    expect(await world.bring(forged)).toBe('failure');
    expect(await world.resultOf(begun)).toMatchObject({ success: false, error_code: 'CS24' });
    expect(await world.lookUp(begun)).toMatchObject({ certified: false, unique_key: null });
  });

  it('is no success without a window, and without fields', async () => {
    const begun = await world.begin();
    const address = world.kcp.trades.all[0]?.returnAddress ?? '';
    expect(await world.bring({ address, body: 'res_cd=0000' })).toBe('failure');
    expect(await world.lookUp(begun)).toMatchObject({ certified: false });
    const other = await world.begin();
    const end = world.kcp.trades.all[1]?.returnAddress ?? '';
    expect(await world.bring({ address: end, body: '' })).toBe('failure');
    expect(await world.resultOf(other)).toMatchObject({ error_code: 'PROVIDER_ERROR' });
  });

  it('asks KCP once, however often the browser comes back', async () => {
    const begun = await world.begin();
    const back = begun.visit({ does: 'approve' });
    const shown = await Promise.all(Array.from({ length: 30 }, () => world.bring(back)));
    for (const screen of shown) expect(screen).toMatch(/^(?:success|waiting)$/);
    expect(await world.bring(back)).toBe('success');
    expect(await world.bring(change(back, { res_cd: '9999' }))).toBe('success');
    expect(world.queries()).toHaveLength(1);
  });

  it('by GET changes nothing', async () => {
    const begun = await world.begin();
    const { address, body } = begun.visit({ does: 'approve' });
    expect((await fetch(`${address}?${body}`)).status).toBe(405);
    expect(await world.shop.result(begun.handle)).toMatchObject({ state: 'pending' });
  });
});

const GONE = { error_reason: 'PROVIDER_UNAVAILABLE' };
const UNREADABLE = { error_reason: 'PROVIDER_ERROR', error_code: 'PROVIDER_ERROR' };
/** Answers that are none, at each step. */
const BROKEN: readonly (readonly [Deviation, typeof GONE | typeof UNREADABLE])[] = [
  [{ breaks: 'half' }, UNREADABLE],
  [{ body: '' }, UNREADABLE],
  [{ body: '<html>오류</html>', contentType: 'text/html' }, UNREADABLE],
  [{ body: 'x'.repeat(65_537) }, UNREADABLE],
  [{ body: '{"res_cd":"0000","res_cd":"0000"}' }, UNREADABLE],
  [{ body: Buffer.from([0x7b, 0x22, 0xb0, 0xa1, 0x22, 0x3a, 0x31, 0x7d]) }, UNREADABLE],
  [{ status: 500 }, UNREADABLE],
  [{ status: 502, body: 'Bad Gateway' }, UNREADABLE],
  [{ status: 302, location: '/elsewhere' }, UNREADABLE],
  [{ members: { res_cd: 0 } }, UNREADABLE],
  [{ members: { res_cd: undefined } }, UNREADABLE],
];
/** Answers that are unusual and right. */
const UNUSUAL: readonly Deviation[] = [
  { delay: 300 },
  { breaks: 'behind' },
  { contentType: 'text/html; charset=EUC-KR' },
  { contentType: '' },
];

describe('a registration', () => {
  it.each([
    ...BROKEN,
    [{ breaks: 'before' }, GONE],
    [{ breaks: 'after' }, GONE],
    [
      { members: { res_cd: 'S001', res_msg: '%EC%98%A4%EB%A5%98' } },
      { error_reason: 'NOT_READY', error_code: 'S001' },
    ],
    [{ members: { call_url: 'http://evil.example/' } }, UNREADABLE],
    [{ members: { call_url: 'https://cert.kcp.co.kr.evil.example/' } }, UNREADABLE],
    [{ members: { call_url: '' } }, UNREADABLE],
    [{ members: { reg_cert_key: '' } }, UNREADABLE],
    [{ members: { reg_cert_key: 'x'.repeat(101) } }, UNREADABLE],
  ] as const)('with %j ends the attempt, by one question', async (deviation, heard) => {
    world.kcp.script('register', deviation);
    const begun = await world.begin();
    expect(begun.key).toBe('');
    expect(await world.resultOf(begun)).toMatchObject({ success: false, ...heard });
    expect(world.kcp.requests).toHaveLength(1);
    expect((await world.begin()).key).not.toBe('');
  });

  it('that is not answered ends the attempt', async () => {
    const other = await open({ patience: 200 });
    other.kcp.script('register', { breaks: 'never' });
    expect(await other.resultOf(await other.begin())).toMatchObject(GONE);
  });

  it.each(UNUSUAL)('with %j is one', async (deviation) => {
    world.kcp.script('register', deviation);
    expect((await world.begin()).key).toMatch(/^[0-9A-F]{16}$/);
  });

  it.each([
    [{ enc_key: 'f'.repeat(64) }, 'S103'],
    [{ site_cd: 'SM999' }, 'S101'],
  ])('with other settings than KCP knows is not taken: %j', async (settings, error_code) => {
    const other = await open({}, settings);
    expect(await other.resultOf(await other.begin())).toMatchObject({
      error_reason: 'NOT_READY',
      error_code,
    });
  });
});

describe('a query', () => {
  it.each([
    ...BROKEN,
    [{ members: { rv: 'AAAA' } }, UNREADABLE],
    [{ members: { rv: 'AAECAwQFBgcICQoLDA0ODw==' } }, UNREADABLE],
    [{ members: { enc_cert_data: 'AAAA' } }, UNREADABLE],
    [{ members: { enc_cert_data: '' } }, UNREADABLE],
    [{ members: { res_cd: 'CS24' } }, { error_reason: 'PROVIDER_ERROR', error_code: 'CS24' }],
    [{ members: { res_cd: '9999' } }, { error_reason: 'PROVIDER_ERROR', error_code: '9999' }],
    [{ payload: { res_cd: 'CS16' } }, { error_reason: 'PROVIDER_ERROR', error_code: 'CS16' }],
    [{ payload: { user_name: '' } }, UNREADABLE],
    [{ payload: { phone_no: '' } }, UNREADABLE],
    [{ payload: { birth_day: '' } }, UNREADABLE],
    [{ payload: { CI: '', CI_URL: '' } }, UNREADABLE],
  ] as const)('with %j ends the attempt, by one question', async (deviation, heard) => {
    world.kcp.script('query', deviation);
    const begun = await world.walk({ does: 'approve' });
    expect(await world.resultOf(begun)).toMatchObject({ success: false, ...heard });
    expect(await world.lookUp(begun)).toMatchObject({ certified: false, name: null });
    expect(world.queries()).toHaveLength(1);
  });

  it.each(['before', 'after'] as const)(
    'is asked once more when it is reset %s it was taken',
    async (breaks) => {
      world.kcp.script('query', { breaks });
      expect(await world.resultOf(await world.walk({ does: 'approve' }))).toMatchObject({ success: true });
      world.kcp.script('query', { breaks }, 2);
      expect(await world.resultOf(await world.walk({ does: 'approve' }))).toMatchObject(GONE);
      expect(world.queries()).toHaveLength(4);
    },
  );

  it('that is not answered ends the attempt', async () => {
    const other = await open({ patience: 200 });
    other.kcp.script('query', { breaks: 'never' }, 2);
    expect(await other.resultOf(await other.walk({ does: 'approve' }))).toMatchObject(GONE);
    expect(other.kcp.requests.filter(({ path }) => path.endsWith('getCertData.do'))).toHaveLength(2);
  });

  it.each(UNUSUAL)('with %j is one', async (deviation) => {
    world.kcp.script('query', deviation);
    expect(await world.resultOf(await world.walk({ does: 'approve' }))).toMatchObject({ success: true });
  });
});
