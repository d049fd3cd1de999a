import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { summaryOf } from './report.ts';
import { createSqliteEngine } from './sqlite-engine.ts';
import { tamper } from './suite.ts';

/** In memory where there is such a folder: thousands of changes would wait for a disk. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

it('whatever is altered in SQLite shows nobody, certifies nobody and lets nobody in', {
  timeout: 7_200_000,
}, async () => {
  const folder = mkdtempSync(join(FOLDER, 'bonin-tampering-'));
  const engine = createSqliteEngine(folder);
  try {
    const report = await tamper(engine);
    process.stdout.write(summaryOf(engine, report));
    expect(report).toMatchObject({ violations: [], untouched: [] });
    expect(report.changes).toBeGreaterThan(2000);
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
