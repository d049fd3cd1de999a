import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformSync } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { build, minify } from '../../build.ts';
import { SCRIPT_FILES } from '../../src/page/scripts.ts';
import type { startBonin } from '../../src/testing.ts';
import { launchBrowser } from './browser.ts';
import { startScriptedPageServer } from './scripted-page-server.ts';

/*
 * The published form in a browser. It stands in a folder of its own, beside which only the installed packages can be
 * found.
 */

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'src/page/assets');
const ASSETS = readdirSync(FOLDER);
const readAsset = (name: string) => readFileSync(join(FOLDER, name), 'utf8');
const LARGEST_SCRIPT = 8 * 1024;
const LARGEST_SCREEN = 30 * 1024;
const FORMS = [
  ['classic', '/v1/iamport.js'],
  ['module', '/v1/iamport.esm.js'],
] as const;

const folder = mkdtempSync(join(tmpdir(), 'bonin-test-'));
const dist = join(folder, 'dist');
await build(dist);
symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
const built = (await import(pathToFileURL(join(dist, 'testing.js')).href)) as {
  startBonin: typeof startBonin;
};
const bonin = await built.startBonin();
const sources = await startScriptedPageServer();
const browser: Browser = await launchBrowser();
afterAll(async () => {
  await Promise.all([bonin.close(), sources.close(), browser.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const textOf = async (address: string) => (await fetch(address)).text();

describe.each(FORMS)('the %s script', (form, path) => {
  it('is that of the sources, made small', async () => {
    const text = await textOf(bonin.url + path);
    expect(text).toBe(minify(await textOf(sources.url + path), 'js'));
    expect(text).toBe(readFileSync(join(dist, 'browser', SCRIPT_FILES[form]), 'utf8'));
    const zipped = await fetch(bonin.url + path, {
      method: 'HEAD',
      headers: { 'accept-encoding': 'gzip' },
    });
    const size = Number(zipped.headers.get('content-length'));
    process.stdout.write(`${path}: ${size} bytes zipped\n`);
    expect(size).toBeLessThanOrEqual(LARGEST_SCRIPT);
  });

  it('is ASCII without comments, and touches nothing that it must not', async () => {
    const text = await textOf(bonin.url + path);
    expect(text).toMatch(/^[\n -~]*$/);
    expect(text).not.toMatch(/^\s*(\/\/|\/\*|\*)/m);
    expect(text).not.toMatch(
      /\b(localStorage|sessionStorage|indexedDB|cookie|alert|confirm|XMLHttpRequest|eval|innerHTML)\b/,
    );
    expect(text.match(/\bexport\b/g)?.length ?? 0).toBe(form === 'module' ? 2 : 0);
  });
});

describe.each(ASSETS)('the file %s of the page', (name) => {
  const text = readAsset(name);
  const loader = name.endsWith('.js') ? 'js' : 'css';

  it('is built from its source, and nothing in it ends the element in which it stands', () => {
    const small = readFileSync(join(dist, 'page/assets', name), 'utf8');
    expect(small).toBe(minify(text, loader));
    expect(small.length).toBeLessThan(text.length);
    for (const each of [text, small]) expect(each).not.toMatch(/<\/(script|style)|<!--/i);
  });
});

it.each(ASSETS.filter((name) => name.endsWith('.js')))('%s has no syntax newer than 2020', (name) => {
  const text = readAsset(name);
  const [old, latest] = ['es2020', 'esnext'].map((target) => transformSync(text, { target }).code);
  expect(old).toBe(latest);
});

it('a person certifies in the published form, on light screens, from the shop to the result', async () => {
  const page = await browser.newPage();
  const failures: string[] = [];
  const weights: number[] = [];
  page.context().on('weberror', (error) => failures.push(String(error.error())));
  page.context().on('response', (response) => {
    if (/\/page\/s\/[\w-]+(\?|$)/.test(response.url()) && response.status() === 200)
      weights.push(Number(response.headers()['content-length']));
  });
  const shop = 'http://shop.localhost/join';
  await page.route(shop, (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<!doctype html><title>shop</title><script src="${bonin.url}/v1/iamport.js"></script>`,
    }),
  );
  await page.goto(shop);
  const result = (await page.evaluate(`new Promise((resolve) => {
    IMP.init('imp00000001');
    IMP.certification({ popup: false, sandbox: { person: '성춘향', auto: true } }, resolve);
  })`)) as { readonly success: boolean; readonly imp_uid: string };
  expect(result).toMatchObject({ success: true });
  expect(failures).toEqual([]);
  expect(weights.length).toBeGreaterThan(3);
  for (const weight of weights) expect(weight).toBeLessThanOrEqual(LARGEST_SCREEN);
});

it('the page of the sandbox comes up in the published form', async () => {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${bonin.url}/sandbox`);
  await page.locator('.connected').waitFor();
  await page.locator('#people-list li').first().waitFor();
  expect(complaints).toEqual([]);
});
