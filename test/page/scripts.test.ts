import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { PageAnswer } from '../../src/http/answers.ts';
import { scriptRoutes } from '../../src/page/scripts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startScriptedPageServer } from './scripted-page-server.ts';

const ROOT = join(import.meta.dirname, '../..');
const CLASSIC = '/v1/iamport.js';
const MODULE = '/v1/iamport.esm.js';

const server = await startScriptedPageServer();
afterAll(() => server.close());

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(server.url + path, { method, headers: { 'accept-encoding': 'identity', ...headers } });
const textOf = async (path: string) => (await get(path)).text();

function compile(...options: string[]): void {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  execFileSync(process.execPath, [tsc, ...options], { cwd: ROOT, stdio: 'pipe' });
}

const EMIT = ['--noEmit', 'false', '--allowImportingTsExtensions', 'false', '--rootDir', 'src'];

describe('the addresses of the script', () => {
  it.each([CLASSIC, MODULE, '/js/iamport.payment-1.2.0.js', '/base/v1/iamport.js'])(
    '%s has the headers of the contract',
    async (path) => {
      for (const method of ['GET', 'HEAD']) {
        const answer = await get(path, { origin: 'https://shop.example' }, method);
        expect(answer.status).toBe(200);
        expect(Object.fromEntries(answer.headers)).toMatchObject({
          'content-type': 'text/javascript; charset=utf-8',
          'access-control-allow-origin': '*',
          'cross-origin-resource-policy': 'cross-origin',
          'cache-control': 'public, max-age=3600',
          vary: 'Accept-Encoding',
          'x-content-type-options': 'nosniff',
        });
        const length = Number(answer.headers.get('content-length'));
        expect((await answer.arrayBuffer()).byteLength).toBe(method === 'HEAD' ? 0 : length);
      }
    },
  );

  it.each([
    '/js/iamport.payment-1.1.4.js',
    '/js/iamport.payment-1.2.1-beta_3.js',
    `/js/iamport.payment-${'1'.repeat(40)}.js`,
  ])('%s is the classic script', async (path) => {
    expect(await textOf(path)).toBe(await textOf(CLASSIC));
  });

  it.each([
    '/js/iamport.payment-.js',
    '/js/iamport.payment.js',
    '/js/iamport.payment-1.2.0.css',
    '/js/iamport.payment-1%2F2.js',
    `/js/iamport.payment-${'1'.repeat(41)}.js`,
    '/js/other.js',
  ])('%s is not there', async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  it('answer 304 to who has the script, in either coding', async () => {
    for (const coding of ['identity', 'gzip']) {
      const etag = (await get(CLASSIC, { 'accept-encoding': coding })).headers.get('etag') ?? '';
      expect(etag).toMatch(/^"[\w-]+"$/);
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const answer = await get(CLASSIC, { 'if-none-match': known, 'accept-encoding': coding });
        expect([answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([304, etag, '']);
        expect(answer.headers.get('content-length')).toBeNull();
        expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      }
      expect((await get(CLASSIC, { 'if-none-match': '"other"' })).status).toBe(200);
    }
  });

  it.each([
    ['gzip', true],
    ['br;q=1.0, gzip;q=0.8', true],
    ['*', true],
    ['gzip;q=0', false],
    ['br', false],
    ['identity', false],
  ])('answer to Accept-Encoding: %s, zipped: %s', async (accepted, zipped) => {
    const [route] = scriptRoutes();
    const request = {
      method: 'GET',
      headers: { 'accept-encoding': accepted },
      requestId: 'request',
      address: '127.0.0.1',
      parameters: {},
      query: '',
      body: Buffer.alloc(0),
    };
    const answer = (await route?.methods.GET?.(request)) as PageAnswer;
    expect(answer.headers.includes('gzip')).toBe(zipped);
    const text = zipped ? gunzipSync(answer.body) : Buffer.from(answer.body);
    expect(text.toString()).toBe(await textOf(CLASSIC));
  });
});

describe('the text of the script', () => {
  it('names every member once as an export', async () => {
    const names = /export const \{(.*)\}=IMP;/.exec(await textOf(MODULE))?.[1]?.split(',') ?? [];
    const returned = /^ {2}return \{\n\s*init,[\s\S]*?^ {2}\};/m.exec(await textOf(MODULE))?.[0] ?? '';
    expect(names.length).toBe(12);
    for (const name of names) expect(returned).toMatch(new RegExp(`^\\s*${name}\\b`, 'm'));
  });

  it('uses no syntax newer than 2020', async () => {
    const [old, latest] = [temporaryFolder(), temporaryFolder()];
    compile('-p', 'tsconfig.browser.json', ...EMIT, '--target', 'ES2020', '--outDir', old);
    compile('-p', 'tsconfig.browser.json', ...EMIT, '--target', 'ESNext', '--outDir', latest);
    const files = readdirSync(join(old, 'browser'));
    expect(files).toContain('sdk.js');
    for (const file of files) {
      expect(readFileSync(join(old, 'browser', file), 'utf8')).toBe(
        readFileSync(join(latest, 'browser', file), 'utf8'),
      );
    }
  });
});

it('the types compile a page that is right, and refuse what is wrong in it', () => {
  compile('-p', 'test/page/typings');
});
