import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join, relative } from 'node:path';
import { build as bundle, type Plugin, transformSync } from 'esbuild';
import { writeTypes } from './build-types.ts';
import { composeScript, SCRIPT_FILES } from './src/page/scripts.ts';

const require = createRequire(import.meta.url);

/** The oldest line of Node among `engines`. */
const OLDEST_NODE = 'node22';

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
export async function build(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  writeTypes(folder, ['client/index', 'browser/index', 'testing', 'playwright']);
  await bundleServer(folder);
  for (const [name, values] of Object.entries(SERVER_ENTRIES)) writeDoor(folder, name, values);
  for (const name of ['client', 'browser'])
    for (const format of ['esm', 'cjs'] as const)
      await bundle({
        entryPoints: [`src/${name}/index.ts`],
        outdir: join(folder, name),
        outExtension: { '.js': format === 'esm' ? '.js' : '.cjs' },
        bundle: true,
        format,
        target: 'es2022',
        charset: 'utf8',
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
  cpSync('src/cli/bonin.cjs', join(folder, 'bonin.cjs'));
  chmodSync(join(folder, 'bonin.cjs'), 0o755);
}

/** What other projects import of the server, and the values that it has. */
const SERVER_ENTRIES = { testing: ['startBonin'], playwright: ['boninFixture'] };

/**
 * The door for `require`. A module of Node takes the ES module by Node's own loader, also inside Jest, whose `require`
 * knows no ES modules. So there is one server, outside of what Jest replaces.
 */
function writeDoor(folder: string, name: string, values: readonly string[]): void {
  writeFileSync(
    join(folder, `${name}.cjs`),
    `'use strict';
const { Module } = require('node:module');
const { join } = require('node:path');
const { ${values.join(', ')} } = new Module(__filename).require(join(__dirname, '${name}.js'));
module.exports = { ${values.join(', ')} };
`,
  );
}

/** The server in few files, because each one costs a start a millisecond or so; see docs/decisions/0016. */
async function bundleServer(folder: string): Promise<void> {
  await bundle({
    entryPoints: ['src/cli/main.ts', ...Object.keys(SERVER_ENTRIES).map((name) => `src/${name}.ts`)],
    outdir: folder,
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    // What is loaded late has files of its own.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: OLDEST_NODE,
    // Other people's packages are installed beside this one, with their licences.
    packages: 'external',
    // Not made smaller: that saves nothing that can be measured, and the log shows where an error came from.
    plugins: [keepPlaces],
  });
}

/** Files read at run time stay where they were in the sources, whatever bundle the code beside them went into. */
const keepPlaces: Plugin = {
  name: 'keep-places',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const place = relative('src', path).replaceAll('\\', '/').replace(/\.ts$/, '.js');
      const text = readFileSync(path, 'utf8');
      const contents = text.replaceAll('import.meta.url', `new URL('./${place}', import.meta.url).href`);
      return { contents, loader: 'ts' };
    });
  },
};

function minifyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    const loader = { '.js': 'js', '.css': 'css' }[extname(name)] as 'js' | 'css' | undefined;
    if (loader === undefined) continue;
    writeFileSync(join(to, name), minify(readFileSync(join(from, name), 'utf8'), loader));
  }
}

if (import.meta.main) await build('dist');
