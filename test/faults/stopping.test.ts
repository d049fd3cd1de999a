import { expect, test } from 'vitest';
import { startBonin as startTestBonin } from '../../src/testing.ts';
import { shopOf, Visitor } from '../page/shop.ts';
import { Client } from '../support/client.ts';
import { RawConnection, readAnswers } from '../support/raw-exchange.ts';
import { startBonin } from '../support/start-bonin.ts';

/*
 * Whatever waits is answered when the server stops. Ten seconds later the server cuts all connections, so an answer
 * shows that it came before.
 */

/** A request under way, which the interim answer proves. */
async function begin(port: number, head: string, body = ''): Promise<RawConnection> {
  const connection = await RawConnection.open(port);
  connection.write(`${head}\r\nHost: localhost\r\nExpect: 100-continue\r\n\r\n${body}`);
  expect(await connection.receive((received) => received.includes('100 Continue'))).toBe(true);
  return connection;
}

async function lastAnswer(connection: RawConnection): Promise<{ status: number; body: string }> {
  await connection.closed;
  const { status = 0, body } = readAnswers(connection.received).answers.at(-1) ?? {};
  return { status, body: body?.toString('utf8') ?? '' };
}

test('a poll of the inbox and delayed answers end with a stop', async () => {
  const bonin = await startBonin(['--memory']);
  const client = new Client(bonin.url);
  const { token } = await client.token();
  const impUid = await client.create({ name: '심청' });
  await client.call('PUT', '/sandbox/faults', {
    json: [{ route: 'GET /certifications/{imp_uid}', delay_ms: 60_000 }],
  });

  const shop = shopOf(bonin);
  const visitor = new Visitor();
  const { url } = await shop.start({ sandbox: { delay_ms: 10_000 } });
  await visitor.open(url);
  const form = new URLSearchParams({ step: visitor.step, do: 'next', carrier: 'SKT' }).toString();
  const page = new URL(visitor.address).pathname;

  const poll = await begin(bonin.port, 'GET /sandbox/messages?wait=30 HTTP/1.1');
  const delayed = await begin(
    bonin.port,
    `GET /certifications/${impUid} HTTP/1.1\r\nAuthorization: ${token}`,
  );
  const step = await begin(
    bonin.port,
    `POST ${page} HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}`,
    form,
  );
  bonin.signal('SIGTERM');
  expect(await lastAnswer(poll)).toEqual({
    status: 200,
    body: '{"code":0,"message":null,"response":[]}',
  });
  expect(await lastAnswer(delayed)).toMatchObject({ status: 200, body: expect.stringContaining(impUid) });
  expect((await lastAnswer(step)).status).toBe(303);
  expect(await bonin.exited).toEqual({ code: 0, signal: null });
  client.close();
});

test('a test that waits for a message hears that there is none when its sandbox is closed', async () => {
  const bonin = await startTestBonin();
  const { port } = new URL(bonin.url);
  const poll = await begin(Number(port), 'GET /sandbox/messages?wait=30 HTTP/1.1');
  const next = bonin.messages.next({ seconds: 30 });
  const ended = expect(next).rejects.toThrow('the sandbox was closed');
  await bonin.close();
  expect((await lastAnswer(poll)).status).toBe(200);
  await ended;
});
