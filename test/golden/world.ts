import { toAsciiJson } from '../../src/ascii-json.ts';
import { newMasterKey } from '../../src/config/master-keys.ts';
import {
  CaseError,
  type GoldenCertification,
  type GoldenGiven,
  type GoldenOtpHistory,
  type GoldenPerson,
  timeAt,
} from '../../src/conformance/case-file.ts';
import type { Stage } from '../../src/conformance/play.ts';
import type { StoredCertification } from '../../src/core/certification.ts';
import { sealCertification } from '../../src/core/certification-service.ts';
import type { Identity } from '../../src/core/identity.ts';
import { Limiter } from '../../src/core/limits.ts';
import { claimantContext, digestOtp, digestPhone, type OtpNote, type StoredOtp } from '../../src/core/otp.ts';
import type { Vault } from '../../src/core/vault.ts';
import { createLog } from '../../src/log.ts';
import { type App, createApp } from '../../src/server/mount.ts';
import { DEV_POLICY, SERVE_POLICY } from '../../src/server/policy.ts';
import { serverOf, visitorFrom } from '../support/callers.ts';
import { CHANNELS, ciOf, diOf, findPerson, KEY_PAIRS, MERCHANTS, splitCarrier } from './people.ts';
import { ScriptedProvider } from './scripted-provider.ts';

const log = createLog('silent');

/** A server that nobody has asked anything yet, with the merchants of the cases and a clock that stands still. */
export interface World extends Stage {
  close(): Promise<void>;
}

export async function createWorld(given: GoldenGiven, databaseUrl: string): Promise<World> {
  let now = timeAt(0);
  const scripted = new ScriptedProvider(given.provider ?? {});
  const app = await createApp({
    policy: { ...(given.mode === 'serve' ? SERVE_POLICY : DEV_POLICY), keepsInvented: true },
    databaseUrl,
    masterKeys: [newMasterKey()],
    log,
    basePath: given.base_path ?? '',
    corsOrigins: given.cors_origins ?? [],
    // Not this machine's clock, which a database would correct by its own.
    moveClock: () => ({ now: () => now }),
    providers: scripted.providers,
  });
  try {
    const merchantIds = await saveMerchants(app);
    const { url } = await app.listen(0, '127.0.0.1');
    return {
      target: { host: '127.0.0.1', port: Number(new URL(url).port), tls: false, basePath: '' },
      keyPair: (name) => KEY_PAIRS.get(name) ?? null,
      setOffset(offset) {
        now = timeAt(offset);
      },
      keepCertification: (row) => keepCertification(app, scripted, row),
      countRequests: (history) => countRequests(app, merchantIds, history),
      close: () => app.close(),
    };
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function saveMerchants({ merchants }: App): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  for (const { id, name, userCode } of MERCHANTS) {
    const saved = await merchants.save({
      name,
      userCode,
      keys: [...KEY_PAIRS.values()].filter(({ merchant }) => merchant === id),
      channels: CHANNELS.filter(({ merchant }) => merchant === id).map(
        ({ merchant: _, ...channel }) => channel,
      ),
    });
    ids.set(id, saved.id);
  }
  return ids;
}

async function countRequests(
  { store, vault }: App,
  merchantIds: ReadonlyMap<string, number>,
  { phone, merchant, first, every, times }: GoldenOtpHistory,
): Promise<void> {
  const merchantId = merchantIds.get(merchant);
  if (merchantId === undefined) throw new CaseError(`there is no merchant "${merchant}" in the world`);
  // Far from any limit: what is asked of the cases' server is only that it counts.
  const free = [{ count: 1_000_000, window: 1 }];
  const limits = { phone: free, phoneEverywhere: free, merchant: free, address: free };
  for (let at = 0; at < times; at++)
    await new Limiter({ store, vault, clock: { now: () => timeAt(first + at * every) }, limits }).countCode(
      visitorFrom('192.0.2.1'),
      {
        merchantId,
        phone: phone ?? `different ${at}`,
      },
    );
}

async function keepCertification(
  { store, vault, merchants, certifications }: App,
  scripted: ScriptedProvider,
  row: GoldenCertification,
): Promise<void> {
  const channel = await merchants.findChannel(row.channel);
  if (channel === null) throw new CaseError(`there is no channel "${row.channel}" in the world`);
  if (row.kind === 'otp' && (row.origin ?? null) !== null)
    throw new CaseError(`${row.imp_uid}: an OTP certification has no origin`);
  if (row.state === 'certified' && (row.certified_at === undefined || row.person === undefined))
    throw new CaseError(`${row.imp_uid}: a certified one needs certified_at and person`);

  if (row.app === 'approved') scripted.approve(row.imp_uid);
  const erased = row.state === 'erased';
  const certified = row.state === 'certified' || (erased && row.certified_at !== undefined);
  const identity = row.person === undefined ? null : toIdentity(findPerson(row.person), row, certified);
  const record = {
    channel,
    state: row.state === 'erased' ? (certified ? 'certified' : 'pending') : row.state,
    requestedAt: timeAt(row.requested),
    certifiedAt: certified && row.certified_at !== undefined ? timeAt(row.certified_at) : null,
    merchantUid: row.merchant_uid,
    pageUrl: row.origin ?? null,
    providerTid: row.pg_tid ?? null,
    identity: certified ? identity : null,
  } as const;
  const certification = sealCertification(vault, row.imp_uid, record);
  const kept =
    row.kind === 'page'
      ? await certifications.keepAs(row.imp_uid, record)
      : await store.createOtpCertification(certification, toOtp(vault, row, certification, identity));
  if (!kept) throw new CaseError(`the store did not take ${row.imp_uid}`);
  if (erased) await certifications.erase(serverOf(channel.merchantId), row.imp_uid);
}

const ENDS = { tries: 'tries', mismatch: 'refused' } as const;

function toOtp(
  vault: Vault,
  row: GoldenCertification,
  certification: StoredCertification,
  identity: Identity | null,
): StoredOtp {
  const end: StoredOtp['end'] =
    row.state === 'failed' ? ENDS[row.reason ?? 'tries'] : row.state === 'expired' ? 'late' : null;
  const counted = {
    method: row.method ?? 'SMS',
    sentAt: timeAt(row.otp?.sent ?? row.requested),
    wrong: row.otp?.wrong ?? 0,
    end,
  } as const;
  // What has ended keeps nothing of whom it named.
  if (row.state !== 'pending') return { ...counted, digest: null, phoneDigest: null, claimant: null };
  const sent = {
    ...counted,
    digest: digestOtp(vault, row.imp_uid, row.otp?.code ?? 'none'),
    phoneDigest: digestPhone(vault, identity?.phone ?? 'none'),
  };
  if (identity === null) throw new CaseError(`${row.imp_uid} is pending and names nobody`);
  const note: OtpNote = { claimant: identity, memo: null, comparedBy: 'us' };
  return { ...sent, claimant: vault.seal(claimantContext(certification, sent), toAsciiJson(note)) };
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
