import type { MasterKey } from '../../src/core/key-ring.ts';
import { createLog } from '../../src/log.ts';
import { createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import type { Agency } from './agency.ts';
import { Caller } from './caller.ts';

/** What a server of this suite is made of; its time stands still until somebody moves it. */
export interface ServerOptions {
  readonly databaseUrl: string;
  readonly masterKeys: readonly MasterKey[];
  readonly agency: Agency;
  readonly time: { now: number };
}

export type Server = Awaited<ReturnType<typeof startServer>>;

/** A server by the rules of production, in this process. */
export async function startServer({ databaseUrl, masterKeys, agency, time }: ServerOptions) {
  const alarms = new Map<string, string>();
  const failedSweeps: string[] = [];
  const write = (line: string) => {
    const { requestId, msg, alarm, error } = JSON.parse(line) as {
      readonly requestId?: string;
      readonly msg: string;
      readonly alarm?: boolean;
      readonly error?: { readonly code: string };
    };
    const code = error?.code ?? 'none';
    if (requestId === undefined) failedSweeps.push(`${msg}: ${code}`);
    else alarms.set(requestId, alarm === true ? 'an alarm' : code);
  };
  const app = await createApp({
    policy: SERVE_POLICY,
    databaseUrl,
    masterKeys,
    // Lines of level `error` only.
    log: createLog('error', { write }),
    // Not this machine's clock, which a database would correct by its own.
    moveClock: () => ({ now: () => time.now }),
    trustedProxies: ['127.0.0.1'],
    providers: agency.providers,
  });
  try {
    const { url } = await app.listen(0, '127.0.0.1');
    const caller = new Caller(url);
    return {
      ...app,
      caller,
      /** The code of the line of level `error` that goes with a request. */
      alarms,
      /** What was logged besides. */
      failedSweeps,
      async stop() {
        caller.close();
        await app.close();
      },
    };
  } catch (error) {
    await app.close();
    throw error;
  }
}
