import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { transformSync } from 'esbuild';
import { composeScript, SCRIPT_FILES } from './src/page/scripts.ts';

const require = createRequire(import.meta.url);
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');

/** What browsers of 2020 understand: nothing newer is written because it is shorter. */
const TARGETS = { js: 'es2020', css: ['chrome80', 'firefox74', 'safari13.1'] };

/** Folders with files for browsers; what is neither JavaScript nor CSS in them is left out. */
const BROWSER_FOLDERS = ['page/assets', 'reference/assets', 'sandbox/ui'];

/** A script or a style sheet for browsers, without what only its readers need. */
export function minify(text: string, loader: 'js' | 'css'): string {
  return transformSync(text, { loader, minify: true, target: TARGETS[loader], legalComments: 'none' }).code;
}

/**
 * Makes the form in which the package is published: JavaScript, types, and the files read at run time. `folder` is
 * deleted before. The working directory has to be that of the sources.
 */
export function build(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', folder], {
    stdio: 'inherit',
  });
  for (const engine of ['sqlite', 'postgres'])
    cpSync(`src/storage/${engine}/migrations`, `${folder}/storage/${engine}/migrations`, { recursive: true });
  cpSync('src/conformance/cases', `${folder}/conformance/cases`, { recursive: true });
  for (const form of ['classic', 'module'] as const)
    writeFileSync(join(folder, 'browser', SCRIPT_FILES[form]), minify(composeScript(form), 'js'));
  for (const each of BROWSER_FOLDERS) minifyFolder(join('src', each), join(folder, each));
  // The renderer of the reference, with the licences that it and its parts ask to be kept.
  const redoc = dirname(require.resolve('redoc/package.json'));
  for (const [from, to] of [
    ['bundles/redoc.standalone.js', 'redoc.standalone.js'],
    ['bundles/redoc.standalone.js.LICENSE.txt', 'redoc.standalone.js.LICENSE.txt'],
    ['LICENSE', 'redoc.LICENSE.txt'],
  ] as const)
    cpSync(join(redoc, from), join(folder, 'reference/assets', to));
  chmodSync(join(folder, 'cli/main.js'), 0o755);
}

function minifyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    const loader = { '.js': 'js', '.css': 'css' }[extname(name)] as 'js' | 'css' | undefined;
    if (loader === undefined) continue;
    writeFileSync(join(to, name), minify(readFileSync(join(from, name), 'utf8'), loader));
  }
}

if (import.meta.main) build('dist');
