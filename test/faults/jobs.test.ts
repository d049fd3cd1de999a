import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/storage/index.ts';
import { type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { eventually } from '../support/eventually.ts';
import { SHARED_MARK } from '../support/shared-mark.ts';

const RUNNER = join(import.meta.dirname, '../support/job-runner.ts');
/** In milliseconds. A run is much longer than the lease, so its owner has to take it again meanwhile. */
const [PAUSE, LEASE, LENGTH] = [200, 2_500, 5_000];

interface Run {
  readonly by: ChildProcess;
  readonly begunAt: number;
  endedAt: number | null;
}

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

/** Starts processes on one new database, and returns what they tell of their runs. */
async function startRunners(count: number, length: number): Promise<readonly Run[]> {
  const url = await server.newDatabase();
  await (await openStore(url, SHARED_MARK)).close();
  const runs: Run[] = [];
  for (let each = 0; each < count; each++) {
    const child = spawn(process.execPath, [RUNNER, url, ...[PAUSE, LEASE, length].map(String)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk;
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const [what, at] = line.split(' ');
        if (what === 'begin') runs.push({ by: child, begunAt: Number(at), endedAt: null });
        const own = runs.findLast(({ by }) => by === child);
        if (what === 'end' && own !== undefined) own.endedAt = Number(at);
      }
    });
  }
  return runs;
}

/** Each run begins a pause after the one before it at the earliest. The clocks of two nodes differ by a little. */
function expectOneAtATime(runs: readonly Run[]): void {
  const sorted = [...runs].sort((one, other) => one.begunAt - other.begunAt);
  for (const [at, { begunAt }] of sorted.entries()) {
    const before = sorted[at - 1];
    if (before !== undefined) expect(begunAt - (before.endedAt ?? Infinity)).toBeGreaterThan(PAUSE / 2);
  }
}

test('of four processes on one database one at a time does recurring work, and each run happens once', async () => {
  const runs = await startRunners(4, 50);
  expect(await eventually(() => runs.filter(({ endedAt }) => endedAt !== null).length >= 12)).toBe(true);
  expectOneAtATime(runs.filter(({ endedAt }) => endedAt !== null));
});

test('a run that takes longer than the lease stays with its owner, and goes to another one when that is killed', async () => {
  const runs = await startRunners(3, LENGTH);
  const hasSecond = () => runs.length >= 2 && runs[0]?.endedAt !== null;
  expect(await eventually(hasSecond)).toBe(true);
  expectOneAtATime(runs);
  const last = runs.at(-1) as Run;
  expect(last.endedAt).toBeNull();
  last.by.kill('SIGKILL');
  expect(await eventually(() => runs.at(-1) !== last)).toBe(true);
  const next = runs.at(-1) as Run;
  expect(next.by).not.toBe(last.by);
  expect(last.endedAt).toBeNull();
  expect(runs.filter(({ endedAt }) => endedAt === null)).toEqual([last, next]);
});
