import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installPacked, packPackage, testedRuntimes } from '../support/packed.ts';

/* Projects of every kind that use the package as it is published, on each line of Node that it supports. */

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const RUNTIMES = testedRuntimes();
const LINES = Object.keys(RUNTIMES);
const COMPILERS = { 'TypeScript 5': 'typescript-5', 'TypeScript 7': 'typescript' };

const COMMON = { strict: true, skipLibCheck: false, types: [], lib: ['ES2024', 'DOM'], target: 'ES2022' };
/** How a project finds types: NestJS has node10. TypeScript 7 no longer knows it. */
const RESOLUTIONS = {
  node10: { module: 'CommonJS', moduleResolution: 'node10' },
  node16: { module: 'Node16', moduleResolution: 'node16' },
  nodenext: { module: 'NodeNext', moduleResolution: 'nodenext' },
  bundler: { module: 'ESNext', moduleResolution: 'bundler' },
};

const folder = mkdtempSync(join(tmpdir(), 'bonin-consumers-'));
const project = join(folder, 'project');
let packed: string;

beforeAll(async () => {
  packed = await packPackage(join(folder, 'package'));
  cpSync(join(import.meta.dirname, 'consumers'), project, { recursive: true });
  installPacked(packed, project, ['jest', 'vitest', '@playwright/test']);
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a program prints; rejects with it unless the program exits with 0. */
async function print(program: string, words: readonly string[], cwd = project): Promise<string> {
  const { NODE_OPTIONS: _, VITEST: __, ...environment } = process.env;
  const env = { ...environment, NO_COLOR: '1', FORCE_COLOR: '0', CI: '1', NODE_ENV: 'test' };
  const { stdout, stderr } = await run(program, words, { cwd, env, encoding: 'utf8' });
  return stdout + stderr;
}

/** For Jest and Vitest on a busy machine. */
const PATIENT = '--testTimeout=60000';

const tool = (path: string) => join('node_modules', path);

/** The kinds of projects: the words after `node`, and what is printed when all is well. */
const KINDS: readonly [string, readonly string[], RegExp][] = [
  ['an ES module', ['use.mjs'], /^심청$/m],
  ['a CommonJS module', ['use.cjs'], /^심청$/m],
  ['Jest without flags', [tool('jest/bin/jest.js'), 'plain.test.js', PATIENT], /Tests: +4 passed, 4 total/],
  ['node:test', ['--test', 'plain.test.js'], /pass 4\b[\s\S]*fail 0\b/],
  ['Vitest', [tool('vitest/vitest.mjs'), 'run', 'vitest.test.mjs', PATIENT], /Tests +1 passed \(1\)/],
  ['Playwright', [tool('@playwright/test/cli.js'), 'test', 'shop.spec', '--workers=1'], /2 passed/],
];

test('the lines of Node are the oldest and the newest that the manifest names, and one between', () => {
  // Elsewhere than on Linux x64 npm has not all of them.
  expect(LINES.map((version) => version.split('.')[0])).toEqual(LINES.length === 0 ? [] : ['22', '24', '26']);
});

describe.concurrent.each(LINES)('on Node %s', (line) => {
  const node = RUNTIMES[line] ?? '';

  test.each(KINDS)('%s can use the package', { timeout: 300_000 }, async (_, words, printed) => {
    expect(await print(node, words)).toMatch(printed);
  });

  test('the command starts, and answers as the golden cases say', { timeout: 300_000 }, async () => {
    const bin = tool('bonin/dist/bonin.cjs');
    const script = `
      const { spawn, spawnSync } = require('node:child_process');
      const words = ['dev', '--memory', '--json', '--port', '0'];
      const bonin = spawn(process.execPath, ['${bin}', ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
      bonin.stdout.once('data', (line) => {
        const { url, imp_key, imp_secret } = JSON.parse(line);
        const env = { ...process.env, BONIN_IMP_KEY: imp_key, BONIN_IMP_SECRET: imp_secret };
        const cases = ['${bin}', 'conformance', '--url', url];
        process.exitCode = spawnSync(process.execPath, cases, { env, stdio: 'inherit' }).status;
        bonin.kill('SIGTERM');
      });
      bonin.on('exit', (code) => console.log('ended with', code));`;
    const printed = await print(node, ['-e', script]);
    expect(printed).toContain('ended with 0');
    expect(printed).not.toContain('Warning');
  });
});

describe.concurrent.each(Object.entries(COMPILERS))('%s', (name, compiler) => {
  const known = Object.entries(RESOLUTIONS).filter(([each]) => name !== 'TypeScript 7' || each !== 'node10');

  test.each(known)('finds the types by %s', { timeout: 300_000 }, async (resolution, options) => {
    const own = join(folder, `${compiler}-${resolution}`);
    installPacked(packed, own);
    for (const [file, isModule] of [
      ['module.mts', true],
      ['script.cts', false],
      ['either.ts', true],
    ] as const)
      if (resolution !== 'node10' || !isModule || file === 'either.ts')
        cpSync(join(project, 'types.ts'), join(own, file));
    const compilerOptions = { ...COMMON, ...options };
    writeFileSync(join(own, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    await print(process.execPath, [join(ROOT, 'node_modules', compiler, 'bin/tsc')], own);
    const compiled = resolution === 'bundler' ? 'module.mjs' : 'script.cjs';
    for (const node of Object.values(RUNTIMES)) expect(await print(node, [compiled], own)).toMatch(/^심청$/m);
  });
});

test('the types of Playwright take the fixture', { timeout: 300_000 }, async () => {
  const own = join(folder, 'playwright');
  installPacked(packed, own, ['@playwright/test', '@types/node']);
  cpSync(join(project, 'shop.spec.ts'), join(own, 'shop.spec.ts'));
  const compilerOptions = {
    ...COMMON,
    ...RESOLUTIONS.nodenext,
    skipLibCheck: true,
    types: ['node'],
    noEmit: true,
  };
  writeFileSync(join(own, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  await print(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc')], own);
});

test('attw and publint find nothing', { timeout: 300_000 }, async () => {
  const programs = join(ROOT, 'node_modules');
  const attw = join(programs, '@arethetypeswrong/cli/dist/index.js');
  // A path that is no module has no types.
  const types = await print(process.execPath, [attw, packed, '--exclude-entrypoints', './package.json']);
  expect(types).toContain('No problems found');
  const publint = join(programs, 'publint/src/cli.js');
  const rules = await print(process.execPath, [publint, 'run', packed, '--strict']);
  expect(rules).toContain('All good!');
});
