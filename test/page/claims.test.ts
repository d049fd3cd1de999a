import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { newMasterKey } from '../../src/config/master-keys.ts';
import type { MasterKey } from '../../src/core/key-ring.ts';
import { createLog } from '../../src/log.ts';
import { type App, createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { serverOf, visitorFrom } from '../support/callers.ts';
import { type Answer, Client } from '../support/client.ts';
import { Shop } from '../support/shop.ts';
import { SlowProvider } from '../support/slow-provider.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { CONSENT, SIMCHEONG_FORM, shopOf, Visitor } from './shop.ts';

const DONE = '이미 인증이 완료되었습니다.';
const CODE = '123456';
const HOLDER = fileURLToPath(new URL('../support/dying-holder.ts', import.meta.url));
/** How long a claim lives, in milliseconds. */
const LEASE = 60_000;
const KEY = { impKey: 'claims', impSecret: 'SecretOfClaims/1234567890' };
const MERCHANT = {
  name: '가상상점',
  userCode: 'imp00000001',
  keys: [KEY],
  channels: [
    {
      channelKey: 'claims',
      provider: 'kcp_v2',
      providerMerchantId: 'P1',
      carrierApproval: false,
      foreignerAddOn: false,
      minimumAge: null,
    },
  ],
} as const;
type Method = 'SMS' | 'APP';
const METHODS: readonly Method[] = ['SMS', 'APP'];

const times = <T>(count: number, make: (number: number) => T): T[] =>
  Array.from({ length: count }, (_, number) => make(number));

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

const ENGINES: Readonly<Record<string, () => Promise<string>>> = {
  SQLite: async () => `sqlite:${join(temporaryFolder(), 'bonin.db')}`,
  PostgreSQL: () => server.newDatabase(),
};

interface Time {
  now: number;
}

async function startApp(databaseUrl: string, masterKey: MasterKey, time: Time, provider: SlowProvider) {
  const app = await createApp({
    policy: SERVE_POLICY,
    databaseUrl,
    masterKeys: [masterKey],
    log: createLog('silent'),
    moveClock: () => ({ now: () => time.now }),
    providers: provider.providers,
  });
  onTestFinished(() => app.close());
  return app;
}

/** Two servers on one database, with one agency and a clock that stands. */
async function startBoth(databaseUrl: string) {
  const provider = new SlowProvider();
  // Whoever still waits for it at the end is let go, so that the servers can close.
  onTestFinished(() => provider.open());
  const masterKey = newMasterKey();
  const time: Time = { now: Date.now() };
  const apps: readonly App[] = [
    await startApp(databaseUrl, masterKey, time, provider),
    await startApp(databaseUrl, masterKey, time, provider),
  ];
  await apps[0]?.merchants.save(MERCHANT);
  const urls: string[] = [];
  for (const app of apps) urls.push((await app.listen(0, '127.0.0.1')).url);
  const clients = urls.map((url) => new Client(url, 50));
  onTestFinished(() => {
    for (const client of clients) client.close();
  });
  const { token } = await (clients[0] as Client).token(KEY.impKey, KEY.impSecret);
  const shops = clients.map((client) => new Shop(client, token));
  return {
    databaseUrl,
    provider,
    masterKey,
    time,
    token,
    urls,
    app: apps[0] as App,
    at: (number: number) => shops[number % 2] as Shop,
  };
}
type Both = Awaited<ReturnType<typeof startBoth>>;

/** How often each message was answered; null is success. */
function count(answers: readonly Answer[]): Readonly<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (const { message } of answers) counted[message ?? 'ok'] = (counted[message ?? 'ok'] ?? 0) + 1;
  return counted;
}

/** Somebody on the page who has only to give the code, or to say that they approved; and twins of them elsewhere. */
async function visit({ urls }: Both, method: Method) {
  const [url = ''] = urls;
  const shop = shopOf({ url });
  const started = await shop.start({ user_code: MERCHANT.userCode });
  const visitor = new Visitor();
  await visitor.open(started.url);
  for (const form of [{ carrier: 'KT' }, CONSENT, { method }, SIMCHEONG_FORM]) await visitor.send(form);
  const screen = method === 'SMS' ? 'code' : 'app';
  expect(visitor.screen).toBe(screen);
  /** The same window, by another process. */
  const twin = (number: number, base = urls[number % 2] ?? '') => {
    const other = new Visitor();
    other.address = base + new URL(visitor.address).pathname;
    return other;
  };
  const form: Readonly<Record<string, string>> = method === 'SMS' ? { otp: CODE } : { do: 'approved' };
  return { ...started, shop, visitor, screen, twin, form };
}

/** A process of its own that asks the agency and is killed while it waits; `ask` sends what makes it ask. */
async function dieWhileAsking(both: Both, ask: (url: string) => Promise<unknown>): Promise<void> {
  const child = spawn(process.execPath, [HOLDER], {
    env: {
      DATABASE_URL: both.databaseUrl,
      MASTER_KEY: Buffer.from(both.masterKey.secret).toString('hex'),
      NOW: String(both.time.now),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value: url = '' } = await lines.next();
  const asking = ask(url).catch(() => 'cut off');
  expect((await lines.next()).value).toBe('asked');
  child.kill('SIGKILL');
  await ended;
  expect(await asking).toBe('cut off');
}

describe.each(Object.entries(ENGINES))('the right to ask the provider, on %s', (_engine, newDatabase) => {
  it.each(METHODS)('belongs to one of many confirmations at two servers (%s)', async (method) => {
    const both = await startBoth(await newDatabase());
    const { provider, at } = both;
    const impUid = await at(0).impUid({ verification_method: method });
    const answers = times(30, (n) => at(n).confirm(impUid));
    await expect.poll(() => provider.asked).toBe(1);
    // Who comes while it is asked waits too.
    answers.push(...times(10, (n) => at(n).confirm(impUid)));
    provider.open();
    const heard = await Promise.all(answers);
    expect(count(heard)).toEqual({ ok: 1, [DONE]: 39 });
    expect(provider.asked).toBe(1);
    const certified = heard.find(({ status }) => status === 200)?.response;
    for (const n of [0, 1]) expect((await at(n).lookup(impUid)).response).toEqual(certified);
  });

  it.each(METHODS)('belongs to one of many forms at two servers (%s)', async (method) => {
    const both = await startBoth(await newDatabase());
    const { provider } = both;
    const { visitor, twin, form, screen, shop, handle } = await visit(both, method);
    const { step } = visitor;
    const forms = times(20, (n) => twin(n).send(form, step));
    await expect.poll(() => provider.asked).toBe(1);
    // Neither a form of the new step nor a cancel, nor the shop that closes, comes in between.
    await visitor.reload();
    expect(visitor.screen).toBe(screen);
    expect(visitor.step).not.toBe(step);
    for (const [n, late] of [form, form, { otp: '000000' }, { do: 'cancel' }].entries())
      await twin(n).send(late, visitor.step);
    expect(await shop.close(handle)).toMatchObject({ state: 'pending' });
    provider.open();
    await Promise.all(forms);
    expect(provider.asked).toBe(1);
    expect((await shop.result(handle)).result).toMatchObject({ success: true });
  });

  it.each(METHODS)('passes on when its holder has died, and not before its time (%s)', async (method) => {
    const both = await startBoth(await newDatabase());
    const { provider, at, time, token } = both;
    provider.open();
    const impUid = await at(0).impUid({ verification_method: method });
    await dieWhileAsking(both, (url) => new Shop(new Client(url), token).confirm(impUid));
    time.now += LEASE - 1;
    const waiting = at(1).confirm(impUid);
    expect((await at(0).lookup(impUid)).response).toMatchObject({ certified: false });
    expect(provider.asked).toBe(0);
    time.now += 1;
    expect((await waiting).response).toMatchObject({ certified: true });
    expect(provider.asked).toBe(1);
  });

  it.each(METHODS)('passes on when a holder on the page has died, and not before (%s)', async (method) => {
    const both = await startBoth(await newDatabase());
    const { provider, time } = both;
    provider.open();
    const { visitor, twin, form, screen, shop, handle } = await visit(both, method);
    await dieWhileAsking(both, (url) => twin(0, url).send(form, visitor.step));
    time.now += LEASE - 1;
    await visitor.reload();
    await visitor.send(form);
    expect(visitor.screen).toBe(screen);
    expect(provider.asked).toBe(0);
    time.now += 1;
    await visitor.send(form);
    expect(visitor.screen).toBe('success');
    expect((await shop.result(handle)).result).toMatchObject({ success: true });
  });

  it('is lost by a holder that took too long, who certifies nothing then', async () => {
    const both = await startBoth(await newDatabase());
    const { provider, at, time } = both;
    const impUid = await at(0).impUid();
    const slow = at(0).confirm(impUid);
    await expect.poll(() => provider.asked).toBe(1);
    time.now += LEASE;
    const second = at(1).confirm(impUid);
    await expect.poll(() => provider.asked).toBe(2);
    provider.open();
    expect(count(await Promise.all([slow, second]))).toEqual({ ok: 1, [DONE]: 1 });
  });

  it('does not matter to an attempt whose last try was counted by a process that died', async () => {
    const both = await startBoth(await newDatabase());
    const { visitor, handle, shop } = await visit(both, 'SMS');
    const { store, attempts } = both.app;
    for (let spent = 0; spent < 5; spent++) {
      const attempt = await attempts.find({ handle });
      const claim = { id: Uint8Array.of(1), until: both.time.now };
      const { impUid = '', step = 0 } = attempt ?? {};
      const tried = { impUid, step, digest: Uint8Array.of(1), wrongTries: 5, claim, now: both.time.now };
      expect(await store.attempts.tryCode(tried)).toBe(spent < 4 ? 'wrong' : 'last');
    }
    await visitor.reload();
    expect(visitor.screen).toBe('failure');
    expect((await shop.result(handle)).result).toMatchObject({ error_code: 'OTP_LIMIT' });
  });
});

describe('a provider that does not answer', () => {
  /** Lets ten seconds pass once the provider was asked. */
  async function passTenSeconds({ provider }: Both): Promise<void> {
    while (provider.asked === 0) await vi.advanceTimersByTimeAsync(0);
    await vi.advanceTimersByTimeAsync(10_000);
  }

  it.each(METHODS)('is unavailable after ten seconds, and the next may ask at once (%s)', async (method) => {
    const both = await startBoth('sqlite::memory:');
    const { app, provider, at } = both;
    const impUid = await at(0).impUid({ verification_method: method });
    const merchantId = (await app.merchants.find({ userCode: MERCHANT.userCode }))?.id ?? 0;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const caller = serverOf(merchantId);
    const confirm = async () => app.otps.confirm(caller, await app.otps.findWaiting(caller, impUid), CODE);
    const refused = expect(confirm()).rejects.toMatchObject({ code: 'provider_unavailable' });
    await passTenSeconds(both);
    await refused;
    provider.open();
    expect(await confirm()).toMatchObject({ state: 'certified' });
    expect(provider.asked).toBe(2);
  });

  it('ends an attempt on the page', async () => {
    const both = await startBoth('sqlite::memory:');
    const { app } = both;
    const { handle } = await visit(both, 'SMS');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const attempt = await app.attempts.find({ handle });
    if (attempt === null) throw new Error('the attempt does not run');
    const tried = app.steps.take(visitorFrom(), attempt, attempt.step, { does: 'enter_code', otp: CODE });
    await passTenSeconds(both);
    await tried;
    expect((await app.attempts.find({ handle }))?.end).toEqual({
      certified: false,
      reason: 'PROVIDER_UNAVAILABLE',
      providerCode: null,
    });
  });
});
