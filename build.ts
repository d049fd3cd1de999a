/** Makes `dist`, the form in which the package is published: JavaScript, types, and the files read at run time. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');

/** The browser script has a configuration of its own, which checks only. */
const EMIT = [
  '--noEmit',
  'false',
  '--allowImportingTsExtensions',
  'false',
  '--rootDir',
  'src',
  '--outDir',
  'dist',
];

rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.browser.json', ...EMIT], { stdio: 'inherit' });
for (const engine of ['sqlite', 'postgres'])
  cpSync(`src/storage/${engine}/migrations`, `dist/storage/${engine}/migrations`, { recursive: true });
cpSync('src/conformance/cases', 'dist/conformance/cases', { recursive: true });
cpSync('src/reference/assets', 'dist/reference/assets', { recursive: true });
// The renderer of the reference, with the licences that it and its parts ask to be kept.
const redoc = dirname(require.resolve('redoc/package.json'));
for (const [from, to] of [
  ['bundles/redoc.standalone.js', 'redoc.standalone.js'],
  ['bundles/redoc.standalone.js.LICENSE.txt', 'redoc.standalone.js.LICENSE.txt'],
  ['LICENSE', 'redoc.LICENSE.txt'],
] as const)
  cpSync(join(redoc, from), join('dist/reference/assets', to));
for (const file of ['page.js', 'parts.js', 'clock.js', 'base.css', 'phone.css', 'cards.css'])
  cpSync(`src/sandbox/ui/${file}`, `dist/sandbox/ui/${file}`);
chmodSync('dist/cli/main.js', 0o755);
