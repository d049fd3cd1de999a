import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TESTING = join(ROOT, 'examples/testing');

/** Every runner of `examples/testing`, and what it says when all of its tests were run and passed. */
const RUNNERS = {
  'test:vitest': /Tests\s+5 passed \(5\)/,
  'test:jest': /Tests:\s+2 passed, 2 total/,
  'test:node': /tests 2\n[\s\S]*pass 2\n/,
};

test('the examples pass with the package as it is published', { timeout: 180_000 }, () => {
  const folder = installed(TESTING);
  for (const [script, passed] of Object.entries(RUNNERS)) {
    const output = execFileSync('sh', ['-c', `npm run ${script} 2>&1`], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    expect(output).toMatch(passed);
  }
});

test('the page of the examples names each runner, and no other', () => {
  const { scripts } = JSON.parse(readFileSync(join(TESTING, 'package.json'), 'utf8'));
  expect(Object.keys(scripts)).toEqual(Object.keys(RUNNERS));
  const page = readFileSync(join(TESTING, 'README.md'), 'utf8');
  expect([...page.matchAll(/`npm run ([\w:]+)`/g)].map(([, script]) => script)).toEqual(Object.keys(RUNNERS));
});

/**
 * An example as a stranger has it: a copy of its folder with the package, as it is published, in `node_modules`.
 * What else stands there is linked from here, so that nothing has to be fetched.
 */
function installed(example: string): string {
  const folder = join(temporaryFolder(), 'example');
  cpSync(example, folder, { recursive: true });
  const modules = join(folder, 'node_modules');
  const own = join(modules, 'bonin');
  mkdirSync(own, { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));

  execFileSync('npm', ['run', 'build'], { cwd: ROOT });
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', modules], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  execFileSync('tar', ['xzf', join(modules, filename), '-C', own, '--strip-components=1']);
  return folder;
}
