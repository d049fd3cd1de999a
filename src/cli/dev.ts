import { existsSync } from 'node:fs';
import { type DevConfig, loadDevConfig } from '../config/command-config.ts';
import { newMasterKey, readMasterKeys } from '../config/master-keys.ts';
import type { MasterKey } from '../core/key-ring.ts';
import { createLog } from '../log.ts';
import { readTraceSettings, type TraceSettings } from '../observability/traces/settings.ts';
import {
  type Authority,
  createDevApp,
  DEFAULT_SEED,
  openDevAuthority,
  readSeed,
  type Seed,
} from '../server/dev.ts';
import { type FolderLock, lockFolder } from '../storage/index.ts';
import { type Command, EXIT, UsageError } from './command.ts';
import { clearReadyFile, type Ready, removeReadyFile, toReadyLine, writeReadyFile } from './ready.ts';
import { settingOptions } from './setting-options.ts';
import { untilStopped } from './until-stopped.ts';

/** `bonin dev`: the sandbox, on this machine, with nothing set up. */
export const dev: Command = {
  operands: [],
  summary: 'Starts the sandbox: the V1 API with invented people, offline.',
  options: settingOptions('dev'),

  async run({ options, environment }) {
    const loaded = loadDevConfig(options, environment);
    if ('problems' in loaded) throw new UsageError(loaded.problems);
    const { config } = loaded;
    const tracing = readTraceSettings(environment);
    if ('problems' in tracing) throw new UsageError(tracing.problems);
    const { keeping } = config;
    if (config.readyFile !== null) clearReadyFile(config.readyFile);
    const seed = config.seed === null ? DEFAULT_SEED : await readSeed(config.seed);
    const inMemory = keeping.kind === 'memory';
    const masterKeys = inMemory
      ? [newMasterKey()]
      : readMasterKeys(
          keeping.masterKeys,
          keeping.databaseFile === null || !existsSync(keeping.databaseFile),
          'dev',
        );
    const lock = inMemory || keeping.ownFolder === null ? null : await lockOwnFolder(keeping.ownFolder);
    try {
      await serveUntilStopped(config, { seed, masterKeys, traces: tracing.traces });
    } finally {
      lock?.release();
    }
    return EXIT.ok;
  },
};

/** What is read before anything is opened. */
interface Prepared {
  readonly seed: Seed;
  readonly masterKeys: readonly MasterKey[];
  readonly traces: TraceSettings | null;
}

async function serveUntilStopped(config: DevConfig, { seed, masterKeys, traces }: Prepared): Promise<void> {
  const { keeping } = config;
  const inMemory = keeping.kind === 'memory';
  const authority = config.tls ? await openDevAuthority(inMemory ? null : keeping.authority) : null;
  try {
    const app = await createDevApp({
      databaseUrl: inMemory ? 'sqlite::memory:' : keeping.databaseUrl,
      masterKeys,
      log: createLog(config.logLevel),
      basePath: config.basePath,
      publicUrl: config.publicUrl ?? undefined,
      trustedProxies: config.trustedProxies,
      maxConnections: config.maxConnections,
      seed,
      openToAnyHost: config.hostGiven,
      randomOtp: config.randomOtp,
      metrics: config.metrics ?? undefined,
      traces: traces ?? undefined,
      plainPort: config.httpPort ?? undefined,
      ...(authority !== null && { tls: authority.issue() }),
    });
    try {
      const { url, plainUrl, metricsUrl } = await app.listen(config.port, config.host);
      // The process may be stopped as soon as it has printed that it runs.
      const stopped = untilStopped();
      const greeting = { url, plainUrl, restUrl: url + config.basePath, metricsUrl, seed, authority };
      const line = toReadyLine(describeReady(greeting));
      if (config.json) process.stdout.write(line);
      else greet(greeting);
      if (config.readyFile !== null) writeReadyFile(config.readyFile, line);
      await stopped;
      if (config.readyFile !== null) removeReadyFile(config.readyFile, line);
    } finally {
      await app.close();
    }
  } finally {
    authority?.close();
  }
}

/** One process per folder: inbox, clock and faults are in its memory, so a second process would have others. */
function lockOwnFolder(folder: string): Promise<FolderLock> {
  const taken =
    'another bonin dev uses this folder; name another one with --data, or the database with --database-url to share it';
  return lockFolder(folder, 'dev.lock', taken);
}

interface Greeting {
  readonly url: string;
  readonly plainUrl: string | null;
  readonly restUrl: string;
  readonly metricsUrl: string | null;
  readonly seed: Seed;
  readonly authority: Authority | null;
}

/** The first merchant and one of its certifications. */
function exampleOf({ merchants, certifications }: Seed) {
  const [merchant] = merchants;
  const certification = certifications.find(({ channel }) =>
    merchant?.channels.some(({ channel_key }) => channel_key === channel),
  );
  return { merchant, certification };
}

function describeReady({ url, plainUrl, restUrl, metricsUrl, seed, authority }: Greeting): Ready {
  const { merchant, certification } = exampleOf(seed);
  return {
    url,
    rest_url: restUrl,
    page_url: `${url}/sandbox`,
    plain_url: plainUrl,
    metrics_url: metricsUrl,
    authority: authority?.file ?? null,
    user_code: merchant?.user_code ?? null,
    imp_key: merchant?.imp_key ?? null,
    imp_secret: merchant?.imp_secret ?? null,
    imp_uid: certification?.imp_uid ?? null,
    pid: process.pid,
  };
}

/** Prints what a developer needs for the first lookup. The first line with a URL contains nothing else. */
function greet({ url, plainUrl, restUrl, metricsUrl, seed, authority }: Greeting): void {
  const { merchant, certification: example } = exampleOf(seed);
  console.log(`Bonin dev — 본인인증 샌드박스. 여기의 사람은 모두 가상입니다 (nobody here is real).\n`);
  console.log(url);
  if (authority !== null) explainTls(url, authority.file);
  console.log(`\n  page        ${url}/sandbox`);
  if (plainUrl !== null) console.log(`  plain HTTP  ${plainUrl}`);
  if (metricsUrl !== null) console.log(`  metrics     ${metricsUrl}`);
  if (merchant === undefined) return;
  console.log(`  imp_key     ${merchant.imp_key}`);
  console.log(`  imp_secret  ${merchant.imp_secret}`);
  if (example === undefined) return;
  console.log(`  imp_uid     ${example.imp_uid}`);
  const form = `-d 'imp_key=${merchant.imp_key}&imp_secret=${merchant.imp_secret}'`;
  const pick = `sed 's/.*"access_token":"\\([0-9a-f]*\\)".*/\\1/'`;
  const curl = authority === null ? 'curl -s' : `curl -s --cacert ${shellWord(authority.file)}`;
  console.log('\n토큰을 받아 인증결과를 조회합니다 (get a token, then look up):\n');
  console.log(`TOKEN=$(${curl} ${restUrl}/users/getToken ${form} | ${pick})`);
  console.log(`${curl} ${restUrl}/certifications/${example.imp_uid} -H "Authorization: $TOKEN"\n`);
  console.log('끝내려면 Ctrl+C (Ctrl+C stops).');
}

function explainTls(url: string, file: string): void {
  console.log(`\n  authority   ${file}\n`);
  console.log('호스트가 고정된 클라이언트 (a client whose host is fixed):\n');
  console.log('  127.0.0.1 api.iamport.kr cdn.iamport.kr service.iamport.kr  # /etc/hosts');
  console.log(`  NODE_EXTRA_CA_CERTS=${shellWord(file)}  # Node`);
  // The port is left out of an address when it is the one that such clients call.
  if (new URL(url).port !== '')
    console.log('\n포트 443이 필요합니다 (it calls port 443: start with --port 443).');
  console.log('다른 언어는 docs/clients.md (other languages: docs/clients.md).');
}

function shellWord(text: string): string {
  return /^[\w./:@+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
