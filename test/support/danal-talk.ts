import type { Channel } from '../../src/core/channel.ts';
import type { HostedRequest, HostedReturn, Settings } from '../../src/core/provider.ts';
import { toAppError } from '../../src/errors.ts';
import { createDanal } from '../../src/providers/danal/adapter.ts';

/*
 * The adapter of Danal in front of answers that a test writes, without a network.
 */

export const TID = '202503141021551234567010';
export const ID = 'a1B2c3D4e5F6g7H8i9J0';
export const STATE = 'Zm9vYmFyYmF6cXV4MTIzNA';
export const RETURN = `https://id.example/providers/danal/return/${STATE}`;
export const SETTINGS: Settings = { cpid: 'A000000000', cppwd: 'p+w/d=&%', cp_title: 'shop.example' };
export const CHANNEL: Channel = {
  id: 1,
  merchantId: 1,
  position: 0,
  channelKey: 'channel',
  adapter: 'danal',
  provider: 'danal',
  providerMerchantId: 'A000000000',
  carrierApproval: false,
  foreignerAddOn: false,
  minimumAge: null,
  settings: { keyId: 1, salt: new Uint8Array(), blob: new Uint8Array() },
  proof: new Uint8Array(),
};
const NOW = Date.parse('2026-03-01T00:00:00Z');
export const CI = 'SANDBOX/NOT+A+REAL/CI/0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0A==';
export const OK = {
  RETURNCODE: '0000',
  RETURNMSG: 'No information',
  TID,
  NAME: '홍길동',
  CI,
  DI: 'D'.repeat(64),
  DOB: '19900131',
  SEX: '1',
  ORDERID: ID,
};
export const toBody = (fields: Readonly<Record<string, string>>) =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');

/** The adapter in front of an agency that gives these answers, one after the other. */
export function openDanal(...bodies: (string | Buffer | Response | Error)[]) {
  const calls: { url: string; init: RequestInit; body: string }[] = [];
  const lines: [string, Readonly<Record<string, unknown>>, string][] = [];
  const { hosted } = createDanal({
    fetch: async (url, init = {}) => {
      calls.push({ url: String(url), init, body: String(init.body) });
      const body = bodies.shift();
      if (body instanceof Error || body === undefined) throw body ?? new Error('nobody answers');
      return body instanceof Response
        ? body
        : new Response(typeof body === 'string' ? body : new Uint8Array(body));
    },
    log: (...line) => lines.push(line),
  });
  if (hosted === undefined) throw new Error('it has no window');
  const begin = (more: Partial<HostedRequest> = {}) =>
    hosted.begin({
      channel: CHANNEL,
      settings: SETTINGS,
      attemptId: ID,
      returnAddress: RETURN,
      state: STATE,
      serviceName: '상점',
      prefill: { name: '', phone: '' },
      carriers: ['SKT', 'KT', 'LGT', 'MVNO'],
      minimumAge: null,
      now: NOW,
      ...more,
    });
  const memo = JSON.stringify({ tid: TID, sendsUserId: false, fixesPhone: false });
  const toReturn = (more: Partial<HostedReturn> = {}): HostedReturn => ({
    channel: CHANNEL,
    settings: SETTINGS,
    attemptId: ID,
    memo,
    state: STATE,
    isCancel: false,
    fields: [['TID', TID]],
    now: NOW,
    ...more,
  });
  return {
    calls,
    lines,
    begin,
    complete: (more: Partial<HostedReturn> = {}) => hosted.complete(toReturn(more)),
    contradicts: (more: Partial<HostedReturn> = {}) => hosted.contradicts(toReturn(more)),
  };
}
export const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (thrown: unknown) => {
      const { code, providerCode } = toAppError(thrown);
      return providerCode === null ? code : `${code} ${providerCode}`;
    },
  );
/** What an agency says to CONFIRM when the fields of a good answer are changed; null for a field that is left out. */
export const confirm = (
  change: Readonly<Record<string, string | null>>,
  more: Partial<HostedReturn> = {},
) => {
  const fields = Object.entries({ ...OK, ...change }).filter(([, value]) => value !== null);
  const danal = openDanal(toBody(Object.fromEntries(fields) as Record<string, string>));
  return { ...danal, result: danal.complete(more) };
};
export const identityOf = async (...told: Parameters<typeof confirm>) =>
  (await confirm(...told).result).identity;
export const withChannel = (channel: Partial<Channel>, settings: Settings = {}) => ({
  channel: { ...CHANNEL, ...channel },
  settings: { ...SETTINGS, ...settings },
});
export const APPROVED = withChannel({ carrierApproval: true });
