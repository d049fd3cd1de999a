import type { CertificationService } from '../core/certification-service.ts';
import type { Channel } from '../core/channel.ts';
import { wholeSecond } from '../core/clock.ts';
import { type Identity, isBirthday, parseCarrier, parsePhone, tidyName } from '../core/identity.ts';
import type { MerchantService } from '../core/merchant-service.ts';
import { findNearestName } from '../validation/nearest-name.ts';
import { refuseInput } from './control-input.ts';
import type { CertificationInput } from './control-schemas.ts';
import { fakeCi, fakeDi, fakeProviderTid } from './fake-ids.ts';
import type { MovableClock } from './movable-clock.ts';
import type { Seed } from './people-file.ts';
import type { RecentCertifications } from './recent-certifications.ts';

interface Services {
  readonly merchants: MerchantService;
  readonly certifications: CertificationService;
  readonly clock: MovableClock;
  readonly seed: Seed;
  readonly recent: RecentCertifications;
}

/** The source of members that a request leaves out. */
const DEFAULT_PERSON = {
  name: '홍길동',
  birthday: '1990-01-31',
  gender: 'male',
  phone: '01000000001',
  carrier: 'SKT',
  foreigner: false,
} as const;

/**
 * `POST /sandbox/certifications`: creates a finished certification. Members that are left out have the values of the
 * default person on the first channel; null means that the provider does not return the member.
 */
export async function createSandboxCertification(
  services: Services,
  input: CertificationInput,
): Promise<{ imp_uid: string }> {
  const now = wholeSecond(services.clock.now());
  const channel = await findChannel(services, input.channel_key);
  const certified = input.certified ?? true;
  const identity = toIdentity(input, channel, now);
  const impUid = await services.certifications.keep({
    channel,
    state: certified ? 'certified' : 'pending',
    requestedAt: now,
    certifiedAt: certified ? now : null,
    merchantUid: tidy(input.merchant_uid ?? `nobody_${services.clock.now()}`),
    pageUrl: input.origin == null ? null : tidy(input.origin),
    providerTid: certified ? fakeProviderTid(channel, now) : null,
    identity: certified ? identity : null,
  });
  services.recent.add({
    imp_uid: impUid,
    channel_key: channel.channelKey,
    name: certified ? identity.name : null,
    method: null,
    service: null,
    state: certified ? 'certified' : 'waiting',
    at: now,
  });
  return { imp_uid: impUid };
}

async function findChannel({ merchants, seed }: Services, channelKey: string | undefined): Promise<Channel> {
  const known = seed.merchants.flatMap(({ channels }) => channels.map(({ channel_key }) => channel_key));
  const wanted = channelKey ?? known[0];
  const channel = wanted === undefined ? null : await merchants.findChannel(tidy(wanted));
  if (channel !== null) return channel;
  const nearest = channelKey === undefined ? '' : `; did you mean ${findNearestName(channelKey, known)}?`;
  throw refuseInput(`channel_key must be one of ${known.join(', ')}${nearest}`);
}

function toIdentity(input: CertificationInput, channel: Channel, now: number): Identity {
  const { phone, carrier } = input;
  const person = {
    name: tidyName(input.name ?? DEFAULT_PERSON.name),
    birthday: input.birthday ?? DEFAULT_PERSON.birthday,
    gender: input.gender === undefined ? DEFAULT_PERSON.gender : input.gender,
    foreigner: input.foreigner === undefined ? DEFAULT_PERSON.foreigner : input.foreigner,
  };
  if (!isBirthday(person.birthday, now))
    throw refuseInput('birthday must not be later than today by the clock of the sandbox');
  const line = carrier === null ? null : parseCarrier(carrier ?? DEFAULT_PERSON.carrier);
  return {
    ...person,
    phone: phone === null ? null : parsePhone(phone ?? DEFAULT_PERSON.phone),
    carrier: line?.carrier ?? null,
    mvno: line?.mvno ?? false,
    ci: fakeCi(person, input),
    di: fakeDi(person, channel.channelKey, input),
  };
}

function tidy(text: string): string {
  return text.normalize('NFC').trim();
}
