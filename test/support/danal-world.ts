import { newMasterKey } from '../../src/config/master-keys.ts';
import type { Clock } from '../../src/core/clock.ts';
import { createLog } from '../../src/log.ts';
import { createDanal } from '../../src/providers/danal/adapter.ts';
import { createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import {
  DanalSimulator,
  type DanalSimulatorOptions,
  type SimulatedReturn,
  type WindowAct,
} from '../../src/simulators/danal/simulator.ts';
import { shopOf, Visitor } from '../page/shop.ts';
import { Client } from './client.ts';

export const CPID = 'A010002002';
const CPPWD = 'Password+/=&%of1';
const KEYS = { impKey: 'danal_shop', impSecret: 'SecretOfTheDanalShop/1' };
const USER_CODE = 'imp00000001';
export const SHOP = 'http://localhost:7000';

export interface DanalWorldOptions {
  readonly simulator?: Partial<DanalSimulatorOptions>;
  readonly channel?: { readonly carrierApproval?: boolean; readonly foreignerAddOn?: boolean };
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Hosts to which the page may send people back. */
  readonly returnHosts?: readonly string[];
}

/** The form that leads to the agency's window. */
export interface WindowForm {
  readonly address: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** A server by the rules of production, with the adapter of Danal in front of a simulator. */
export async function openDanalWorld(given: DanalWorldOptions = {}) {
  const { simulator: options, channel, settings, returnHosts = [] } = given;
  const lines: string[] = [];
  const log = createLog('info', { write: (line: string) => lines.push(line) });
  const ahead = { ms: 0 };
  const simulator = await DanalSimulator.open({
    merchants: { [CPID]: CPPWD },
    clock: () => Date.now() + ahead.ms,
    ...options,
  });
  const app = await createApp({
    // The simulator's people are marked as invented, which production refuses.
    policy: { ...SERVE_POLICY, keepsInvented: true },
    databaseUrl: 'sqlite::memory:',
    masterKeys: [newMasterKey()],
    log,
    limits: { phone: [], phoneEverywhere: [], merchant: [], address: [] },
    moveClock: (shared: Clock) => ({ now: () => shared.now() + ahead.ms }),
    providers: {
      danal: createDanal({ fetch, log: (level, ...line) => log[level](...line) }, simulator.endpoints),
    },
  });
  const merchant = await app.merchants.save({
    name: '가상상점',
    userCode: USER_CODE,
    keys: [KEYS],
    pageRules: { returnHosts, returnSchemes: [], origins: null, nullOrigin: true },
    channels: [
      {
        channelKey: 'channel',
        adapter: 'danal',
        settings: { cpid: CPID, cppwd: CPPWD, cp_title: 'shop.example', ...settings },
        provider: 'danal',
        providerMerchantId: CPID,
        carrierApproval: false,
        foreignerAddOn: false,
        minimumAge: null,
        ...channel,
      },
    ],
  });
  const { url } = await app.listen(0, '127.0.0.1');
  const shop = shopOf({ url });
  const client = new Client(url);

  const start = (more: object = {}, origin = SHOP) => shop.start({ user_code: USER_CODE, ...more }, origin);
  /** An attempt whose person is about to go to the agency. */
  async function begin(more: object = {}) {
    const started = await start(more);
    const visitor = new Visitor();
    await visitor.open(started.url);
    return { ...started, visitor, form: readForm(visitor.html) };
  }
  /** Begins, and acts in the window; returns what the browser brings back. */
  async function visit(act: WindowAct, more: object = {}) {
    const begun = await begin(more);
    const refusal = simulator.openWindow(begun.form.fields);
    if (refusal !== null) throw new Error(refusal);
    const back = simulator.act(begun.form.fields['TID'] ?? '', act);
    return { ...begun, back };
  }
  /** As the merchant's server sees it. */
  async function lookUp(impUid: string): Promise<Readonly<Record<string, unknown>>> {
    const { token } = await client.token(KEYS.impKey, KEYS.impSecret);
    const answer = await client.call('GET', `/certifications/${impUid}`, {
      headers: { authorization: token },
    });
    return answer.response ?? {};
  }
  return {
    app,
    url,
    lines,
    merchant,
    simulator,
    shop,
    ahead,
    start,
    begin,
    visit,
    lookUp,
    result: async (handle: string) => (await shop.result(handle)).result,
    /** How often a step was asked for. */
    asks: (step: 'ITEMSEND' | 'CONFIRM') =>
      simulator.requests.filter(({ body }) => body.startsWith(`TXTYPE=${step}`)).length,
    async close() {
      client.close();
      await app.close();
      await simulator.close();
    },
  };
}

export type DanalWorld = Awaited<ReturnType<typeof openDanalWorld>>;

/** Posts what the browser brings back, and returns the screen to which that leads. */
export async function comeBack({ address, body }: Pick<SimulatedReturn, 'address' | 'body'>): Promise<{
  readonly status: number;
  readonly screen: string;
}> {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Origin: 'null' };
  const answer = await fetch(address, { method: 'POST', headers, body });
  const html = await answer.text();
  return { status: answer.status, screen: /data-screen="(\w+)"/.exec(html)?.[1] ?? '' };
}

function readForm(html: string): WindowForm {
  const [, address = '', inputs = ''] =
    /<form method="post" action="(http[^"]+)">((?:<input type="hidden"[^>]*>)*)/.exec(html) ?? [];
  const fields = [...inputs.matchAll(/name="([^"]*)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
    unescapeHtml(name),
    unescapeHtml(value),
  ]);
  return { address: unescapeHtml(address), fields: Object.fromEntries(fields) as Record<string, string> };
}

function unescapeHtml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
