import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');

/** The endings of declarations, and of the JavaScript that they describe, for `import` and for `require`. */
const FORMS = [
  { types: '.d.ts', code: '.js' },
  { types: '.d.cts', code: '.cjs' },
];

/**
 * Writes the declarations of the modules that other projects import, in both forms, and of what their types come from;
 * not those of the whole server. `entries` are paths below `src` without an ending.
 */
export function writeTypes(folder: string, entries: readonly string[]): void {
  const emitted = mkdtempSync(join(tmpdir(), 'bonin-types-'));
  try {
    execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', emitted], {
      stdio: 'inherit',
    });
    for (const entry of withImports(emitted, entries)) {
      const text = readFileSync(join(emitted, `${entry}.d.ts`), 'utf8');
      mkdirSync(dirname(join(folder, entry)), { recursive: true });
      for (const { types, code } of FORMS)
        writeFileSync(join(folder, `${entry}${types}`), text.replaceAll(RELATIVE, `from '$1${code}'`));
    }
  } finally {
    rmSync(emitted, { recursive: true, force: true });
  }
}

const RELATIVE = /from '(\.[^']*)\.ts'/g;

function withImports(emitted: string, entries: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (entry: string): void => {
    if (found.has(entry)) return;
    found.add(entry);
    const text = readFileSync(join(emitted, `${entry}.d.ts`), 'utf8');
    for (const [, path = ''] of text.matchAll(RELATIVE)) add(join(dirname(entry), path));
  };
  for (const entry of entries) add(entry);
  return found;
}
