import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDev, timeStart } from './cold-start.ts';
import { startLoad } from './load.ts';
import { figureIfKnown, figureOf, type Group, ratios } from './report.ts';
import { closeContest, openOwn, runRounds } from './rounds.ts';
import { type Cores, ROOT } from './servers.ts';
import { type BenchStore, ensureStore } from './store.ts';

/** Starts of each that count. */
const STARTS = 7;

interface Settings {
  readonly rows: number;
  readonly rounds: number;
  readonly seconds: number;
}

/**
 * This checkout beside another revision of it, in alternating rounds. Each fills a database of its own, since their
 * formats may differ; both have as many rows, of the same kinds, made by the rules of each revision.
 */
export async function measureAgainst(
  revision: string,
  settings: Settings,
  cores: Cores | null,
): Promise<Group> {
  const commit = resolveRevision(revision);
  const folder = mkdtempSync(join(tmpdir(), 'bonin-bench-against-'));
  const root = join(folder, 'checkout');
  git('worktree', 'add', '--quiet', '--detach', root, commit);
  try {
    prepareCheckout(root);
    return await compare(`${revision} (${commit.slice(0, 10)})`, root, settings, cores);
  } finally {
    git('worktree', 'remove', '--force', root);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The commit that a revision names; an error says when it names none. */
export function resolveRevision(revision: string): string {
  try {
    return git('rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`);
  } catch (cause) {
    throw new Error(`--against: git knows no revision ${JSON.stringify(revision)} here`, { cause });
  }
}

function git(...words: readonly string[]): string {
  return execFileSync('git', words, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

/** Gives a checkout its packages, which are this one's when both ask for the same, and builds it. */
function prepareCheckout(root: string): void {
  const lock = (folder: string) => readFileSync(join(folder, 'package-lock.json'), 'utf8');
  if (lock(root) === lock(ROOT)) {
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  } else {
    process.stderr.write('Installing the packages of the other revision.\n');
    const words = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
    execFileSync('npm', words, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  execFileSync(process.execPath, ['build.ts'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** The store of the other revision, made by its own code. */
function buildStore(root: string, rows: number): BenchStore {
  const code = `import { ensureStore } from './bench/store.ts'; console.log(JSON.stringify(await ensureStore(${rows})));`;
  const words = ['--input-type=module', '-e', code];
  const printed = execFileSync(process.execPath, words, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(printed) as BenchStore;
}

async function compare(
  name: string,
  root: string,
  { rows, rounds, seconds }: Settings,
  cores: Cores | null,
): Promise<Group> {
  const stores = { here: await ensureStore(rows), there: buildStore(root, rows) };
  const core = cores?.server;
  const load = startLoad(cores?.load);
  const figures = [];
  for (const [pattern, title] of [
    ['uniform', 'uniformly random ids'],
    ['hot', '90 % newest ids'],
  ] as const) {
    const contests = [
      { store: stores.here, pattern, contestants: { bonin: await openOwn(stores.here, { core }) } },
      { store: stores.there, pattern, contestants: { bonin: await openOwn(stores.there, { core, root }) } },
    ];
    const [here, there] = (await runRounds(contests, null, load, rounds, seconds)).map(({ bonin }) => bonin);
    for (const contest of contests) await closeContest(contest);
    const pick = (key: 'perSecond' | 'p99' | 'processorTime') =>
      ratios(
        (here ?? []).map((result) => result[key]),
        (there ?? []).map((result) => result[key]),
      );
    figures.push(
      figureOf(`${title}: rate`, pick('perSecond'), { digits: 2 }),
      figureOf(`${title}: p99`, pick('p99'), { digits: 2 }),
      ...figureIfKnown(`${title}: processor time per request`, pick('processorTime'), { digits: 2 }),
    );
    if (pattern === 'uniform') {
      const idle = contests.map(({ contestants }) => contestants.bonin.idle ?? Number.NaN);
      figures.push(...figureIfKnown('serve, idle memory', [(idle[0] ?? 0) / (idle[1] ?? 0)], { digits: 2 }));
    }
  }
  load.stop();
  const starts = { here: [] as number[], there: [] as number[] };
  const dev = { here: openDev(), there: openDev(root) };
  for (let count = 0; count <= STARTS; count++)
    for (const side of ['here', 'there'] as const) {
      const took = await timeStart(dev[side]);
      // The first one fills the caches.
      if (count > 0) starts[side].push(took);
    }
  figures.push(figureOf('cold start of dev --memory', ratios(starts.here, starts.there), { digits: 2 }));
  return { title: `This checkout / ${name}, ${rows.toLocaleString('en-US')} rows on SQLite`, figures };
}
