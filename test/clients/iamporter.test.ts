import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEY_A, type RunningDevApp, startDevApp } from '../support/dev-app.ts';

/** What the npm package `iamporter` offers of certifications; it has no types of its own. */
interface Answer {
  readonly status: number;
  readonly message: string | null;
  readonly data: Readonly<Record<string, unknown>> | null;
}
interface Client {
  getToken(): Promise<Answer>;
  getCertification(impUid: string): Promise<Answer>;
  deleteCertification(impUid: string): Promise<Answer>;
}
const { Iamporter, IamporterError } = createRequire(import.meta.url)('iamporter') as {
  Iamporter: new (options: { apiKey?: string; secret?: string; host: string }) => Client;
  IamporterError: new () => Error;
};

describe('npm package iamporter', () => {
  let app: RunningDevApp;

  beforeAll(async () => {
    app = await startDevApp();
  });
  afterAll(() => app.close());

  // Without a key of its own it uses the sample pair that the documentation prints.
  const client = (options = {}) => new Iamporter({ host: app.url, ...options });

  it('gets a token with its built-in sample key pair', async () => {
    const { status, data } = await client().getToken();
    expect(status).toBe(200);
    expect(data?.['access_token']).toMatch(/^[0-9a-f]{40}$/);
  });

  it('reads a certification', async () => {
    const { data, message } = await client({ apiKey: KEY_A.imp_key }).getCertification('imp_000000000001');
    expect(message).toBeNull();
    expect(data).toMatchObject({ imp_uid: 'imp_000000000001', certified: true, name: '홍길동' });
  });

  it('resolves an unknown id as its own ordinary "not found"', async () => {
    const { status, message, data } = await client().getCertification('imp_999999999999');
    expect({ status, message, data }).toEqual({
      status: 404,
      message: '인증결과가 존재하지 않습니다.',
      data: null,
    });
  });

  it('reports a wrong secret with its own error', async () => {
    const failure = client({ secret: 'wrong' }).getCertification('imp_000000000001');
    await expect(failure).rejects.toBeInstanceOf(IamporterError);
    await expect(failure).rejects.toMatchObject({
      status: 401,
      message: '아임포트 API 인증에 실패하였습니다.',
    });
  });

  it('deletes a certification, which is gone afterwards', async () => {
    const deleted = await client().deleteCertification('imp_000000000005');
    expect(deleted.data?.['name']).toBe('심청');
    expect((await client().getCertification('imp_000000000005')).status).toBe(404);
  });
});
