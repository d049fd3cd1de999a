import { join, resolve } from 'node:path';
import type { RequestLimits } from '../core/limits.ts';
import { excessBelow } from '../core/return-address.ts';
import { AppError } from '../errors.ts';
import { readTrustedText } from '../files/trusted-file.ts';
import type { LogLevel } from '../log.ts';
import { CONTRADICTIONS } from './copy.ts';
import { type Language, languageOf } from './language.ts';
import { Problem } from './setting-values.ts';
import {
  type CommandName,
  type Environment,
  type ListenAddress,
  readSettings,
  SETTINGS,
  type Texts,
  type Values,
} from './settings.ts';

const DAY = 86_400_000;
const SECOND = 1000;

/** A database and its master keys. */
export interface Database {
  /** Holds the password, if there is one: not to be shown. */
  readonly databaseUrl: string;
  /** The database file; null when it is unknown here whether the database exists. */
  readonly databaseFile: string | null;
  readonly masterKeys: string;
}

/** Where a sandbox keeps its data: in memory, or in a database with a folder for its other files. */
export type Keeping =
  | { readonly kind: 'memory' }
  | ({
      readonly kind: 'folder';
      /** The folder, when the database in it is used; null when a URL names one, which several may share. */
      readonly ownFolder: string | null;
      /** The files of the certificate authority for `--tls`; made at first use. */
      readonly authority: { readonly certificate: string; readonly key: string };
    } & Database);

interface RunConfig {
  readonly port: number;
  readonly host: string;
  readonly basePath: string;
  /** Null for the host that a request names. */
  readonly publicUrl: string | null;
  /** Addresses and blocks of proxies that may name the client's address. */
  readonly trustedProxies: readonly string[];
  /** Connections of one process at once. */
  readonly maxConnections: number;
  /** Null for no metrics. */
  readonly metrics: ListenAddress | null;
  readonly logLevel: LogLevel;
}

export interface DevConfig extends RunConfig {
  /** Whether the user chose the host; only then other machines may use the sandbox. */
  readonly hostGiven: boolean;
  readonly keeping: Keeping;
  /** People file; null for the built-in one. */
  readonly seed: string | null;
  readonly randomOtp: boolean;
  readonly tls: boolean;
  /** Port of plain HTTP in addition to TLS; null for none. */
  readonly httpPort: number | null;
  /** Whether the greeting is a line of JSON. */
  readonly json: boolean;
  /** File that appears when the sandbox answers; null for none. */
  readonly readyFile: string | null;
}

export interface ServeConfig extends RunConfig {
  readonly database: Database;
  /** Origins whose pages may read answers. */
  readonly corsOrigins: readonly string[];
  readonly limits: RequestLimits;
  /** How long a certification that ended without a person is kept, in milliseconds. */
  readonly keepUnverified: number;
  /** How long an opened certification may stay in memory, in milliseconds; 0 for not at all. */
  readonly keepOpened: number;
  /** Processes that serve; with 1 it is this one. */
  readonly workers: number;
}

/** The settings; or all problems at once, one sentence each. */
type Loaded<T> = { readonly config: T } | { readonly problems: readonly string[] };

/** Reads the settings of `bonin dev`. */
export function loadDevConfig(options: Texts, environment: Environment): Loaded<DevConfig> {
  const { values, given, problems } = readWithUrlFile('dev', options, environment);
  const language = languageOf(environment);
  if (options['memory'] === true && options['data'] !== undefined)
    problems.push(CONTRADICTIONS.memoryData[language]);
  if (values.memory && (values.databaseUrl !== null || values.databaseUrlFile !== null))
    problems.push(CONTRADICTIONS.memoryDatabase[language]);
  if (values.httpPort !== null && !values.tls) problems.push(CONTRADICTIONS.httpPort[language]);
  if (problems.length > 0) return { problems };
  const folder = resolve(values.data);
  const keeping: Keeping = values.memory
    ? { kind: 'memory' }
    : {
        kind: 'folder',
        ownFolder: values.databaseUrl === null ? folder : null,
        ...databaseOf(values),
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
      httpPort: values.httpPort,
      json: values.json,
      readyFile: values.readyFile,
      basePath: values.basePath,
      publicUrl: values.publicUrl,
      trustedProxies: values.trustedProxies,
      maxConnections: values.maxConnections,
      metrics: values.metrics,
      logLevel: values.logLevel,
    }),
  };
}

/** Reads the settings of `bonin serve`. */
export function loadServeConfig(options: Texts, environment: Environment): Loaded<ServeConfig> {
  const { values, problems } = readWithUrlFile('serve', options, environment);
  const language = languageOf(environment);
  problems.push(...findForgetfulness(values, language), ...findLongAddress(values, language));
  if (problems.length > 0) return { problems };
  return {
    config: Object.freeze({
      port: values.port,
      host: values.host,
      database: databaseOf(values),
      basePath: values.basePath,
      publicUrl: values.publicUrl,
      trustedProxies: values.trustedProxies,
      maxConnections: values.maxConnections,
      metrics: values.metrics,
      logLevel: values.logLevel,
      corsOrigins: values.corsOrigins,
      limits: {
        phone: values.limitPhone.limits,
        phoneEverywhere: values.limitPhoneEverywhere.limits,
        merchant: values.limitMerchant.limits,
        address: values.limitAddress.limits,
      },
      keepUnverified: values.keepUnverified * DAY,
      keepOpened: values.keepOpened * SECOND,
      workers: values.workers,
    }),
  };
}

/** Reads the settings of a command that only needs the database. */
export function loadDatabaseConfig(
  command: Exclude<CommandName, 'dev' | 'serve' | 'health'>,
  options: Texts,
  environment: Environment,
): Loaded<Database> {
  const { values, problems } = readWithUrlFile(command, options, environment);
  problems.push(...findForgetfulness(values, languageOf(environment)));
  return problems.length > 0 ? { problems } : { config: Object.freeze(databaseOf(values)) };
}

/** Reads where a server on this machine listens. */
export function loadHealthConfig(options: Texts, environment: Environment): Loaded<ListenAddress> {
  const { values, problems } = readSettings('health', options, environment);
  if (values.port === 0) problems.push(CONTRADICTIONS.healthPort[languageOf(environment)]);
  return problems.length > 0 ? { problems } : { config: { host: values.host, port: values.port } };
}

/** Reads the settings, and the database URL from its file if they name one. Problems never quote the URL. */
function readWithUrlFile(command: CommandName, options: Texts, environment: Environment) {
  const read = readSettings(command, options, environment);
  const { databaseUrl, databaseUrlFile } = read.values;
  const language = languageOf(environment);
  if (databaseUrlFile === null) return read;
  if (databaseUrl !== null) {
    read.problems.push(CONTRADICTIONS.databaseUrlFile[language]);
    return read;
  }
  try {
    const text = readTrustedText(databaseUrlFile, { secret: true, dev: command === 'dev' }).trim();
    const value = SETTINGS.databaseUrl.parse(text);
    if (value instanceof Problem) read.problems.push(`${databaseUrlFile} ${value.say(language)}`);
    else read.values.databaseUrl = value;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    read.problems.push(error.detail ?? `${databaseUrlFile} cannot be read`);
  }
  return read;
}

/** Refuses a database in memory, which would lose real results. */
function findForgetfulness({ databaseUrl }: Values, language: Language): readonly string[] {
  const forgets = databaseUrl !== null && new URL(databaseUrl).pathname === ':memory:';
  return forgets ? [CONTRADICTIONS.forgetfulness[language]] : [];
}

/** Refuses an address under which no agency could send people back. */
function findLongAddress({ publicUrl, basePath }: Values, language: Language): readonly string[] {
  const excess = publicUrl === null ? 0 : excessBelow(`${publicUrl}${basePath}`);
  return excess === 0 ? [] : [CONTRADICTIONS.longAddress[language]];
}

function databaseOf({ data, databaseUrl, masterKeys }: Values): Database {
  const folder = resolve(data);
  const file = join(folder, 'bonin.db');
  return {
    databaseUrl: databaseUrl ?? `sqlite:${pathInUrl(file)}`,
    databaseFile: databaseUrl === null ? file : sqliteFile(databaseUrl),
    masterKeys: masterKeys === null ? join(folder, 'master.keys') : resolve(masterKeys),
  };
}

function sqliteFile(databaseUrl: string): string | null {
  const { protocol, pathname } = new URL(databaseUrl);
  return protocol === 'sqlite:' && pathname !== ':memory:' ? decodeURIComponent(pathname) : null;
}

/** Encodes a path for a URL; a folder's name may contain `#` and `?`. */
function pathInUrl(path: string): string {
  return encodeURI(path).replace(/[#?]/g, encodeURIComponent);
}
