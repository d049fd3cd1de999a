import { fill } from '../../config/language.ts';
import type { Channel } from '../../core/channel.ts';
import { findProvider, type Providers } from '../../core/provider.ts';
import type { ChannelsInUse } from '../../server/read-channels.ts';
import { type Finding, failed, ok, type ReadyContext, same, warning } from './check.ts';
import { CHECK_COPY } from './copy.ts';

/* What Bonin keeps: settings, keys, the database and the channels in it. */

export function checkSettings({ problems }: Pick<ReadyContext, 'problems'>): Finding {
  return problems.length === 0 ? ok(CHECK_COPY.settings_ok) : failed(same(problems.join('; ')));
}

export function checkKeys({ config, masterKeys }: ReadyContext): Finding {
  const file = config.database.masterKeys;
  const keys = masterKeys();
  const newest = keys.at(-1);
  return ok(
    newest === undefined
      ? fill(CHECK_COPY.keys_new, { file })
      : fill(CHECK_COPY.keys_ok, { file, count: keys.length, id: newest.id }),
  );
}

export async function checkDatabase({ inspect }: ReadyContext): Promise<Finding> {
  const { stepsMissing } = await inspect();
  if (stepsMissing === null) return ok(CHECK_COPY.database_new);
  return ok(
    stepsMissing === 0 ? CHECK_COPY.database_ok : fill(CHECK_COPY.database_steps, { count: stepsMissing }),
  );
}

export async function checkChannels({ channels }: ReadyContext): Promise<Finding> {
  const read = await channels();
  if (read.channels.length === 0) return ok(CHECK_COPY.channels_none);
  const names = findUnfinished(read);
  if (names.length === 0) return ok(fill(CHECK_COPY.channels_ok, { count: read.channels.length }));
  return warning(CHECK_COPY.channels_unfinished, names);
}

/** Whether a channel has no provider and so can certify nobody. */
export function isUnfinished(providers: Providers, channel: Channel): boolean {
  return findProvider(providers, channel) === undefined;
}

/** The channels that have no provider, each with its adapter. */
function findUnfinished({ channels, providers }: ChannelsInUse): readonly string[] {
  return channels
    .filter((channel) => isUnfinished(providers, channel))
    .map(({ channelKey, adapter }) => `${channelKey} (${adapter})`);
}
