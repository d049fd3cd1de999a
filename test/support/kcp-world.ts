import { newMasterKey } from '../../src/config/master-keys.ts';
import type { AdapterLog } from '../../src/core/provider.ts';
import { createLog } from '../../src/log.ts';
import { createKcpV2, type KcpEndpoints } from '../../src/providers/kcp-v2/index.ts';
import { createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import type { SimulatedPerson } from '../../src/simulators/kcp-v2/people.ts';
import {
  KcpSimulator,
  type KcpSimulatorOptions,
  PUBLISHED_SITE,
} from '../../src/simulators/kcp-v2/simulator.ts';
import type { WindowAct } from '../../src/simulators/kcp-v2/trades.ts';
import { shopOf } from '../page/shop.ts';
import { Client } from './client.ts';
import { comeBack } from './postcard-window.ts';

export const KCP_SHOP = 'http://localhost:7000';
const IMP_KEY = 'key_of_a_shop_1';
const IMP_SECRET = 'kV7dQ2mXw9RzT4bNs8HpLc3YfJ6gAe5U';

/** Somebody whose CI and DI look real: production refuses those that say that they are invented. */
export const CANARY: SimulatedPerson = {
  name: '까나리아',
  birthday: '19910203',
  sex: '02',
  nationality: '01',
  phone: '01000007531',
  carrier: 'KTM',
  ci: `Canary+Ci/${'c'.repeat(76)}==`,
  di: `MC0GCCqGSIb3DQIJAyEACanary+Di/${'d'.repeat(33)}=`,
};

export const KCP_SETTINGS = {
  environment: 'production',
  site_cd: 'SM123',
  enc_key: '0123456789abcdef'.repeat(4),
  web_siteid: 'J12345678901',
};

/** KCP's addresses when the simulator plays KCP. */
export function endpointsOf({ url }: Pick<KcpSimulator, 'url'>, patience = 30_000): KcpEndpoints {
  const host = { origin: url, windows: new RegExp(`^${url}$`), patience };
  return { test: host, production: host };
}

/** A server by the rules of production with a channel at KCP, a shop, and the simulator in KCP's place. */
export async function openKcpWorld(
  { patience, ...options }: KcpSimulatorOptions & { readonly patience?: number } = {},
  settings: object = {},
) {
  const site = { code: KCP_SETTINGS.site_cd, encryptionKey: KCP_SETTINGS.enc_key };
  const kcp = await KcpSimulator.open({ sites: [site, PUBLISHED_SITE], people: [CANARY], ...options });
  const lines: string[] = [];
  const log = createLog('debug', { write: (line: string) => lines.push(line) });
  const tools = { fetch, log: ((level, ...line) => log[level](...line)) as AdapterLog };
  const app = await createApp({
    policy: SERVE_POLICY,
    databaseUrl: 'sqlite::memory:',
    masterKeys: [newMasterKey()],
    log,
    limits: { phone: [], phoneEverywhere: [], merchant: [], address: [] },
    providers: { 'kcp-v2': createKcpV2(tools, endpointsOf(kcp, patience)) },
  });
  await app.merchants.save({
    name: '가상상점',
    userCode: 'imp00000001',
    isTest: true,
    keys: [{ impKey: IMP_KEY, impSecret: IMP_SECRET }],
    pageRules: {
      returnHosts: ['localhost:*', 'localhost:7000'],
      returnSchemes: [],
      origins: null,
      nullOrigin: true,
    },
    channels: [
      {
        channelKey: 'channel',
        adapter: 'kcp-v2',
        settings: { ...KCP_SETTINGS, ...settings },
        provider: 'kcp_v2',
        providerMerchantId: KCP_SETTINGS.site_cd,
        carrierApproval: false,
        foreignerAddOn: false,
        minimumAge: null,
      },
    ],
  });
  const { url } = await app.listen(0, '127.0.0.1');
  const shop = shopOf({ url });
  const client = new Client(url);

  /** An attempt whose screen leads to KCP's window. */
  async function begin(more: object = {}) {
    const started = await shop.start({ user_code: 'imp00000001', ...more }, KCP_SHOP);
    const shown = await fetch(started.url);
    const html = await shown.text();
    const [, address = ''] = /<form method="post" action="(http[^"]+)"/.exec(html) ?? [];
    const [, key = ''] = /name="reg_cert_key" value="([^"]+)"/.exec(html) ?? [];
    const visit = (act: WindowAct) => kcp.act(key, act);
    return { ...started, html, address, key, visit };
  }
  type Begun = Awaited<ReturnType<typeof begin>>;

  return {
    ...app,
    url,
    kcp,
    lines,
    shop,
    begin,
    /** Brings the browser back with this form, and returns what it then shows. */
    async bring(back: { readonly address: string; readonly body: string }) {
      const html = await (await comeBack(back)).text();
      return /data-screen="(\w+)"/.exec(html)?.[1] ?? '';
    },
    /** Goes through the window to the end. */
    async walk(act: WindowAct, more: object = {}) {
      const begun = await begin(more);
      await comeBack(begun.visit(act));
      return begun;
    },
    /** What the shop's script hears of an attempt. */
    resultOf: async ({ handle }: Pick<Begun, 'handle'>) => (await shop.result(handle)).result,
    /** What an unmodified client of version 1 is answered. */
    async lookUp({ imp_uid }: Pick<Begun, 'imp_uid'>) {
      const { token } = await client.token(IMP_KEY, IMP_SECRET);
      return (await client.lookup(token, imp_uid)).response;
    },
    queries: () => kcp.requests.filter(({ path }) => path.endsWith('getCertData.do')),
    async close() {
      client.close();
      await app.close();
      await kcp.close();
    },
  };
}
