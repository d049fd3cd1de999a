import { closeSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { lockFolder } from '../../src/storage/index.ts';

/*
 * Locks a folder and unlocks it again, many times. Fails as soon as another process is inside at the same moment.
 * Prints how often it was inside.
 */

const [folder = '', times = '0'] = process.argv.slice(2);
const inside = join(folder, 'inside');
let count = 0;
for (let each = 0; each < Number(times); each++) {
  const lock = await lockFolder(folder, 'lock', 'taken').catch((error: Error) => {
    if (!error.message.endsWith('taken')) throw error;
    return null;
  });
  if (lock === null) continue;
  // Fails when the file is there: then somebody else is inside.
  closeSync(openSync(inside, 'wx'));
  await nextTurn();
  rmSync(inside);
  lock.release();
  count++;
}
process.stdout.write(String(count));
