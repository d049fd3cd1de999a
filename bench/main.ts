import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureAgainst, resolveRevision } from './against.ts';
import { measureBatches } from './batches.ts';
import { measureStart } from './cold-start.ts';
import { CONNECTIONS } from './load.ts';
import { measureConnections, measureLookups, measureProcesses, SMALL } from './lookups.ts';
import { measurePeers } from './peers.ts';
import { type BenchPostgres, startPostgres } from './postgres.ts';
import { type Group, printReport } from './report.ts';
import { type Cores, findCli, pickCores } from './servers.ts';
import { measureVerifications } from './verifications.ts';

/** Tokens live half an hour, so all rounds with one set of them must end well before. */
const LONGEST = 1500;
const PARTS = ['lookups', 'start', 'verifications', 'connections', 'batches', 'processes', 'peers'] as const;
type Part = (typeof PARTS)[number];
/** What the table at the top of docs/performance.md says. */
const USUAL: readonly Part[] = ['lookups', 'start'];

const HELP = `Usage: npm run bench -- [--rows NUMBER] [--rounds NUMBER] [--seconds NUMBER] [--only PART,PART]
       npm run bench -- --against REVISION [--rows NUMBER] [--rounds NUMBER] [--seconds NUMBER]

Measures Bonin on SQLite and on PostgreSQL (which comes along as a package) beside a bare node:http server that answers
the same from memory, and beside one that does one SELECT for each request. Builds its stores in bench/.store/ at the
first run (some minutes and 1.5 GB for 1,000,000 rows, ten times that for 10,000,000) and keeps them.

  --rows     certifications in the large store, default 1000000
  --rounds   rounds, in each of which every server has its turn, default 5
  --seconds  length of a turn, default 2
  --only     some of ${PARTS.join(', ')}; default ${USUAL.join(', ')}
             peers installs servers of other projects into bench/peers (180 MB)
  --against  compares this checkout with that revision of git, on SQLite, and prints ratios`;

interface Settings {
  readonly rows: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly parts: readonly Part[];
  readonly against: string | null;
}

function readSettings(): Settings {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '1000000' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      only: { type: 'string' },
      against: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const [rows, rounds, seconds] = [Number(values.rows), Number(values.rounds), Number(values.seconds)];
  if (!Number.isInteger(rows) || rows < 2 * SMALL || rows > 10_000_000)
    throw new Error(`--rows must be a number from ${2 * SMALL} to 10000000`);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be 1 or more');
  if (!(seconds > 0) || (rounds + 1) * (seconds + 1) * 8 > LONGEST)
    throw new Error(`--seconds must be more than 0, and all rounds must end within ${LONGEST} seconds`);
  const { only = USUAL.join(','), against = null } = values;
  if (against !== null && values.only !== undefined)
    throw new Error('--against measures what it can compare, so it does not go with --only');
  if (against !== null) resolveRevision(against);
  return { rows, rounds, seconds, parts: only.split(',').map(readPart), against };
}

function readPart(name: string): Part {
  const part = PARTS.find((each) => each === name);
  if (part === undefined)
    throw new Error(`--only takes some of ${PARTS.join(', ')}; ${name} is none of them`);
  return part;
}

function describeRun({ rounds, seconds }: Settings, cores: Cores | null): string {
  const placing =
    cores === null
      ? 'processes are not pinned to cores here, so ratios are less steady'
      : `servers on core ${cores.server}, load on core ${cores.load}, PostgreSQL on any`;
  return [
    `node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}; ${placing}.`,
    `${CONNECTIONS} keep-alive connections, ${rounds} rounds of ${seconds} s each; medians of the rounds.`,
    `Bonin is node ${findCli()} serve; for verifications and starts, dev.`,
  ].join('\n');
}

async function main(): Promise<void> {
  const settings = readSettings();
  const { rows, rounds, seconds, parts } = settings;
  const cores = pickCores();
  console.log(`${describeRun(settings, cores)}\n`);
  if (settings.against !== null) {
    printReport([await measureAgainst(settings.against, settings, cores)]);
    return;
  }
  let started: BenchPostgres | null = null;
  const postgres = async () => {
    started ??= await startPostgres();
    return started;
  };
  const measure: Readonly<Record<Part, () => Promise<readonly Group[]>>> = {
    lookups: async () => measureLookups(settings, await postgres(), cores),
    start: async () => [await measureStart()],
    verifications: async () => [await measureVerifications(rounds, await postgres())],
    batches: async () => [await measureBatches(rows, await postgres(), rounds)],
    connections: async () => [await measureConnections(settings, await postgres(), cores)],
    processes: async () => [await measureProcesses(settings, await postgres())],
    peers: async () => [await measurePeers(rounds, seconds, cores)],
  };
  try {
    // One report for each part: what was measured stands there, whatever becomes of the next one.
    for (const part of parts) printReport(await measure[part]());
  } finally {
    await (started as BenchPostgres | null)?.close();
  }
}

try {
  await main();
  // Whether targets are met is for the reader to judge; only a wrong answer fails the run.
  process.exit(0);
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
