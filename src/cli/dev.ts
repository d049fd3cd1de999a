import { existsSync } from 'node:fs';
import { type DevConfig, loadDevConfig } from '../config/command-config.ts';
import type { Language } from '../config/language.ts';
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
import { pad } from './columns.ts';
import { type Command, EXIT, UsageError } from './command.ts';
import { COPY } from './copy.ts';
import { readDevEnvironment } from './dev-environment.ts';
import { clearReadyFile, type Ready, removeReadyFile, toReadyLine, writeReadyFile } from './ready.ts';
import { settingOptions } from './setting-options.ts';
import { DATABASE_VARIABLES, TRACE_VARIABLES } from './standard-variables.ts';
import { untilStopped } from './until-stopped.ts';

/** `bonin dev`: the sandbox, on this machine, with nothing set up. */
export const dev: Command = {
  name: 'dev',
  operands: [],
  summary: {
    en: 'Starts the sandbox: the V1 API with invented people, offline.',
    ko: '샌드박스를 시작합니다. 가상 인물이 있는 V1 API를 오프라인으로 제공합니다.',
  },
  more: {
    en: 'The names that begin with BONIN_ in the file .env of the working folder are read as well. Variables of the environment win.',
    ko: '작업 폴더의 .env 파일에서 BONIN_으로 시작하는 이름도 읽습니다. 실제 환경 변수가 우선합니다.',
  },
  options: settingOptions('dev'),
  variables: [...TRACE_VARIABLES, ...DATABASE_VARIABLES],
  examples: [
    {
      words: 'dev --memory --port 0',
      about: {
        en: 'A sandbox on a free port that keeps nothing:',
        ko: '비어 있는 포트에서 시작하고 아무것도 저장하지 않습니다.',
      },
    },
    {
      words: 'dev --tls --port 443 --http-port 80',
      about: {
        en: 'For clients whose host is fixed:',
        ko: '호스트가 고정된 클라이언트에서 접속할 수 있게 시작합니다.',
      },
    },
    {
      words: 'dev --memory --ready-file bonin.json',
      about: {
        en: 'In a CI job: the file appears once the sandbox answers:',
        ko: 'CI에서 씁니다. 샌드박스가 응답할 수 있게 되면 파일이 생깁니다.',
      },
    },
  ],

  async run({ options, environment: own, language }) {
    const fromFile = readDevEnvironment(process.cwd(), own, language);
    const { environment } = fromFile;
    for (const warning of fromFile.warnings) console.error(`bonin: ${warning}`);
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
    const lock =
      inMemory || keeping.ownFolder === null ? null : await lockOwnFolder(keeping.ownFolder, language);
    try {
      const { traces } = tracing;
      await serveUntilStopped(config, { seed, masterKeys, traces, language, settingsFrom: fromFile.said });
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
  readonly language: Language;
  /** What was read from `.env`, as a sentence; null for nothing. */
  readonly settingsFrom: string | null;
}

async function serveUntilStopped(config: DevConfig, prepared: Prepared): Promise<void> {
  const { seed, masterKeys, traces, language, settingsFrom } = prepared;
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
      const restUrl = url + config.basePath;
      const place = { url, plainUrl, restUrl, metricsUrl, seed, authority };
      const line = toReadyLine(describeReady(place));
      if (config.json && settingsFrom !== null) console.error(`bonin: ${settingsFrom}`);
      if (config.json) process.stdout.write(line);
      else greet({ ...place, language, settingsFrom });
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
function lockOwnFolder(folder: string, language: Language): Promise<FolderLock> {
  return lockFolder(folder, 'dev.lock', COPY.dev_folder_taken[language]);
}

/** Where a sandbox that has started can be reached. */
interface Place {
  readonly url: string;
  readonly plainUrl: string | null;
  readonly restUrl: string;
  readonly metricsUrl: string | null;
  readonly seed: Seed;
  readonly authority: Authority | null;
}

type Greeting = Place & Pick<Prepared, 'language' | 'settingsFrom'>;

/** The first merchant and one of its certifications. */
function exampleOf({ merchants, certifications }: Seed) {
  const [merchant] = merchants;
  const certification = certifications.find(({ channel }) =>
    merchant?.channels.some(({ channel_key }) => channel_key === channel),
  );
  return { merchant, certification };
}

function describeReady({ url, plainUrl, restUrl, metricsUrl, seed, authority }: Place): Ready {
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
function greet(greeting: Greeting): void {
  const { url, plainUrl, restUrl, metricsUrl, seed, authority, language, settingsFrom } = greeting;
  const { merchant, certification: example } = exampleOf(seed);
  const row = (name: string, value: string) => console.log(`  ${pad(name, 12)}${value}`);
  console.log(`${COPY.dev_title[language]}\n`);
  console.log(url);
  if (authority !== null) explainTls(url, authority.file, language);
  console.log('');
  row(COPY.dev_page[language], `${url}/sandbox`);
  if (settingsFrom !== null) row(COPY.env_file[language], settingsFrom);
  if (plainUrl !== null) row(COPY.dev_plain[language], plainUrl);
  if (metricsUrl !== null) row(COPY.metrics[language], metricsUrl);
  if (merchant === undefined) return;
  row('imp_key', merchant.imp_key);
  row('imp_secret', merchant.imp_secret);
  if (example === undefined) return;
  row('imp_uid', example.imp_uid);
  const form = `-d 'imp_key=${merchant.imp_key}&imp_secret=${merchant.imp_secret}'`;
  const pick = `sed 's/.*"access_token":"\\([0-9a-f]*\\)".*/\\1/'`;
  const curl = authority === null ? 'curl -s' : `curl -s --cacert ${shellWord(authority.file)}`;
  console.log(`\n${COPY.dev_first[language]}\n`);
  console.log(`TOKEN=$(${curl} ${restUrl}/users/getToken ${form} | ${pick})`);
  console.log(`${curl} ${restUrl}/certifications/${example.imp_uid} -H "Authorization: $TOKEN"\n`);
  console.log(COPY.dev_stop[language]);
}

function explainTls(url: string, file: string, language: Language): void {
  console.log(`\n  ${pad(COPY.dev_authority[language], 12)}${file}\n`);
  console.log(`${COPY.dev_fixed_host[language]}\n`);
  console.log('  127.0.0.1 api.iamport.kr cdn.iamport.kr service.iamport.kr  # /etc/hosts');
  console.log(`  NODE_EXTRA_CA_CERTS=${shellWord(file)}  # Node`);
  // The port is left out of an address when it is the one that such clients call.
  if (new URL(url).port !== '') console.log(`\n${COPY.dev_port[language]}`);
  console.log(COPY.dev_languages[language]);
}

function shellWord(text: string): string {
  return /^[\w./:@+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
