import { PROVIDER_NAMES, type ProviderName } from './core/channel.ts';
import { foldImpKey, type MerchantSetup } from './core/merchant.ts';
import { findGuessable } from './guessable-secret.ts';
import {
  findBroken,
  findInList,
  isMissing,
  isObject,
  isText,
  list,
  optional,
  type Rules,
  text,
  texts,
  textThat,
  truth,
} from './member-rules.ts';

/*
 * The shape in which merchants are written down: a file of `bonin merchants`, and the member `merchants` of a
 * people file.
 */

export interface ChannelEntry {
  readonly channel_key: string;
  readonly pg_provider: ProviderName;
  readonly pg_id: string;
  readonly carrier_approval?: boolean | null;
  readonly foreigner_addon?: boolean | null;
  /** Full years; absent for people of any age. */
  readonly min_age?: number | null;
}

interface KeyEntry {
  readonly imp_key: string;
  readonly imp_secret: string;
}

/** Which pages may start the verification page, and where it may send people back to; `PageRules` says how. */
interface PageEntry {
  readonly return_hosts?: readonly string[] | null;
  readonly return_schemes?: readonly string[] | null;
  readonly origins?: readonly string[] | null;
  readonly null_origin?: boolean | null;
}

/** A merchant with one key pair, or more of them in `keys`. */
export interface MerchantEntry extends KeyEntry {
  readonly id?: string | null;
  /** Default: the id, else the user code. */
  readonly name?: string | null;
  readonly user_code: string;
  readonly keys?: readonly KeyEntry[] | null;
  /** The first one is the default one. */
  readonly channels: readonly ChannelEntry[];
  readonly page?: PageEntry | null;
}

const KEY: Rules = { imp_key: text, imp_secret: text };
const MERCHANT: Rules = {
  id: optional(text),
  name: optional(text),
  user_code: text,
  ...KEY,
  keys: optional(list),
  channels: list,
  page: optional({ must: 'be an object', holds: isObject }),
};
const CHANNEL: Rules = {
  channel_key: text,
  pg_provider: textThat(`be one of ${PROVIDER_NAMES.join(', ')}`, (value) =>
    PROVIDER_NAMES.some((name) => name === value),
  ),
  pg_id: text,
  // What the order says already; see `findWrongDefaults`.
  default: optional(truth),
  carrier_approval: optional(truth),
  foreigner_addon: optional(truth),
  min_age: optional({
    must: 'be a whole number of 0 to 150',
    holds: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 150,
  }),
};
const PAGE: Rules = {
  return_hosts: optional(
    texts(
      'be a list of hosts as in shop.example, shop.example:8443 or *.shop.example',
      /^(?:\*\.)?[^*/\s]+$/,
    ),
  ),
  return_schemes: optional(texts('be a list of schemes without the colon', /^[a-z][a-z0-9+.-]*$/)),
  origins: optional(texts('be a list of origins as in https://shop.example', /^https?:\/\/[^/\s]+$/)),
  null_origin: optional(truth),
};

/**
 * Everything that is wrong with the member `merchants` of a file, each with its path. No value is quoted: it may
 * be a secret in the wrong place. In a sandbox a merchant has an id, and secrets may be samples.
 */
export function findMerchantProblems(
  merchants: unknown,
  place: 'production' | 'sandbox' = 'production',
): readonly string[] {
  if (!Array.isArray(merchants)) return ['merchants must be a list'];
  if (merchants.length === 0) return ['merchants must not be empty'];
  const rules = place === 'sandbox' ? { ...MERCHANT, id: text } : MERCHANT;
  const broken = findInList(merchants, 'merchants', (merchant, path) => {
    const { keys, channels, page } = isObject(merchant) ? merchant : {};
    return [
      ...findBroken(merchant, rules, path),
      ...findInList(keys, `${path}.keys`, (key, at) => findBroken(key, KEY, at)),
      ...findInList(channels, `${path}.channels`, (channel, at) => findBroken(channel, CHANNEL, at)),
      ...findWrongDefaults(channels, `${path}.channels`),
      ...(isObject(page) ? findBroken(page, PAGE, `${path}.page`) : []),
      ...(place === 'production' ? findGuessableSecrets(merchant, path) : []),
    ];
  });
  return broken.length > 0 ? broken : findRepeated(merchants as readonly MerchantEntry[]);
}

/** The first channel is the default one: a file that says otherwise would be misread. */
function findWrongDefaults(channels: unknown, path: string): readonly string[] {
  const given = Array.isArray(channels) ? channels.map((each) => isObject(each) && each['default']) : [];
  return given.flatMap((value, at) =>
    typeof value === 'boolean' && value && at > 0
      ? [`${path}[${at}].default must be false: the first channel is the default one`]
      : [],
  );
}

function findGuessableSecrets(merchant: unknown, path: string): readonly string[] {
  if (!isObject(merchant)) return [];
  const { keys } = merchant;
  const pairs = [
    { at: path, pair: merchant },
    ...(Array.isArray(keys) ? keys.map((pair, at) => ({ at: `${path}.keys[${at}]`, pair })) : []),
  ].filter(({ pair }) => isObject(pair));
  const impKeys = pairs.map(({ pair }) => pair['imp_key']).filter(isText);
  return pairs.flatMap(({ at, pair }) => {
    const secret = pair['imp_secret'];
    const must = isText(secret) ? findGuessable(secret, impKeys) : null;
    return must === null ? [] : [`${at}.imp_secret must ${must}`];
  });
}

/** A second use of what names one thing only: the later one would take the place of the first. */
function findRepeated(merchants: readonly MerchantEntry[]): readonly string[] {
  const seen = new Set<string>();
  return merchants.flatMap((merchant, at) => {
    const path = `merchants[${at}]`;
    const names = [
      [`${path}.user_code`, `user ${merchant.user_code}`],
      ...keysOf(merchant).map(({ imp_key }) => [`${path}: an imp_key`, `key ${foldImpKey(imp_key)}`]),
      ...merchant.channels.map(({ channel_key }, index) => [
        `${path}.channels[${index}].channel_key`,
        `channel ${channel_key}`,
      ]),
    ] as const;
    return names.flatMap(([place = '', name = '']) => {
      if (seen.has(name)) return [`${place} is there twice`];
      seen.add(name);
      return [];
    });
  });
}

/** Every key pair of an entry. */
export function keysOf({ imp_key, imp_secret, keys }: MerchantEntry): readonly KeyEntry[] {
  return [{ imp_key, imp_secret }, ...(keys ?? [])];
}

/** A merchant in the form that a store takes. */
export function toMerchantSetup(merchant: MerchantEntry): MerchantSetup {
  const { page } = merchant;
  return {
    name: merchant.name ?? merchant.id ?? merchant.user_code,
    userCode: merchant.user_code,
    ...(!isMissing(page) && {
      pageRules: {
        returnHosts: page.return_hosts ?? [],
        returnSchemes: page.return_schemes ?? [],
        origins: page.origins ?? null,
        // Whoever names who may start the page means nobody else.
        nullOrigin: page.null_origin ?? isMissing(page.origins),
      },
    }),
    keys: keysOf(merchant).map(({ imp_key, imp_secret }) => ({
      impKey: imp_key,
      impSecret: imp_secret,
    })),
    channels: merchant.channels.map((channel) => ({
      channelKey: channel.channel_key,
      provider: channel.pg_provider,
      providerMerchantId: channel.pg_id,
      carrierApproval: channel.carrier_approval ?? false,
      foreignerAddOn: channel.foreigner_addon ?? false,
      minimumAge: channel.min_age ?? null,
    })),
  };
}
