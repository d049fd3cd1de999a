import { describe, expect, onTestFinished, test } from 'vitest';
import { v1Routes } from '../../src/api/v1/index.ts';
import { newMasterKey } from '../../src/config/master-keys.ts';
import { createLog } from '../../src/log.ts';
import { FAULT_ROUTES } from '../../src/sandbox/ui/index.ts';
import { createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { startDevApp } from '../support/dev-app.ts';
import { exchange } from '../support/raw-exchange.ts';

async function start() {
  const app = await startDevApp();
  onTestFinished(() => app.close());
  return app;
}

describe('the address of the page', () => {
  test('serves the page with a strict policy, and all of it in 40 KB', async () => {
    const app = await start();
    let weight = 0;
    for (const [path, type] of [
      ['', 'text/html; charset=utf-8'],
      ['/page.js', 'text/javascript; charset=utf-8'],
      ['/parts.js', 'text/javascript; charset=utf-8'],
      ['/clock.js', 'text/javascript; charset=utf-8'],
      ['/page.css', 'text/css; charset=utf-8'],
    ] as const) {
      const answer = await fetch(`${app.url}/sandbox${path}`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
      weight += (await answer.arrayBuffer()).byteLength;
      expect((await fetch(`${app.url}/sandbox${path}`, { method: 'HEAD' })).status).toBe(200);
    }
    expect(weight).toBeLessThanOrEqual(40 * 1024);
    const { headers } = await fetch(`${app.url}/sandbox`);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
  });

  test('does not send its files again to who has them', async () => {
    const app = await start();
    for (const path of ['/page.js', '/parts.js', '/clock.js', '/page.css']) {
      const { headers } = await fetch(`${app.url}/sandbox${path}`);
      expect(headers.get('cache-control')).toBe('no-cache');
      const again = await fetch(`${app.url}/sandbox${path}`, {
        headers: { 'If-None-Match': headers.get('etag') ?? '' },
      });
      expect([again.status, await again.text()]).toEqual([304, '']);
    }
  });

  test('is closed to foreign hosts', async () => {
    const app = await start();
    for (const path of ['', '/page.js', '/parts.js', '/clock.js', '/page.css'])
      expect(
        (
          await exchange(
            Number(new URL(app.url).port),
            `GET /sandbox${path} HTTP/1.1\r\nHost: evil.example\r\n\r\n`,
          )
        ).status,
      ).toBe(403);
  });

  test('does not exist outside of dev', async () => {
    const app = await createApp({
      policy: SERVE_POLICY,
      databaseUrl: 'sqlite::memory:',
      masterKeys: [newMasterKey()],
      log: createLog('silent'),
    });
    onTestFinished(() => app.close());
    const { url } = await app.listen(0, '127.0.0.1');
    for (const path of ['', '/page.js', '/parts.js', '/clock.js', '/page.css', '/events'])
      expect((await fetch(`${url}/sandbox${path}`)).status).toBe(404);
  });

  test('names in its fault form exactly the routes there are', () => {
    const routes = v1Routes({} as Parameters<typeof v1Routes>[0]).map(({ path }) => path);
    expect(FAULT_ROUTES.toSorted()).toEqual(routes.toSorted());
  });
});
