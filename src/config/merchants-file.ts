import * as v from 'valibot';
import { PROVIDER_NAMES } from '../core/channel.ts';
import { foldImpKey } from '../core/merchant.ts';
import { check } from '../validation/problems.ts';
import { listOf, object, oneOf, text, textThat, truth, wholeNumber } from '../validation/schemas.ts';
import { findGuessable } from './guessable-secret.ts';

/*
 * The schema of merchants in files: a file of `bonin merchants`, and the member `merchants` of a people file.
 */

const KEY = { imp_key: text, imp_secret: text };
const CHANNEL = object({
  channel_key: text,
  pg_provider: oneOf(PROVIDER_NAMES),
  /** Default: the adapter with the name of `pg_provider`, if that needs no settings; else none. */
  adapter: v.nullish(text),
  /** What the adapter takes; it checks them itself. */
  settings: v.nullish(v.record(v.string(), v.unknown(), 'must be an object')),
  pg_id: text,
  // The order already says this; see `findWrongDefaults`.
  default: v.nullish(truth),
  carrier_approval: v.nullish(truth),
  foreigner_addon: v.nullish(truth),
  /** Full years; absent for people of any age. */
  min_age: v.nullish(wholeNumber(0, 150)),
});
const texts = (what: string, pattern: RegExp) =>
  listOf(
    textThat(`be ${what}`, (value) => pattern.test(value)),
    `be a list, each ${what}`,
  );
/** Which pages may start the verification page, and where it may send people back to; `PageRules` says how. */
const PAGE = object({
  return_hosts: v.nullish(
    texts('a host as in shop.example, shop.example:8443 or *.shop.example', /^(?:\*\.)?[^*/\s]+$/),
  ),
  return_schemes: v.nullish(texts('a scheme without the colon', /^[a-z][a-z0-9+.-]*$/)),
  origins: v.nullish(texts('an origin as in https://shop.example', /^https?:\/\/[^/\s]+$/)),
  null_origin: v.nullish(truth),
  /** Whether a person may come back from an agency in another browser, as some apps do. */
  bind_browser: v.nullish(oneOf(['tolerant', 'strict'])),
});
/** A merchant with one key pair, or more of them in `keys`. The first channel is the default one. */
const MEMBERS = {
  /** Default: the id, else the user code. */
  name: v.nullish(text),
  user_code: text,
  ...KEY,
  keys: v.nullish(listOf(object(KEY))),
  channels: listOf(CHANNEL),
  page: v.nullish(PAGE),
  /** Whether its channels may use the test servers of agencies. */
  test: v.nullish(truth),
};
const some = <Item extends v.GenericSchema>(item: Item) =>
  v.pipe(listOf(item), v.minLength(1, 'not be empty'));

/** In a sandbox a merchant is named by its id. */
export const SANDBOX_MERCHANTS = some(object({ id: text, ...MEMBERS }));
const MERCHANTS = object({ merchants: some(object({ id: v.nullish(text), ...MEMBERS })) });

type ReadonlyDeep<T> = T extends object ? { readonly [Name in keyof T]: ReadonlyDeep<T[Name]> } : T;

/** The read-only content of a people file or merchants file. */
export type Written<Schema extends v.GenericSchema> = ReadonlyDeep<v.InferOutput<Schema>>;
export type ChannelEntry = Written<typeof CHANNEL>;
export type MerchantEntry = Written<typeof MERCHANTS>['merchants'][number];

/**
 * The merchants of a file of `bonin merchants`; or everything that is wrong in it, each with its path. No value is
 * quoted: it may be a secret in the wrong place.
 */
export function checkMerchantsFile(
  content: unknown,
):
  | { readonly merchants: readonly MerchantEntry[]; readonly problems: null }
  | { readonly problems: readonly string[] } {
  const checked = check(MERCHANTS, content, 'the file');
  if (checked.problems !== null) return checked;
  const { merchants } = checked.value;
  const guessable = merchants.flatMap(findGuessableSecrets);
  const problems = guessable.length > 0 ? guessable : findContradictions(merchants);
  return problems.length > 0 ? { problems } : { merchants, problems: null };
}

/** The channel of a file of `bonin channels add`, or everything that is wrong in it, as `checkMerchantsFile` says it. */
export function checkChannelFile(
  content: unknown,
): { readonly channel: ChannelEntry; readonly problems: null } | { readonly problems: readonly string[] } {
  const checked = check(CHANNEL, content, 'the file');
  return checked.problems === null ? { channel: checked.value, problems: null } : checked;
}

/** Every key pair of an entry. */
export function keysOf(
  merchant: MerchantEntry,
): readonly { readonly imp_key: string; readonly imp_secret: string }[] {
  return [merchant, ...(merchant.keys ?? [])];
}

/** Problems between members that are valid alone. */
export function findContradictions(merchants: readonly MerchantEntry[]): readonly string[] {
  const wrong = merchants.flatMap(findWrongDefaults);
  return wrong.length > 0 ? wrong : findRepeated(merchants);
}

/** The first channel is the default one: a file that says otherwise would be misread. */
function findWrongDefaults({ channels }: MerchantEntry, merchant: number): readonly string[] {
  return channels.flatMap((channel, at) =>
    channel.default === true && at > 0
      ? [`merchants[${merchant}].channels[${at}].default must be false: the first channel is the default one`]
      : [],
  );
}

function findGuessableSecrets(merchant: MerchantEntry, at: number): readonly string[] {
  const pairs = keysOf(merchant);
  const impKeys = pairs.map(({ imp_key }) => imp_key);
  return pairs.flatMap(({ imp_secret }, index) => {
    const must = findGuessable(imp_secret, impKeys);
    const place = index === 0 ? '' : `.keys[${index - 1}]`;
    return must === null ? [] : [`merchants[${at}]${place}.imp_secret must ${must}`];
  });
}

/** Repeated names that must be unique: the later entry would replace the first. */
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
