import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADDRESSES, DATABASE_PORT, PATRONI_PORT, until } from './cluster.ts';

const MAIN = join(import.meta.dirname, '../src/cli/main.ts');
const HAPROXY_PORT = 5000;

/** The two ways to the primary, as database URLs without a password. */
export const WAYS = {
  // The host before the slash is not asked: those of the parameter are.
  'several hosts': `postgres://bonin@localhost/bonin?host=${ADDRESSES}&port=${DATABASE_PORT}&sslmode=disable`,
  haproxy: `postgres://bonin@127.0.0.1:${HAPROXY_PORT}/bonin`,
} as const;
export type Way = keyof typeof WAYS;

/** What stands in docs/operations.md, with the addresses of the drill. */
const HAPROXY_SETTINGS = `
global
  maxconn 200
defaults
  mode tcp
  timeout connect 2s
  timeout client 30m
  timeout server 30m
  timeout check 2s
listen primary
  bind 127.0.0.1:${HAPROXY_PORT}
  option httpchk OPTIONS /primary
  http-check expect status 200
  default-server check port ${PATRONI_PORT} inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
${ADDRESSES.map((address, at) => `  server machine${at + 1} ${address}:${DATABASE_PORT}`).join('\n')}
`;

export interface BoninNode {
  readonly way: Way;
  readonly url: string;
  readonly child: ChildProcess;
  readonly log: string;
}

export async function startHaproxy(folder: string): Promise<void> {
  const settings = join(folder, 'haproxy.cfg');
  writeFileSync(settings, HAPROXY_SETTINGS);
  const log = join(folder, 'haproxy.log');
  launch('/usr/sbin/haproxy', ['-db', '-f', settings], log);
  // Before its first checks it takes every server for a primary.
  await until('haproxy knows the standbys', async () =>
    readFileSync(log, 'utf8').split(' is DOWN').length >= ADDRESSES.length ? true : null,
  );
}

/** Starts `bonin dev` with what all nodes share: the folder of the master keys, and the database. */
export async function startBonin(way: Way, folder: string, password: string): Promise<BoninNode> {
  const log = join(folder, `bonin-${way.replace(' ', '-')}.log`);
  const words = [MAIN, 'dev', '--port', '0', '--data', join(folder, 'keys')];
  const child = launch(process.execPath, words, log, {
    BONIN_DATABASE_URL: WAYS[way].replace('bonin@', `bonin:${password}@`),
  });
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const found = /^(http:\S+)\n/m.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`Bonin does not start by ${way}`)));
  });
  return { way, url, child, log };
}

/** SIGTERM, then the exit code; null when it did not end by itself. */
export async function stopBonin({ child }: BoninNode): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const killing = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const code = await ended;
  clearTimeout(killing);
  return code;
}

function launch(
  program: string,
  words: readonly string[],
  log: string,
  env: NodeJS.ProcessEnv = {},
): ChildProcess {
  return spawn(program, words, {
    // Settings of whoever runs the drill must not reach what is tried.
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', openSync(log, 'a')],
  });
}
