import type { Channel } from '../core/channel.ts';
import { findProvider, type Providers } from '../core/provider.ts';
import type { Logger } from '../log.ts';
import type { Services } from '../server/services.ts';

/** How many channels are named at a start; further ones are only counted. */
const NAMED = 20;

/** The note on a channel without a provider. */
export const UNFINISHED = 'no such provider here: it certifies nobody';

/** Whether a channel has no provider and so can certify nobody. */
export function isUnfinished(providers: Providers, channel: Channel): boolean {
  return findProvider(providers, channel) === undefined;
}

/** Names the channels that have no provider, in the log and on standard output, once at a start. */
export async function tellUnfinished({ merchants, providers }: Services, log: Logger): Promise<void> {
  let channels: readonly Channel[];
  try {
    channels = (await merchants.list()).flatMap((each) => each.channels);
  } catch (error) {
    // An altered row is an alarm, but no reason to refuse the other merchants.
    log.error({ error }, 'the channels could not be read');
    return;
  }
  const unfinished = channels.filter((channel) => isUnfinished(providers, channel));
  if (unfinished.length === 0) return;
  const named = unfinished.slice(0, NAMED).map(({ channelKey, adapter }) => `${channelKey} (${adapter})`);
  log.warn({ count: unfinished.length, channels: named }, 'channels without a provider certify nobody');
  for (const name of named) console.log(`channel ${name}: ${UNFINISHED}`);
  if (unfinished.length > NAMED)
    console.log(`and ${unfinished.length - NAMED} more; bonin merchants list names them`);
  console.log('');
}
