import { createInicisUnified } from '../../src/providers/inicis-unified/index.ts';
import type { InicisPerson, InicisSimulator, Way } from '../../src/simulators/inicis-unified/index.ts';

/** The published test contract. */
export const TEST_MERCHANT = {
  mid: 'INIiasTest',
  apiKey: 'TGdxb2l3enJDWFRTbTgvREU3MGYwUT09',
  iv: 'SASKGINICIS00000',
};
export const TEST_SETTINGS = {
  environment: 'test',
  mid: TEST_MERCHANT.mid,
  api_key: TEST_MERCHANT.apiKey,
  iv: TEST_MERCHANT.iv,
};
export const OTHER_MERCHANT = {
  mid: 'SRAiasTest',
  apiKey: '43700dfd4c795fe9550853aef3b6aaf1',
  iv: 'SASHOSTSIRIAS000',
};

/** Nobody else has these values, so they can be searched for everywhere. */
export const CANARY: InicisPerson = {
  name: '까나리아',
  birthday: '19910203',
  gender: 'F',
  isForeign: '1',
  phone: '01000007531',
  ci: 'SANDBOX/CANARY+OF+INICIS/CI/0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV==',
  di: 'MC0GCCqGSIb3DQIJAyEASANDBOX/CANARY+OF+INICIS/DI/0123456789abcdA=',
};
export const OTHER_PERSON: InicisPerson = {
  name: '홍길동',
  birthday: '19900131',
  gender: 'M',
  isForeign: '0',
  phone: '01000000001',
  ci: 'SANDBOX/SOMEBODY+ELSE/CI/0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXY==',
  di: 'MC0GCCqGSIb3DQIJAyEASANDBOX/SOMEBODY+ELSE/DI/0123456789abcdefgA=',
};
export const CANARY_TRACES = /까나리아|19910203|1991-02-03|7531|CANARY|INISA_/;

/** The adapter, for a simulator instead of Inicis. `timeout` is for each question, in milliseconds. */
export function adapterFor(
  { url }: InicisSimulator,
  tools: Parameters<typeof createInicisUnified>[0] = { fetch, log: () => {} },
  timeout = 10_000,
) {
  return createInicisUnified(tools, { window: url, results: [url], timeout });
}

/** What a person does in the window. */
export interface Choice {
  readonly do: 'approve' | 'cancel' | 'fail';
  readonly agency?: string;
  /** Place in the simulator's list of people. */
  readonly person?: string;
  readonly code?: string;
}

/** Opens the window as a browser would, presses a button, and returns the form that leads back. */
export async function pressInWindow(
  address: string,
  fields: Readonly<Record<string, string>>,
  choice: Choice,
): Promise<Way> {
  const html = await (await openWindow(address, fields)).text();
  const path = /<form method="post" action="(\/window\/\w+)"/.exec(html)?.[1];
  if (path === undefined)
    throw new Error(`the window does not open: ${/role="alert">([^<]*)/.exec(html)?.[1]}`);
  const answer = await fetch(new URL(path, address), {
    method: 'POST',
    headers: { Accept: 'application/json' },
    body: new URLSearchParams({ ...choice }),
  });
  return (await answer.json()) as Way;
}

export function openWindow(address: string, fields: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(address, { method: 'POST', body: new URLSearchParams(fields) });
}

/** The fields as the server hands them to the adapter: one character for each byte. */
export function bytesOf(fields: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(fields).map(([name, value]) => [name, Buffer.from(value).toString('latin1')]);
}
