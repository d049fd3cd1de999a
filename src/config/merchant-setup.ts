import type { MerchantSetup, NewChannel } from '../core/merchant.ts';
import type { ChannelEntry, MerchantEntry } from './merchants-file.ts';

/** Turns a merchant of a file into the form that the store takes. */
export function toMerchantSetup(merchant: MerchantEntry): MerchantSetup {
  const { page } = merchant;
  return {
    name: merchant.name ?? merchant.id ?? merchant.user_code,
    userCode: merchant.user_code,
    ...(page && {
      pageRules: {
        returnHosts: page.return_hosts ?? [],
        returnSchemes: page.return_schemes ?? [],
        origins: page.origins ?? null,
        // A list of origins that may start the page excludes all others.
        nullOrigin: page.null_origin ?? !page.origins,
        bindsBrowser: page.bind_browser === 'strict',
      },
    }),
    isTest: merchant.test ?? false,
    keys: [merchant, ...(merchant.keys ?? [])].map(({ imp_key, imp_secret }) => ({
      impKey: imp_key,
      impSecret: imp_secret,
    })),
    channels: merchant.channels.map(toNewChannel),
  };
}

/** Turns a channel of a file into the form that the store takes. */
export function toNewChannel(channel: ChannelEntry): NewChannel {
  return {
    channelKey: channel.channel_key,
    adapter: channel.adapter ?? undefined,
    settings: channel.settings ?? undefined,
    provider: channel.pg_provider,
    providerMerchantId: channel.pg_id,
    carrierApproval: channel.carrier_approval ?? false,
    foreignerAddOn: channel.foreigner_addon ?? false,
    minimumAge: channel.min_age ?? null,
  };
}
