import { type Language, type Sentence, say } from '../config/language.ts';
import { toNewChannel } from '../config/merchant-setup.ts';
import { checkChannelFile } from '../config/merchants-file.ts';
import { type Channel, REMOVED } from '../core/channel.ts';
import type { Merchant } from '../core/merchant.ts';
import { openChannel } from '../core/merchant-service.ts';
import { findProvider, VERIFIED } from '../core/provider.ts';
import { AppError } from '../errors.ts';
import { createLog } from '../log.ts';
import type { Services } from '../server/services.ts';
import { CHANNELS_COPY } from './channels-copy.ts';
import { findFault } from './checks/channels.ts';
import { pad } from './columns.ts';
import { type Command, EXIT, type ExitCode, UsageError } from './command.ts';
import { COPY } from './copy.ts';
import { readDatabaseConfig } from './database.ts';
import { type Input, readJson, refuse, toInput } from './json-input.ts';
import { openServeServices } from './serve-app.ts';
import { settingOptions } from './setting-options.ts';
import { DATABASE_VARIABLES } from './standard-variables.ts';

/** What each action takes after its name. */
const ACTIONS = {
  list: [],
  add: ['USER_CODE', 'FILE'],
  show: ['CHANNEL_KEY'],
  test: ['CHANNEL_KEY'],
  remove: ['CHANNEL_KEY'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
type Action = keyof typeof ACTIONS;

/** `bonin channels`: the channels of the merchants of `serve`. No setting of an agency is ever printed. */
export const channels: Command = {
  name: 'channels',
  operands: ['[list|add|show|test|remove]', '[CHANNEL_KEY|USER_CODE]', '[FILE]'],
  summary: {
    en: 'Lists the channels of serve; adds, shows, tests and removes one.',
    ko: '운영 서버의 채널을 나열하고, 하나씩 추가, 조회, 점검, 삭제합니다.',
  },
  more: {
    en: 'add USER_CODE FILE adds a channel to a merchant, or updates it, from JSON: one entry of channels of a merchants file; - is standard input. show, test and remove take a CHANNEL_KEY. test also asks the agency, if that has a harmless question. remove deletes the settings; results stay. No value of a setting is printed.',
    ko: 'add USER_CODE FILE은 JSON 파일의 채널을 고객사에 추가하거나 수정합니다. 형식은 고객사 파일의 channels 항목 하나와 같고, -이면 표준 입력을 읽습니다. show, test, remove에는 CHANNEL_KEY를 씁니다. test는 가능하면 인증기관에도 확인합니다. remove는 설정을 삭제하고 인증결과는 남깁니다. 설정 값은 출력하지 않습니다.',
  },
  options: settingOptions('channels'),
  variables: DATABASE_VARIABLES,
  examples: [
    {
      words: 'channels list --data /var/lib/bonin',
      about: {
        en: 'All channels, and which of them are not ready:',
        ko: '모든 채널과 준비되지 않은 채널을 봅니다.',
      },
    },
    {
      words: 'channels add imp10000001 channel.json',
      about: {
        en: 'Add a channel to a merchant, or bring it up to date:',
        ko: '고객사에 채널을 추가하거나 수정합니다.',
      },
    },
    {
      words: 'channels show channel-1',
      about: {
        en: 'One channel, without the values of its settings:',
        ko: '설정 값을 빼고 채널 하나를 봅니다.',
      },
    },
    {
      words: 'channels test channel-1',
      about: { en: 'Check its settings:', ko: '채널의 설정을 점검합니다.' },
    },
    {
      words: 'channels remove channel-1',
      about: { en: 'Delete its settings for good:', ko: '채널의 설정을 완전히 삭제합니다.' },
    },
  ],

  async run({ operands, options, environment, language }) {
    const { action, first, second } = readAction(operands, language);
    const database = readDatabaseConfig('channels', { options, environment });
    // Before the database is opened, so that a file with a mistake changes nothing there.
    const input = action === 'add' ? toInput(second, language) : null;
    const content = input && readJson(input, language);
    const services = await openServeServices(database, createLog('warn'));
    const call = { services, language };
    try {
      if (action === 'list') return await list(call);
      if (input !== null) return await add(call, { userCode: first, input, content });
      const owned = (await listOwned(services)).find(({ channel }) => channel.channelKey === first);
      if (owned === undefined) return missing(CHANNELS_COPY.missing, first, language);
      if (action === 'show') return show(call, owned);
      if (action === 'test') return await test(call, owned);
      return await remove(call, owned);
    } finally {
      await services.close();
    }
  },
};

interface Words {
  readonly action: Action;
  readonly first: string;
  readonly second: string;
}

function readAction([name = 'list', ...words]: readonly string[], language: Language): Words {
  if (!Object.hasOwn(ACTIONS, name)) {
    const values = { actions: Object.keys(ACTIONS).join(', '), name: JSON.stringify(name) };
    throw new UsageError([say(CHANNELS_COPY.no_action, language, values)]);
  }
  const action = name as Action;
  const wanted = ACTIONS[action];
  if (words.length !== wanted.length) {
    const operands = wanted.join(CHANNELS_COPY.and[language]) || CHANNELS_COPY.nothing_more[language];
    throw new UsageError([say(CHANNELS_COPY.takes, language, { action, operands })]);
  }
  const [first = '', second = ''] = words;
  return { action, first, second };
}

/** What every action has. */
interface Call {
  readonly services: Services;
  readonly language: Language;
}

/** A channel with its merchant. */
interface Owned {
  readonly merchant: Merchant;
  readonly channel: Channel;
}

async function listOwned({ merchants }: Services): Promise<readonly Owned[]> {
  return (await merchants.list()).flatMap(({ merchant, channels: own }) =>
    own.map((channel) => ({ merchant, channel })),
  );
}

async function list(call: Call): Promise<ExitCode> {
  const listed = await call.services.merchants.list();
  for (const { merchant, channels: own } of listed) {
    if (own.length > 0) console.log(`${merchant.userCode}  ${merchant.name}`);
    for (const channel of own) {
      const { channelKey, adapter, provider } = channel;
      console.log(`  ${channelKey}  ${adapter}  ${provider}  ${stateOf(call, { merchant, channel })}`);
    }
  }
  if (listed.every(({ channels: own }) => own.length === 0))
    console.log(CHANNELS_COPY.none_yet[call.language]);
  return EXIT.ok;
}

/** How its adapter was verified, or why it certifies nobody. */
function stateOf(call: Call, owned: Owned): string {
  const fault = explainFault(call, owned);
  return fault === null ? VERIFIED : `(${fault})`;
}

/** Why it certifies nobody; null when it is ready. */
function explainFault({ services, language }: Call, { merchant, channel }: Owned): string | null {
  const fault = findFault(services, merchant, channel);
  return fault && say(CHANNELS_COPY.certifies_nobody, language, { fault: fault[language] });
}

interface Adding {
  readonly userCode: string;
  readonly input: Input;
  readonly content: unknown;
}

async function add({ services, language }: Call, { userCode, input, content }: Adding): Promise<ExitCode> {
  const checked = checkChannelFile(content);
  if (checked.problems !== null) return refuse(input, checked.problems);
  const channel = toNewChannel(checked.channel);
  const { channelKey: name } = channel;
  const owner = (await listOwned(services)).find((each) => each.channel.channelKey === name);
  if (owner !== undefined && owner.merchant.userCode !== userCode)
    return refuse(input, [CHANNELS_COPY.of_another[language]]);
  try {
    const saved = await services.merchants.saveChannel(userCode, channel);
    if (saved === null) return missing(COPY.no_merchant, userCode, language);
  } catch (error) {
    if (error instanceof AppError && error.explanation !== null) return refuse(input, [error.explanation]);
    throw error;
  }
  console.log(say(owner === undefined ? CHANNELS_COPY.added : CHANNELS_COPY.updated, language, { name }));
  return EXIT.ok;
}

function show(call: Call, owned: Owned): ExitCode {
  const { merchant, channel } = owned;
  const word = (name: 'merchant' | 'settings' | 'state' | 'yes' | 'no' | 'any' | 'none') =>
    CHANNELS_COPY[name][call.language];
  const { channelKey, adapter, provider, providerMerchantId, minimumAge } = channel;
  const { carrierApproval, foreignerAddOn } = channel;
  const rows = [
    ['channel_key', channelKey],
    [word('merchant'), `${merchant.userCode}  ${merchant.name}`],
    ['adapter', adapter],
    ['pg_provider', provider],
    ['pg_id', providerMerchantId],
    ['carrier_approval', word(carrierApproval ? 'yes' : 'no')],
    ['foreigner_addon', word(foreignerAddOn ? 'yes' : 'no')],
    ['min_age', minimumAge === null ? word('any') : String(minimumAge)],
    // Which of them are secret is known to the adapter alone.
    [
      word('settings'),
      Object.keys(openChannel(call.services.vault, channel).settings).sort().join(', ') || word('none'),
    ],
    [word('state'), stateOf(call, owned)],
  ] as const;
  for (const [name, value] of rows) console.log(`${pad(name, 18)}${value}`);
  return EXIT.ok;
}

async function test(call: Call, owned: Owned): Promise<ExitCode> {
  const { services, language } = call;
  const { channel } = owned;
  const { channelKey: name } = channel;
  const fail = (fault: string): ExitCode => {
    console.error(`bonin: ${say(CHANNELS_COPY.named, language, { name, fault })}`);
    return EXIT.failed;
  };
  const fault = explainFault(call, owned);
  if (fault !== null) return fail(fault);
  const provider = findProvider(services.providers, channel);
  if (provider?.probe === undefined) {
    console.log(say(CHANNELS_COPY.not_asked, language, { name }));
    return EXIT.ok;
  }
  try {
    const found = await provider.probe(openChannel(services.vault, channel).settings);
    console.log(say(CHANNELS_COPY.asked, language, { name, found }));
    return EXIT.ok;
  } catch (error) {
    const isOurs = error instanceof AppError;
    return fail(isOurs ? (error.detail ?? error.code) : CHANNELS_COPY.adapter_failed[language]);
  }
}

async function remove(
  { services: { merchants }, language }: Call,
  { channel: { channelKey: name, adapter } }: Owned,
): Promise<ExitCode> {
  if (adapter === REMOVED || !(await merchants.removeChannel(name)))
    return missing(CHANNELS_COPY.missing, name, language);
  console.log(say(CHANNELS_COPY.removed, language, { name }));
  return EXIT.ok;
}

function missing(sentence: Sentence, name: string, language: Language): ExitCode {
  console.error(`bonin: ${say(sentence, language, { name: JSON.stringify(name) })}`);
  return EXIT.notFound;
}
