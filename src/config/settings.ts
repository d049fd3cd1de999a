import { availableParallelism } from 'node:os';
import { SECOND } from '../core/clock.ts';
import { REQUEST_LIMITS } from '../core/limits.ts';
import { LONGEST_OPENED } from '../core/opened-rows.ts';
import type { RateLimit } from '../core/otp.ts';
import { isAddressBlock } from '../http/client-address.ts';
import { LOG_LEVELS, type LogLevel } from '../log.ts';
import { ABOUT, PROBLEMS } from './copy.ts';
import { fill, languageOf, type Sentence } from './language.ts';
import {
  anyText,
  isDatabaseUrl,
  isOrigin,
  LimitList,
  type ListenAddress,
  Problem,
  parseAddress,
  parseLimits,
  parsePort,
  truth,
} from './setting-values.ts';
import { readVariable } from './variables.ts';

export type { ListenAddress } from './setting-values.ts';

/** The commands that have settings. */
export const COMMANDS = [
  'dev',
  'serve',
  'migrate',
  'health',
  'merchants',
  'channels',
  'export',
  'import',
  'backup',
  'restore',
] as const;
export type CommandName = (typeof COMMANDS)[number];

/** One setting: its commands, option, variable, parser and description. */
interface Setting<T> {
  readonly commands: readonly CommandName[];
  /** Name of the command-line option, without the two hyphens. */
  readonly flag: string;
  /** Name of the environment variable; the option wins over it. */
  readonly env: string;
  /** Shown for the value in help; null for a switch, which has none. */
  readonly value: string | null;
  readonly fallback: T;
  /** Defaults of commands that differ from `fallback`. */
  readonly fallbackOf?: Partial<Readonly<Record<CommandName, T>>>;
  readonly about: Sentence;
  /** The value of a text, or a sentence that says what it must be. */
  readonly parse: (text: string) => T | Problem;
}

/** One setting for a limit of production. */
function limitSetting(name: string, fallback: readonly RateLimit[], about: Sentence) {
  return {
    commands: ['serve'],
    flag: `limit-${name}`,
    env: `BONIN_LIMIT_${name.replaceAll('-', '_').toUpperCase()}`,
    value: 'LIMITS',
    fallback: new LimitList(fallback),
    about,
    parse: parseLimits,
  } satisfies Setting<LimitList>;
}

const RUNS: readonly CommandName[] = ['dev', 'serve'];
const LISTENS: readonly CommandName[] = [...RUNS, 'health'];
const HAS_DATABASE = COMMANDS.filter((command) => command !== 'health');

/** Every setting. Help, validation, the documentation and `.env.example` come from here. */
export const SETTINGS = {
  port: {
    commands: LISTENS,
    flag: 'port',
    env: 'BONIN_PORT',
    value: 'NUMBER',
    fallback: 8282,
    about: ABOUT.port,
    parse: parsePort,
  } satisfies Setting<number>,
  host: {
    commands: LISTENS,
    flag: 'host',
    env: 'BONIN_HOST',
    value: 'ADDRESS',
    fallback: '127.0.0.1',
    about: ABOUT.host,
    // URLs have it in brackets, so people who copy it from one write them.
    parse: (text) => anyText(text.replace(/^\[([\da-f:.%]+)\]$/i, '$1')),
  } satisfies Setting<string>,
  data: {
    commands: HAS_DATABASE,
    flag: 'data',
    env: 'BONIN_DATA',
    value: 'FOLDER',
    fallback: '.bonin',
    about: ABOUT.data,
    parse: anyText,
  } satisfies Setting<string>,
  databaseUrl: {
    commands: HAS_DATABASE,
    flag: 'database-url',
    env: 'BONIN_DATABASE_URL',
    value: 'URL',
    fallback: null,
    about: ABOUT.databaseUrl,
    // The sentence must not quote the value: it may hold a password.
    parse: (text) => (isDatabaseUrl(text) ? text : new Problem(PROBLEMS.databaseUrl)),
  } satisfies Setting<string | null>,
  databaseUrlFile: {
    commands: HAS_DATABASE,
    flag: 'database-url-file',
    env: 'BONIN_DATABASE_URL_FILE',
    value: 'FILE',
    fallback: null,
    about: ABOUT.databaseUrlFile,
    parse: anyText,
  } satisfies Setting<string | null>,
  masterKeys: {
    commands: HAS_DATABASE.filter((command) => command !== 'dev'),
    flag: 'master-keys',
    env: 'BONIN_MASTER_KEYS',
    value: 'FILE',
    fallback: null,
    about: ABOUT.masterKeys,
    parse: anyText,
  } satisfies Setting<string | null>,
  memory: {
    commands: ['dev'],
    flag: 'memory',
    env: 'BONIN_MEMORY',
    value: null,
    fallback: false,
    about: ABOUT.memory,
    parse: truth,
  } satisfies Setting<boolean>,
  seed: {
    commands: ['dev'],
    flag: 'seed',
    env: 'BONIN_SEED',
    value: 'FILE',
    fallback: null,
    about: ABOUT.seed,
    parse: anyText,
  } satisfies Setting<string | null>,
  randomOtp: {
    commands: ['dev'],
    flag: 'random-otp',
    env: 'BONIN_RANDOM_OTP',
    value: null,
    fallback: false,
    about: ABOUT.randomOtp,
    parse: truth,
  } satisfies Setting<boolean>,
  tls: {
    commands: ['dev'],
    flag: 'tls',
    env: 'BONIN_TLS',
    value: null,
    fallback: false,
    about: ABOUT.tls,
    parse: truth,
  } satisfies Setting<boolean>,
  httpPort: {
    commands: ['dev'],
    flag: 'http-port',
    env: 'BONIN_HTTP_PORT',
    value: 'NUMBER',
    fallback: null,
    about: ABOUT.httpPort,
    parse: parsePort,
  } satisfies Setting<number | null>,
  json: {
    commands: ['dev'],
    flag: 'json',
    env: 'BONIN_JSON',
    value: null,
    fallback: false,
    about: ABOUT.json,
    parse: truth,
  } satisfies Setting<boolean>,
  readyFile: {
    commands: ['dev'],
    flag: 'ready-file',
    env: 'BONIN_READY_FILE',
    value: 'FILE',
    fallback: null,
    about: ABOUT.readyFile,
    parse: anyText,
  } satisfies Setting<string | null>,
  metrics: {
    commands: RUNS,
    flag: 'metrics',
    env: 'BONIN_METRICS',
    value: 'HOST:PORT',
    fallback: null,
    about: ABOUT.metrics,
    parse: (text) => parseAddress(text) ?? new Problem(PROBLEMS.address),
  } satisfies Setting<ListenAddress | null>,
  basePath: {
    commands: RUNS,
    flag: 'base-path',
    env: 'BONIN_BASE_PATH',
    value: 'PATH',
    fallback: '',
    about: ABOUT.basePath,
    parse: (text) =>
      text === '' || /^(?:\/[A-Za-z0-9._~-]+)+$/.test(text) ? text : new Problem(PROBLEMS.basePath),
  } satisfies Setting<string>,
  publicUrl: {
    commands: RUNS,
    flag: 'public-url',
    env: 'BONIN_PUBLIC_URL',
    value: 'ORIGIN',
    fallback: null,
    about: ABOUT.publicUrl,
    parse: (text) => (isOrigin(text) ? text : new Problem(PROBLEMS.origin)),
  } satisfies Setting<string | null>,
  trustedProxies: {
    commands: RUNS,
    flag: 'trusted-proxies',
    env: 'BONIN_TRUSTED_PROXIES',
    value: 'ADDRESSES',
    fallback: [],
    about: ABOUT.trustedProxies,
    parse: (text) => {
      const blocks = text.split(',').map((each) => each.trim());
      return blocks.every(isAddressBlock) ? blocks : new Problem(PROBLEMS.blocks);
    },
  } satisfies Setting<readonly string[]>,
  maxConnections: {
    commands: RUNS,
    flag: 'max-connections',
    env: 'BONIN_MAX_CONNECTIONS',
    value: 'COUNT',
    fallback: 10_000,
    about: ABOUT.maxConnections,
    parse: (text) => (/^[1-9]\d{0,6}$/.test(text) ? Number(text) : new Problem(PROBLEMS.count)),
  } satisfies Setting<number>,
  corsOrigins: {
    commands: ['serve'],
    flag: 'cors-origins',
    env: 'BONIN_CORS_ORIGINS',
    value: 'ORIGINS',
    fallback: [],
    about: ABOUT.corsOrigins,
    parse: (text) => {
      const origins = text.split(',').map((each) => each.trim());
      return origins.every(isOrigin) ? origins : new Problem(PROBLEMS.origins);
    },
  } satisfies Setting<readonly string[]>,
  limitPhone: limitSetting('phone', REQUEST_LIMITS.phone, ABOUT.limitPhone),
  limitPhoneEverywhere: limitSetting(
    'phone-everywhere',
    REQUEST_LIMITS.phoneEverywhere,
    ABOUT.limitPhoneEverywhere,
  ),
  limitMerchant: limitSetting('merchant', REQUEST_LIMITS.merchant, ABOUT.limitMerchant),
  limitAddress: limitSetting('address', REQUEST_LIMITS.address, ABOUT.limitAddress),
  keepUnverified: {
    commands: ['serve'],
    flag: 'keep-unverified',
    env: 'BONIN_KEEP_UNVERIFIED',
    value: 'DAYS',
    fallback: 30,
    about: ABOUT.keepUnverified,
    parse: (text) => (/^[1-9]\d{0,3}$/.test(text) ? Number(text) : new Problem(PROBLEMS.days)),
  } satisfies Setting<number>,
  keepOpened: {
    commands: ['serve'],
    flag: 'keep-opened',
    env: 'BONIN_KEEP_OPENED',
    value: 'SECONDS',
    fallback: LONGEST_OPENED / SECOND,
    about: ABOUT.keepOpened,
    parse: (text) =>
      /^\d{1,2}$/.test(text) && Number(text) <= LONGEST_OPENED / SECOND
        ? Number(text)
        : new Problem(PROBLEMS.seconds, { most: LONGEST_OPENED / SECOND }),
  } satisfies Setting<number>,
  workers: {
    commands: ['serve'],
    flag: 'workers',
    env: 'BONIN_WORKERS',
    value: 'COUNT',
    fallback: 1,
    about: ABOUT.workers,
    parse: (text) =>
      text === 'auto'
        ? availableParallelism()
        : /^[1-9]\d{0,2}$/.test(text)
          ? Number(text)
          : new Problem(PROBLEMS.workers),
  } satisfies Setting<number>,
  logLevel: {
    commands: RUNS,
    flag: 'log-level',
    env: 'BONIN_LOG_LEVEL',
    value: 'LEVEL',
    fallback: 'warn',
    fallbackOf: { serve: 'info' },
    about: fill(ABOUT.logLevel, { levels: LOG_LEVELS.join(', ') }),
    parse: (text) =>
      LOG_LEVELS.find((level) => level === text) ??
      new Problem(PROBLEMS.oneOf, { names: LOG_LEVELS.join(', ') }),
  } satisfies Setting<LogLevel>,
} as const;

type Settings = typeof SETTINGS;
type SettingName = keyof Settings;
/** The values of all settings. */
export type Values = {
  -readonly [N in SettingName]: Exclude<ReturnType<Settings[N]['parse']> | Settings[N]['fallback'], Problem>;
};

/** A setting with the default of one command. */
export interface CommandSetting extends Omit<Setting<unknown>, 'commands' | 'fallbackOf'> {
  readonly name: string;
}

/** The settings of a command, with its own defaults, in the order of the table. */
export function settingsOf(command: CommandName): readonly CommandSetting[] {
  return (Object.entries(SETTINGS) as [SettingName, Setting<unknown>][])
    .filter(([, { commands }]) => commands.includes(command))
    .map(([name, { commands, fallbackOf, ...setting }]) => ({
      ...setting,
      name,
      fallback: fallbackOf?.[command] ?? setting.fallback,
    }));
}

export type Texts = Readonly<Record<string, string | boolean | undefined>>;
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings of one command from options and environment; other settings keep their defaults. A value that does
 * not parse is a problem, in the language of the environment; the default is never used for it.
 */
export function readSettings(command: CommandName, options: Texts, environment: Environment) {
  const problems: string[] = [];
  const language = languageOf(environment);
  const given = new Set<string>();
  const values: Record<string, unknown> = Object.fromEntries(
    Object.entries(SETTINGS).map(([name, { fallback }]) => [name, fallback]),
  );
  for (const { name, flag, env, fallback, parse } of settingsOf(command)) {
    const option = options[flag];
    // An empty variable is the same as none; an empty option is not.
    const read = option === undefined ? readVariable(environment, env) : { text: String(option) };
    values[name] = fallback;
    if ('problem' in read) problems.push(read.problem);
    const { text } = 'problem' in read ? {} : read;
    if (text === undefined) continue;
    given.add(name);
    const value = parse(text);
    if (value instanceof Problem)
      problems.push(`${option === undefined ? env : `--${flag}`} ${value.say(language)}`);
    else values[name] = value;
  }
  return { values: values as Values, given, problems };
}
