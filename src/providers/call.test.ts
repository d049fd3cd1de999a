import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AppError } from '../errors.ts';
import { type AgencyCall, callAgency } from './call.ts';

type Play = (response: ServerResponse, request: IncomingMessage) => void;

const PATIENT = 30_000;
const destroy: Play = (response) => response.socket?.destroy();
const never: Play = () => {};

/** An agency that plays one answer after the other, the last one for ever. */
async function openAgency(...plays: readonly Play[]) {
  const asked: { readonly path: string; readonly body: string; readonly header: unknown }[] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    asked.push({ path: request.url ?? '', body, header: request.headers['x-site'] });
    plays[Math.min(asked.length, plays.length) - 1]?.(response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const lines: unknown[] = [];
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ask = (more: Partial<AgencyCall> = {}) =>
    callAgency(
      { fetch, log: (...line) => lines.push(line) },
      {
        adapter: 'danal',
        step: 'confirm',
        attemptId: 'A1234567890123456789',
        url: `${url}/secret-path`,
        headers: { 'X-Site': 'secret-header' },
        body: 'secret-body',
        timeout: PATIENT,
        repeats: { most: 0, within: PATIENT },
        ...more,
      },
    );
  return { ask, asked, lines, url };
}

/** What was thrown. */
async function errorOf(asked: Promise<unknown>): Promise<AppError> {
  const thrown = await asked.then(
    () => null,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(AppError);
  return thrown as AppError;
}

const end =
  (body: string | Uint8Array, status = 200, headers: Readonly<Record<string, string>> = {}): Play =>
  (response) =>
    response.writeHead(status, headers).end(body);

describe('a call of an agency', () => {
  it('posts what it is given, and returns the bytes of the answer whatever their type', async () => {
    const bytes = Buffer.from([0xb0, 0xa1, 0x00, 0xff]);
    const { ask, asked } = await openAgency(end(bytes, 200, { 'Content-Type': 'text/html; charset=utf-8' }));
    expect(await ask()).toEqual(bytes);
    expect(asked).toEqual([{ path: '/secret-path', body: 'secret-body', header: 'secret-header' }]);
  });

  it('drops one BOM at the beginning, and none elsewhere', async () => {
    const { ask } = await openAgency(
      end('\ufeffkey=value'),
      end('\ufeff\ufeffa'),
      end('a\ufeff'),
      end('\ufeff'),
    );
    for (const text of ['key=value', '\ufeffa', 'a\ufeff', '']) expect((await ask()).toString()).toBe(text);
  });

  it.each([201, 204, 400, 404, 500, 502])('does not read an answer with the status %i', async (status) => {
    const { ask, asked, lines } = await openAgency(end(status === 204 ? '' : 'success', status));
    expect(await errorOf(ask({ repeats: { most: 2, within: PATIENT } }))).toMatchObject({
      code: 'unreadable_answer',
      detail: `danal confirm: status ${status}`,
    });
    expect(asked).toHaveLength(1);
    expect(lines).toEqual([['warn', expect.objectContaining({ status }), 'an agency was asked']]);
  });

  it.each([301, 302, 303, 307, 308])('does not follow a redirect with the status %i', async (status) => {
    const { ask, asked } = await openAgency(end('', status, { Location: '/elsewhere' }), end('success'));
    expect((await errorOf(ask({ repeats: { most: 2, within: PATIENT } }))).code).toBe('unreadable_answer');
    expect(asked.map(({ path }) => path)).toEqual(['/secret-path']);
  });

  it('takes 64 KiB and no byte more, whether the length is told before or not', async () => {
    const longest = 'x'.repeat(65_536);
    const inPieces: Play = (response) => {
      for (let at = 0; at < 5; at += 1) response.write('x'.repeat(16_384));
      response.end();
    };
    const { ask } = await openAgency(end(longest), end(`${longest}x`), inPieces);
    expect(await ask()).toHaveLength(65_536);
    for (let tried = 0; tried < 2; tried += 1)
      expect(await errorOf(ask())).toMatchObject({
        code: 'unreadable_answer',
        detail: 'danal confirm: the answer is too long',
      });
  });

  it('stops reading an answer that does not end', async () => {
    let isCut = false;
    const { ask } = await openAgency((response) => {
      response.on('close', () => {
        isCut = true;
      });
      const more = () => {
        while (!isCut && response.write('x'.repeat(16_384)));
        if (!isCut) response.once('drain', more);
      };
      more();
    });
    expect((await errorOf(ask())).detail).toBe('danal confirm: the answer is too long');
    await expect.poll(() => isCut, { timeout: PATIENT }).toBe(true);
  });
});

describe('a call of an agency that does not answer', () => {
  it.each([
    [0, 1],
    [1, 2],
    [2, 3],
  ])('is repeated at most %i times', async (most, asks) => {
    const { ask, asked, lines } = await openAgency(destroy);
    expect(await errorOf(ask({ repeats: { most, within: PATIENT } }))).toMatchObject({
      code: 'provider_unavailable',
      detail: 'danal confirm: no answer',
    });
    expect(asked).toHaveLength(asks);
    expect(lines).toHaveLength(asks);
  });

  it('is repeated with the same request, until an answer comes', async () => {
    const { ask, asked } = await openAgency(destroy, end('success'));
    expect((await ask({ repeats: { most: 2, within: PATIENT } })).toString()).toBe('success');
    expect(asked).toHaveLength(2);
    expect(asked[1]).toEqual(asked[0]);
  });

  it('is repeated after a timeout as well', async () => {
    const { ask, asked } = await openAgency(never, end('success'));
    expect((await ask({ timeout: 1000, repeats: { most: 5, within: PATIENT } })).toString()).toBe('success');
    expect(asked).toHaveLength(2);
  });

  it('is not repeated later than that is allowed', async () => {
    const { ask, asked } = await openAgency(never);
    expect((await errorOf(ask({ timeout: 1000, repeats: { most: 9, within: 500 } }))).code).toBe(
      'provider_unavailable',
    );
    expect(asked).toHaveLength(1);
  });

  it('ends when all tries together take too long, however long one may take', async () => {
    const { ask } = await openAgency(destroy, never);
    const repeats = { most: 1, within: PATIENT };
    expect((await errorOf(ask({ timeout: 600_000, total: 300, repeats }))).code).toBe('provider_unavailable');
  });

  it('is unavailable where nobody listens', async () => {
    const { url, ask } = await openAgency(never);
    // Port 1 of loopback.
    expect((await errorOf(ask({ url: url.replace(/:\d+$/, ':1') }))).code).toBe('provider_unavailable');
  });
});

describe('an answer that is cut off', () => {
  const half: Play = (response) => {
    response.writeHead(200, { 'Content-Length': 100 }).write('success');
    setImmediate(() => response.socket?.destroy());
  };
  const halfInPieces: Play = (response) => {
    response.write('success');
    setImmediate(() => response.socket?.destroy());
  };
  const stalled: Play = (response) => void response.write('success');

  it.each([
    ['with a length', half],
    ['in pieces', halfInPieces],
    ['by our own patience', stalled],
  ])('%s is unreadable, and not asked for again', async (_, play) => {
    const { ask, asked } = await openAgency(play, end('success'));
    expect(await errorOf(ask({ timeout: 1500, repeats: { most: 2, within: PATIENT } }))).toMatchObject({
      code: 'unreadable_answer',
      detail: 'danal confirm: the answer was cut off',
    });
    expect(asked).toHaveLength(1);
  });
});

describe('the log of a call', () => {
  it('has adapter, step, attempt, status and duration for each try', async () => {
    const { ask, lines } = await openAgency(destroy, end('success'));
    await ask({ repeats: { most: 1, within: PATIENT } });
    const line = { adapter: 'danal', step: 'confirm', attempt: 'A1234567890123456789' };
    expect(lines).toEqual([
      ['warn', { ...line, status: 'no answer', duration: expect.any(Number) }, 'an agency was asked'],
      ['info', { ...line, status: 200, duration: expect.any(Number) }, 'an agency was asked'],
    ]);
  });

  it.each([
    ['an answer', end('secret-answer')],
    ['a refusal', end('secret-answer', 500)],
    ['a redirect', end('secret-answer', 302, { Location: '/secret-answer' })],
    ['a long answer', end('secret-answer'.repeat(9000))],
    ['no answer', destroy],
    [
      'half an answer',
      ((response) => {
        response.writeHead(200, { 'Content-Length': 100 }).write('secret-answer');
        setImmediate(() => response.socket?.destroy());
      }) as Play,
    ],
  ])('has no part of address, headers and bodies with %s, nor has the error', async (_, play) => {
    const { ask, lines } = await openAgency(play);
    const thrown = await ask().then(
      () => null,
      (error: unknown) => error,
    );
    expect(lines).toHaveLength(1);
    expect(inspect([lines, thrown], { depth: 9 })).not.toContain('secret');
  });
});
