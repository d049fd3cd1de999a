import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { MasterKey } from '../../src/core/key-ring.ts';

const NODE = join(import.meta.dirname, 'production-node.ts');

/** A process of production; see `production-node.ts`. Whoever starts it kills it. */
export interface ProductionNode {
  readonly url: string;
  readonly child: ChildProcess;
}

/** Starts a process; fails when it ends before it serves. `ahead` is in milliseconds. */
export async function startNode(
  databaseUrl: string,
  masterKeys: readonly MasterKey[],
  { agencyUrl = '', ahead = 0 } = {},
): Promise<ProductionNode> {
  const child = spawn(process.execPath, [NODE], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: databaseUrl,
      MASTER_KEYS: masterKeys.map(({ secret }) => Buffer.from(secret).toString('hex')).join(','),
      AGENCY_URL: agencyUrl,
      AHEAD: String(ahead),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const printed = once(child.stdout, 'data').then(([bytes]) => String(bytes).trim());
  const url = await Promise.race([printed, once(child, 'exit').then(() => null)]);
  if (url === null) throw new Error('the node has ended before it served');
  return { url, child };
}
