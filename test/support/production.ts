import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMasterKeys } from '../../src/config/master-keys.ts';
import type { NewCertification } from '../../src/core/certification-service.ts';
import type { Identity } from '../../src/core/identity.ts';
import { createLog } from '../../src/log.ts';
import { createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { type Bonin, type Finished, runBonin } from './start-bonin.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Two merchants as an operator writes them down. */
export const MERCHANTS = [
  {
    user_code: 'imp10000001',
    name: '가상상점',
    imp_key: 'serve_a',
    imp_secret: 'ServeSecretOfMerchantA/1',
    channels: [{ channel_key: 'serve-danal', pg_provider: 'danal', pg_id: 'P1', carrier_approval: true }],
  },
  {
    user_code: 'imp10000002',
    name: '가상서점',
    imp_key: 'serve_b',
    imp_secret: 'ServeSecretOfMerchantB/1',
    channels: [{ channel_key: 'serve-kcp', pg_provider: 'kcp_v2', pg_id: 'P2' }],
  },
] as const;
export const [A, B] = MERCHANTS;

export const PERSON = {
  name: '허난설헌',
  birthday: '1991-02-03',
  gender: 'female',
  foreigner: false,
  phone: '01000000042',
  carrier: 'KT',
  mvno: false,
  ci: 'ci-of-serve',
  di: 'di-of-serve',
} as const;

/** What a server of these merchants has logged, but that their channels are not ready. */
export function complaintsOf(bonin: Pick<Bonin, 'stderr'>): readonly string[] {
  return bonin
    .stderr()
    .split('\n')
    .filter((line) => line !== '' && !line.includes('channels that are not ready certify nobody'));
}

/** A place for the data of `serve`, and the words and variables that lead there. */
export interface Site {
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly databaseUrl: string;
  readonly keyFile: string;
}

/** A site in a new folder; on PostgreSQL when a database is given. */
export function newSite(postgresUrl?: string): Site {
  const folder = temporaryFolder();
  return {
    words: ['--data', folder],
    env: postgresUrl === undefined ? {} : { BONIN_DATABASE_URL: postgresUrl },
    databaseUrl: postgresUrl ?? `sqlite:${join(folder, 'bonin.db')}`,
    keyFile: join(folder, 'master.keys'),
  };
}

/** Runs `bonin merchants` with what an operator wrote down, in a file that nobody else may read. */
export function bringMerchants(site: Site, content: unknown, mode = 0o600): Promise<Finished> {
  const file = join(temporaryFolder(), 'merchants.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), { mode });
  return runBonin(['merchants', file, ...site.words], { env: site.env });
}

/** Keeps certifications of merchant A, as an agency's result would be. */
export async function keepCertifications(
  site: Site,
  impUids: readonly string[],
  identity: Identity = PERSON,
  keepsInvented = false,
): Promise<void> {
  const app = await createApp({
    policy: { ...SERVE_POLICY, keepsInvented },
    databaseUrl: site.databaseUrl,
    masterKeys: readMasterKeys(site.keyFile, false),
    log: createLog('silent'),
  });
  try {
    const channel = await app.merchants.findChannel(A.channels[0].channel_key);
    if (channel === null) throw new Error('the channel of merchant A is not there');
    const certification: NewCertification = {
      channel,
      merchantUid: 'order-of-serve',
      pageUrl: null,
      state: 'certified',
      requestedAt: 1_700_000_000_000,
      certifiedAt: 1_700_000_000_000,
      providerTid: 'tid-of-serve',
      identity,
    };
    for (const impUid of impUids)
      if (!(await app.certifications.keepAs(impUid, certification))) throw new Error(`${impUid} is in use`);
  } finally {
    await app.close();
  }
}
