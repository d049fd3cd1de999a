import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const SOURCE = join(ROOT, 'src');

/** Who may import whom: a room, the rooms it may look into, and the packages it may use. */
const ROOMS: Readonly<Record<string, { rooms: readonly string[]; packages: readonly string[] }>> = {
  errors: { rooms: [], packages: [] },
  'ascii-json': { rooms: [], packages: [] },
  core: { rooms: ['ascii-json', 'errors'], packages: ['node:crypto'] },
  log: { rooms: ['errors'], packages: ['node:fs', 'node:module', 'node:tty', 'pino'] },
  http: {
    rooms: ['errors', 'http/client-address', 'log'],
    packages: ['node:http', 'node:https', 'node:net', 'node:stream', 'node:crypto'],
  },
  'http/client-address': { rooms: [], packages: ['node:http', 'node:net'] },
  // What all pages share: templates that escape, static files, the choice of language.
  html: {
    rooms: ['ascii-json', 'errors', 'http', 'log'],
    packages: ['node:crypto', 'node:fs', 'node:zlib'],
  },
  'api/v1': { rooms: ['ascii-json', 'core', 'errors', 'http'], packages: [] },
  // The shape of a certification, with the library that checks: loaded when somebody asks for the reference.
  'api/v1/certification-schema': { rooms: ['core'], packages: ['valibot'] },
  'api/v1/reference/components': {
    rooms: ['api/v1', 'api/v1/certification-schema', 'validation/json-schema'],
    packages: [],
  },
  'api/v1/reference/openapi': { rooms: ['api/v1', 'api/v1/reference/components', 'errors'], packages: [] },
  page: { rooms: ['ascii-json', 'core', 'errors', 'html', 'http'], packages: ['node:crypto'] },
  'page/scripts': {
    rooms: ['ascii-json', 'browser', 'errors', 'html', 'http', 'page'],
    packages: ['node:fs', 'node:module'],
  },
  browser: { rooms: [], packages: [] },
  // Reads files that must be trusted, and writes files that only their owner may read.
  files: {
    rooms: ['errors', 'validation/json-text', 'validation/text-bytes'],
    packages: ['node:crypto', 'node:fs', 'node:path'],
  },
  // What people write, read strictly. Belongs to no server, and does not know whose schemas it checks.
  validation: { rooms: ['validation/json-text', 'validation/nearest-name'], packages: ['valibot'] },
  'validation/json-schema': { rooms: [], packages: ['valibot', '@valibot/to-json-schema'] },
  'validation/json-text': { rooms: [], packages: [] },
  'validation/text-bytes': { rooms: [], packages: [] },
  'validation/nearest-name': { rooms: [], packages: [] },
  config: {
    rooms: ['config/merchants-file', 'core', 'errors', 'files', 'http/client-address', 'log'],
    packages: ['node:crypto', 'node:fs', 'node:os', 'node:path'],
  },
  // Without the library that checks: every start of a sandbox needs it.
  'config/merchant-setup': { rooms: ['config/merchants-file', 'core'], packages: [] },
  // With the library that checks, which no start of a server needs.
  'config/merchants-file': { rooms: ['config', 'core', 'validation'], packages: ['valibot'] },
  sandbox: {
    rooms: [
      'ascii-json',
      'core',
      'errors',
      'html',
      'http',
      'config/merchant-setup',
      'config/merchants-file',
      'files',
      'page',
      'sandbox/testing-types',
      'validation',
      'validation/json-schema',
      'validation/json-text',
      'validation/nearest-name',
      'validation/text-bytes',
    ],
    packages: ['node:crypto', 'node:fs', 'node:timers/promises', 'valibot'],
  },
  // Published with `bonin/testing`, so it stands alone.
  'sandbox/testing-types': { rooms: [], packages: [] },
  // The one place that makes certificates, loaded only with --tls.
  'sandbox/tls': {
    rooms: ['errors', 'files', 'http'],
    packages: [
      'node:crypto',
      'node:fs',
      'node:os',
      'node:path',
      '@peculiar/asn1-schema',
      '@peculiar/asn1-x509',
    ],
  },
  // A folder or file for each agency, which knows no other.
  providers: { rooms: ['core', 'errors', 'validation/json-text'], packages: ['node:crypto'] },
  // The agencies' side of their protocols, for rehearsals: by code of their own.
  simulators: { rooms: [], packages: ['node:crypto', 'node:http', 'node:https', 'node:net'] },
  version: { rooms: [], packages: ['node:fs'] },
  'observability/metrics': {
    rooms: ['core', 'errors', 'http', 'log', 'version'],
    packages: ['prom-client', 'node:cluster'],
  },
  // The official exporter reads what the standard has for it (headers, certificates, resource attributes) from the
  // environment itself; which of the variables switch something on is read in cli/ and handed over.
  'observability/traces': {
    rooms: ['core', 'errors', 'http', 'log', 'observability/traces/settings', 'version'],
    packages: [
      '@opentelemetry/api',
      '@opentelemetry/core',
      '@opentelemetry/exporter-trace-otlp-http',
      '@opentelemetry/resources',
      '@opentelemetry/sdk-trace',
      'node:async_hooks',
    ],
  },
  'observability/traces/settings': { rooms: [], packages: [] },
  storage: { rooms: ['core', 'errors'], packages: ['node:fs'] },
  'storage/sqlite': {
    rooms: ['core', 'errors', 'files', 'storage'],
    packages: ['node:sqlite', 'node:crypto', 'node:fs', 'node:path', 'node:url'],
  },
  'storage/postgres': {
    rooms: ['core', 'errors', 'files', 'storage'],
    packages: ['pg', 'node:crypto', 'node:timers/promises', 'node:tls'],
  },
  // Moves a database from one engine to another, through the port of each.
  transfer: {
    rooms: ['core', 'errors', 'files'],
    packages: ['node:buffer', 'node:crypto', 'node:fs', 'node:fs/promises', 'node:path'],
  },
  reference: { rooms: ['errors', 'html', 'http'], packages: ['node:fs', 'node:module'] },
  server: {
    rooms: [
      'api/v1',
      'api/v1/reference/openapi',
      'core',
      'errors',
      'http',
      'log',
      'observability/metrics',
      'observability/traces',
      'observability/traces/settings',
      'page',
      'page/scripts',
      'providers',
      'reference',
      'storage',
    ],
    packages: ['node:crypto'],
  },
  // The one file of the server that knows the sandbox.
  'server/dev': {
    rooms: [
      'core',
      'http',
      'http/client-address',
      'log',
      'sandbox',
      'sandbox/testing-types',
      'sandbox/tls',
      'server',
    ],
    packages: [],
  },
  // Loaded only with --workers.
  'server/workers': { rooms: ['errors', 'log'], packages: ['node:cluster', 'node:timers/promises'] },
  client: { rooms: [], packages: [] },
  testing: {
    rooms: ['config', 'log', 'sandbox/testing-types', 'server/dev'],
    packages: ['node:http', 'node:https'],
  },
  playwright: { rooms: ['testing'], packages: [] },
  // Imports nothing of the server.
  conformance: {
    rooms: ['validation', 'validation/json-text', 'validation/text-bytes'],
    packages: ['node:fs', 'node:net', 'node:path', 'node:timers/promises', 'node:tls', 'node:url', 'valibot'],
  },
  cli: {
    rooms: [
      'config',
      'config/merchant-setup',
      'config/merchants-file',
      'conformance',
      'core',
      'errors',
      'files',
      'log',
      'observability/metrics',
      'observability/traces/settings',
      'server',
      'server/dev',
      'server/workers',
      'storage',
      'transfer',
      'validation/nearest-name',
      'version',
    ],
    packages: [
      'node:crypto',
      'node:fs',
      'node:module',
      'node:net',
      'node:os',
      'node:path',
      'node:tls',
      'node:util',
    ],
  },
};

const DRAWERS = /(^|\/)(utils?|helpers?|common|lib|misc|shared)(\/|\.ts$)/;
const LONGEST_FILE = 400;
/** All that may lie directly in `src`. */
const HALL = ['ascii-json.ts', 'errors.ts', 'log.ts', 'playwright.ts', 'testing.ts', 'version.ts'];
/** Other folders where no file may be called by a name that says nothing. */
const OTHERS = ['test', 'bench', 'drill', 'examples'];

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => file.replaceAll('\\', '/'));

function roomOf(file: string): string | undefined {
  const path = file.replace(/\.(ts|json)$/, '');
  return Object.keys(ROOMS)
    .sort((a, b) => b.length - a.length)
    .find((room) => path === room || path.startsWith(`${room}/`));
}

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(SOURCE, file), 'utf8');
  return [...text.matchAll(/(?<!')(?:from|import|import\(|getBuiltinModule\()\s*'([^']+)'/g)].map(
    (match) => match[1] ?? '',
  );
}

/** The path below `src` of what a file imports by a relative path. */
function targetOf(file: string, imported: string): string {
  return relative(SOURCE, join(SOURCE, dirname(file), imported)).replaceAll('\\', '/');
}

/** The files that are part of a cycle, or lie between two of them. Imports of types count as well. */
function filesInCycles(imports: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const left = new Set(imports.keys());
  const importsLeft = (file: string) => (imports.get(file) ?? []).some((each) => left.has(each));
  const isImported = (file: string) => [...left].some((each) => imports.get(each)?.includes(file));
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    for (const file of left) if (!importsLeft(file) || !isImported(file)) left.delete(file);
  }
  return [...left];
}

/** The folders that a code block of `docs/architecture.md` lists below `top`, one in a line, indented below another. */
function documentedFolders(top: string): readonly string[] {
  const text = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
  const [, block = ''] = text.match(new RegExp(`^\`\`\`\n${top}/\n([^]*?)^\`\`\`$`, 'm')) ?? [];
  const found: string[] = [];
  const above: { readonly indent: number; readonly path: string }[] = [];
  for (const [, blanks = '', name = ''] of block.matchAll(/^( *)([\w./-]+)\/(?: |$)/gm)) {
    while ((above.at(-1)?.indent ?? -1) >= blanks.length) above.pop();
    const path = [above.at(-1)?.path, name].filter(Boolean).join('/');
    above.push({ indent: blanks.length, path });
    found.push(path);
  }
  return found.toSorted();
}

/** The folders with files in them. */
function foldersOf(top: string): readonly string[] {
  const paths = readdirSync(join(ROOT, top), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(join(ROOT, top), entry.parentPath).replaceAll('\\', '/'));
  return [...new Set(paths)].filter((path) => path !== '').toSorted();
}

function isAllowed(file: string, imported: string): boolean {
  const room = roomOf(file) ?? '';
  const { rooms = [], packages = [] } = ROOMS[room] ?? {};
  if (!imported.startsWith('.')) return packages.includes(imported);
  const target = roomOf(targetOf(file, imported)) ?? '';
  // The storage registry names its engines, each behind a lazy import.
  return target === room || rooms.includes(target) || (room === 'storage' && target.startsWith('storage/'));
}

/** What is loaded with a file: all that it imports for good, and not only for types or when it comes to it. */
function reachOf(file: string, reached = new Set<string>()): ReadonlySet<string> {
  if (reached.has(file)) return reached;
  reached.add(file);
  if (!file.endsWith('.ts')) return reached;
  const text = readFileSync(join(SOURCE, file), 'utf8');
  for (const [, what = '', from = ''] of text.matchAll(/^(?:import|export)\b([^;]*?)\bfrom '([^']+)'/gm)) {
    if (/^\s*type\b/.test(what) || /^\s*\{(?:\s*type [^,}]+,?)+\s*\}\s*$/.test(what)) continue;
    reachOf(from.startsWith('.') ? targetOf(file, from) : from, reached);
  }
  return reached;
}

describe('architecture', () => {
  it.each(files)('%s stands in a room and imports only what its room may', (file) => {
    expect(roomOf(file)).toBeDefined();
    expect(importsOf(file).filter((imported) => !isAllowed(file, imported))).toEqual([]);
  });

  it.each(files)('%s reads the environment only where settings are read', (file) => {
    const reads = /process\.env|import\.meta\.env/.test(readFileSync(join(SOURCE, file), 'utf8'));
    expect(reads && !/^(cli|config)\//.test(file)).toBe(false);
  });

  it.each(files)('%s is short and not a drawer', (file) => {
    expect(readFileSync(join(SOURCE, file), 'utf8').split('\n').length).toBeLessThanOrEqual(LONGEST_FILE);
    expect(file).not.toMatch(DRAWERS);
  });

  it.each(files)('%s does not import modules of Node whose lazy parts an import would load', (file) => {
    const text = readFileSync(join(SOURCE, file), 'utf8');
    const values = [...text.matchAll(/^import (?!type )[^;]* from '(node:(?:http|util))'/gm)];
    expect(values.map((match) => match[1])).toEqual([]);
  });

  it('has no cycle of imports', () => {
    const imports = new Map(
      files.map((file) => [
        file,
        importsOf(file)
          .filter((each) => each.startsWith('.'))
          .map((each) => targetOf(file, each)),
      ]),
    );
    expect(imports.get('core/store.ts')).toContain('core/attempt-store.ts');
    expect(filesInCycles(imports)).toEqual([]);
  });

  it('sees a cycle', () => {
    const imports = { a: ['b'], b: ['c', 'e'], c: ['d', 'b'], d: [], e: ['d'] };
    expect(filesInCycles(new Map(Object.entries(imports)))).toEqual(['b', 'c']);
  });

  it('has nothing in the hall but what belongs there', () => {
    expect(files.filter((file) => !file.includes('/')).toSorted()).toEqual(HALL);
  });

  it.each(OTHERS)('has no drawer in %s', (folder) => {
    const found = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter((file) => !file.includes('node_modules') && DRAWERS.test(file))).toEqual([]);
  });

  it('has benches that need nothing of the tests', () => {
    const benches = readdirSync(join(ROOT, 'bench')).filter((file) => file.endsWith('.ts'));
    expect(benches).toContain('main.ts');
    const found = benches.flatMap((file) =>
      importsOf(`../bench/${file}`)
        .filter((each) => each.startsWith('.'))
        .map((each) => `${file} imports ${relative(ROOT, join(ROOT, 'bench', each))}`),
    );
    expect(found.filter((each) => !/ imports (bench|src)\/[^.]/.test(each))).toEqual([]);
  });

  it.each(['src', 'test'])('describes the folders of %s as they are', (top) => {
    expect(documentedFolders(top)).toEqual(foldersOf(top));
  });

  it.each(['cli/dev.ts', 'cli/serve.ts', 'testing.ts'])(
    '%s starts without the library that checks',
    (start) => {
      const reached = reachOf(start);
      expect(reached).toContain('server/mount.ts');
      expect(
        [...reached].filter((each) => each.startsWith('validation/') || each.includes('valibot')).sort(),
      ).toEqual(
        // For names in .env that nobody reads.
        [
          'validation/json-text.ts',
          ...(start === 'cli/dev.ts' ? ['validation/nearest-name.ts'] : []),
          'validation/text-bytes.ts',
        ],
      );
      expect(reachOf('cli/merchants.ts')).toContain('valibot');
    },
  );

  it('sees an edge that is not in the table', () => {
    expect(isAllowed('core/vault.ts', '../storage/index.ts')).toBe(false);
    expect(isAllowed('core/vault.ts', 'node:http')).toBe(false);
    expect(isAllowed('server/mount.ts', '../sandbox/routes.ts')).toBe(false);
    expect(isAllowed('core/vault.ts', '../errors.ts')).toBe(true);
  });
});
