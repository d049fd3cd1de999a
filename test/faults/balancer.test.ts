import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newMasterKey } from '../../src/config/master-keys.ts';
import { toMerchantSetup } from '../../src/config/merchant-setup.ts';
import { REQUEST_LIMITS } from '../../src/core/limits.ts';
import { createLog } from '../../src/log.ts';
import { DEFAULT_SEED } from '../../src/sandbox/people-file.ts';
import { type App, createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { ScriptedProvider } from '../golden/scripted-provider.ts';
import { CONSENT, SIMCHEONG_FORM, shopOf, Visitor } from '../page/shop.ts';
import { type Balancer, startBalancer } from '../support/balancer.ts';
import { type Answer, Client, KEY_A, KEY_B, SECRET_A, SECRET_B } from '../support/client.ts';
import { Shop } from '../support/shop.ts';
import { type Bonin, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/* Two nodes on one PostgreSQL, behind a balancer that gives each request to the other one. */

const WRONG = '인증번호가 일치하지 않습니다.';
const SPENT = '인증번호 입력 횟수를 초과하였습니다. 다시 요청해주세요.';
const DONE = '이미 인증이 완료되었습니다.';

const times = <T>(count: number, make: (number: number) => T): T[] =>
  Array.from({ length: count }, (_, number) => make(number));

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

interface Pair {
  readonly nodes: readonly [Bonin, Bonin];
  readonly balancer: Balancer;
  readonly client: Client;
  readonly shop: Shop;
  close(): Promise<void>;
}

async function startPair(): Promise<Pair> {
  const words = ['--data', temporaryFolder(), '--database-url', await server.newDatabase()];
  const nodes = [await startBonin(words), await startBonin(words)] as const;
  const balancer = await startBalancer(nodes.map(({ url }) => url));
  const client = new Client(balancer.url, 1000);
  const shop = new Shop(client, (await client.token()).token);
  return {
    nodes,
    balancer,
    client,
    shop,
    async close() {
      client.close();
      balancer.close();
      for (const node of nodes) {
        await node.stop();
        // Neither a failure nor a call that found no connection.
        expect(node.stderr()).toBe('');
      }
    },
  };
}

/** How often each message was answered; null is success. */
function count(answers: readonly Answer[]): Readonly<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (const { message } of answers) counted[message ?? 'ok'] = (counted[message ?? 'ok'] ?? 0) + 1;
  return counted;
}

test('a published client does its work in front of both as in front of one', async () => {
  const pair = await startPair();
  // Its own types do not describe the CommonJS module.
  const { Iamport, Request } = createRequire(import.meta.url)('iamport-rest-client-nodejs');
  const client = new Iamport({ apiKey: KEY_A, apiSecret: SECRET_A, baseUrl: pair.balancer.url });
  const { getCertification, deleteCertification } = Request.Certifications;
  for (let count = 0; count < 4; count++) {
    const imp_uid = await pair.shop.impUid();
    expect((await pair.shop.confirm(imp_uid)).status).toBe(200);
    const found = await getCertification({ imp_uid }).request(client);
    expect(found.data.response).toMatchObject({ imp_uid, certified: true, name: SIMCHEONG_FORM.name });
    const erased = await deleteCertification({ imp_uid }).request(client);
    expect(erased.data.response).toMatchObject({ imp_uid });
    await expect(getCertification({ imp_uid }).request(client)).rejects.toMatchObject({
      response: { status: 404 },
    });
  }
  await pair.close();
});

test('a token of one node is good at the other at once, and both give the same one at one moment', async () => {
  const pair = await startPair();
  const { balancer, client } = pair;
  // The first token of this key pair: nobody has asked for one yet.
  const issued = await Promise.all(times(100, () => client.token(KEY_B, SECRET_B)));
  expect(new Set(issued.map(({ token }) => token)).size).toBe(1);
  const [token = ''] = issued.map((each) => each.token);
  for (let round = 0; round < 10; round++)
    expect((await client.lookup(token, 'imp_000000000000')).status).toBe(404);
  const [first = 0, second = 0] = balancer.given;
  expect(Math.abs(first - second)).toBeLessThanOrEqual(1);
  await pair.close();
});

test('five wrong tries over both nodes end a code, and the right one is refused then', async () => {
  const pair = await startPair();
  const { shop } = pair;
  const impUid = await shop.impUid();
  for (let number = 0; number < 5; number++) {
    const answer = await shop.confirm(impUid, `00000${number}`);
    expect(answer.message).toBe(number < 4 ? WRONG : SPENT);
  }
  for (let number = 0; number < 2; number++) expect((await shop.confirm(impUid)).message).toBe(SPENT);
  const other = await shop.impUid();
  const guesses = await Promise.all(times(200, (number) => shop.confirm(other, String(200_000 + number))));
  expect(count(guesses)).toEqual({ [WRONG]: 4, [SPENT]: 196 });
  await pair.close();
});

test('a thousand right confirmations at one moment: one 200, and "already certified" for all others', {
  timeout: 240_000,
}, async () => {
  const pair = await startPair();
  const { balancer, shop } = pair;
  for (let round = 0; round < 2; round++) {
    const impUid = await shop.impUid();
    const before = [...balancer.given];
    const answers = await Promise.all(times(1000, () => shop.confirm(impUid)));
    expect(count(answers)).toEqual({ ok: 1, [DONE]: 999 });
    expect(balancer.given.map((given, at) => given - (before[at] ?? 0))).toEqual([500, 500]);
    const told = answers.find(({ status }) => status === 200)?.response;
    for (let node = 0; node < 2; node++) expect((await shop.lookup(impUid)).response).toEqual(told);
  }
  await pair.close();
});

test('a page that is opened at one node is walked at both, and its ticket opens once', async () => {
  const pair = await startPair();
  const { balancer, shop } = pair;
  const page = shopOf(balancer);
  for (let round = 0; round < 3; round++) {
    const started = await page.start();
    const visitor = new Visitor();
    await visitor.open(started.url);
    for (const form of [{ carrier: 'KT' }, CONSENT, { method: 'SMS' }, SIMCHEONG_FORM, { otp: '123456' }])
      await visitor.send(form);
    expect(visitor.screen).toBe('success');
    expect(await page.result(started.handle)).toMatchObject({ state: 'done', result: { success: true } });
    expect((await shop.lookup(started.imp_uid)).response).toMatchObject({ certified: true });
    const late = new Visitor();
    for (let node = 0; node < 2; node++) {
      await late.open(started.url);
      expect(late.status).toBe(410);
    }
  }
  // Two windows at one moment, one at each node.
  const { url } = await page.start();
  const visitors = times(6, () => new Visitor());
  await Promise.all(visitors.map((visitor) => visitor.open(url)));
  expect(visitors.filter(({ screen }) => screen === 'carrier')).toHaveLength(1);
  await pair.close();
});

test('a node that is killed takes nothing along, and the other goes on', async () => {
  const pair = await startPair();
  const { nodes, client, shop } = pair;
  const certified = new Map<string, string>();
  const statuses = new Set<number>();
  let isOver = false;
  const caller = async (number: number) => {
    while (!isOver) {
      const asked = await shop.request({ phone: `0100000${2000 + number}` });
      statuses.add(asked.status);
      if (asked.status !== 200) continue;
      const impUid = String(asked.response?.['imp_uid']);
      const answer = await shop.confirm(impUid);
      statuses.add(answer.status);
      if (answer.status === 200) certified.set(impUid, answer.text);
    }
  };
  const callers = times(8, caller);
  const grow = async () => {
    const from = certified.size;
    await expect.poll(() => certified.size, { timeout: 30_000 }).toBeGreaterThan(from + 30);
  };
  await grow();
  await nodes[0].kill();
  await grow();
  isOver = true;
  await Promise.all(callers);
  // The balancer's own word for an answer that broke off.
  expect([...statuses].filter((status) => status !== 200 && status !== 502)).toEqual([]);
  for (const [impUid, text] of certified) expect((await shop.lookup(impUid)).text).toBe(text);
  client.close();
  pair.balancer.close();
  await nodes[1].stop();
  expect(nodes[1].stderr()).toBe('');
});

/** What the two nodes have together. */
const CONNECTIONS = 20;

/**
 * So many calls, as many at a time as there are connections. More would race no harder in the database; but on a slow
 * machine one that had been counted already could wait for a connection longer than it may, and be refused by 503.
 */
async function crowd(count: number, call: (number: number) => Promise<Answer>): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  let next = 0;
  const caller = async () => {
    while (next < count) answers.push(await call(next++));
  };
  await Promise.all(times(CONNECTIONS, caller));
  return answers;
}

/** Two nodes by the rules of production, with an agency that sends 123456 to everybody. */
async function startServing(limits = REQUEST_LIMITS): Promise<readonly App[]> {
  const databaseUrl = await server.newDatabase();
  const masterKeys = [newMasterKey()];
  const { providers } = new ScriptedProvider({}, 'unmarked');
  const log = createLog('silent');
  const options = { policy: SERVE_POLICY, databaseUrl, masterKeys, log, providers, limits } as const;
  const apps = [await createApp(options), await createApp(options)];
  for (const app of apps)
    for (const merchant of DEFAULT_SEED.merchants) await app.merchants.save(toMerchantSetup(merchant));
  return apps;
}

test('the limits on codes hold for both nodes together', async () => {
  const apps = await startServing();
  const urls = await Promise.all(apps.map((app) => app.listen(0, '127.0.0.1')));
  const balancer = await startBalancer(urls.map(({ url }) => url));
  const client = new Client(balancer.url, 100);
  const shop = new Shop(client, (await client.token()).token);
  const asked = await crowd(40, () => shop.request());
  expect(asked.filter(({ status }) => status === 200)).toHaveLength(5);
  expect(asked.filter(({ status }) => status === 429)).toHaveLength(35);
  // Of one client's address 60 in ten minutes, of which five are spent.
  const phones = await crowd(150, (number) => shop.request({ phone: `0100000${3000 + number}` }));
  expect(phones.filter(({ status }) => status === 200)).toHaveLength(55);
  expect(phones.filter(({ status }) => status === 429)).toHaveLength(95);
  client.close();
  balancer.close();
  await Promise.all(apps.map((app) => app.close()));
});

test('the limit of a merchant holds for both nodes together', async () => {
  const address = [{ count: 1_000, window: 600_000 }];
  const apps = await startServing({ ...REQUEST_LIMITS, address });
  const urls = await Promise.all(apps.map((app) => app.listen(0, '127.0.0.1')));
  const balancer = await startBalancer(urls.map(({ url }) => url));
  const client = new Client(balancer.url, 100);
  const shop = new Shop(client, (await client.token()).token);
  const asked = await crowd(150, (number) => shop.request({ phone: `0100000${3000 + number}` }));
  expect(asked.filter(({ status }) => status === 200)).toHaveLength(120);
  expect(asked.filter(({ status }) => status === 429)).toHaveLength(30);
  client.close();
  balancer.close();
  await Promise.all(apps.map((app) => app.close()));
});
