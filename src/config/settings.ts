import { availableParallelism } from 'node:os';
import { SECOND } from '../core/clock.ts';
import { REQUEST_LIMITS } from '../core/limits.ts';
import { LONGEST_OPENED } from '../core/opened-rows.ts';
import type { RateLimit } from '../core/otp.ts';
import { isAddressBlock } from '../http/client-address.ts';
import { LOG_LEVELS, type LogLevel } from '../log.ts';
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
  readonly about: string;
  /** The value of a text, or a sentence that says what it must be. */
  readonly parse: (text: string) => T | Problem;
}

/** One setting for a limit of production. */
function limitSetting(name: string, fallback: readonly RateLimit[], about: string) {
  return {
    commands: ['serve'],
    flag: `limit-${name}`,
    env: `BONIN_LIMIT_${name.replaceAll('-', '_').toUpperCase()}`,
    value: 'LIMITS',
    fallback: new LimitList(fallback),
    about: `${about} Written as COUNT/SECONDS, separated by commas.`,
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
    about: 'Port to listen on; 0 chooses a free one.',
    parse: parsePort,
  } satisfies Setting<number>,
  host: {
    commands: LISTENS,
    flag: 'host',
    env: 'BONIN_HOST',
    value: 'ADDRESS',
    fallback: '127.0.0.1',
    about:
      'Address to listen on. If other machines can reach it, the control routes of dev answer requests with any host name.',
    // URLs have it in brackets, so people who copy it from one write them.
    parse: (text) => anyText(text.replace(/^\[([\da-f:.%]+)\]$/i, '$1')),
  } satisfies Setting<string>,
  data: {
    commands: HAS_DATABASE,
    flag: 'data',
    env: 'BONIN_DATA',
    value: 'FOLDER',
    fallback: '.bonin',
    about: 'Folder for the database and its master key, and with dev --tls for the certificate authority.',
    parse: anyText,
  } satisfies Setting<string>,
  databaseUrl: {
    commands: HAS_DATABASE,
    flag: 'database-url',
    env: 'BONIN_DATABASE_URL',
    value: 'URL',
    fallback: null,
    about:
      'Database to use instead of the file in the data folder, as in postgres://USER:PASSWORD@HOST/DATABASE or sqlite:FILE. Other users of the machine can see options: put a password into the environment, or into PGPASSWORD.',
    // The sentence must not quote the value: it may hold a password.
    parse: (text) =>
      isDatabaseUrl(text)
        ? text
        : new Problem('must be a URL that begins with sqlite:, postgres: or postgresql:'),
  } satisfies Setting<string | null>,
  databaseUrlFile: {
    commands: HAS_DATABASE,
    flag: 'database-url-file',
    env: 'BONIN_DATABASE_URL_FILE',
    value: 'FILE',
    fallback: null,
    about: 'File that contains the database URL, such as a secret of Docker, Kubernetes or systemd.',
    parse: anyText,
  } satisfies Setting<string | null>,
  masterKeys: {
    commands: HAS_DATABASE.filter((command) => command !== 'dev'),
    flag: 'master-keys',
    env: 'BONIN_MASTER_KEYS',
    value: 'FILE',
    fallback: null,
    about:
      'File of the master keys, to keep them apart from the data. Without it: master.keys in the data folder. The file is created together with a new database.',
    parse: anyText,
  } satisfies Setting<string | null>,
  memory: {
    commands: ['dev'],
    flag: 'memory',
    env: 'BONIN_MEMORY',
    value: null,
    fallback: false,
    about: 'Keeps nothing on disk.',
    parse: truth,
  } satisfies Setting<boolean>,
  seed: {
    commands: ['dev'],
    flag: 'seed',
    env: 'BONIN_SEED',
    value: 'FILE',
    fallback: null,
    about: 'People file for the sandbox, instead of the built-in one.',
    parse: anyText,
  } satisfies Setting<string | null>,
  randomOtp: {
    commands: ['dev'],
    flag: 'random-otp',
    env: 'BONIN_RANDOM_OTP',
    value: null,
    fallback: false,
    about: 'Sends random codes instead of 123456; the inbox shows the codes in both cases.',
    parse: truth,
  } satisfies Setting<boolean>,
  tls: {
    commands: ['dev'],
    flag: 'tls',
    env: 'BONIN_TLS',
    value: null,
    fallback: false,
    about:
      'Serves HTTPS as localhost and as api, cdn and service.iamport.kr, for clients and front ends with these fixed hosts; see docs/clients.md.',
    parse: truth,
  } satisfies Setting<boolean>,
  httpPort: {
    commands: ['dev'],
    flag: 'http-port',
    env: 'BONIN_HTTP_PORT',
    value: 'NUMBER',
    fallback: null,
    about:
      'With --tls: a second port with plain HTTP, for code that calls http://api.iamport.kr; 0 chooses a free one.',
    parse: parsePort,
  } satisfies Setting<number | null>,
  json: {
    commands: ['dev'],
    flag: 'json',
    env: 'BONIN_JSON',
    value: null,
    fallback: false,
    about: 'Prints one line of JSON with addresses, keys and user code instead of the greeting.',
    parse: truth,
  } satisfies Setting<boolean>,
  readyFile: {
    commands: ['dev'],
    flag: 'ready-file',
    env: 'BONIN_READY_FILE',
    value: 'FILE',
    fallback: null,
    about: 'File that appears with the same line once the sandbox answers, and goes away when it stops.',
    parse: anyText,
  } satisfies Setting<string | null>,
  metrics: {
    commands: RUNS,
    flag: 'metrics',
    env: 'BONIN_METRICS',
    value: 'HOST:PORT',
    fallback: null,
    about:
      'Address of /metrics for Prometheus, as in 127.0.0.1:9464, or :9464 on every address; port 0 chooses a free one. Without it nothing is measured.',
    parse: (text) => parseAddress(text) ?? new Problem('must look like 127.0.0.1:9464, [::1]:9464 or :9464'),
  } satisfies Setting<ListenAddress | null>,
  basePath: {
    commands: RUNS,
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
  publicUrl: {
    commands: RUNS,
    flag: 'public-url',
    env: 'BONIN_PUBLIC_URL',
    value: 'ORIGIN',
    fallback: null,
    about:
      'Address where browsers reach Bonin behind a balancer or proxy, as in https://id.example.com. Without it, the address of a verification page uses the Host header of the request.',
    parse: (text) => (isOrigin(text) ? text : new Problem('must be an origin as in https://id.example.com')),
  } satisfies Setting<string | null>,
  trustedProxies: {
    commands: RUNS,
    flag: 'trusted-proxies',
    env: 'BONIN_TRUSTED_PROXIES',
    value: 'ADDRESSES',
    fallback: [],
    about:
      'Addresses and blocks of proxies that are trusted to name the client, as in 10.0.0.0/8,::1, separated by commas. X-Forwarded-For (or, without it, Forwarded) is read only from these.',
    parse: (text) => {
      const blocks = text.split(',').map((each) => each.trim());
      return blocks.every(isAddressBlock)
        ? blocks
        : new Problem('must be addresses or blocks as in 10.0.0.0/8, separated by commas');
    },
  } satisfies Setting<readonly string[]>,
  maxConnections: {
    commands: RUNS,
    flag: 'max-connections',
    env: 'BONIN_MAX_CONNECTIONS',
    value: 'COUNT',
    fallback: 10_000,
    about:
      'Highest number of open connections of each process; further ones are closed. Slow clients may hold at most half of them.',
    parse: (text) =>
      /^[1-9]\d{0,6}$/.test(text) ? Number(text) : new Problem('must be a number from 1 to 9999999'),
  } satisfies Setting<number>,
  corsOrigins: {
    commands: ['serve'],
    flag: 'cors-origins',
    env: 'BONIN_CORS_ORIGINS',
    value: 'ORIGINS',
    fallback: [],
    about:
      'Origins whose pages may read answers, as in https://shop.example, separated by commas. The browser script does not need it.',
    parse: (text) => {
      const origins = text.split(',').map((each) => each.trim());
      return origins.every(isOrigin)
        ? origins
        : new Problem('must be origins as in https://shop.example, separated by commas');
    },
  } satisfies Setting<readonly string[]>,
  limitPhone: limitSetting(
    'phone',
    REQUEST_LIMITS.phone,
    'How many codes one merchant may send to one phone number.',
  ),
  limitPhoneEverywhere: limitSetting(
    'phone-everywhere',
    REQUEST_LIMITS.phoneEverywhere,
    'How many codes all merchants together may send to one phone number.',
  ),
  limitMerchant: limitSetting('merchant', REQUEST_LIMITS.merchant, 'How many codes one merchant may send.'),
  limitAddress: limitSetting(
    'address',
    REQUEST_LIMITS.address,
    "How many codes and how many starts of the page one client address may request (of a browser or of a shop's server).",
  ),
  keepUnverified: {
    commands: ['serve'],
    flag: 'keep-unverified',
    env: 'BONIN_KEEP_UNVERIFIED',
    value: 'DAYS',
    fallback: 30,
    about:
      'Days for which an unsuccessful certification can be looked up before it is deleted. What the person typed is deleted at once.',
    parse: (text) =>
      /^[1-9]\d{0,3}$/.test(text) ? Number(text) : new Problem('must be a number of days from 1 to 9999'),
  } satisfies Setting<number>,
  keepOpened: {
    commands: ['serve'],
    flag: 'keep-opened',
    env: 'BONIN_KEEP_OPENED',
    value: 'SECONDS',
    fallback: LONGEST_OPENED / SECOND,
    about:
      'Seconds for which the opened results of new and repeated lookups may stay in memory, which makes lookups faster; 0 opens each result anew.',
    parse: (text) =>
      /^\d{1,2}$/.test(text) && Number(text) <= LONGEST_OPENED / SECOND
        ? Number(text)
        : new Problem(`must be a number of seconds from 0 to ${LONGEST_OPENED / SECOND}`),
  } satisfies Setting<number>,
  workers: {
    commands: ['serve'],
    flag: 'workers',
    env: 'BONIN_WORKERS',
    value: 'COUNT',
    fallback: 1,
    about: 'Number of processes that serve the same port, or auto for one per processor.',
    parse: (text) =>
      text === 'auto'
        ? availableParallelism()
        : /^[1-9]\d{0,2}$/.test(text)
          ? Number(text)
          : new Problem('must be a number from 1 to 999, or auto'),
  } satisfies Setting<number>,
  logLevel: {
    commands: RUNS,
    flag: 'log-level',
    env: 'BONIN_LOG_LEVEL',
    value: 'LEVEL',
    fallback: 'warn',
    fallbackOf: { serve: 'info' },
    about: `Lowest level that is logged to standard error: ${LOG_LEVELS.join(', ')}.`,
    parse: (text) =>
      LOG_LEVELS.find((level) => level === text) ?? new Problem(`must be one of ${LOG_LEVELS.join(', ')}`),
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
 * not parse is a problem; the default is never used for it.
 */
export function readSettings(command: CommandName, options: Texts, environment: Environment) {
  const problems: string[] = [];
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
      problems.push(`${option === undefined ? env : `--${flag}`} ${value.sentence}`);
    else values[name] = value;
  }
  return { values: values as Values, given, problems };
}
