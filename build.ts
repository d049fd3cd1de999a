/** Makes `dist`, the form in which the package is published: JavaScript, types, and the files read at run time. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
cpSync('src/storage/sqlite/migrations', 'dist/storage/sqlite/migrations', { recursive: true });
cpSync('src/conformance/cases', 'dist/conformance/cases', { recursive: true });
for (const file of ['page.js', 'parts.js', 'clock.js', 'page.css'])
  cpSync(`src/sandbox/page/${file}`, `dist/sandbox/page/${file}`);
chmodSync('dist/cli/main.js', 0o755);
