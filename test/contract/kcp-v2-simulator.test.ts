import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openMessage, sealMessage } from '../../src/providers/kcp-v2/crypto.ts';
import { decryptFrom, encryptFor } from '../../src/simulators/kcp-v2/cipher.ts';
import {
  KcpSimulator,
  type KcpSimulatorOptions,
  PUBLISHED_SITE,
} from '../../src/simulators/kcp-v2/simulator.ts';

const { cases } = JSON.parse(
  readFileSync(new URL('vectors/kcp-v2-crypto.json', import.meta.url), 'utf8'),
) as { readonly cases: readonly { name: string; rv: string; cipher_base64: string; plain: string }[] };

const OTHER_SITE = { code: 'SM123', encryptionKey: 'ab'.repeat(32) };
const keysOf = (site = PUBLISHED_SITE) => ({ site_cd: site.code, enc_key: site.encryptionKey });
const TRADE = {
  site_cd: PUBLISHED_SITE.code,
  ordr_idxx: 'a1B2c3D4e5F6g7H8i9J0',
  Ret_URL: 'https://id.example/back',
  web_siteid: '',
  param_opt_1: 'state',
};

async function open(options: KcpSimulatorOptions = {}) {
  const kcp = await KcpSimulator.open({ sites: [PUBLISHED_SITE, OTHER_SITE], ...options });
  onTestFinished(() => kcp.close());
  const post = async (path: string, headers: Readonly<Record<string, string>>, body: string) => {
    const answer = await fetch(kcp.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body,
    });
    return (await answer.json()) as Record<string, string>;
  };
  const register = async (
    trade: Readonly<Record<string, unknown>> = TRADE,
    more: {
      site?: string;
      rv?: string;
      wrap?: (cipher: string) => string;
      keys?: ReturnType<typeof keysOf>;
    } = {},
  ) => {
    const { rv, cipher } = await sealMessage(JSON.stringify(trade), more.keys ?? keysOf());
    const headers = { site_cd: more.site ?? PUBLISHED_SITE.code, rv: more.rv ?? rv };
    return post('/api/reg/certDataReg.do', headers, (more.wrap ?? ((text) => text))(cipher));
  };
  const query = (body: object, site_cd = PUBLISHED_SITE.code) =>
    post('/api/query/getCertData.do', { site_cd }, JSON.stringify(body));
  return { kcp, post, register, query };
}

describe('the simulator of KCP', () => {
  it.each(cases)('decrypts the vector $name with code of its own', async ({ rv, cipher_base64, plain }) => {
    expect(await decryptFrom(PUBLISHED_SITE, rv, cipher_base64)).toBe(plain);
  });

  it('encrypts what the adapter reads', async () => {
    for (let length = 0; length < 40; length += 1) {
      const text = '가'.repeat(length);
      const { salt, encrypted } = await encryptFor(PUBLISHED_SITE, text);
      const opened = await openMessage({ rv: salt, cipher: encrypted }, keysOf());
      expect(Buffer.from(opened).toString()).toBe(text);
    }
  });

  it('registers a trade once', async () => {
    const { kcp, register } = await open();
    expect(await register()).toMatchObject({
      res_cd: '0000',
      call_url: `${kcp.url}/kcp_cert/certGateway.do`,
      reg_cert_key: expect.stringMatching(/^[0-9A-F]{16}$/),
    });
    expect(await register()).toMatchObject({ res_cd: 'S105' });
    expect(kcp.requests).toHaveLength(2);
  });

  it.each([
    ['an unknown site', 'S101', TRADE, { site: 'AO7F4' }],
    ['the header of another site', 'S103', TRADE, { site: OTHER_SITE.code }],
    ['the payload of another site', 'S104', { ...TRADE, site_cd: OTHER_SITE.code }, {}],
    ['quotes around the body', 'S102', TRADE, { wrap: (text: string) => `"${text}"` }],
    ['a JSON body', 'S102', TRADE, { wrap: (text: string) => `{"data":"${text}"}` }],
    ['a salt of 15 bytes', 'S103', TRADE, { rv: Buffer.alloc(15).toString('base64') }],
    ['another salt', 'S103', TRADE, { rv: Buffer.alloc(16).toString('base64') }],
    ['another key', 'S103', TRADE, { keys: { ...keysOf(), enc_key: 'ab'.repeat(32) } }],
    ['no order', 'S104', { ...TRADE, ordr_idxx: undefined }, {}],
    ['an order with a hyphen', 'S104', { ...TRADE, ordr_idxx: 'a-1' }, {}],
    ['an order that is too long', 'S104', { ...TRADE, ordr_idxx: 'a'.repeat(51) }, {}],
    ['no address', 'S104', { ...TRADE, Ret_URL: '' }, {}],
    [
      'an address that is too long',
      'S104',
      { ...TRADE, Ret_URL: `https://id.example/${'a'.repeat(240)}` },
      {},
    ],
    ['an address that is none', 'S104', { ...TRADE, Ret_URL: '/back' }, {}],
    ['a long option', 'S104', { ...TRADE, param_opt_1: 'a'.repeat(501) }, {}],
    ['an unknown member', 'S104', { ...TRADE, other: 'x' }, {}],
    ['a number', 'S104', { ...TRADE, web_siteid: 5 }, {}],
    ['a long site for the DI', 'S104', { ...TRADE, web_siteid: 'J123456789012' }, {}],
  ] as const)('refuses %s with %s', async (_, res_cd, trade, more) => {
    const { kcp, register } = await open();
    expect(await register(trade, more)).toMatchObject({ res_cd });
    expect(kcp.trades.all).toEqual([]);
  });

  it('tells a result only to whom the trade belongs, and when the person has finished', async () => {
    const { kcp, register, query } = await open();
    const { reg_cert_key: key = '' } = await register();
    const right = { reg_cert_key: key, ordr_idxx: TRADE.ordr_idxx };
    expect(await query(right)).toMatchObject({ res_cd: 'CS24' });
    kcp.act(key, { does: 'approve' });
    expect(await query({ ...right, reg_cert_key: 'x' })).toMatchObject({ res_cd: 'Q102' });
    expect(await query(right, OTHER_SITE.code)).toMatchObject({ res_cd: 'Q102' });
    expect(await query({ ...right, ordr_idxx: 'x' })).toMatchObject({ res_cd: 'Q103' });
    expect(await query(right)).toMatchObject({ res_cd: '0000' });
    expect(await query(right)).toMatchObject({ res_cd: '0000' });
    expect(() => kcp.act(key, { does: 'approve' })).toThrow();
  });

  it('tells a result once when it is told to', async () => {
    const { kcp, register, query } = await open({ secondQuery: 'refused' });
    const { reg_cert_key: key = '' } = await register();
    kcp.act(key, { does: 'approve' });
    const right = { reg_cert_key: key, ordr_idxx: TRADE.ordr_idxx };
    expect((await query(right))['res_cd']).toBe('0000');
    expect((await query(right))['res_cd']).toBe('Q104');
  });

  it('closes a trade after fifteen minutes of its own clock', async () => {
    let now = 0;
    const { kcp, register } = await open({ clock: () => now });
    const { reg_cert_key: key = '' } = await register();
    now = 15 * 60_000 - 1;
    expect(kcp.trades.findOpen(key)).toBeDefined();
    now += 1;
    expect(kcp.trades.findOpen(key)).toBeUndefined();
  });

  it('lets a program act as a person does', async () => {
    const { kcp, register, post } = await open();
    const { reg_cert_key = '' } = await register();
    const act = (asked: object) => post('/simulator/act', {}, JSON.stringify(asked)).catch(() => null);
    expect(await act({ reg_cert_key: 'x', do: 'approve' })).toBeNull();
    expect(await act({ reg_cert_key, do: 'approve', person: 1 })).toMatchObject({
      address: 'https://id.example/back',
      fields: { res_cd: '0000', reg_cert_key, param_opt_1: 'state' },
    });
    expect(kcp.trades.all[0]?.act?.person?.name).toBe('심청');
  });

  it('has people whose CI and DI say that they are invented', async () => {
    const { kcp } = await open();
    for (const { ci, di } of kcp.people) {
      expect([ci.length, di.length]).toEqual([88, 64]);
      expect(ci).toMatch(/^SANDBOX\/.*==$/);
      expect(di).toMatch(/^MC0GCCqGSIb3DQIJAyEASANDBOX\//);
    }
  });
});
