import { join, resolve } from 'node:path';
import { LOG_LEVELS, type LogLevel } from './log.ts';

/** One setting: where it may be given, how it is read, what it is for. */
interface Setting<T> {
  /** Name of the command-line option, without the two hyphens. */
  readonly flag: string;
  /** Name of the environment variable; the option wins over it. */
  readonly env: string;
  /** Shown for the value in help; null for a switch, which has none. */
  readonly value: string | null;
  readonly fallback: T;
  readonly about: string;
  /** The value of a text, or a sentence that says what it must be. */
  readonly parse: (text: string) => T | Problem;
}

class Problem {
  readonly sentence: string;
  constructor(sentence: string) {
    this.sentence = sentence;
  }
}

const anyText = (text: string): string | Problem => (text === '' ? new Problem('must not be empty') : text);

const truth = (text: string): boolean | Problem =>
  /^(?:true|1|yes|on)$/i.test(text) ||
  (!/^(?:false|0|no|off)$/i.test(text) && new Problem('must be true or false'));

/** An address to listen on; an empty host stands for every address of this machine. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const DATABASE_SCHEMES: readonly string[] = ['sqlite:', 'postgres:', 'postgresql:'];

/** Every setting of `bonin dev`. Help, validation, the documentation and `.env.example` come from here. */
export const SETTINGS = {
  port: {
    flag: 'port',
    env: 'BONIN_PORT',
    value: 'NUMBER',
    fallback: 8282,
    about: 'Port to listen on; 0 takes a free one.',
    parse: (text) =>
      /^\d{1,5}$/.test(text) && Number(text) <= 65535
        ? Number(text)
        : new Problem('must be a number from 0 to 65535'),
  } satisfies Setting<number>,
  host: {
    flag: 'host',
    env: 'BONIN_HOST',
    value: 'ADDRESS',
    fallback: '127.0.0.1',
    about: 'Address to listen on. Given, it also opens the control routes to requests under any host name.',
    parse: anyText,
  } satisfies Setting<string>,
  data: {
    flag: 'data',
    env: 'BONIN_DATA',
    value: 'FOLDER',
    fallback: '.bonin',
    about: 'Folder that keeps the database and its master key, and with --tls the authority.',
    parse: anyText,
  } satisfies Setting<string>,
  databaseUrl: {
    flag: 'database-url',
    env: 'BONIN_DATABASE_URL',
    value: 'URL',
    fallback: null,
    about:
      'Database to use instead of the file in the data folder, as in postgres://USER:PASSWORD@HOST/DATABASE or sqlite:FILE. An option is seen by everybody on the machine: a password belongs in the environment, or in PGPASSWORD.',
    // The sentence must not quote the value: it may hold a password.
    parse: (text) =>
      isDatabaseUrl(text)
        ? text
        : new Problem('must be a URL that begins with sqlite:, postgres: or postgresql:'),
  } satisfies Setting<string | null>,
  memory: {
    flag: 'memory',
    env: 'BONIN_MEMORY',
    value: null,
    fallback: false,
    about: 'Keeps nothing on disk.',
    parse: truth,
  } satisfies Setting<boolean>,
  seed: {
    flag: 'seed',
    env: 'BONIN_SEED',
    value: 'FILE',
    fallback: null,
    about: 'People file to seed the sandbox with, instead of the one that comes along.',
    parse: anyText,
  } satisfies Setting<string | null>,
  randomOtp: {
    flag: 'random-otp',
    env: 'BONIN_RANDOM_OTP',
    value: null,
    fallback: false,
    about: 'Sends random codes instead of 123456; either way they stand in the inbox.',
    parse: truth,
  } satisfies Setting<boolean>,
  tls: {
    flag: 'tls',
    env: 'BONIN_TLS',
    value: null,
    fallback: false,
    about:
      'Serves HTTPS as localhost and api.iamport.kr, for clients that call no other host; docs/clients.md says how.',
    parse: truth,
  } satisfies Setting<boolean>,
  metrics: {
    flag: 'metrics',
    env: 'BONIN_METRICS',
    value: 'HOST:PORT',
    fallback: null,
    about:
      'Where /metrics is served for Prometheus, as in 127.0.0.1:9464, or :9464 on every address; port 0 takes a free one. Without it nothing is measured.',
    parse: (text) => parseAddress(text) ?? new Problem('must look like 127.0.0.1:9464, [::1]:9464 or :9464'),
  } satisfies Setting<ListenAddress | null>,
  basePath: {
    flag: 'base-path',
    env: 'BONIN_BASE_PATH',
    value: 'PATH',
    fallback: '',
    about: 'Path in front of the REST routes, as in /iamport.',
    parse: (text) =>
      text === '' || /^(?:\/[A-Za-z0-9._~-]+)+$/.test(text)
        ? text
        : new Problem('must be empty or look like /iamport'),
  } satisfies Setting<string>,
  logLevel: {
    flag: 'log-level',
    env: 'BONIN_LOG_LEVEL',
    value: 'LEVEL',
    fallback: 'warn',
    about: `Least level that is logged to standard error: ${LOG_LEVELS.join(', ')}.`,
    parse: (text) =>
      LOG_LEVELS.find((level) => level === text) ?? new Problem(`must be one of ${LOG_LEVELS.join(', ')}`),
  } satisfies Setting<LogLevel>,
} as const;

type Settings = typeof SETTINGS;
type SettingName = keyof Settings;
type Values = {
  -readonly [N in SettingName]: Exclude<ReturnType<Settings[N]['parse']> | Settings[N]['fallback'], Problem>;
};

/** Where the data is: nowhere, or in a database with a folder for what belongs to it. */
export type Keeping =
  | { readonly kind: 'memory' }
  | {
      readonly kind: 'folder';
      /** Holds the password, if there is one: not to be shown. */
      readonly databaseUrl: string;
      /** The file of a new database; null when nobody can tell from here whether there is one. */
      readonly databaseFile: string | null;
      readonly masterKeys: string;
      /** What vouches for the sandbox with TLS; made at first use. */
      readonly authority: { readonly certificate: string; readonly key: string };
    };

export interface DevConfig {
  readonly port: number;
  readonly host: string;
  /** Whether the host was chosen by the operator; the sandbox opens up only then. */
  readonly hostGiven: boolean;
  readonly keeping: Keeping;
  /** People file, or null for the one that comes along. */
  readonly seed: string | null;
  readonly randomOtp: boolean;
  readonly tls: boolean;
  /** Null for no metrics. */
  readonly metrics: ListenAddress | null;
  readonly basePath: string;
  readonly logLevel: LogLevel;
}

/**
 * Reads the settings of `bonin dev` from options and environment. All problems come back at once, a sentence
 * each; a value that does not parse is one, and never the same as none.
 */
export function loadDevConfig(
  options: Readonly<Record<string, string | boolean | undefined>>,
  environment: Readonly<Record<string, string | undefined>>,
): { config: DevConfig } | { problems: readonly string[] } {
  const problems: string[] = [];
  const given = new Set<SettingName>();
  const entries = (Object.entries(SETTINGS) as [SettingName, Setting<unknown>][]).map(([name, setting]) => {
    const option = options[setting.flag];
    const text = option === undefined ? environment[setting.env] : String(option);
    if (text === undefined) return [name, setting.fallback];
    given.add(name);
    const value = setting.parse(text);
    if (!(value instanceof Problem)) return [name, value];
    problems.push(`${option === undefined ? setting.env : `--${setting.flag}`} ${value.sentence}`);
    return [name, setting.fallback];
  });
  const values = Object.fromEntries(entries) as Values;
  if (options['memory'] === true && options['data'] !== undefined)
    problems.push('--memory and --data exclude each other');
  if (values.memory && values.databaseUrl !== null)
    problems.push('--memory and --database-url exclude each other');
  if (problems.length > 0) return { problems };
  const folder = resolve(values.data);
  const file = join(folder, 'bonin.db');
  const keeping: Keeping = values.memory
    ? { kind: 'memory' }
    : {
        kind: 'folder',
        databaseUrl: values.databaseUrl ?? `sqlite:${pathInUrl(file)}`,
        databaseFile: values.databaseUrl === null ? file : sqliteFile(values.databaseUrl),
        masterKeys: join(folder, 'master.keys'),
        authority: { certificate: join(folder, 'authority.crt'), key: join(folder, 'authority.key') },
      };
  return {
    config: Object.freeze({
      port: values.port,
      host: values.host,
      hostGiven: given.has('host'),
      keeping,
      seed: values.seed,
      randomOtp: values.randomOtp,
      tls: values.tls,
      metrics: values.metrics,
      basePath: values.basePath,
      logLevel: values.logLevel,
    }),
  };
}

function sqliteFile(databaseUrl: string): string | null {
  const { protocol, pathname } = new URL(databaseUrl);
  return protocol === 'sqlite:' && pathname !== ':memory:' ? decodeURIComponent(pathname) : null;
}

/** `HOST:PORT`, an IPv6 address in brackets; null when it is nothing of the kind. */
function parseAddress(text: string): ListenAddress | null {
  const [, inBrackets, name = '', digits] = /^(?:\[([\da-f:.]+)\]|([\w.-]*)):(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  return digits === undefined || port > 65535 ? null : { host: inBrackets ?? name, port };
}

function isDatabaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname } = new URL(text);
  try {
    const path = decodeURIComponent(pathname);
    return DATABASE_SCHEMES.includes(protocol) && (protocol !== 'sqlite:' || path !== '');
  } catch {
    return false;
  }
}

/** A path as it may stand in a URL: a folder may be called anything, `#` and `?` included. */
function pathInUrl(path: string): string {
  return encodeURI(path).replace(/[#?]/g, encodeURIComponent);
}
