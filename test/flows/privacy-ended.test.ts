import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { newMasterKey } from '../../src/config/master-keys.ts';
import { sweep } from '../../src/core/retention.ts';
import { AppError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { CONSENT, SIMCHEONG_FORM, shopOf, Visitor } from '../page/shop.ts';
import { findCanaries, type Spelling, spellBytes } from '../support/canaries.ts';
import { Client } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { Shop } from '../support/shop.ts';
import { SlowProvider } from '../support/slow-provider.ts';
import { databaseFile } from '../support/stored-rows.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/*
 * What was typed for a certification that ended without a person is in no file any more, not even sealed: neither the
 * sealed bytes nor the salt that opens them.
 */

const SECOND = 1000;
const DAY = 86_400 * SECOND;
const KEY = { impKey: 'ended', impSecret: 'SecretOfEnded/1234567890' };
const USER_CODE = 'imp00000001';
const CODE = '123456';
/** Which columns hold what was typed. */
const TYPED = {
  otps: ['sealed', 'salt', 'digest', 'phone_digest'],
  attempts: ['progress_sealed', 'progress_salt', 'code_digest'],
} as const;
const FRAME = { attempts: ['launch_sealed', 'launch_salt'], certifications: ['sealed', 'salt'] } as const;

async function startServer() {
  const folder = temporaryFolder();
  const provider = new SlowProvider();
  provider.open();
  const time = { now: Date.now() };
  const clock = { now: () => time.now };
  const app = await createApp({
    policy: SERVE_POLICY,
    databaseUrl: `sqlite:${join(folder, 'bonin.db')}`,
    masterKeys: [newMasterKey()],
    log: createLog('silent'),
    moveClock: () => clock,
    providers: provider.providers,
  });
  onTestFinished(() => app.close());
  // The log is emptied once after the start: what comes then is not helped by that.
  expect(await eventually(() => statSync(`${databaseFile(folder)}-wal`).size === 0)).toBe(true);
  await app.merchants.save({
    name: '가상상점',
    userCode: USER_CODE,
    keys: [KEY],
    channels: [
      {
        channelKey: 'ended',
        provider: 'kcp_v2',
        providerMerchantId: 'P1',
        carrierApproval: false,
        foreignerAddOn: false,
        minimumAge: null,
      },
    ],
  });
  const { url } = await app.listen(0, '127.0.0.1');
  const client = new Client(url);
  onTestFinished(() => client.close());
  const shop = new Shop(client, (await client.token(KEY.impKey, KEY.impSecret)).token);
  const page = shopOf({ url });
  const bytes = new Map<string, readonly Spelling[]>();
  const site = {
    app,
    time,
    provider,
    shop,
    page,
    sweep: () => sweep({ store: app.store, clock, keepUnverified: 30 * DAY }),
    /** Remembers what stands in the database of a certification now. */
    note(impUid: string, columns: Readonly<Record<string, readonly string[]>> = TYPED) {
      const database = new DatabaseSync(databaseFile(folder), { readOnly: true, timeout: 5_000 });
      for (const [table, names] of Object.entries(columns)) {
        const row = database
          .prepare(`SELECT ${names.join(', ')} FROM ${table} WHERE id = ?`)
          .get(Number(impUid.slice(4)));
        for (const [name, value] of Object.entries(row ?? {}))
          if (value instanceof Uint8Array)
            bytes.set(`${table}.${name} ${bytes.size}`, spellBytes(Buffer.from(value)).slice(0, 1));
      }
      database.close();
    },
    async isGone() {
      expect(bytes.size).toBeGreaterThan(0);
      const isGone = await eventually(() => findCanaries([folder], bytes).length === 0);
      expect(
        isGone,
        `still there: ${[...new Set(findCanaries([folder], bytes).map((each) => each.canary))]}`,
      ).toBe(true);
    },
    forgetPhone() {
      for (const name of [...bytes.keys()]) if (name.startsWith('otps.phone_digest')) bytes.delete(name);
    },
    /** That they can be found at all. */
    isThere: () => expect(findCanaries([folder], bytes).length).toBeGreaterThan(0),
    async visit(more: object = {}) {
      const started = await page.start({ user_code: USER_CODE, ...more });
      const visitor = new Visitor();
      await visitor.open(started.url);
      for (const form of [{ carrier: 'KT' }, CONSENT, { method: 'SMS' }, SIMCHEONG_FORM]) {
        await visitor.send(form);
        site.note(started.imp_uid);
      }
      expect(visitor.screen).toBe('code');
      return { ...started, visitor };
    },
  };
  return site;
}
type Site = Awaited<ReturnType<typeof startServer>>;

/** The ends of a certification by the API, and what the store says of them. */
const API_ENDS: Readonly<Record<string, (site: Site, impUid: string) => Promise<void>>> = {
  async refused({ shop, provider }, impUid) {
    provider.refusal = new AppError('identity_mismatch');
    expect((await shop.confirm(impUid)).status).toBe(400);
  },
  async tries({ shop }, impUid) {
    for (let spent = 0; spent < 5; spent++) await shop.confirm(impUid, `00000${spent}`);
  },
  async superseded({ shop, forgetPhone }) {
    await shop.impUid();
    // The newer one is open, and to the same phone.
    forgetPhone();
  },
  async late({ shop, time }, impUid) {
    time.now += 180 * SECOND;
    expect((await shop.confirm(impUid)).status).toBe(400);
  },
  async 'late, and nobody came'({ sweep: sweepUp, time }) {
    time.now += 180 * SECOND;
    await sweepUp();
  },
  async deleted({ shop }, impUid) {
    expect((await shop.erase(impUid)).status).toBe(200);
  },
};

test.each(Object.entries(API_ENDS))('by the API: %s', async (end, bringAbout) => {
  const site = await startServer();
  const impUid = await site.shop.impUid();
  site.note(impUid);
  site.isThere();
  await bringAbout(site, impUid);
  expect(
    (await site.app.store.findOtp(await merchantOf(site), impUid))?.otp ?? { digest: null },
  ).toMatchObject({
    digest: null,
    ...(end !== 'deleted' && { phoneDigest: null, claimant: null }),
  });
  await site.isGone();
});

async function merchantOf({ app }: Site): Promise<number> {
  return (await app.merchants.find({ userCode: USER_CODE }))?.id ?? 0;
}

type Visit = Awaited<ReturnType<Site['visit']>>;
/** The ends of an attempt on the page, with the word that the shop hears. */
const PAGE_ENDS: Readonly<Record<string, (site: Site, visit: Visit) => Promise<void>>> = {
  async USER_CANCEL(_site, { visitor }) {
    await visitor.send({ do: 'cancel' });
  },
  async REPLACED({ page }, { handle }) {
    await page.call('close', { handle, reason: 'REPLACED' });
  },
  async OTP_LIMIT(_site, { visitor }) {
    for (let spent = 0; spent < 5; spent++) await visitor.send({ otp: `00000${spent}` });
  },
  async SEND_LIMIT({ time }, { visitor }) {
    for (let sends = 1; sends <= 5; sends++) {
      time.now += 31 * SECOND;
      await visitor.send({ do: 'resend' });
    }
  },
  async LINE_NOT_ALLOWED({ provider }, { visitor }) {
    provider.refusal = new AppError('line_not_allowed');
    await visitor.send({ otp: CODE });
  },
  async PROVIDER_UNAVAILABLE({ provider }, { visitor }) {
    provider.refusal = new AppError('provider_unavailable');
    await visitor.send({ otp: CODE });
  },
  async EXPIRED({ time }, { visitor }) {
    time.now += 900 * SECOND;
    await visitor.reload();
  },
};

test.each(Object.entries(PAGE_ENDS))('on the page: %s', async (word, bringAbout) => {
  const site = await startServer();
  const visit = await site.visit();
  site.isThere();
  await bringAbout(site, visit);
  expect((await site.page.result(visit.handle)).result).toMatchObject({ error_reason: word });
  await site.isGone();
});

test('on the page: UNDER_AGE, which only the provider knows', async () => {
  const site = await startServer();
  const visit = await site.visit({ min_age: 19 });
  site.provider.birthday = '2020-01-01';
  await visit.visitor.send({ otp: CODE });
  expect((await site.page.result(visit.handle)).result).toMatchObject({ error_reason: 'UNDER_AGE' });
  await site.isGone();
});

test('on the page: left, by a sweep', async () => {
  const site = await startServer();
  const { handle } = await site.visit();
  site.time.now += 900 * SECOND;
  await site.sweep();
  await site.isGone();
  expect((await site.page.result(handle)).result).toMatchObject({ error_reason: 'EXPIRED' });
});

test('what is deleted after its time is in no file either', async () => {
  const site = await startServer();
  const { imp_uid, visitor } = await site.visit();
  const byApi = await site.shop.impUid({ phone: '01000000001' });
  site.note(byApi);
  await visitor.send({ do: 'cancel' });
  site.time.now += 180 * SECOND;
  await site.sweep();
  await site.isGone();
  for (const impUid of [imp_uid, byApi]) site.note(impUid, FRAME);
  site.isThere();
  expect(await site.app.store.forgetUnverified(site.time.now, 100)).toBe(2);
  await site.isGone();
  for (const impUid of [imp_uid, byApi])
    expect(await site.app.store.findCertification(await merchantOf(site), impUid)).toBeNull();
});

test('the way in which an attempt was opened goes a day after its end', async () => {
  const site = await startServer();
  const { imp_uid, visitor } = await site.visit();
  await visitor.send({ do: 'cancel' });
  await site.isGone();
  site.note(imp_uid, { attempts: FRAME.attempts });
  site.isThere();
  site.time.now += 900 * SECOND + DAY + 1;
  await site.sweep();
  await site.isGone();
});
