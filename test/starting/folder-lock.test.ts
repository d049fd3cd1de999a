import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';

const TAKER = join(import.meta.dirname, '../support/lock-taker.ts');
const run = promisify(execFile);

test('of processes that lock a folder in turn, never two are inside', async () => {
  const folder = temporaryFolder();
  const takers = await Promise.all(
    [1, 2, 3].map(() => run(process.execPath, [TAKER, folder, '3000'], { encoding: 'utf8' })),
  );
  for (const { stdout } of takers) expect(Number(stdout)).toBeGreaterThan(0);
});
