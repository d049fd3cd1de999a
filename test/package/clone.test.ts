import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { testedRuntimes } from '../support/packed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/* A clone after `npm ci --omit=dev`: what is installed, and that `npm start` needs no more. */

const ROOT = join(import.meta.dirname, '../..');
const [OLDEST = process.execPath] = Object.values(testedRuntimes());

interface Locked {
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly integrity?: string;
  readonly os?: string | readonly string[];
  readonly hasInstallScript?: boolean;
}
const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};
/** What `npm ci --omit=dev` installs here. */
const installed = Object.entries(lock.packages).filter(
  ([path, { dev, link }]) =>
    path.startsWith('node_modules/') && dev !== true && link !== true && existsSync(join(ROOT, path)),
);

/** The sources, with links to what is installed without development packages. */
function clone(): string {
  const folder = temporaryFolder();
  for (const name of ['package.json', 'src', 'runtime'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  for (const [path] of installed) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(join(ROOT, path), join(folder, path));
  }
  mkdirSync(join(folder, 'node_modules/.bin'));
  symlinkSync(process.execPath, join(folder, 'node_modules/.bin/node'));
  return folder;
}

/** Ends with the test what it started, also what this started. */
function start(folder: string, program: string, words: readonly string[]) {
  const { NODE_OPTIONS: _, ...environment } = process.env;
  const child = spawn(program, words, {
    cwd: folder,
    env: { ...environment, NODE_ENV: 'production', npm_config_ignore_scripts: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  onTestFinished(() => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  const isReady = async () => {
    const found = await eventually(() => /^\{.*\}$/m.test(output.stdout), 60_000);
    if (!found) throw new Error(output.stdout + output.stderr);
    return JSON.parse(/^\{.*\}$/m.exec(output.stdout)?.[0] ?? '') as { url: string; pid: number };
  };
  return { child, output, isReady };
}

function isOpen(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

const WORDS = ['dev', '--memory', '--json', '--port', '0'];

describe('what a clone installs without development packages', () => {
  test('is the runtime for four kinds of machines, with its integrity and without scripts', () => {
    const { optionalDependencies } = JSON.parse(
      readFileSync(join(ROOT, 'runtime/own/package.json'), 'utf8'),
    ) as { readonly optionalDependencies: Readonly<Record<string, string>> };
    expect(Object.keys(optionalDependencies)).toHaveLength(4);
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const locked = lock.packages[`node_modules/${name}`];
      expect(locked).toMatchObject({ version, optional: true, integrity: expect.stringMatching(/^sha512-/) });
      expect(locked).not.toHaveProperty('dev');
      expect(locked).not.toHaveProperty('hasInstallScript');
    }
  });

  test('has no install script, no browser, no database server, no linter', () => {
    expect(installed.length).toBeGreaterThan(30);
    expect(installed.filter(([, { hasInstallScript }]) => hasInstallScript === true)).toEqual([]);
    const names = installed.map(([path]) => path);
    expect(names.filter((name) => /chromium|playwright|puppeteer|embedded|biome|vitest/.test(name))).toEqual(
      [],
    );
  });

  test('is at most 250 MB', () => {
    const paths = installed.map(([path]) => join(ROOT, path));
    const printed = execFileSync('du', ['-skc', '--exclude=include', ...paths], { encoding: 'utf8' });
    const total = Number(/^(\d+)\ttotal$/m.exec(printed)?.[1]);
    expect(total).toBeGreaterThan(50_000);
    expect(total * 1024).toBeLessThan(250e6);
  });
});

test('npm start serves without development packages and install scripts, and frees its port when npm is ended', async () => {
  const folder = clone();
  const { child, isReady } = start(folder, 'npm', ['start', '--silent', '--', ...WORDS.slice(1)]);
  const { url } = await isReady();
  for (const path of ['/readyz', '/sandbox', '/docs', '/openapi.json', '/v1/iamport.js'])
    expect((await fetch(url + path)).status, path).toBe(200);
  child.kill('SIGTERM');
  await once(child, 'close');
  expect(await isOpen(url)).toBe(false);
});

describe('the command under a runtime that does not suit', () => {
  let folder: string;
  beforeEach(() => {
    folder = clone();
  });
  const command = () => join(folder, 'src/cli/bonin.cjs');

  test('goes on in the runtime that comes along, and ends with it', async () => {
    const { child, output, isReady } = start(folder, OLDEST, [command(), ...WORDS]);
    const { url, pid } = await isReady();
    expect(pid).not.toBe(child.pid);
    expect(await isOpen(url)).toBe(true);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await isOpen(url)).toBe(false);
    expect(output.stderr).toBe('');
  });

  test('returns what the command returns', () => {
    const run = (...words: string[]) => spawnSync(OLDEST, [command(), ...words], { encoding: 'utf8' });
    expect(run('version')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect(run('dev', '--prot').status).toBe(2);
  });

  test('says what is missing where no runtime came along', () => {
    writeFileSync(join(folder, 'none.cjs'), `Object.defineProperty(process, 'arch', { value: 'mips' });`);
    const words = ['--require', join(folder, 'none.cjs'), command(), 'dev'];
    const { status, stdout, stderr } = spawnSync(OLDEST, words, { encoding: 'utf8' });
    expect([status, stdout]).toEqual([2, '']);
    const found = execFileSync(OLDEST, ['--version'], { encoding: 'utf8' }).trim().slice(1);
    expect(stderr.split('\n')).toEqual([
      `bonin: Node 24 이상이 필요합니다. 지금 쓰는 버전은 ${found}입니다.`,
      `bonin: Node 24 or later is needed; this is ${found}.`,
      'bonin: npm ci',
      '',
    ]);
  });
});
