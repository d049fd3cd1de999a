import { PROVIDER_NAMES, type ProviderName } from './core/channel.ts';
import { foldImpKey, type MerchantSetup } from './core/merchant.ts';

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

/** What a member must be: a sentence for the operator, and the test. */
export interface Rule {
  readonly must: string;
  readonly holds: (value: unknown) => boolean;
}
export type Rules = Readonly<Record<string, Rule>>;
export type Members = Readonly<Record<string, unknown>>;

const isMissing = (value: unknown): value is null | undefined => value === null || value === undefined;
// Control characters mean nothing in any of them, and PostgreSQL cannot keep all.
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && !/\p{Cc}/u.test(value);

export const text: Rule = { must: 'be a text without control characters', holds: isText };
export const truth: Rule = { must: 'be true or false', holds: (value) => typeof value === 'boolean' };
export const list: Rule = { must: 'be a list', holds: Array.isArray };
export const optional = ({ must, holds }: Rule): Rule => ({
  must: `${must}, or null`,
  holds: (value) => isMissing(value) || holds(value),
});
export const textThat = (must: string, holds: (value: string) => boolean): Rule => ({
  must,
  holds: (value) => isText(value) && holds(value),
});
const texts = (must: string, pattern: RegExp): Rule => ({
  must,
  holds: (value) => Array.isArray(value) && value.every((each) => isText(each) && pattern.test(each)),
});

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

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What breaks the rules in `value`, a sentence for each member. `path` names it; empty at the top. */
export function findBroken(value: unknown, rules: Rules, path: string): readonly string[] {
  if (!isObject(value)) return [`${path === '' ? 'the file' : path} must be an object`];
  return Object.entries(rules)
    .filter(([name, { holds }]) => !holds(value[name]))
    .map(([name, { must }]) => `${path === '' ? '' : `${path}.`}${name} must ${must}`);
}

/** The same for every member of a list; nothing when it is none. */
export function findInList(
  values: unknown,
  path: string,
  find: (value: unknown, path: string) => readonly string[],
): readonly string[] {
  return Array.isArray(values) ? values.flatMap((value, at) => find(value, `${path}[${at}]`)) : [];
}

/**
 * Everything that is wrong with the member `merchants` of a file, each with its path. No value is quoted: it may
 * be a secret in the wrong place.
 */
export function findMerchantProblems(merchants: unknown): readonly string[] {
  if (!Array.isArray(merchants)) return ['merchants must be a list'];
  if (merchants.length === 0) return ['merchants must not be empty'];
  const broken = findInList(merchants, 'merchants', (merchant, path) => {
    const { keys, channels, page } = isObject(merchant) ? merchant : {};
    return [
      ...findBroken(merchant, MERCHANT, path),
      ...findInList(keys, `${path}.keys`, (key, at) => findBroken(key, KEY, at)),
      ...findInList(channels, `${path}.channels`, (channel, at) => findBroken(channel, CHANNEL, at)),
      ...(isObject(page) ? findBroken(page, PAGE, `${path}.page`) : []),
    ];
  });
  return broken.length > 0 ? broken : findRepeated(merchants as readonly MerchantEntry[]);
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
