import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, test } from 'vitest';
import { build } from '../../build.ts';
import { Client } from '../support/client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/* The package as others install it: what `npm pack` takes, in a folder where only its dependencies lie. */

const ROOT = join(import.meta.dirname, '../..');
const { version, dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
};

/** An empty project with the package in it. */
async function install(): Promise<string> {
  const sources = temporaryFolder();
  await build(join(sources, 'dist'));
  for (const name of ['package.json', 'README.md', 'LICENSE'])
    copyFileSync(join(ROOT, name), join(sources, name));
  execFileSync('npm', ['pack', '--ignore-scripts', '--offline', '--silent'], { cwd: sources, stdio: 'pipe' });
  const project = temporaryFolder();
  const own = join(project, 'node_modules/bonin');
  mkdirSync(own, { recursive: true });
  execFileSync('tar', ['xzf', join(sources, `bonin-${version}.tgz`), '-C', own, '--strip-components=1']);
  for (const name of Object.keys(dependencies)) {
    mkdirSync(join(project, 'node_modules', name, '..'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(project, 'node_modules', name));
  }
  writeFileSync(join(project, 'package.json'), '{"type":"module"}');
  return project;
}

/** Starts a command of the package; resolves with its address and the files that it has loaded. */
async function start(project: string, words: readonly string[]) {
  const list = join(project, `${words[0]}.txt`);
  const watch = join(project, 'watch.mjs');
  writeFileSync(
    watch,
    `import { appendFileSync } from 'node:fs';
    import { registerHooks } from 'node:module';
    registerHooks({ load(url, context, next) { appendFileSync(process.env.LOADED, url + '\\n'); return next(url, context); } });`,
  );
  const bin = join(project, 'node_modules/bonin/dist/bonin.cjs');
  const child = spawn(process.execPath, ['--import', watch, bin, ...words, '--port', '0'], {
    cwd: project,
    env: { ...process.env, LOADED: list },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let printed = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    printed += chunk;
    const url = /^http\S+$/m.exec(printed)?.[0];
    if (url !== undefined)
      return {
        url,
        loaded: () => readFileSync(list, 'utf8').trim().split('\n'),
        async stop() {
          child.kill('SIGTERM');
          await once(child, 'exit');
        },
      };
  }
  throw new Error(`bonin ${words[0]} did not serve: ${printed}`);
}

const hasSandbox = (url: string) =>
  url.startsWith('file:') && readFileSync(new URL(url), 'utf8').includes('"/sandbox');

test('the published package serves, finds its files, and is imported under all its names', async ({
  expect,
}) => {
  const project = await install();
  const bonin = await start(project, ['dev', '--memory']);
  const atStart = bonin.loaded();
  const client = new Client(bonin.url);
  const paths = ['/sandbox', '/docs', '/openapi.json', '/v1/iamport.js', '/v1/iamport.esm.js'];
  for (const path of paths) expect((await client.call('GET', path)).status, path).toBe(200);
  client.close();
  await bonin.stop();

  const serving = await start(project, ['serve', '--data', join(project, 'data')]);
  expect((await fetch(`${serving.url}/readyz`)).status).toBe(200);
  await serving.stop();
  // In few files, and without what is not needed: a driver, a collector's client, the code of the sandbox.
  expect(serving.loaded().filter((url) => /node_modules\/(?!bonin\/)/.test(url))).toEqual([]);
  expect(atStart.filter((url) => /node_modules\/(?!bonin\/)/.test(url))).toEqual([]);
  expect(bonin.loaded().filter(hasSandbox)).not.toEqual([]);
  expect(serving.loaded().filter(hasSandbox)).toEqual([]);
  expect(serving.loaded().filter((url) => url.startsWith('file:')).length).toBeLessThan(60);

  const older = join(project, 'older.cjs');
  writeFileSync(older, `Object.defineProperty(process.versions, 'node', { value: '18.20.8' });`);
  const words = ['--require', older, join(project, 'node_modules/bonin/dist/bonin.cjs'), 'dev', '--memory'];
  const refused = spawnSync(process.execPath, words, { cwd: project, encoding: 'utf8' });
  expect([refused.status, refused.stdout]).toEqual([2, '']);
  expect(refused.stderr.split('\n')).toEqual([
    'bonin: Node 24 이상이 필요합니다. 지금 쓰는 버전은 18.20.8입니다.',
    'bonin: Node 24 or later is needed; this is 18.20.8.',
    'bonin: npx --yes --package=node@24 --package=bonin bonin --help',
    '',
  ]);

  const script = join(project, 'imports.js');
  writeFileSync(
    script,
    `import { Client } from 'bonin/client';
    import { startBonin } from 'bonin/testing';
    import 'bonin/browser';
    const bonin = await startBonin();
    const { impKey, impSecret, url: baseUrl } = bonin;
    const found = await new Client({ impKey, impSecret, baseUrl }).getCertification(await bonin.certify({ name: '심청' }));
    console.log(found.name);
    await bonin.close();`,
  );
  const printed = execFileSync(process.execPath, [script], { cwd: project, encoding: 'utf8' });
  expect(printed).toBe('심청\n');
});
