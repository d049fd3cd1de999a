import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const SOURCE = join(import.meta.dirname, '../src');

/** Who may import whom: a room, the rooms it may look into, and the packages it may use. */
const ROOMS: Readonly<Record<string, { rooms: readonly string[]; packages: readonly string[] }>> = {
  errors: { rooms: [], packages: [] },
  'ascii-json': { rooms: [], packages: [] },
  core: { rooms: ['ascii-json', 'errors'], packages: ['node:crypto'] },
  log: { rooms: ['errors'], packages: ['node:fs', 'node:tty', 'pino'] },
  http: {
    rooms: ['ascii-json', 'errors', 'http/client-address', 'log'],
    packages: ['node:http', 'node:https', 'node:net', 'node:stream', 'node:timers/promises', 'node:crypto'],
  },
  'http/client-address': { rooms: [], packages: ['node:http', 'node:net'] },
  'api/v1': { rooms: ['ascii-json', 'core', 'errors', 'http'], packages: [] },
  page: { rooms: ['ascii-json', 'core', 'errors', 'http'], packages: ['node:crypto'] },
  'page/scripts': {
    rooms: ['ascii-json', 'browser', 'errors', 'http', 'page'],
    packages: ['node:crypto', 'node:fs', 'node:module', 'node:path', 'node:zlib'],
  },
  browser: { rooms: [], packages: [] },
  // Whoever reads a file whose content is believed reads it through this.
  'trusted-file': {
    rooms: ['errors', 'validation/json-text', 'validation/text-bytes'],
    packages: ['node:fs', 'node:path'],
  },
  // What people write, read strictly. Belongs to no server, and does not know whose schemas it checks.
  validation: { rooms: ['validation/json-text', 'validation/nearest-name'], packages: ['valibot'] },
  'validation/json-schema': { rooms: [], packages: ['valibot', '@valibot/to-json-schema'] },
  'validation/json-text': { rooms: [], packages: [] },
  'validation/text-bytes': { rooms: [], packages: [] },
  'validation/nearest-name': { rooms: [], packages: [] },
  'guessable-secret': { rooms: [], packages: [] },
  'merchants-file': { rooms: ['core', 'guessable-secret', 'validation'], packages: ['valibot'] },
  // Without the library that checks: every start of a sandbox needs it.
  'merchant-setup': { rooms: ['core', 'merchants-file'], packages: [] },
  sandbox: {
    rooms: [
      'ascii-json',
      'core',
      'errors',
      'http',
      'merchant-setup',
      'merchants-file',
      'page',
      'trusted-file',
      'validation',
      'validation/json-schema',
      'validation/json-text',
      'validation/nearest-name',
      'validation/text-bytes',
    ],
    packages: ['node:crypto', 'node:fs', 'node:timers/promises', 'valibot'],
  },
  // The one place that makes certificates, loaded only with --tls.
  'sandbox/authority': {
    rooms: ['errors', 'http', 'new-file', 'sandbox/certificates', 'trusted-file'],
    packages: ['node:crypto', 'node:fs', 'node:os', 'node:path'],
  },
  'sandbox/certificates': {
    rooms: ['http'],
    packages: ['node:crypto', '@peculiar/asn1-schema', '@peculiar/asn1-x509'],
  },
  version: { rooms: [], packages: ['node:fs'] },
  metrics: {
    rooms: ['core', 'errors', 'http', 'log', 'version'],
    packages: ['prom-client', 'node:cluster'],
  },
  // The official exporter reads what the standard has for it (headers, certificates, resource attributes) from the
  // environment itself; which of the variables switch something on is read in cli/ and handed over.
  traces: {
    rooms: ['core', 'errors', 'http', 'log', 'traces/settings', 'version'],
    packages: [
      '@opentelemetry/api',
      '@opentelemetry/core',
      '@opentelemetry/exporter-trace-otlp-http',
      '@opentelemetry/resources',
      '@opentelemetry/sdk-trace',
      'node:async_hooks',
    ],
  },
  'traces/settings': { rooms: [], packages: [] },
  'new-folder': { rooms: [], packages: ['node:fs', 'node:path'] },
  'new-file': { rooms: ['new-folder', 'trusted-file'], packages: ['node:crypto', 'node:fs', 'node:path'] },
  storage: { rooms: ['core', 'errors'], packages: ['node:fs'] },
  'storage/sqlite': {
    rooms: ['core', 'errors', 'new-folder', 'storage', 'trusted-file'],
    packages: ['node:sqlite', 'node:crypto', 'node:fs', 'node:path', 'node:url'],
  },
  'storage/postgres': {
    rooms: ['core', 'errors', 'storage', 'trusted-file'],
    packages: ['pg', 'node:crypto', 'node:timers/promises', 'node:tls'],
  },
  // Moves a database from one engine to another, through the port of each.
  transfer: {
    rooms: ['core', 'errors', 'trusted-file'],
    packages: ['node:buffer', 'node:crypto', 'node:fs', 'node:fs/promises', 'node:path'],
  },
  reference: { rooms: ['errors', 'http'], packages: ['node:crypto', 'node:fs', 'node:module'] },
  health: { rooms: ['core', 'errors', 'http'], packages: [] },
  'master-keys': {
    rooms: ['core', 'errors', 'new-file', 'trusted-file'],
    packages: ['node:crypto', 'node:fs'],
  },
  variables: { rooms: [], packages: [] },
  'setting-values': { rooms: [], packages: [] },
  config: {
    rooms: ['core', 'http/client-address', 'log', 'setting-values', 'variables'],
    packages: ['node:os'],
  },
  'command-config': { rooms: ['config', 'core', 'log'], packages: ['node:path'] },
  app: {
    rooms: [
      'api/v1',
      'core',
      'errors',
      'health',
      'http',
      'log',
      'metrics',
      'page',
      'page/scripts',
      'reference',
      'storage',
      'traces',
      'traces/settings',
    ],
    packages: [],
  },
  dev: { rooms: ['app', 'core', 'http/client-address', 'sandbox', 'sandbox/authority'], packages: [] },
  // Loaded only with --workers.
  workers: { rooms: ['errors', 'log'], packages: ['node:cluster', 'node:timers/promises'] },
  client: { rooms: [], packages: [] },
  testing: { rooms: ['dev', 'log', 'master-keys'], packages: ['node:http', 'node:https'] },
  // Imports nothing of the server.
  conformance: {
    rooms: ['validation', 'validation/json-text', 'validation/text-bytes'],
    packages: ['node:fs', 'node:net', 'node:path', 'node:timers/promises', 'node:tls', 'node:url', 'valibot'],
  },
  cli: {
    rooms: [
      'app',
      'command-config',
      'config',
      'conformance',
      'core',
      'dev',
      'errors',
      'log',
      'master-keys',
      'merchant-setup',
      'merchants-file',
      'metrics',
      'new-folder',
      'storage',
      'traces/settings',
      'transfer',
      'trusted-file',
      'version',
      'workers',
      'validation/nearest-name',
      'variables',
    ],
    packages: ['node:fs', 'node:module', 'node:os', 'node:path', 'node:util'],
  },
};

const DRAWERS = /(^|\/)(utils?|helpers?|common|lib|misc|shared)(\/|\.ts$)/;
const LONGEST_FILE = 400;

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
  return [...text.matchAll(/(?<!')(?:from|import|import\()\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

function isAllowed(file: string, imported: string): boolean {
  const room = roomOf(file) ?? '';
  const { rooms = [], packages = [] } = ROOMS[room] ?? {};
  if (!imported.startsWith('.')) return packages.includes(imported);
  const target = roomOf(relative(SOURCE, join(SOURCE, dirname(file), imported)).replaceAll('\\', '/')) ?? '';
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
    const target = from.startsWith('.') ? relative(SOURCE, join(SOURCE, dirname(file), from)) : from;
    reachOf(target.replaceAll('\\', '/'), reached);
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
    expect(reads && !file.startsWith('cli/')).toBe(false);
  });

  it.each(files)('%s is short and not a drawer', (file) => {
    expect(readFileSync(join(SOURCE, file), 'utf8').split('\n').length).toBeLessThanOrEqual(LONGEST_FILE);
    expect(file).not.toMatch(DRAWERS);
  });

  it.each(['cli/dev.ts', 'cli/serve.ts', 'testing.ts'])(
    '%s starts without the library that checks',
    (start) => {
      const reached = reachOf(start);
      expect(reached).toContain('app.ts');
      expect(
        [...reached].filter((each) => each.startsWith('validation/') || each.includes('valibot')),
      ).toEqual(['validation/json-text.ts', 'validation/text-bytes.ts']);
      expect(reachOf('cli/merchants.ts')).toContain('valibot');
    },
  );

  it('sees an edge that is not in the table', () => {
    expect(isAllowed('core/vault.ts', '../storage/index.ts')).toBe(false);
    expect(isAllowed('core/vault.ts', 'node:http')).toBe(false);
    expect(isAllowed('app.ts', './sandbox/routes.ts')).toBe(false);
    expect(isAllowed('core/vault.ts', '../errors.ts')).toBe(true);
  });
});
