import { availableParallelism } from 'node:os';
import { SECOND } from '../core/clock.ts';
import { LONGEST_WINDOW, REQUEST_LIMITS } from '../core/limits.ts';
import type { RateLimit } from '../core/otp.ts';
import { isAddressBlock } from '../http/client-address.ts';
import { LOG_LEVELS, type LogLevel } from '../log.ts';
import { isDatabaseUrl, isOrigin, type ListenAddress, parseAddress } from './setting-values.ts';
import { readVariable } from './variables.ts';

export type { ListenAddress } from './setting-values.ts';

/** The commands that have settings. */
export const COMMANDS = ['dev', 'serve', 'merchants', 'export', 'import', 'backup', 'restore'] as const;
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

function parsePort(text: string): number | Problem {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65535
    ? Number(text)
    : new Problem('must be a number from 0 to 65535');
}

/** Limits as they are written, and shown as a default: `5/600,20/86400`, at most 5 in 600 seconds and 20 in a day. */
export class LimitList {
  readonly limits: readonly RateLimit[];

  constructor(limits: readonly RateLimit[]) {
    this.limits = limits;
  }

  toString(): string {
    return this.limits.map(({ count, window }) => `${count}/${window / SECOND}`).join(',');
  }
}

function parseLimits(text: string): LimitList | Problem {
  const limits = text.split(',').map((each): RateLimit | null => {
    const [, count = '', seconds = ''] = /^([1-9]\d{0,6})\/([1-9]\d{0,4})$/.exec(each.trim()) ?? [];
    const window = Number(seconds) * SECOND;
    return count === '' || window > LONGEST_WINDOW ? null : { count: Number(count), window };
  });
  return limits.every((limit) => limit !== null)
    ? new LimitList(limits)
    : new Problem('must be COUNT/SECONDS with commas between, as in 5/600,20/86400, with 86400 at most');
}

/** One setting for a limit of production. */
function limitSetting(name: string, fallback: readonly RateLimit[], about: string) {
  return {
    commands: ['serve'],
    flag: `limit-${name}`,
    env: `BONIN_LIMIT_${name.replaceAll('-', '_').toUpperCase()}`,
    value: 'LIMITS',
    fallback: new LimitList(fallback),
    about: `${about} As COUNT/SECONDS, with commas between.`,
    parse: parseLimits,
  } satisfies Setting<LimitList>;
}

const RUNS: readonly CommandName[] = ['dev', 'serve'];

/** Every setting. Help, validation, the documentation and `.env.example` come from here. */
export const SETTINGS = {
  port: {
    commands: RUNS,
    flag: 'port',
    env: 'BONIN_PORT',
    value: 'NUMBER',
    fallback: 8282,
    about: 'Port to listen on; 0 takes a free one.',
    parse: parsePort,
  } satisfies Setting<number>,
  host: {
    commands: RUNS,
    flag: 'host',
    env: 'BONIN_HOST',
    value: 'ADDRESS',
    fallback: '127.0.0.1',
    about:
      'Address to listen on. One that other machines reach opens the control routes of dev to requests under any host name.',
    // URLs have it in brackets, so people who copy it from one write them.
    parse: (text) => anyText(text.replace(/^\[([\da-f:.%]+)\]$/i, '$1')),
  } satisfies Setting<string>,
  data: {
    commands: COMMANDS,
    flag: 'data',
    env: 'BONIN_DATA',
    value: 'FOLDER',
    fallback: '.bonin',
    about: 'Folder that keeps the database and its master key, and with dev --tls the authority.',
    parse: anyText,
  } satisfies Setting<string>,
  databaseUrl: {
    commands: COMMANDS,
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
  masterKeys: {
    commands: COMMANDS.filter((command) => command !== 'dev'),
    flag: 'master-keys',
    env: 'BONIN_MASTER_KEYS',
    value: 'FILE',
    fallback: null,
    about:
      'File of the master keys, so that key and data may lie apart. Without it: master.keys in the data folder. One is made for a new database.',
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
    about: 'People file to seed the sandbox with, instead of the one that comes along.',
    parse: anyText,
  } satisfies Setting<string | null>,
  randomOtp: {
    commands: ['dev'],
    flag: 'random-otp',
    env: 'BONIN_RANDOM_OTP',
    value: null,
    fallback: false,
    about: 'Sends random codes instead of 123456; either way they stand in the inbox.',
    parse: truth,
  } satisfies Setting<boolean>,
  tls: {
    commands: ['dev'],
    flag: 'tls',
    env: 'BONIN_TLS',
    value: null,
    fallback: false,
    about:
      'Serves HTTPS as localhost and as api, cdn and service.iamport.kr, for clients and front ends that call no other host; docs/clients.md says how.',
    parse: truth,
  } satisfies Setting<boolean>,
  httpPort: {
    commands: ['dev'],
    flag: 'http-port',
    env: 'BONIN_HTTP_PORT',
    value: 'NUMBER',
    fallback: null,
    about:
      'With --tls: port that serves the same in plain HTTP, for code that calls http://api.iamport.kr; 0 takes a free one.',
    parse: parsePort,
  } satisfies Setting<number | null>,
  metrics: {
    commands: RUNS,
    flag: 'metrics',
    env: 'BONIN_METRICS',
    value: 'HOST:PORT',
    fallback: null,
    about:
      'Where /metrics is served for Prometheus, as in 127.0.0.1:9464, or :9464 on every address; port 0 takes a free one. Without it nothing is measured.',
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
      'Where browsers reach Bonin, as in https://id.example.com, when a balancer or proxy stands in front of it. Without it the address of a verification page is made of what a request names as its host.',
    parse: (text) => (isOrigin(text) ? text : new Problem('must be an origin as in https://id.example.com')),
  } satisfies Setting<string | null>,
  trustedProxies: {
    commands: RUNS,
    flag: 'trusted-proxies',
    env: 'BONIN_TRUSTED_PROXIES',
    value: 'ADDRESSES',
    fallback: [],
    about:
      'Addresses and blocks of the proxies in front, as in 10.0.0.0/8,::1, with commas between. From them only, X-Forwarded-For (or else Forwarded) is read to tell clients apart.',
    parse: (text) => {
      const blocks = text.split(',').map((each) => each.trim());
      return blocks.every(isAddressBlock)
        ? blocks
        : new Problem('must be addresses or blocks as in 10.0.0.0/8, with commas between');
    },
  } satisfies Setting<readonly string[]>,
  maxConnections: {
    commands: RUNS,
    flag: 'max-connections',
    env: 'BONIN_MAX_CONNECTIONS',
    value: 'COUNT',
    fallback: 10_000,
    about:
      'Connections that each process takes at once; more are closed at once. Of half as many at most, a request may arrive slowly or an answer wait to be read.',
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
      'Origins whose pages may read answers, as in https://shop.example, with commas between. Not needed by the browser script.',
    parse: (text) => {
      const origins = text.split(',').map((each) => each.trim());
      return origins.every(isOrigin)
        ? origins
        : new Problem('must be origins as in https://shop.example, with commas between');
    },
  } satisfies Setting<readonly string[]>,
  limitPhone: limitSetting(
    'phone',
    REQUEST_LIMITS.phone,
    'How many codes one merchant may have sent to one phone number.',
  ),
  limitPhoneEverywhere: limitSetting(
    'phone-everywhere',
    REQUEST_LIMITS.phoneEverywhere,
    'How many codes all merchants together may have sent to one phone number.',
  ),
  limitMerchant: limitSetting(
    'merchant',
    REQUEST_LIMITS.merchant,
    'How many codes one merchant may have sent.',
  ),
  limitAddress: limitSetting(
    'address',
    REQUEST_LIMITS.address,
    "How many codes, and starts of the page, one client address may ask for: a browser's, or that of a shop's server.",
  ),
  keepUnverified: {
    commands: ['serve'],
    flag: 'keep-unverified',
    env: 'BONIN_KEEP_UNVERIFIED',
    value: 'DAYS',
    fallback: 30,
    about:
      'How many days a certification that ended without a person can be looked up before it is deleted. What was typed for it goes at once.',
    parse: (text) =>
      /^[1-9]\d{0,3}$/.test(text) ? Number(text) : new Problem('must be a number of days from 1 to 9999'),
  } satisfies Setting<number>,
  workers: {
    commands: ['serve'],
    flag: 'workers',
    env: 'BONIN_WORKERS',
    value: 'COUNT',
    fallback: 1,
    about: 'Processes that serve the one port: a number, or auto for as many as there are processors.',
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
    about: `Least level that is logged to standard error: ${LOG_LEVELS.join(', ')}.`,
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
