import { randomBytes } from 'node:crypto';
import type { NewChannel, PageRules } from '../../src/core/merchant.ts';
import { serverOf } from '../support/callers.ts';
import { Agency } from './agency.ts';
import { Filler, type KnownOtp } from './filler.ts';
import type { Person } from './people.ts';
import { type Server, type ServerOptions, startServer } from './server.ts';
import type { KnownAttempt } from './walk.ts';

/** When it is, once everything stands. */
export const NOW = Date.parse('2026-03-02T12:00:00+09:00');
const SECOND = 1000;

export const SHOP = 'https://shop.example';
const RULES: PageRules = {
  returnHosts: ['shop.example'],
  returnSchemes: [],
  origins: [SHOP],
  nullOrigin: false,
};

const channel = (channelKey: string, more: Partial<NewChannel> = {}): NewChannel => ({
  channelKey,
  provider: 'danal',
  providerMerchantId: `at-${channelKey}`,
  carrierApproval: true,
  foreignerAddOn: true,
  minimumAge: null,
  ...more,
});
const PLAIN = { carrierApproval: false, foreignerAddOn: false };

/** C is disabled. The first channel of each is its default. */
const MERCHANTS = {
  A: [
    channel('a-approved'),
    channel('a-plain', PLAIN),
    channel('a-kcp', { provider: 'kcp_v2' }),
    channel('a-adults', { minimumAge: 19 }),
    channel('a-window', { adapter: 'window' }),
  ],
  B: [channel('b-approved'), channel('b-plain', PLAIN)],
  C: [channel('c-approved')],
} as const;
export type MerchantName = keyof typeof MERCHANTS;
export const nameOf = (name: string) => `가게 ${name}`;
export const USER_CODES = { A: 'imp10000001', B: 'imp10000002', C: 'imp10000003' } as const;

/** `A2` has a token that has expired, `A3` is revoked, `A4` and `B2` never had a token. */
export const KEYS = ['A1', 'A2', 'A3', 'A4', 'B1', 'B2', 'C1'] as const;
export type KeyName = (typeof KEYS)[number];
export const impKeyOf = (name: KeyName) => `key-of-${name.toLowerCase()}`;
export const secretOf = (name: KeyName) => `the-secret-of-${name}-and-of-nobody-else`;

/** Everything that there is, and who knows what of it. */
export interface World {
  readonly options: Omit<ServerOptions, 'databaseUrl'>;
  /** Of A1, of B1, and of A2 that has expired. */
  readonly tokens: { readonly A: string; readonly B: string; readonly expired: string };
  readonly people: readonly Person[];
  /** `imp_uid` by a name that says whose it is and how it stands. */
  readonly ids: ReadonlyMap<string, string>;
  readonly otps: ReadonlyMap<string, KnownOtp>;
  readonly attempts: ReadonlyMap<string, KnownAttempt>;
}

/**
 * Fills an empty database. `atFirstCode` is called when `A other number` has a code for a phone of the attacker's own,
 * before that of somebody else is named.
 */
export async function buildWorld(
  databaseUrl: string,
  atFirstCode: (impUid: string) => Promise<void>,
): Promise<World> {
  const masterKeys = [1, 2].map((id) => ({ id, secret: randomBytes(32) }));
  const agency = new Agency();
  const time = { now: NOW - 7200 * SECOND };
  const options = { masterKeys, agency, time };
  const filler = new Filler(agency, time);

  const before = await startServer({ ...options, databaseUrl, masterKeys: masterKeys.slice(0, 1) });
  await saveMerchants(before);
  const expired = await getToken(before, 'A2');
  await filler.certify(before, 'A plain', 'a-plain');
  await filler.certify(before, 'A other shape', 'a-approved', { impUid: 'legacy-a-1' });
  await before.stop();

  const server = await startServer({ ...options, databaseUrl });
  time.now = NOW - 1000 * SECOND;
  await filler.startAttempts(server, ['past its time']);
  await fillWithCertifications(filler, server);
  time.now = NOW - 200 * SECOND;
  const tokens = { A: await getToken(server, 'A1'), B: await getToken(server, 'B1'), expired };
  await filler.requestOtp(server, tokens, 'A late', 'a-approved', { code: '200001' });
  time.now = NOW - 170 * SECOND;
  await filler.requestOtps(server, tokens);
  await filler.startAttempts(server, ['running', 'ended']);
  await filler.certifyInWindow(server);
  await filler.nameAnother(server, async (impUid) => {
    await atFirstCode(impUid);
    time.now = NOW - 130 * SECOND;
  });
  await getToken(server, 'C1');
  await server.merchants.disable(USER_CODES.C);
  await server.merchants.revokeKey(impKeyOf('A3'));
  // A process that has died while it had the job. It is due only then, since the server has just run it.
  const later = server.store.clock.now() + 3600 * SECOND;
  const owner = randomBytes(16);
  await server.store.takeJob({ name: 'sweep', owner, now: later, lease: 20 * SECOND, pause: 30 * SECOND });
  await server.stop();
  time.now = NOW;
  const { people, ids, otps, attempts } = filler;
  return { options, tokens, people, ids, otps, attempts };
}

async function saveMerchants({ merchants }: Server): Promise<void> {
  for (const name of ['A', 'B', 'C'] as const)
    await merchants.save({
      name: nameOf(name),
      userCode: USER_CODES[name],
      pageRules: RULES,
      keys: KEYS.filter((key) => key.startsWith(name)).map((key) => ({
        impKey: impKeyOf(key),
        impSecret: secretOf(key),
      })),
      channels: MERCHANTS[name],
    });
}

async function getToken({ caller }: Server, key: KeyName): Promise<string> {
  const json = { imp_key: impKeyOf(key), imp_secret: secretOf(key) };
  const { text } = await caller.post('/users/getToken', { json });
  return (JSON.parse(text) as { response: { access_token: string } }).response.access_token;
}

async function fillWithCertifications(filler: Filler, server: Server): Promise<void> {
  for (const [name, channelKey] of [
    ['A approved', 'a-approved'],
    ['A approved, another', 'a-approved'],
    ['A kcp', 'a-kcp'],
    ['A erased', 'a-approved'],
    ['A erased, another', 'a-plain'],
    ['B approved', 'b-approved'],
    ['B plain', 'b-plain'],
    ['C approved', 'c-approved'],
  ] as const)
    await filler.certify(server, name, channelKey);
  await filler.certify(server, 'A expired', 'a-approved', { state: 'expired' });
  await filler.certify(server, 'A other shape, pending', 'a-plain', {
    impUid: 'legacy-a-2',
    state: 'pending',
  });
  await filler.certify(server, 'B other shape', 'b-approved', { impUid: 'legacy-b-1' });
  for (const name of ['A erased', 'A erased, another']) {
    const owner = await server.merchants.find({ userCode: USER_CODES.A });
    await server.certifications.erase(serverOf(owner?.id ?? 0), filler.ids.get(name) ?? '');
  }
}
