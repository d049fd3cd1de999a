import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { addressOf, Machine, startSwitch } from './machine.ts';

const NUMBERS = [1, 2, 3];
export const ADDRESSES = NUMBERS.map(addressOf);
export const DATABASE_PORT = 5432;
export const PATRONI_PORT = 8008;
const ETCD_PORT = 2379;
const ETCD_PEER_PORT = 2380;
/** Milliseconds until a cluster has to be whole, and between two looks at it. */
const PATIENCE = 90_000;
const PAUSE = 200;
const LOOK = 1000;

/** What Patroni is told of time, in seconds: `ttl` at its minimum, and loop_wait + 2 × retry_timeout within it. */
export const PATRONI_TIMES = { ttl: 20, loop_wait: 5, retry_timeout: 5 };
/** When the primary gives a silent standby up: until then it confirms nothing. PostgreSQL's own 60 s are long. */
export const STANDBY_TIMEOUT = '10s';

export interface Passwords {
  readonly superuser: string;
  readonly replication: string;
  readonly bonin: string;
}

/** Three machines, each with etcd, Patroni and a PostgreSQL server, of which one is the primary. */
export class Cluster {
  readonly machines: readonly Machine[];
  readonly passwords: Passwords;

  constructor(folder: string) {
    const word = () => randomBytes(18).toString('base64url');
    this.passwords = { superuser: word(), replication: word(), bonin: word() };
    this.machines = NUMBERS.map((number) => prepareMachine(number, folder, this.passwords));
  }

  /** Starts everything and makes the database and the user of Bonin. */
  async start(): Promise<void> {
    await startSwitch();
    await Promise.all(this.machines.map((machine) => machine.start()));
    await this.untilWhole();
    await this.ask(`CREATE ROLE bonin LOGIN PASSWORD '${this.passwords.bonin}'`);
    await this.ask("CREATE DATABASE bonin OWNER bonin ENCODING 'UTF8' TEMPLATE template0");
    await this.ask('CREATE TABLE probe (id INTEGER)');
  }

  /** The machine of which Patroni says that it is the primary, or the synchronous standby; null in between. */
  async find(role: 'primary' | 'synchronous'): Promise<Machine | null> {
    const found = await Promise.all(
      this.machines.map(async (machine) => {
        const answer = await fetch(`http://${machine.address}:${PATRONI_PORT}/${role}`, {
          signal: AbortSignal.timeout(LOOK),
        }).catch(() => null);
        await answer?.arrayBuffer().catch(() => null);
        return answer?.status === 200 ? machine : null;
      }),
    );
    return found.find((machine) => machine !== null) ?? null;
  }

  /**
   * Waits for a primary with two standbys that follow it, one of them synchronously; gives the primary. PostgreSQL
   * alone does not know: it may wait for a standby of which Patroni has not noted yet that it may take over.
   */
  async untilWhole(): Promise<Machine> {
    return until('the cluster is whole', async () => {
      const primary = await this.find('primary');
      if (primary === null || (await this.find('synchronous')) === null) return null;
      const sql = "SELECT count(*)::integer AS following FROM pg_stat_replication WHERE state = 'streaming'";
      const [row] = await askAt(primary.address, this.passwords.superuser, sql);
      return row?.['following'] === 2 ? primary : null;
    });
  }

  /** Waits for a primary other than this one. */
  async untilPrimaryOtherThan(old: Machine): Promise<Machine> {
    return until('another primary', async () => {
      const primary = await this.find('primary');
      return primary === old ? null : primary;
    });
  }

  /** Asks the primary, as the superuser. */
  async ask(sql: string, database = 'postgres'): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const primary = await until('a primary', () => this.find('primary'));
    return askAt(primary.address, this.passwords.superuser, sql, database);
  }

  async stop(): Promise<void> {
    await Promise.all(this.machines.map((machine) => machine.powerOff()));
  }
}

/** Waits until `look` finds something; what it throws in between is no answer. */
export async function until<T>(what: string, look: () => Promise<T | null>, patience = PATIENCE): Promise<T> {
  const end = Date.now() + patience;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const found = await look();
      if (found !== null) return found;
    } catch (error) {
      last = error;
    }
    await sleep(PAUSE);
  }
  throw new Error(`waited ${patience / 1000} s in vain: ${what}`, { cause: last });
}

async function askAt(host: string, password: string, sql: string, database = 'postgres') {
  const client = new Client({
    host,
    port: DATABASE_PORT,
    user: 'postgres',
    password,
    database,
    connectionTimeoutMillis: LOOK,
    query_timeout: 5 * LOOK,
  });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Where Debian keeps the programs of the newest PostgreSQL server; null when there is none. */
export function findPostgres(): string | null {
  const all = '/usr/lib/postgresql';
  const versions = existsSync(all) ? readdirSync(all).sort((a, b) => Number(b) - Number(a)) : [];
  return (
    versions.map((version) => join(all, version, 'bin')).find((bin) => existsSync(join(bin, 'postgres'))) ??
    null
  );
}

function prepareMachine(number: number, parent: string, passwords: Passwords): Machine {
  const folder = join(parent, `machine${number}`);
  mkdirSync(folder, { mode: 0o700 });
  // JSON is YAML.
  writeFileSync(join(folder, 'patroni.yml'), JSON.stringify(patroniSettings(number, folder, passwords)));
  chmodSync(join(folder, 'patroni.yml'), 0o600);
  execFileSync('chown', ['-R', 'postgres:postgres', folder]);
  return new Machine(number, folder, { etcd: etcdCommand(number), patroni: 'patroni patroni.yml' });
}

function etcdCommand(number: number): string {
  const own = addressOf(number);
  const members = NUMBERS.map((each) => `machine${each}=http://${addressOf(each)}:${ETCD_PEER_PORT}`);
  return [
    'etcd --data-dir etcd --initial-cluster-token drill --initial-cluster-state new --log-level warn',
    // A member that comes back from a cut does not call for an election before it has heard the others.
    `--pre-vote ${canTrustEtcd3() ? '' : '--enable-v2'}`,
    `--name machine${number} --initial-cluster ${members}`,
    `--listen-peer-urls http://${own}:${ETCD_PEER_PORT}`,
    `--initial-advertise-peer-urls http://${own}:${ETCD_PEER_PORT}`,
    `--listen-client-urls http://${own}:${ETCD_PORT},http://127.0.0.1:${ETCD_PORT}`,
    `--advertise-client-urls http://${own}:${ETCD_PORT}`,
  ].join(' ');
}

/**
 * Before 3.0.3 a Patroni that comes back from a cut may write itself over the new leader's lock, by the API of etcd
 * 3 and not by the one of etcd 2 (github.com/patroni/patroni/pull/2689): two primaries, and confirmed data is lost.
 */
function canTrustEtcd3(): boolean {
  const version = execFileSync('patroni', ['--version'], { encoding: 'utf8' });
  const [major = 0, minor = 0, patch = 0] = (/\d+\.\d+\.\d+/.exec(version)?.[0] ?? '').split('.').map(Number);
  return major > 3 || (major === 3 && (minor > 0 || patch >= 3));
}

/** What stands in docs/operations.md under "Failover, rehearsed", with the addresses of the drill. */
function patroniSettings(number: number, folder: string, passwords: Passwords) {
  const own = addressOf(number);
  const hba = [
    'local all all trust',
    'host all all all scram-sha-256',
    'host replication all all scram-sha-256',
  ];
  return {
    scope: 'drill',
    name: `machine${number}`,
    restapi: { listen: `${own}:${PATRONI_PORT}`, connect_address: `${own}:${PATRONI_PORT}` },
    [canTrustEtcd3() ? 'etcd3' : 'etcd']: { hosts: ADDRESSES.map((address) => `${address}:${ETCD_PORT}`) },
    bootstrap: {
      dcs: {
        ...PATRONI_TIMES,
        synchronous_mode: true,
        maximum_lag_on_failover: 1_048_576,
        postgresql: {
          use_pg_rewind: true,
          parameters: { synchronous_commit: 'on', wal_sender_timeout: STANDBY_TIMEOUT },
        },
      },
      initdb: [{ encoding: 'UTF8' }, 'data-checksums'],
    },
    postgresql: {
      listen: `${own},127.0.0.1:${DATABASE_PORT}`,
      connect_address: `${own}:${DATABASE_PORT}`,
      data_dir: join(folder, 'data'),
      bin_dir: findPostgres() ?? '',
      pgpass: join(folder, 'pgpass'),
      pg_hba: hba,
      authentication: {
        superuser: { username: 'postgres', password: passwords.superuser },
        replication: { username: 'replicator', password: passwords.replication },
      },
      parameters: { unix_socket_directories: folder },
    },
    watchdog: { mode: 'off' },
  };
}

/** The last lines of a log, for whoever has to find out why. */
export function lastLines(file: string, count = 15): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '(no such log)';
  }
}
