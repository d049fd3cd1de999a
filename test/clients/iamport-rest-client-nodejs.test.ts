import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEY_A, type RunningDevApp, startDevApp } from '../support/dev-app.ts';

/** The official client, as far as certifications go; its own types do not describe the CommonJS module. */
interface Call {
  request(client: object): Promise<{ status: number; data: Readonly<Record<string, unknown>> }>;
}
const { Iamport, Request } = createRequire(import.meta.url)('iamport-rest-client-nodejs') as {
  Iamport: new (options: { apiKey: string; apiSecret: string; baseUrl: string }) => object;
  Request: {
    Certifications: Record<'getCertification' | 'deleteCertification', (by: { imp_uid: string }) => Call>;
  };
};

describe('npm package iamport-rest-client-nodejs', () => {
  let app: RunningDevApp;

  beforeAll(async () => {
    app = await startDevApp();
  });
  afterAll(() => app.close());

  const client = (apiSecret = KEY_A.imp_secret) =>
    new Iamport({ apiKey: KEY_A.imp_key, apiSecret, baseUrl: app.url });
  const read = (impUid: string) => Request.Certifications.getCertification({ imp_uid: impUid });

  it('gets a token, presents it as Bearer and reads a certification', async () => {
    const { status, data } = await read('imp_000000000002').request(client());
    expect(status).toBe(200);
    expect(data['response']).toMatchObject({
      imp_uid: 'imp_000000000002',
      name: '홍길동',
      certified: true,
      // The client makes dates of the seconds.
      birth: new Date(633_711_600_000),
    });
  });

  it('rejects an unknown id and a wrong secret with the answer attached', async () => {
    await expect(read('imp_999999999999').request(client())).rejects.toMatchObject({
      response: { status: 404, data: { code: -1, message: '인증결과가 존재하지 않습니다.' } },
    });
    await expect(read('imp_000000000002').request(client('wrong'))).rejects.toMatchObject({
      response: { status: 401, data: { code: -1, response: null } },
    });
  });

  it('deletes a certification, which is gone afterwards', async () => {
    const erase = Request.Certifications.deleteCertification({ imp_uid: 'imp_000000000004' });
    expect((await erase.request(client())).data).toMatchObject({ response: { name: '이몽룡' } });
    await expect(read('imp_000000000004').request(client())).rejects.toMatchObject({
      response: { status: 404 },
    });
  });
});
