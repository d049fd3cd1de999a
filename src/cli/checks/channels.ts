import { fill, type Sentence } from '../../config/language.ts';
import { type Channel, NO_ADAPTER, REMOVED } from '../../core/channel.ts';
import type { Merchant } from '../../core/merchant.ts';
import { findProvider, type Providers } from '../../core/provider.ts';
import type { Services } from '../../server/services.ts';
import { CHANNELS_COPY } from '../channels-copy.ts';
import {
  type CheckedChannel,
  type Finding,
  type Named,
  ok,
  type ReadyContext,
  same,
  warning,
} from './check.ts';
import { CHECK_COPY } from './copy.ts';

type MerchantsHere = Pick<Services, 'merchants' | 'providers'>;

/** Names the channels that are not ready. Those that were removed are meant to certify nobody. */
export async function checkChannels({ channels }: ReadyContext): Promise<Finding> {
  const found = (await channels()).filter(({ channel }) => channel.adapter !== REMOVED);
  if (found.length === 0) return ok(CHECK_COPY.channels_none);
  const named = found.flatMap(({ channel, fault }): readonly Named[] =>
    fault === null ? [] : [{ name: nameOf(channel), fault }],
  );
  if (named.length === 0) return ok(fill(CHECK_COPY.channels_ok, { count: found.length }));
  return warning(CHECK_COPY.channels_unfinished, named);
}

/** The channels of all merchants. */
export async function listChannels(services: MerchantsHere): Promise<readonly CheckedChannel[]> {
  const listed: CheckedChannel[] = [];
  for (const { merchant, channels } of await services.merchants.list())
    for (const channel of channels) listed.push({ channel, fault: findFault(services, merchant, channel) });
  return listed;
}

/** Why a channel of a merchant certifies nobody, without the value of any setting; null when it is ready. */
export function findFault(
  { merchants, providers }: MerchantsHere,
  merchant: Merchant,
  channel: Channel,
): Sentence | null {
  if (channel.adapter === REMOVED) return CHANNELS_COPY.removed_channel;
  if (findProvider(providers, channel) === undefined) return explainMissing(providers, channel);
  const fault = merchants.findFault(merchant, channel);
  return fault === null ? null : same(fault);
}

/** An adapter may show a `pg_provider` that is not its own name, and then has to be named. */
function explainMissing(providers: Providers, { adapter, provider }: Channel): Sentence {
  const adapters = Object.keys(providers).filter((name) => providers[name]?.shows.includes(provider));
  const isUnnamed = adapter === NO_ADAPTER || adapter === provider;
  return isUnnamed && adapters.length > 0
    ? fill(CHANNELS_COPY.needs_adapter, { provider, adapters: adapters.join(', ') })
    : CHANNELS_COPY.no_provider;
}

function nameOf({ channelKey, adapter, provider }: Channel): string {
  return `${channelKey} (${adapter === NO_ADAPTER ? provider : adapter})`;
}
