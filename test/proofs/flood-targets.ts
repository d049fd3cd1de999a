import { equal, ok } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readMasterKeys } from '../../src/config/master-keys.ts';
import { createLog } from '../../src/log.ts';
import { createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { printedUrl, type Run, spawnBonin } from '../support/child-bonin.ts';
import { Client } from '../support/client.ts';

/** A process that is flooded. */
export interface Target {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  isAlive(): boolean;
  /** A live access token. */
  token(): Promise<string>;
  /** Rejects when what a decent caller asks is not answered right. */
  checkAnswers(): Promise<void>;
  /** Stops it, and looks at how it ended and what it has logged. */
  finish(): Promise<void>;
  /** Takes everything away. */
  end(): void;
}

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

const MERCHANT = {
  user_code: 'imp10000001',
  name: '가상상점',
  imp_key: 'flood_a',
  imp_secret: 'FloodSecretOfMerchantA/1',
  channels: [{ channel_key: 'flood-danal', pg_provider: 'danal', pg_id: 'P1', carrier_approval: true }],
};
const KEPT = 'imp_123456789012';
const PERSON = {
  name: '허난설헌',
  birthday: '1991-02-03',
  gender: 'female',
  foreigner: false,
  phone: '01000000042',
  carrier: 'KT',
  mvno: false,
  ci: 'ci-of-flood',
  di: 'di-of-flood',
} as const;
/** What was sent and must not stand in a log. */
const UNSPEAKABLE = ['sandbox_secret_b', MERCHANT.imp_secret, '홍길동', PERSON.name, 'SECRET'];

/** `bonin dev` on a disk, with somebody who reads its events. */
export async function startDev(): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), 'bonin-flood-'));
  const { run, url, logFile } = await start('dev', folder);
  const client = new Client(url);
  const events = readEvents(url);
  return {
    ...asTarget('bonin dev', run, url, folder),
    token: async () => (await client.token()).token,
    async checkAnswers() {
      const { token } = await client.token();
      const impUid = await client.create({ name: PERSON.name });
      const { response } = await client.lookup(token, impUid);
      equal(response?.['name'], PERSON.name);
      const before = events.count();
      ok(before > 0, 'no event came');
      equal((await client.call('GET', '/nowhere')).status, 404);
      for (let patience = 100; events.count() === before; patience--) {
        ok(patience > 0, 'events do not come any more');
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    async finish() {
      client.close();
      events.close();
      console.log(`bonin dev: ${events.count()} pieces of events were read, on ${events.streams()} streams`);
      await finish(run, logFile);
    },
  };
}

/** `bonin serve` with a merchant and one certification. */
export async function startServe(): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), 'bonin-flood-'));
  const file = join(folder, 'merchants.json');
  writeFileSync(file, JSON.stringify({ merchants: [MERCHANT] }), { mode: 0o600 });
  execFileSync(process.execPath, [MAIN, 'merchants', file, '--data', folder], { stdio: 'ignore' });
  await keepCertification(folder);
  const { run, url, logFile } = await start('serve', folder);
  const client = new Client(url);
  const token = async () => (await client.token(MERCHANT.imp_key, MERCHANT.imp_secret)).token;
  return {
    ...asTarget('bonin serve', run, url, folder),
    token,
    async checkAnswers() {
      const { response } = await client.lookup(await token(), KEPT);
      equal(response?.['name'], PERSON.name);
    },
    async finish() {
      client.close();
      await finish(run, logFile);
    },
  };
}

async function start(command: 'dev' | 'serve', folder: string) {
  const logFile = join(folder, 'log');
  const options = { stderrFile: logFile };
  const run = spawnBonin([command, '--port', '0', '--data', folder, '--log-level', 'info'], options);
  return { run, url: await printedUrl(run, options), logFile };
}

function asTarget(name: string, { child }: Run, url: string, folder: string) {
  return {
    name,
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    end() {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function finish({ child, exited }: Run, logFile: string): Promise<void> {
  child.kill('SIGTERM');
  const { code, signal } = await exited;
  equal(code ?? signal, 0);
  const log = readFileSync(logFile, 'utf8');
  const alarms = log.split('\n').filter((line) => line.includes('"level":50'));
  ok(alarms.length === 0, `the log has errors: ${alarms.slice(0, 3).join('\n')}`);
  for (const word of UNSPEAKABLE) ok(!log.includes(word), `the log says ${word}`);
}

async function keepCertification(folder: string): Promise<void> {
  const app = await createApp({
    policy: SERVE_POLICY,
    databaseUrl: `sqlite:${join(folder, 'bonin.db')}`,
    masterKeys: readMasterKeys(join(folder, 'master.keys'), false),
    log: createLog('silent'),
  });
  try {
    const channel = await app.store.findChannel('flood-danal');
    ok(channel !== null);
    await app.certifications.keepAs(KEPT, {
      channel,
      merchantUid: 'order-of-flood',
      pageUrl: null,
      state: 'certified',
      requestedAt: 1_700_000_000_000,
      certifiedAt: 1_700_000_000_000,
      providerTid: 'tid-of-flood',
      identity: PERSON,
    });
  } finally {
    await app.close();
  }
}

/** Reads events as a page does: it comes back when its stream ends, and keeps nothing. */
function readEvents(url: string) {
  let pieces = 0;
  let streams = 0;
  let isClosed = false;
  let current = open();
  function open() {
    streams++;
    const again = () => {
      if (!isClosed) setTimeout(() => (current = open()), 500);
    };
    return get(`${url}/sandbox/events`, { agent: false }, (response) => {
      response.on('data', () => pieces++);
      response.on('error', () => {});
      response.on('close', again);
    }).on('error', () => {});
  }
  return {
    count: () => pieces,
    streams: () => streams,
    close() {
      isClosed = true;
      current.destroy();
    },
  };
}
