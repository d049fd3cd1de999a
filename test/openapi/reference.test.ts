import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newMasterKey } from '../../src/config/master-keys.ts';
import { createLog } from '../../src/log.ts';
import { createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { type RunningDevApp, startDevApp } from '../support/dev-app.ts';

let app: RunningDevApp;
beforeAll(async () => {
  app = await startDevApp();
});
afterAll(() => app.close());

const get = (path: string, headers: Record<string, string> = {}) => fetch(app.url + path, { headers });

/** Addresses of the files that a page names. */
function addressesOf(html: string): readonly string[] {
  return [...html.matchAll(/ (?:src|href)="([^"#]+)"/g)].map(([, address = '']) => address);
}

describe('the document at /openapi.json', () => {
  it('is JSON that any page may read, in production too', async () => {
    const serve = await createApp({
      policy: SERVE_POLICY,
      databaseUrl: 'sqlite::memory:',
      masterKeys: [newMasterKey()],
      log: createLog('silent'),
    });
    try {
      const { url } = await serve.listen(0, '127.0.0.1');
      const answer = await fetch(`${url}/openapi.json`, { headers: { Origin: 'https://shop.example' } });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('application/json; charset=UTF-8');
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(await answer.json()).toMatchObject({ openapi: '3.1.1' });
      expect((await fetch(`${url}/docs`)).headers.get('access-control-allow-origin')).toBeNull();
    } finally {
      await serve.close();
    }
  });

  it('is Korean unless English is asked for', async () => {
    const titleOf = async (query: string) =>
      ((await (await get(`/openapi.json${query}`)).json()) as { info: { title: string } }).info.title;
    expect(await titleOf('')).toContain('본인인증');
    expect(await titleOf('?lang=ko')).toBe(await titleOf(''));
    expect(await titleOf('?lang=fr')).toBe(await titleOf(''));
    expect(await titleOf('?lang=en')).toContain('verification');
  });

  it('leads to where the routes stand, relative to itself', async () => {
    const moved = await startDevApp({ basePath: '/iamport' });
    try {
      for (const { url } of [app, moved]) {
        const { servers } = (await (await fetch(`${url}/openapi.json`)).json()) as {
          servers: readonly { url: string }[];
        };
        const base = new URL(servers[0]?.url ?? '', `${url}/openapi.json`).href.replace(/\/$/, '');
        expect((await fetch(`${base}/users/pg/imp00000000`)).status).toBe(200);
      }
    } finally {
      await moved.close();
    }
  });

  it('is not sent again to who has it', async () => {
    const first = await get('/openapi.json');
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{22}"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await get('/openapi.json', { 'If-None-Match': known });
      expect(again.status).toBe(304);
      expect(again.headers.get('content-length')).toBeNull();
      expect(await again.text()).toBe('');
    }
    expect((await get('/openapi.json', { 'If-None-Match': '"other"' })).status).toBe(200);
    expect((await get('/openapi.json?lang=en', { 'If-None-Match': etag })).status).toBe(200);
  });
});

describe('the reference at /docs', () => {
  it.each([
    ['', 'ko', 'docs?lang=en'],
    ['?lang=en', 'en', 'docs?lang=ko'],
  ])('with %j is in its language and leads to the other', async (query, lang, other) => {
    const answer = await get(`/docs${query}`);
    const html = await answer.text();
    expect(answer.headers.get('content-type')).toBe('text/html; charset=UTF-8');
    expect(html).toContain(`<html lang="${lang}">`);
    expect(html).toMatch(/<title>[^<]+<\/title>/);
    expect(addressesOf(html)).toContain(other);
    expect(html).toContain(`data-document="openapi.json?lang=${lang}"`);
  });

  it('takes everything from this server, and may take nothing from elsewhere', async () => {
    const answer = await get('/docs');
    const policy = (answer.headers.get('content-security-policy') ?? '').split('; ');
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("script-src 'self'");
    const addresses = addressesOf(await answer.text()).filter((address) => address !== 'data:,');
    expect(addresses.length).toBeGreaterThan(4);
    for (const address of addresses) {
      expect(address).not.toMatch(/^(?:[a-z]+:|\/)/);
      expect((await get(`/${address}`)).status).toBe(200);
    }
  });

  it('lets its files be kept for good, under addresses that change with them', async () => {
    const files = addressesOf(await (await get('/docs')).text()).filter((address) => address.includes('?v='));
    expect(files).toHaveLength(3);
    for (const file of files) {
      const answer = await get(`/${file}`);
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(answer.headers.get('etag')).toBe(`"${file.split('?v=')[1]}"`);
      const known = { 'If-None-Match': answer.headers.get('etag') ?? '' };
      expect((await get(`/${file}`, known)).status).toBe(304);
    }
  });

  it('has a Korean word for nothing that the renderer does not say', async () => {
    const [script, renderer] = await Promise.all(
      ['/docs/page.js', '/docs/redoc.js'].map(async (path) => (await get(path)).text()),
    );
    const words = [...(script ?? '').matchAll(/^ {2}\['([^']+)', '[^']+'\],$/gm)].map(
      ([, word = '']) => word,
    );
    expect(words.length).toBeGreaterThan(20);
    expect(words.filter((word) => !renderer?.includes(word))).toEqual([]);
  });

  it('does not stand in the list of requests that the sandbox has seen', async () => {
    await get('/docs');
    await get('/openapi.json');
    await get('/users/pg/imp00000000');
    const { response } = (await (await get('/sandbox/requests')).json()) as {
      response: readonly { path: string }[];
    };
    expect([...new Set(response.map(({ path }) => path))]).toEqual(['/users/pg/imp00000000']);
  });
});
