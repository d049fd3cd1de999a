import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { PostcardAgency } from '../../examples/adapter/agency.ts';
import { createPostcard } from '../../examples/adapter/postcard.ts';
import { newMasterKey } from '../../src/config/master-keys.ts';
import { createLog } from '../../src/log.ts';
import { createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { ask, type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { CONSENT, SIMCHEONG_FORM, shopOf, Visitor } from '../page/shop.ts';
import { Client } from '../support/client.ts';
import { ComparingAgency, comparingAdapter, RIGHT_CODE } from '../support/comparing-agency.ts';
import { eventually } from '../support/eventually.ts';
import { oneNumberAdapter } from '../support/one-number-adapter.ts';
import { comeBack, type PostcardReturn, press } from '../support/postcard-window.ts';
import { type ProductionNode, startNode } from '../support/production-nodes.ts';
import { Shop } from '../support/shop.ts';

/* Agencies in front of several processes on one PostgreSQL database. */

const SECRET = 'SecretOfPostcard1234';
const PERSON = { name: '까나리아', birthday: '1991-02-03', phone: '01000007531', ci: 'C'.repeat(88) };
const KEY = { impKey: 'key_of_a_shop_1', impSecret: 'SecretOfAShop/1234567890' };
const SHOP = { user_code: 'imp00000001', page: 'https://shop.example/join' };
/** Longer than a claim lasts, in milliseconds. */
const LATER = 61_000;

let server: PostgresServer;
let postcard: PostcardAgency;
let comparing: ComparingAgency;
let databaseUrl: string;
const masterKey = newMasterKey();
let nodes: readonly ProductionNode[];

const start = (ahead = 0) => startNode(databaseUrl, [masterKey], { agencyUrl: comparing.url, ahead });

beforeAll(async () => {
  [server, postcard, comparing] = await Promise.all([
    startPostgres(),
    PostcardAgency.open(SECRET, PERSON),
    ComparingAgency.open(),
  ]);
  databaseUrl = await server.newDatabase();
  const app = await createApp({
    policy: SERVE_POLICY,
    databaseUrl,
    masterKeys: [masterKey],
    log: createLog('silent'),
    providers: {
      postcard: createPostcard({ fetch, log: () => {} }),
      comparing: comparingAdapter(comparing.url),
      'one-number': oneNumberAdapter(),
    },
  });
  const contract = {
    carrierApproval: true,
    foreignerAddOn: false,
    minimumAge: null,
    provider: 'kcp_v2',
  } as const;
  const settings = { url: postcard.url, secret: SECRET };
  await app.merchants.save({
    name: '가상상점',
    userCode: SHOP.user_code,
    keys: [KEY],
    channels: [
      { ...contract, channelKey: 'window', providerMerchantId: 'S1', adapter: 'postcard', settings },
      { ...contract, channelKey: 'codes', providerMerchantId: 'S2', adapter: 'comparing' },
      { ...contract, channelKey: 'number', providerMerchantId: 'S3', adapter: 'one-number' },
    ],
  });
  await app.close();
  nodes = await Promise.all([start(), start(), start()]);
});
afterAll(async () => {
  for (const { child } of nodes ?? []) child.kill('SIGKILL');
  await Promise.all([postcard?.close(), comparing?.close()]);
  await server?.close();
});

const nodeAt = (number: number) => nodes[number % nodes.length] as ProductionNode;
const atNode = ({ url }: ProductionNode, address: string) => address.replace(/^http:\/\/[^/]+/, url);
/** The same path at another node. */
const at = (number: number, address: string) => atNode(nodeAt(number), address);
/** The browser comes back to this node. */
const backTo = (node: ProductionNode, back: PostcardReturn) =>
  comeBack({ ...back, address: atNode(node, back.address) });

describe('a browser that comes back from the window of an agency', () => {
  const asks = () => postcard.asked.filter((each) => each === 'POST /results').length;

  /** Somebody on the screen that leads to the agency's window. */
  async function begin(channel_key: string) {
    const started = await shopOf(nodeAt(0)).start({
      ...SHOP,
      channel_key,
      window: 'redirect',
      m_redirect_url: 'http://detectchangingwebview/iamport/rn',
    });
    const visitor = new Visitor();
    await visitor.open(started.url);
    return { ...started, visitor };
  }

  /** Somebody who has pressed a button there. Returns the handle, and what the browser is about to post. */
  async function leave() {
    const { visitor, handle, imp_uid } = await begin('window');
    const window = /href="(http:\/\/127\.0\.0\.1:\d+\/window\/[^"]+)"/.exec(visitor.html)?.[1] ?? '';
    return { handle, imp_uid, back: await press(window, 'approved') };
  }

  it('has the agency asked once, however many windows come back to however many processes', async () => {
    const { handle, back } = await leave();
    const before = asks();
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, number) => backTo(nodeAt(number), back)),
    );
    for (const answer of answers) expect(await answer.text()).toMatch(/data-screen="(?:success|waiting)"/);
    const result = () => shopOf(nodeAt(1)).result(handle);
    expect(await eventually(async () => (await result()).state === 'done')).toBe(true);
    expect(await result()).toMatchObject({ result: { success: true } });
    expect(asks() - before).toBe(1);
  });

  it('is refused five times by however many processes, and then its attempt is over: nobody is asked', async () => {
    const { handle, imp_uid, back } = await leave();
    const before = asks();
    const forged = { ...back, body: 'visit=of-somebody-else&result=approved' };
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, number) => backTo(nodeAt(number), forged)),
    );
    for (const answer of answers) {
      const html = await answer.text();
      expect(answer.status === 410 || html.includes('data-screen="failure"')).toBe(true);
    }
    expect(await shopOf(nodeAt(1)).result(handle)).toMatchObject({
      result: { error_reason: 'PROVIDER_ERROR' },
    });
    const [row] = await ask(databaseUrl, 'SELECT wrong FROM attempts WHERE id = $1', [
      Number(imp_uid.slice(4)),
    ]);
    expect(row).toEqual({ wrong: 5 });
    await backTo(nodeAt(2), back);
    expect(asks()).toBe(before);
    expect(await shopOf(nodeAt(1)).result(handle)).toMatchObject({ result: { success: false } });
  });

  it('certifies one attempt alone by one number of the agency, at however many processes at once', async () => {
    const begun = await Promise.all(Array.from({ length: 12 }, () => begin('number')));
    await Promise.all(
      begun.map(({ visitor }, number) => {
        const [, address = ''] = /window\?back=([^"&]+)/.exec(visitor.html) ?? [];
        return backTo(nodeAt(number), { address: decodeURIComponent(address), body: 'result=approved' });
      }),
    );
    const results = await Promise.all(
      begun.map(async ({ handle }) => (await shopOf(nodeAt(1)).result(handle)).result),
    );
    expect(results.filter((result) => result?.['success'] === true)).toHaveLength(1);
    expect(results.filter((result) => result?.['error_reason'] === 'PROVIDER_ERROR')).toHaveLength(11);
  });

  it('is certified by another process when the one that asked is killed', async () => {
    const { handle, back } = await leave();
    const answer = Promise.withResolvers<void>();
    postcard.ready = answer.promise;
    onTestFinished(() => {
      postcard.ready = Promise.resolve();
    });
    const dying = await start();
    onTestFinished(() => void dying.child.kill('SIGKILL'));
    const before = asks();
    const lost = backTo(dying, back).catch(() => null);
    expect(await eventually(() => asks() === before + 1)).toBe(true);
    dying.child.kill('SIGKILL');
    await lost;
    answer.resolve();
    // Nobody else asks while the claim lasts.
    expect(await (await backTo(nodeAt(1), back)).text()).toContain('data-screen="waiting"');
    expect(asks()).toBe(before + 1);
    const later = await start(LATER);
    onTestFinished(() => void later.child.kill('SIGKILL'));
    const end = await backTo(later, back);
    expect(await end.text()).toContain('data-screen="success"');
    expect(asks()).toBe(before + 2);
    expect(await shopOf(nodeAt(2)).result(handle)).toMatchObject({ result: { success: true } });
  });
});

describe('codes that the agency compares, at three processes at once', () => {
  const wrong = (count: number) => comparing.compared.slice(-count).filter((code) => code !== RIGHT_CODE);

  it('are five tries over the API, and no more reach the agency', async () => {
    const clients = nodes.map(({ url }) => new Client(url, 40));
    onTestFinished(() => {
      for (const client of clients) client.close();
    });
    const shops = await Promise.all(
      clients.map(async (client) => new Shop(client, (await client.token(KEY.impKey, KEY.impSecret)).token)),
    );
    const impUid = await (shops[0] as Shop).impUid({ channel_key: 'codes' });
    const before = comparing.compared.length;
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, number) => (shops[number % 3] as Shop).confirm(impUid, '000000')),
    );
    expect(comparing.compared.length - before).toBe(5);
    expect(answers.filter(({ message }) => message === '인증번호가 일치하지 않습니다.')).toHaveLength(4);
    expect(answers.filter(({ message }) => message?.includes('횟수를 초과'))).toHaveLength(56);
    expect((await (shops[1] as Shop).confirm(impUid, RIGHT_CODE)).status).toBe(400);
    expect(comparing.compared.length - before).toBe(5);
  });

  it('are one try for each step of the page, five in all, and the others are told nothing', async () => {
    const shop = shopOf(nodeAt(0));
    const { url, handle } = await shop.start({ ...SHOP, channel_key: 'codes' });
    const visitor = new Visitor();
    await visitor.open(url);
    for (const form of [{ carrier: 'KT' }, CONSENT, SIMCHEONG_FORM]) await visitor.send(form);
    expect(visitor.screen).toBe('code');
    const before = comparing.compared.length;
    for (let round = 1; round <= 5; round++) {
      await visitor.reload();
      const body = () => new URLSearchParams({ step: visitor.step, do: 'next', otp: '000000' });
      const answers = await Promise.all(
        Array.from({ length: 30 }, (_, number) =>
          fetch(at(number, visitor.address), { method: 'POST', body: body(), redirect: 'manual' }),
        ),
      );
      expect(comparing.compared.length - before).toBe(round);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 303)).toHaveLength(29);
    }
    expect(await shopOf(nodeAt(2)).result(handle)).toMatchObject({ result: { error_reason: 'OTP_LIMIT' } });
    await fetch(at(1, visitor.address), {
      method: 'POST',
      body: new URLSearchParams({ step: visitor.step, do: 'next', otp: RIGHT_CODE }),
    });
    expect(wrong(5)).toHaveLength(5);
    expect(comparing.compared.length - before).toBe(5);
  });
});
