import { type App, createApp } from '../../src/app.ts';
import type { Identity } from '../../src/core/identity.ts';
import { foldImpKey } from '../../src/core/merchant.ts';
import { digestSecret } from '../../src/core/token-service.ts';
import { createLog } from '../../src/log.ts';
import { newMasterKey } from '../../src/master-keys.ts';
import { CaseError, type GoldenCertification, type GoldenGiven, type GoldenPerson } from './case-file.ts';
import { CHANNELS, ciOf, diOf, findPerson, KEY_PAIRS, MERCHANTS, splitCarrier } from './people.ts';

/** `T0` of the cases in seconds: 2025-03-14T10:20:00+09:00. */
const T0 = 1_741_915_200;

const log = createLog('silent');

/** Milliseconds since the epoch of an offset in a case. */
export function timeAt(offset: number): number {
  return (T0 + offset) * 1000;
}

/** A server that nobody has asked anything yet, with the merchants of the cases and a clock that stands still. */
export interface World {
  readonly port: number;
  /** Sets the clock to `T0` and so many seconds. */
  setOffset(offset: number): void;
  /** Puts a certification of a case into the store. */
  keepCertification(row: GoldenCertification): Promise<void>;
  close(): Promise<void>;
}

export async function createWorld(given: GoldenGiven): Promise<World> {
  let now = timeAt(0);
  const app = await createApp({
    mode: given.mode ?? 'dev',
    databaseUrl: 'sqlite::memory:',
    masterKeys: [newMasterKey()],
    log,
    basePath: given.base_path ?? '',
    corsOrigins: given.cors_origins ?? [],
    clock: { now: () => now },
  });
  try {
    await saveMerchants(app);
    const { url } = await app.listen(0, '127.0.0.1');
    return {
      port: Number(new URL(url).port),
      setOffset(offset) {
        now = timeAt(offset);
      },
      keepCertification: (row) => keepCertification(app, row),
      close: () => app.close(),
    };
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function saveMerchants({ store, vault }: App): Promise<void> {
  for (const { id, name, userCode } of MERCHANTS)
    await store.saveMerchant({
      name,
      userCode,
      keys: [...KEY_PAIRS.values()]
        .filter(({ merchant }) => merchant === id)
        .map(({ impKey, impSecret }) => ({
          impKey: foldImpKey(impKey),
          secretDigest: digestSecret(vault, impSecret),
        })),
      channels: CHANNELS.filter(({ merchant }) => merchant === id).map(
        ({ merchant: _, ...channel }) => channel,
      ),
    });
}

/**
 * Records of both kinds are one record here: what only the OTP routes need of one (`otp`, `method`, `app`,
 * `reason`) has no place in the store before those routes exist.
 */
async function keepCertification({ store, certifications }: App, row: GoldenCertification): Promise<void> {
  const channel = await store.findChannel(row.channel);
  if (channel === null) throw new CaseError(`there is no channel "${row.channel}" in the world`);
  if (row.kind === 'otp' && (row.origin ?? null) !== null)
    throw new CaseError(`${row.imp_uid}: an OTP certification has no origin`);
  if (row.state === 'certified' && (row.certified_at === undefined || row.person === undefined))
    throw new CaseError(`${row.imp_uid}: a certified one needs certified_at and person`);

  const erased = row.state === 'erased';
  const certified = row.state === 'certified' || (erased && row.certified_at !== undefined);
  const kept = await certifications.keepAs(row.imp_uid, {
    channel,
    state: row.state === 'erased' ? (certified ? 'certified' : 'pending') : row.state,
    requestedAt: timeAt(row.requested),
    certifiedAt: certified && row.certified_at !== undefined ? timeAt(row.certified_at) : null,
    merchantUid: row.merchant_uid,
    pageUrl: row.origin ?? null,
    providerTid: row.pg_tid ?? null,
    identity: row.person === undefined ? null : toIdentity(findPerson(row.person), row, certified),
  });
  if (!kept) throw new CaseError(`the store did not take ${row.imp_uid}`);
  if (erased) await certifications.erase(channel.merchantId, row.imp_uid);
}

/** CI and DI come with the provider's approval: whom a pending request only names has none yet. */
function toIdentity(person: GoldenPerson, row: GoldenCertification, approved: boolean): Identity {
  const { name, birthday, gender, foreigner, phone } = person;
  return {
    name,
    birthday,
    gender,
    foreigner,
    phone,
    ...splitCarrier(person.carrier),
    ci: approved && row.no_ci !== true ? ciOf(person) : null,
    di: approved ? diOf(person, row.channel) : null,
  };
}
