import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkAnswers, checkProcesses, checkTokens, checkVerifications } from './checks.ts';
import { Cluster, lastLines, PATRONI_TIMES, until } from './cluster.ts';
import { type BoninNode, startBonin, startHaproxy, stopBonin } from './entrances.ts';
import { Journal } from './journal.ts';
import { Load, Shop } from './load.ts';
import type { Machine } from './machine.ts';
import { tell, Verdict } from './verdict.ts';

/** Rounds at each node before a failure, and after it until the next step. */
const ROUNDS = 20;

/** What failed, and what it looked like through both nodes. */
interface Measured {
  readonly failure: string;
  readonly lines: readonly string[];
}

const folder = process.argv[2] ?? '';
const cluster = new Cluster(folder);
const journal = new Journal();
const verdict = new Verdict();
const measured: Measured[] = [];

try {
  await rehearse();
} catch (error) {
  noteBreak(error);
}
if (!verdict.holds) showLogs();
console.log(verdict.holds ? '\ndrill: every check holds' : '\ndrill: FAILED');
// The servers that are left end with this process, which is the first of their world.
process.exit(verdict.holds ? 0 : 1);

async function rehearse(): Promise<void> {
  tell(`three machines, each with etcd, Patroni (${JSON.stringify(PATRONI_TIMES)}) and PostgreSQL`);
  await cluster.start();
  await startHaproxy(folder);
  const { bonin } = cluster.passwords;
  // One after the other: the first one makes the master keys that the second one needs.
  const direct = await startBonin('several hosts', folder, bonin);
  const proxied = await startBonin('haproxy', folder, bonin);
  const nodes = [direct, proxied];
  const shops = [new Shop(direct, journal), new Shop(proxied, journal)] as const;
  const load = new Load(shops, journal);
  await load.start();
  tell('two Bonin nodes under load, one with three hosts in its URL, one through haproxy');

  try {
    await breakAll(shops);
  } catch (error) {
    // What was lost by then is worth knowing.
    noteBreak(error);
  }
  await load.stop();
  const token = [...journal.tokens].at(-1) ?? '';
  await checkVerifications(verdict, journal, shops, token);
  checkAnswers(verdict, journal);
  checkProcesses(verdict, nodes);
  await checkEnd(nodes);
  console.log('\nGaps: from the first failing answer to the first right one');
  for (const { failure, lines } of measured) console.log([failure, ...lines].join('\n  '));
}

async function breakAll(shops: readonly Shop[]): Promise<void> {
  await fail("the primary's PostgreSQL killed with -9", shops, async (primary) => {
    const [pid = ''] = readFileSync(join(primary.folder, 'data/postmaster.pid'), 'utf8').split('\n');
    await primary.runInside('kill', '-KILL', pid);
  });
  await fail("the synchronous standby's machine cut off the network", shops, async () => {
    const standby = await until('a synchronous standby', () => cluster.find('synchronous'));
    await standby.unplug();
    await untilRoundsAgain();
    await standby.plugIn();
  });
  await fail('the whole primary machine killed with -9', shops, async (primary) => {
    await primary.powerOff();
    await cluster.untilPrimaryOtherThan(primary);
    await untilRoundsAgain();
    await primary.start();
  });
  await fail('the primary machine cut off the network', shops, rehearseCut);
}

/** Breaks something under load and waits until all is whole again. */
async function fail(
  failure: string,
  shops: readonly Shop[],
  breakIt: (primary: Machine) => Promise<void>,
): Promise<void> {
  await untilRoundsAgain();
  const primary = await cluster.untilWhole();
  const tokens = [...journal.tokens];
  const verification = [...journal.verifications.values()].at(-1);
  if (verification === undefined) throw new Error('nothing was verified before the failure');
  journal.open();
  const { gaps } = journal;
  tell(`${failure}: machine ${primary.address}`);
  await breakIt(primary);
  await untilRoundsAgain();
  await cluster.untilWhole();
  const lines = Object.entries(gaps).map(([way, gap]) => {
    const failures = `${gap.failures} failing answers, the last ${gap.untilLastFailure.toFixed(1)} s after the failure`;
    return `${way}: ${gap.seconds.toFixed(1)} s (${failures}; longest wait ${(gap.longestWait / 1000).toFixed(1)} s)`;
  });
  measured.push({ failure, lines });
  for (const line of lines) tell(line);
  verdict.check(
    `service came back after: ${failure}`,
    Object.values(gaps).every(({ seconds }) => seconds < 60),
  );
  await checkTokens(verdict, failure, tokens, shops, verification);
}

/** Waits until both nodes serve as if nothing had been. */
async function untilRoundsAgain(): Promise<void> {
  const { rounds } = journal;
  const before = { ...rounds };
  await until('both nodes serve', async () =>
    rounds['several hosts'] - before['several hosts'] >= ROUNDS && rounds.haproxy - before.haproxy >= ROUNDS
      ? true
      : null,
  );
}

/** Cuts the primary off, with somebody on its side of the cut who goes on writing. */
async function rehearseCut(primary: Machine): Promise<void> {
  const psql = (host: string, sql: string) =>
    primary.runInside('env', 'PGCONNECT_TIMEOUT=2', 'psql', '-h', host, '-U', 'postgres', '-Atc', sql);
  await primary.unplug();
  const peer = cluster.machines.find((machine) => machine !== primary);
  const [own, far] = await Promise.all([
    psql(primary.folder, 'SELECT pg_is_in_recovery()'),
    psql(peer?.address ?? '', 'SELECT 1'),
  ]);
  verdict.check(
    'the cut-off machine runs on as a primary and reaches nobody',
    own.output.trim() === 'f' && far.code !== 0,
    `${own.output.trim()}; ${far.output.trim().split('\n')[0]}`,
  );
  const writing = psql(primary.folder, 'INSERT INTO probe VALUES (1)').then((end) => ({
    ...end,
    at: Date.now(),
  }));
  await cluster.untilPrimaryOtherThan(primary);
  const promotedAt = Date.now();
  const written = await Promise.race([writing, sleep(1).then(() => null)]);
  verdict.check(
    'the cut-off primary confirmed no write and gave up before another one took over',
    written !== null && written.code !== 0 && written.at < promotedAt,
    written === null
      ? 'it still waits'
      : `${((promotedAt - written.at) / 1000).toFixed(1)} s before; ${written.output.trim().split('\n')[0]}`,
  );
  await untilRoundsAgain();
  await primary.plugIn();
  await cluster.untilWhole();
  const rows = await cluster.ask('SELECT id FROM probe');
  verdict.check('it came back as a standby, without what it had not confirmed', rows.length === 0);
}

function noteBreak(error: unknown): void {
  verdict.check('the drill ran to its end', false, String(error));
  if (error instanceof Error) console.log(error.stack, error.cause ?? '');
}

async function checkEnd(nodes: readonly BoninNode[]): Promise<void> {
  const codes = await Promise.all(nodes.map(stopBonin));
  verdict.check(
    'both ended as told',
    codes.every((code) => code === 0),
    `exit codes ${codes}`,
  );
  const logs = nodes.map(({ log }) => readFileSync(log, 'utf8'));
  verdict.check(
    'the logs say what failed and hold no password',
    logs.every((log) => log.includes('store_unavailable') && !log.includes(cluster.passwords.bonin)),
  );
}

function showLogs(): void {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const log of files.filter((file) => file.endsWith('.log')))
    console.log(`\n--- the last lines of ${log}\n${lastLines(join(folder, log))}`);
}
