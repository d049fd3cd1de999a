/** Makes `dist`, the form in which the package is published: JavaScript, types, and the files read at run time. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

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
cpSync('src/storage/sqlite/migrations', 'dist/storage/sqlite/migrations', { recursive: true });
cpSync('src/conformance/cases', 'dist/conformance/cases', { recursive: true });
chmodSync('dist/cli/main.js', 0o755);
