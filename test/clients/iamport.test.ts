import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEY_A, KEY_B, type RunningDevApp, startDevApp } from '../support/dev-app.ts';

/** What the npm package `iamport` offers of certifications; it has no types of its own. */
interface Client {
  readonly certification: Record<
    'get' | 'delete',
    (by: { imp_uid: string }) => Promise<Record<string, unknown>>
  >;
}
interface ClientClass {
  new (keys: { impKey: string; impSecret: string }): Client;
  DEFAULT_HOST: string;
}
const Iamport = createRequire(import.meta.url)('iamport') as ClientClass;

describe('npm package iamport', () => {
  let app: RunningDevApp;

  beforeAll(async () => {
    app = await startDevApp();
    Iamport.DEFAULT_HOST = app.url;
  });
  afterAll(() => app.close());

  const client = (impSecret = KEY_A.imp_secret) => new Iamport({ impKey: KEY_A.imp_key, impSecret });

  it('gets a token and reads a certification', async () => {
    const found = await client().certification.get({ imp_uid: 'imp_000000000001' });
    expect(found).toMatchObject({
      imp_uid: 'imp_000000000001',
      certified: true,
      name: '홍길동',
      birthday: '1990-01-31',
      birth: 633711600,
      gender: 'male',
      foreigner_v2: null,
    });
    expect(found).not.toHaveProperty('phone');
  });

  it('reports an unknown id with its own error for 404', async () => {
    await expect(client().certification.get({ imp_uid: 'imp_999999999999' })).rejects.toMatchObject({
      code: 'HTTP_404',
    });
  });

  it('reports a wrong secret with its own error for 401', async () => {
    await expect(client('wrong').certification.get({ imp_uid: 'imp_000000000001' })).rejects.toMatchObject({
      code: 'HTTP_401',
    });
  });

  it('asks for a new token when the one it holds has expired on the server', async () => {
    const holder = client();
    await holder.certification.get({ imp_uid: 'imp_000000000001' });
    const moveClock = (body: object) =>
      fetch(`${app.url}/sandbox/clock`, { method: 'PUT', body: JSON.stringify(body) });
    await moveClock({ advance: 1800 });
    const again = await holder.certification.get({ imp_uid: 'imp_000000000001' });
    await moveClock({});
    expect(again['certified']).toBe(true);
  });

  it('deletes a certification, which is gone afterwards', async () => {
    const deleted = await client().certification.delete({ imp_uid: 'imp_000000000008' });
    expect(deleted['name']).toBe('변학도');
    await expect(client().certification.get({ imp_uid: 'imp_000000000008' })).rejects.toMatchObject({
      code: 'HTTP_404',
    });
  });

  it('does not see the certification of another merchant', async () => {
    const other = new Iamport({ impKey: KEY_B.imp_key, impSecret: KEY_B.imp_secret });
    await expect(other.certification.get({ imp_uid: 'imp_000000000001' })).rejects.toMatchObject({
      code: 'HTTP_404',
    });
    expect((await other.certification.get({ imp_uid: 'imp_000000000010' }))['name']).toBe('홍길동');
  });
});
