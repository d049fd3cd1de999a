import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createSqliteEngine } from './tampering/sqlite-engine.ts';
import { tamper } from './tampering/suite.ts';

it('SQLite: whatever is altered', { timeout: 1_200_000 }, async () => {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'bonin-tampering-'));
  const engine = createSqliteEngine(folder);
  try {
    const only = process.env['ONLY'] ?? '';
    const started = Date.now();
    const report = await tamper(engine, (c) => c.name.includes(only));
    const { violations, ...rest } = report;
    writeFileSync('/tmp/h5-report.txt', JSON.stringify([rest, Date.now() - started, process.cpuUsage()]));

    expect(violations.slice(0, 40)).toEqual([]);
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
