import { type Language, type Sentence, say } from '../config/language.ts';
import { toMerchantSetup } from '../config/merchant-setup.ts';
import { checkMerchantsFile, keysOf, type MerchantEntry } from '../config/merchants-file.ts';
import { foldImpKey } from '../core/merchant.ts';
import type { ListedMerchant, MerchantService } from '../core/merchant-service.ts';
import { AppError } from '../errors.ts';
import { createLog } from '../log.ts';
import type { Services } from '../server/services.ts';
import { CHANNELS_COPY } from './channels-copy.ts';
import { findFault } from './checks/channels.ts';
import { type Command, type CommandOption, EXIT, type ExitCode, UsageError } from './command.ts';
import { COPY } from './copy.ts';
import { readDatabaseConfig } from './database.ts';
import { type Input, readJson, refuse, toInput } from './json-input.ts';
import { writeTemplate } from './merchant-template.ts';
import { openServeServices } from './serve-app.ts';
import { settingOptions } from './setting-options.ts';
import { DATABASE_VARIABLES } from './standard-variables.ts';

/** Actions in place of reading a file. */
const ACTIONS = {
  revoke: {
    type: 'string',
    value: 'IMP_KEY',
    about: {
      en: 'Revokes a key pair for good and ends its access token at once.',
      ko: 'API 키를 폐기하고 그 액세스 토큰을 바로 끝냅니다. 되돌릴 수 없습니다.',
    },
  },
  disable: {
    type: 'string',
    value: 'USER_CODE',
    about: {
      en: 'Disables a merchant and ends all its access tokens at once.',
      ko: '고객사를 정지하고 모든 액세스 토큰을 바로 끝냅니다.',
    },
  },
  enable: {
    type: 'string',
    value: 'USER_CODE',
    about: { en: 'Enables a disabled merchant again.', ko: '정지한 고객사를 다시 사용합니다.' },
  },
} as const satisfies Record<string, CommandOption>;
type Action = keyof typeof ACTIONS;

/** `bonin merchants [FILE]`: who may use `serve`, with their key pairs and channels. */
export const merchants: Command = {
  name: 'merchants',
  operands: ['[list|new|FILE]', '[NEW_FILE]'],
  summary: {
    en: 'Lists the merchants of serve, or adds and updates those of a JSON file.',
    ko: '운영 서버의 고객사를 나열하거나, JSON 파일의 고객사를 추가하고 수정합니다.',
  },
  more: {
    en: 'As FILE, - is standard input. With new, it writes such a file with a new key pair and needs no database; the file is merchants.json unless it is named, and one that is there is never overwritten.',
    ko: 'FILE이 -이면 표준 입력을 읽습니다. new는 새 API 키와 시크릿을 담은 파일을 만들며 데이터베이스가 필요 없습니다. 이름을 지정하지 않으면 merchants.json이고, 이미 있는 파일은 덮어쓰지 않습니다.',
  },
  options: { ...ACTIONS, ...settingOptions('merchants') },
  variables: DATABASE_VARIABLES,
  examples: [
    {
      words: 'merchants new shop.json',
      about: {
        en: 'Write a file with a new key pair, to be filled in:',
        ko: '새 API 키와 시크릿을 담은 파일을 만듭니다.',
      },
    },
    {
      words: 'merchants shop.json --data /var/lib/bonin',
      about: {
        en: 'Add its merchant, or bring it up to date:',
        ko: '파일의 고객사를 추가하거나 수정합니다.',
      },
    },
    {
      words: 'merchants --revoke 1000000000000001',
      about: { en: 'End a key pair:', ko: 'API 키를 폐기합니다.' },
    },
  ],

  async run({ operands, options, environment, language }) {
    // Files of these names are `./list` and `./new`.
    const [first, second] = operands;
    const actions = (Object.keys(ACTIONS) as Action[]).filter((each) => options[each] !== undefined);
    if (actions.length + (first === undefined ? 0 : 1) > 1)
      throw new UsageError([COPY.merchants_one[language]]);
    if (second !== undefined && first !== 'new') throw new UsageError([COPY.merchants_new_only[language]]);
    if (first === 'new') return writeTemplate(second ?? 'merchants.json', language);
    const operand = first === 'list' ? undefined : first;
    const database = readDatabaseConfig('merchants', { options, environment });
    const input = operand === undefined ? null : toInput(operand, language);
    const entries = input === null ? [] : readEntries(input, language);
    if (entries === null) return EXIT.failed;
    const services = await openServeServices(database, createLog('warn'));
    try {
      const [action] = actions;
      if (action !== undefined)
        return await act(services, { action, name: String(options[action]), language });
      return input === null
        ? await list(services, language)
        : await bringIn(services, { input, entries, language });
    } finally {
      await services.close();
    }
  },
};

interface Act {
  readonly action: Action;
  readonly name: string;
  readonly language: Language;
}

async function act({ merchants: service }: Services, { action, name, language }: Act): Promise<ExitCode> {
  const done =
    action === 'revoke'
      ? await service.revokeKey(name)
      : action === 'disable'
        ? await service.disable(name)
        : await service.enable(name);
  if (!done) {
    const sentence = action === 'revoke' ? COPY.no_live_key : COPY.no_merchant;
    console.error(`bonin: ${say(sentence, language, { name: JSON.stringify(name) })}`);
    return EXIT.notFound;
  }
  const sentences = { revoke: COPY.revoked, disable: COPY.disabled, enable: COPY.enabled };
  console.log(say(sentences[action], language, { name }));
  return EXIT.ok;
}

async function list(services: Services, language: Language): Promise<ExitCode> {
  const listed = await services.merchants.list();
  if (listed.length === 0) console.log(COPY.no_merchants[language]);
  const since = (sentence: Sentence, at: number | null) =>
    at === null ? '' : say(sentence, language, { at: new Date(at).toISOString() });
  for (const { merchant, keys, channels } of listed) {
    const { userCode, name, disabledAt } = merchant;
    console.log(`${userCode}  ${name}${since(COPY.disabled_since, disabledAt)}`);
    for (const { impKey, revokedAt } of keys) {
      const key = say(COPY.listed_key, language, { name: impKey });
      console.log(`  ${key}${since(COPY.revoked_since, revokedAt)}`);
    }
    for (const channel of channels) {
      const { channelKey, provider, providerMerchantId } = channel;
      const fault = findFault(services, merchant, channel);
      const said = fault && say(CHANNELS_COPY.certifies_nobody, language, { fault: fault[language] });
      const note = said === null ? '' : `  (${said})`;
      const shown = say(COPY.listed_channel, language, { name: channelKey });
      console.log(`  ${shown}  ${provider}  ${providerMerchantId}${note}`);
    }
  }
  return EXIT.ok;
}

interface Bringing {
  readonly input: Input;
  readonly entries: readonly MerchantEntry[];
  readonly language: Language;
}

async function bringIn(
  { merchants: service }: Services,
  { input, entries, language }: Bringing,
): Promise<ExitCode> {
  const listed = await service.list();
  const taken = entries.flatMap((entry, at) => findTaken(listed, entry, `merchants[${at}]`));
  if (taken.length > 0) return refuse(input, taken);
  const refused = entries.flatMap((entry) => findRefusedSettings(service, entry));
  if (refused.length > 0) return refuse(input, refused);
  for (const entry of entries) {
    const setup = toMerchantSetup(entry);
    await service.save(setup);
    const { userCode: code, name, keys, channels } = setup;
    const counts = { keys: keys.length, channels: channels.length };
    console.log(say(COPY.brought, language, { code, name, ...counts }));
    for (const impKey of findLeftOut(listed, entry))
      console.log(say(COPY.key_left_out, language, { name: impKey }));
  }
  return EXIT.ok;
}

/** The sentences of adapters that refuse the settings of a channel. */
function findRefusedSettings(service: MerchantService, entry: MerchantEntry): readonly string[] {
  try {
    service.checkSettings(toMerchantSetup(entry));
    return [];
  } catch (error) {
    if (error instanceof AppError && error.explanation !== null) return [error.explanation];
    throw error;
  }
}

/** Key pairs of a merchant that work and that its entry does not name. */
function findLeftOut(listed: readonly ListedMerchant[], entry: MerchantEntry): readonly string[] {
  const named = new Set(keysOf(entry).map(({ imp_key }) => foldImpKey(imp_key)));
  const own = listed.find(({ merchant }) => merchant.userCode === entry.user_code);
  return (own?.keys ?? [])
    .filter(({ impKey, revokedAt }) => revokedAt === null && !named.has(impKey))
    .map(({ impKey }) => impKey);
}

/** Finds what cannot be added: keys and channels of other merchants, and revoked key pairs. */
function findTaken(listed: readonly ListedMerchant[], entry: MerchantEntry, path: string): readonly string[] {
  const problems: string[] = [];
  for (const { merchant, keys, channels } of listed) {
    const isOwn = merchant.userCode === entry.user_code;
    for (const [index, { channel_key }] of entry.channels.entries())
      if (!isOwn && channels.some(({ channelKey }) => channelKey === channel_key))
        problems.push(`${path}.channels[${index}].channel_key belongs to another merchant`);
    for (const { imp_key } of keysOf(entry)) {
      const found = keys.find(({ impKey }) => impKey === foldImpKey(imp_key));
      if (found === undefined) continue;
      if (!isOwn) problems.push(`${path}: an imp_key belongs to another merchant`);
      else if (found.revokedAt !== null) problems.push(`${path}: an imp_key is revoked; take a new one`);
    }
  }
  return problems;
}

/** The merchants of a file; null after printing what is wrong in it. */
function readEntries(input: Input, language: Language): readonly MerchantEntry[] | null {
  const checked = checkMerchantsFile(readJson(input, language));
  if (checked.problems === null) return checked.merchants;
  refuse(input, checked.problems);
  return null;
}
