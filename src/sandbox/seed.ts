import { toMerchantSetup } from '../config/merchant-setup.ts';
import type { CertificationService, NewCertification } from '../core/certification-service.ts';
import type { Channel } from '../core/channel.ts';
import { SECOND } from '../core/clock.ts';
import { type Identity, parseCarrier, parsePhone, tidyName } from '../core/identity.ts';
import type { MerchantService } from '../core/merchant-service.ts';
import { fakeCi, fakeDi, fakeProviderTid } from './fake-ids.ts';
import type { Seed, SeedCertification, SeedPerson } from './people-file.ts';
import { SANDBOX_ADAPTER } from './provider.ts';

interface SeedTarget {
  readonly merchants: MerchantService;
  readonly certifications: CertificationService;
}

/** Adds or updates the merchants of a seed in the store. */
export async function seedMerchants({ merchants }: SeedTarget, seed: Seed): Promise<void> {
  for (const merchant of seed.merchants) {
    const setup = toMerchantSetup(merchant);
    const channels = setup.channels.map((channel) => ({ ...channel, adapter: SANDBOX_ADAPTER }));
    await merchants.save({ ...setup, channels });
  }
}

/** Stores the certifications of a seed, except for ids that are or were in use. */
export async function seedCertifications(
  { merchants, certifications }: SeedTarget,
  seed: Seed,
): Promise<void> {
  for (const row of seed.certifications) {
    const channel = await merchants.findChannel(row.channel);
    if (channel !== null) await certifications.keepAs(row.imp_uid, toCertification(row, channel));
  }
}

function toCertification(row: SeedCertification, channel: Channel): NewCertification {
  const attempt = { channel, merchantUid: row.merchant_uid, pageUrl: row.origin ?? null };
  if (!row.certified)
    return {
      ...attempt,
      state: 'pending',
      requestedAt: 0,
      certifiedAt: null,
      providerTid: null,
      identity: null,
    };
  const at = row.certified_at * SECOND;
  return {
    ...attempt,
    state: 'certified',
    requestedAt: at,
    certifiedAt: at,
    providerTid: fakeProviderTid(channel, at),
    identity: toIdentity(row, channel.channelKey),
  };
}

function toIdentity(row: SeedPerson, channelKey: string): Identity {
  const person = {
    name: tidyName(row.name),
    birthday: row.birthday,
    gender: row.gender ?? null,
    foreigner: row.foreigner ?? null,
  };
  const carrier = parseCarrier(row.carrier ?? '');
  return {
    ...person,
    phone: parsePhone(row.phone ?? ''),
    carrier: carrier?.carrier ?? null,
    mvno: carrier?.mvno ?? false,
    ci: fakeCi(person, row),
    di: fakeDi(person, channelKey, row),
  };
}
