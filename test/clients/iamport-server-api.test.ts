import { functional, HttpError } from 'iamport-server-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEY_A, type RunningDevApp, SIMCHEONG, startDevApp } from '../support/dev-app.ts';

const { users, certifications } = functional;

describe('npm package iamport-server-api', () => {
  let app: RunningDevApp;
  let connection: { host: string; headers: { Authorization: string } };

  beforeAll(async () => {
    app = await startDevApp();
    const { response } = await users.getToken({ host: app.url }, KEY_A);
    connection = { host: app.url, headers: { Authorization: response.access_token } };
  });
  afterAll(() => app.close());

  it('reads a certification', async () => {
    const { response } = await certifications.at(connection, 'imp_000000000001');
    expect(response).toMatchObject({ imp_uid: 'imp_000000000001', certified: true, name: '홍길동' });
  });

  it('requests an OTP and confirms it', async () => {
    const { response } = await certifications.otp.request(connection, { ...SIMCHEONG, is_mvno: false });
    expect((await certifications.at(connection, response.imp_uid)).response.certified).toBe(false);
    const confirmed = await certifications.otp.confirm(connection, response.imp_uid, { otp: '123456' });
    expect(confirmed.response).toMatchObject({ certified: true, name: '심청' });
  });

  it('throws its own error for an unknown id and for a wrong secret', async () => {
    await expect(certifications.at(connection, 'imp_999999999999')).rejects.toMatchObject({ status: 404 });
    const wrong = users.getToken({ host: app.url }, { ...KEY_A, imp_secret: 'wrong' });
    await expect(wrong).rejects.toBeInstanceOf(HttpError);
    await expect(wrong).rejects.toMatchObject({ status: 401 });
  });

  it('erases a certification', async () => {
    await certifications.erase(connection, 'imp_000000000008');
    await expect(certifications.at(connection, 'imp_000000000008')).rejects.toMatchObject({ status: 404 });
  });
});
