import { readFileSync } from 'node:fs';
import type { CertificationService } from '../core/certification-service.ts';
import { type Channel, PROVIDER_NAMES, type ProviderName } from '../core/channel.ts';
import { type Identity, isBirthday, isPersonName, parseCarrier, parsePhone } from '../core/identity.ts';
import { isStorableImpUid } from '../core/ids.ts';
import { foldImpKey } from '../core/merchant.ts';
import type { Store } from '../core/store.ts';
import { digestSecret } from '../core/token-service.ts';
import type { Vault } from '../core/vault.ts';
import { AppError } from '../errors.ts';
import { fakeCi, fakeDi, fakeProviderTid } from './fake-ids.ts';
import people from './people.json' with { type: 'json' };

interface SeedChannel {
  readonly channel_key: string;
  readonly pg_provider: ProviderName;
  readonly pg_id: string;
  readonly carrier_approval?: boolean;
  readonly foreigner_addon?: boolean;
}

interface SeedMerchant {
  readonly id: string;
  readonly name?: string;
  readonly user_code: string;
  readonly imp_key: string;
  readonly imp_secret: string;
  readonly channels: readonly SeedChannel[];
}

interface SeedCertification {
  readonly imp_uid: string;
  readonly channel: string;
  readonly merchant_uid: string;
  readonly name: string | null;
  readonly birthday: string | null;
  readonly gender: 'male' | 'female' | null;
  readonly phone: string | null;
  readonly carrier: string | null;
  readonly foreigner: boolean | null;
  readonly certified: boolean;
  /** Epoch seconds; 0 when not certified. */
  readonly certified_at: number;
  readonly origin: string | null;
}

/** Who exists in a sandbox: the content of a people file. */
export interface Seed {
  readonly merchants: readonly SeedMerchant[];
  readonly certifications: readonly SeedCertification[];
}

/** The people that come along. */
export const DEFAULT_SEED = people as Seed;

/** Reads a people file of the same shape as the one that comes along; `start_refused` names what is wrong in it. */
export function readSeed(file: string): Seed {
  let seed: unknown;
  try {
    seed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new AppError('start_refused', { detail: `${file}: cannot be read as JSON`, cause });
  }
  const problem = findProblem(seed);
  if (problem !== null) throw new AppError('start_refused', { detail: `${file}: ${problem}` });
  return seed as Seed;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

function findProblem(seed: unknown): string | null {
  const { merchants, certifications } = (seed ?? {}) as Partial<Seed>;
  if (!Array.isArray(merchants) || merchants.length === 0) return 'has no list "merchants"';
  if (!Array.isArray(certifications)) return 'has no list "certifications"';
  const channels = new Set<string>();
  for (const [at, merchant] of (merchants as Partial<SeedMerchant>[]).entries()) {
    const { user_code, imp_key, imp_secret } = merchant;
    if (!isText(user_code) || !isText(imp_key) || !isText(imp_secret))
      return `merchants[${at}] needs the texts user_code, imp_key and imp_secret`;
    if (!Array.isArray(merchant.channels)) return `merchants[${at}] has no list "channels"`;
    for (const channel of merchant.channels as Partial<SeedChannel>[]) {
      if (!isText(channel.channel_key) || !isText(channel.pg_id))
        return `a channel of merchants[${at}] needs the texts channel_key and pg_id`;
      if (!PROVIDER_NAMES.some((name) => name === channel.pg_provider))
        return `channel ${channel.channel_key}: pg_provider must be one of ${PROVIDER_NAMES.join(', ')}`;
      channels.add(channel.channel_key);
    }
  }
  for (const [at, row] of (certifications as Partial<SeedCertification>[]).entries()) {
    const problem = findCertificationProblem(row, channels);
    if (problem !== null) return `certifications[${at}]: ${problem}`;
  }
  return null;
}

function findCertificationProblem(row: Partial<SeedCertification>, channels: Set<string>): string | null {
  if (!isText(row.imp_uid) || !isStorableImpUid(row.imp_uid))
    return 'imp_uid must be a text of at most 100 characters';
  if (!isText(row.channel) || !channels.has(row.channel)) return 'channel must be the key of a channel above';
  if (!isText(row.merchant_uid)) return 'merchant_uid must be a text';
  if (row.certified !== true) return null;
  if (!Number.isInteger(row.certified_at)) return 'certified_at must be epoch seconds';
  if (!isText(row.name) || !isPersonName(row.name)) return 'name must be a name of 1 to 50 characters';
  if (!isText(row.birthday) || !isBirthday(row.birthday, Date.now()))
    return 'birthday must be a day, YYYY-MM-DD';
  if (isText(row.phone) && parsePhone(row.phone) === null) return 'phone must be a mobile number';
  if (isText(row.carrier) && parseCarrier(row.carrier) === null)
    return 'carrier must name one of the networks';
  return null;
}

interface SeedTarget {
  readonly store: Store;
  readonly vault: Vault;
  readonly certifications: CertificationService;
}

/** Brings the merchants of a seed into the store, whatever stands there already. */
export async function seedMerchants({ store, vault }: SeedTarget, seed: Seed): Promise<void> {
  for (const merchant of seed.merchants)
    await store.saveMerchant({
      name: merchant.name ?? merchant.id,
      userCode: merchant.user_code,
      keys: [
        { impKey: foldImpKey(merchant.imp_key), secretDigest: digestSecret(vault, merchant.imp_secret) },
      ],
      channels: merchant.channels.map((channel) => ({
        channelKey: channel.channel_key,
        provider: channel.pg_provider,
        providerMerchantId: channel.pg_id,
        carrierApproval: channel.carrier_approval ?? false,
        foreignerAddOn: channel.foreigner_addon ?? false,
      })),
    });
}

/** Keeps the certifications of a seed, but for those whose id is or was in use. */
export async function seedCertifications({ store, certifications }: SeedTarget, seed: Seed): Promise<void> {
  for (const row of seed.certifications) {
    const channel = (await store.findChannel(row.channel)) as Channel;
    const certifiedAt = row.certified ? row.certified_at * 1000 : null;
    const requestedAt = certifiedAt ?? 0;
    await certifications.keepAs(row.imp_uid, {
      channel,
      state: row.certified ? 'certified' : 'pending',
      requestedAt,
      certifiedAt,
      merchantUid: row.merchant_uid,
      pageUrl: row.origin,
      providerTid: row.certified ? fakeProviderTid(channel, requestedAt) : null,
      identity: row.certified ? toIdentity(row, row.channel) : null,
    });
  }
}

function toIdentity(row: SeedCertification, channelKey: string): Identity {
  const person = {
    name: (row.name ?? '').normalize('NFC'),
    birthday: row.birthday ?? '',
    gender: row.gender,
    foreigner: row.foreigner,
  };
  const carrier = row.carrier === null ? null : parseCarrier(row.carrier);
  return {
    ...person,
    phone: row.phone === null ? null : parsePhone(row.phone),
    carrier: carrier?.carrier ?? null,
    mvno: carrier?.mvno ?? false,
    ci: fakeCi(person),
    di: fakeDi(person, channelKey),
  };
}
