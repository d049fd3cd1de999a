import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { newMasterKey } from '../../src/config/master-keys.ts';
import type { NewCertification } from '../../src/core/certification-service.ts';
import type { MasterKey } from '../../src/core/key-ring.ts';
import { createLog } from '../../src/log.ts';
import { createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { CONSENT, SIMCHEONG_FORM, shopOf, Visitor } from '../page/shop.ts';
import { Client } from '../support/client.ts';
import { PERSON } from '../support/production.ts';
import { Shop } from '../support/shop.ts';
import { SlowProvider } from '../support/slow-provider.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/* A master key is added, and the first one retired, while tokens, codes, limits and pages are in use. */

const SECOND = 1000;
const KEY = { impKey: 'rotation', impSecret: 'SecretOfRotation/1234567890' };
const USER_CODE = 'imp00000001';
const CODE = '123456';
const LIMITED_PHONE = '01000000007';
/** One code for one phone, so that a second one is refused. */
const LIMITS = {
  phone: [{ count: 1, window: 600 * SECOND }],
  phoneEverywhere: [],
  merchant: [],
  address: [],
};

const [first, second] = [1, 2].map((id) => ({ ...newMasterKey(), id })) as [MasterKey, MasterKey];

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

const ENGINES: Readonly<Record<string, () => Promise<string>>> = {
  SQLite: async () => `sqlite:${join(temporaryFolder(), 'bonin.db')}`,
  PostgreSQL: () => server.newDatabase(),
};

const time = { now: 1_800_000_000_000 };

/** A server of production with these keys, whose clock stands and whose agency sends 123456. */
async function start(databaseUrl: string, masterKeys: readonly MasterKey[]) {
  const provider = new SlowProvider();
  provider.open();
  const app = await createApp({
    policy: SERVE_POLICY,
    databaseUrl,
    masterKeys,
    log: createLog('silent'),
    moveClock: () => ({ now: () => time.now }),
    providers: provider.providers,
    limits: LIMITS,
  });
  onTestFinished(() => app.close());
  const { url } = await app.listen(0, '127.0.0.1');
  const client = new Client(url);
  onTestFinished(() => client.close());
  return {
    app,
    client,
    url,
    async stop() {
      client.close();
      await app.close();
    },
  };
}

/** A database in use under the first key: a token, a record, a code, a phone at its limit and a page at the code. */
async function fill(databaseUrl: string) {
  const { app, client, url, stop } = await start(databaseUrl, [first]);
  await app.merchants.save({
    name: '가상상점',
    userCode: USER_CODE,
    keys: [KEY],
    channels: [
      {
        channelKey: 'rotation',
        provider: 'kcp_v2',
        providerMerchantId: 'P1',
        carrierApproval: false,
        foreignerAddOn: false,
        minimumAge: null,
      },
    ],
  });
  const channel = await app.merchants.findChannel('rotation');
  if (channel === null) throw new Error('the channel is not there');
  const kept: NewCertification = {
    channel,
    merchantUid: 'order-of-rotation',
    pageUrl: null,
    state: 'certified',
    requestedAt: 1_700_000_000_000,
    certifiedAt: 1_700_000_000_000,
    providerTid: 'tid',
    identity: PERSON,
  };
  const record = await app.certifications.keep(kept);
  const { token } = await client.token(KEY.impKey, KEY.impSecret);
  const shop = new Shop(client, token);
  const sent = await shop.impUid({ phone: LIMITED_PHONE });
  expect((await shop.request({ phone: LIMITED_PHONE })).status).toBe(429);
  const started = await shopOf({ url }).start({ user_code: USER_CODE });
  const visitor = new Visitor();
  await visitor.open(started.url);
  for (const form of [{ carrier: 'KT' }, CONSENT, { method: 'SMS' }, SIMCHEONG_FORM])
    await visitor.send(form);
  expect(visitor.screen).toBe('code');
  const waiting = await shopOf({ url }).start({ user_code: USER_CODE });
  await stop();
  return { record, token, sent, visitor, started, waiting };
}
type Filled = Awaited<ReturnType<typeof fill>>;

/** Everything that was in use goes on, at a server with other master keys. */
async function expectAll(
  { client, url }: Awaited<ReturnType<typeof start>>,
  { record, token, sent, visitor, started, waiting }: Filled,
): Promise<void> {
  const shop = new Shop(client, token);
  expect((await shop.lookup(record)).response).toMatchObject({ name: PERSON.name, unique_key: PERSON.ci });
  expect((await shop.request({ phone: LIMITED_PHONE })).status).toBe(429);
  expect(await shop.confirm(sent, CODE)).toMatchObject({ status: 200, message: null });
  expect((await client.token(KEY.impKey, KEY.impSecret)).token).toBe(token);
  const moved = (address: string) => url + new URL(address).pathname;
  visitor.address = moved(visitor.address);
  await visitor.send({ otp: CODE });
  expect((await shop.lookup(started.imp_uid)).response).toMatchObject({ certified: true });
  await new Visitor().open(moved(waiting.url));
  expect((await shopOf({ url }).result(waiting.handle)).state).toBe('pending');
}

describe.for(Object.keys(ENGINES))('on %s', (engine) => {
  const newDatabase = () => (ENGINES[engine] as () => Promise<string>)();

  it('a second master key ends nothing: no limit, no code, no token, no page', async () => {
    const databaseUrl = await newDatabase();
    const filled = await fill(databaseUrl);
    await expectAll(await start(databaseUrl, [first, second]), filled);
  });

  it('the first master key is retired after one start with both', async () => {
    const databaseUrl = await newDatabase();
    const filled = await fill(databaseUrl);
    await (await start(databaseUrl, [first, second])).stop();
    await expectAll(await start(databaseUrl, [second]), filled);
    await expect(start(databaseUrl, [first])).rejects.toMatchObject({
      code: 'start_refused',
      detail: expect.stringMatching(/master key that is not among the keys given$/),
    });
  });

  it('a key that is not the last line opens and wraps nothing yet', async () => {
    const databaseUrl = await newDatabase();
    const filled = await fill(databaseUrl);
    await (await start(databaseUrl, [second, first])).stop();
    await expectAll(await start(databaseUrl, [first]), filled);
  });
});
