import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, test } from 'vitest';
import { Client } from '../support/client.ts';
import { installPacked, packPackage } from '../support/packed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/* The package as others install it: what `npm pack` takes, in a folder where only its dependencies lie. */

/** An empty project with the package in it. */
async function install(): Promise<string> {
  const file = await packPackage(temporaryFolder());
  const project = join(temporaryFolder(), 'project');
  installPacked(file, project);
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

test('the published package serves, finds its files, and loads little', { timeout: 300_000 }, async ({
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
});

test('a Node that it does not support gets a sentence instead of a stack', { timeout: 300_000 }, async ({
  expect,
}) => {
  const project = await install();
  const older = join(project, 'older.cjs');
  const program = join(project, 'node_modules/bonin/dist/bonin.cjs');
  for (const version of ['18.20.8', '20.20.2', '22.15.1', '23.11.1']) {
    writeFileSync(older, `Object.defineProperty(process.versions, 'node', { value: '${version}' });`);
    const words = ['--require', older, program, 'dev', '--memory'];
    const refused = spawnSync(process.execPath, words, { cwd: project, encoding: 'utf8' });
    expect([refused.status, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr.split('\n')).toEqual([
      `bonin: Node 24 이상(또는 22.16.0 이상의 Node 22)이 필요합니다. 지금 쓰는 버전은 ${version}입니다.`,
      `bonin: Node 24 or later (or Node 22 from 22.16.0) is needed; this is ${version}.`,
      'bonin: npx --yes --package=node@24 --package=bonin bonin --help',
      '',
    ]);
  }
  for (const version of ['22.16.0', '22.23.5', '24.0.0', '27.0.0']) {
    writeFileSync(older, `Object.defineProperty(process.versions, 'node', { value: '${version}' });`);
    const accepted = spawnSync(process.execPath, ['--require', older, program, 'version'], {
      cwd: project,
      encoding: 'utf8',
    });
    expect([accepted.status, accepted.stderr], version).toEqual([0, '']);
  }
});
