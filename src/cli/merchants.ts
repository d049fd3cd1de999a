import { closeSync, fstatSync, readFileSync } from 'node:fs';
import { toMerchantSetup } from '../config/merchant-setup.ts';
import { checkMerchantsFile, keysOf, type MerchantEntry } from '../config/merchants-file.ts';
import { foldImpKey } from '../core/merchant.ts';
import type { ListedMerchant, MerchantService } from '../core/merchant-service.ts';
import { AppError } from '../errors.ts';
import { decodeJson, decodeText, explainUnreadable, openTrustedFile } from '../files/trusted-file.ts';
import { createLog } from '../log.ts';
import type { Services } from '../server/services.ts';
import { type Command, type CommandOption, EXIT, type ExitCode, UsageError } from './command.ts';
import { readDatabaseConfig } from './database.ts';
import { openServeServices } from './serve-app.ts';
import { settingOptions } from './setting-options.ts';
import { isUnfinished, UNFINISHED } from './unfinished-channels.ts';

interface Input {
  readonly name: string;
  /** A path, or an open file. */
  readonly file: string | number;
}

const STANDARD_INPUT: Input = { name: 'standard input', file: 0 };

/** Actions in place of reading a file. */
const ACTIONS = {
  revoke: {
    type: 'string',
    value: 'IMP_KEY',
    about: 'Revokes a key pair for good and ends its access token at once.',
  },
  disable: {
    type: 'string',
    value: 'USER_CODE',
    about: 'Disables a merchant and ends all its access tokens at once.',
  },
  enable: { type: 'string', value: 'USER_CODE', about: 'Enables a disabled merchant again.' },
} as const satisfies Record<string, CommandOption>;
type Action = keyof typeof ACTIONS;

/** `bonin merchants [FILE]`: who may use `serve`, with their key pairs and channels. */
export const merchants: Command = {
  operands: ['[list|FILE]'],
  summary:
    'Lists the merchants of serve; with a JSON file, adds or updates its merchants; - is standard input.',
  options: { ...ACTIONS, ...settingOptions('merchants') },

  async run({ operands, options, environment }) {
    // `list` is the default; a file of that name is `./list`.
    const [operand] = operands[0] === 'list' ? [] : operands;
    const actions = (Object.keys(ACTIONS) as Action[]).filter((each) => options[each] !== undefined);
    if (actions.length + operands.length > 1)
      throw new UsageError(['merchants takes one of list, FILE, --revoke, --disable and --enable at a time']);
    const database = readDatabaseConfig('merchants', { options, environment });
    const input = operand === undefined ? null : toInput(operand);
    const entries = input === null ? [] : readEntries(input);
    if (entries === null) return EXIT.failed;
    const services = await openServeServices(database, createLog('warn'));
    try {
      const [action] = actions;
      if (action !== undefined) return await act(services, action, String(options[action]));
      return input === null ? await list(services) : await bringIn(services, input, entries);
    } finally {
      await services.close();
    }
  },
};

async function act({ merchants: service }: Services, action: Action, name: string): Promise<ExitCode> {
  const done =
    action === 'revoke'
      ? await service.revokeKey(name)
      : action === 'disable'
        ? await service.disable(name)
        : await service.enable(name);
  if (!done) {
    const what = action === 'revoke' ? 'live key pair' : 'merchant';
    console.error(`bonin: there is no ${what} ${JSON.stringify(name)}`);
    return EXIT.notFound;
  }
  const sentence = {
    revoke: 'is revoked, and its token ended',
    disable: 'is disabled, and its tokens ended',
  };
  console.log(`${name} ${action === 'enable' ? 'is enabled' : sentence[action]}`);
  return EXIT.ok;
}

async function list({ merchants: service, providers }: Services): Promise<ExitCode> {
  const listed = await service.list();
  if (listed.length === 0) console.log('There is no merchant yet; bonin merchants FILE adds some.');
  for (const { merchant, keys, channels } of listed) {
    const { userCode, name, disabledAt } = merchant;
    console.log(`${userCode}  ${name}${since('disabled', disabledAt)}`);
    for (const { impKey, revokedAt } of keys)
      console.log(`  key      ${impKey}${since('revoked', revokedAt)}`);
    for (const channel of channels) {
      const { channelKey, provider, providerMerchantId } = channel;
      const note = isUnfinished(providers, channel) ? `  (${UNFINISHED})` : '';
      console.log(`  channel  ${channelKey}  ${provider}  ${providerMerchantId}${note}`);
    }
  }
  return EXIT.ok;
}

function since(word: string, at: number | null): string {
  return at === null ? '' : `  (${word} since ${new Date(at).toISOString()})`;
}

async function bringIn(
  { merchants: service }: Services,
  input: Input,
  entries: readonly MerchantEntry[],
): Promise<ExitCode> {
  const listed = await service.list();
  const taken = entries.flatMap((entry, at) => findTaken(listed, entry, `merchants[${at}]`));
  if (taken.length > 0) return refuse(input, taken);
  const refused = entries.flatMap((entry) => findRefusedSettings(service, entry));
  if (refused.length > 0) return refuse(input, refused);
  for (const entry of entries) {
    const setup = toMerchantSetup(entry);
    await service.save(setup);
    const { userCode, name, keys, channels } = setup;
    console.log(`${userCode}  ${name}  ${keys.length} key pairs, ${channels.length} channels`);
    for (const impKey of findLeftOut(listed, entry))
      console.log(`  key ${impKey} is not in the file and still works; --revoke ${impKey} ends it`);
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

function toInput(operand: string): Input {
  return operand === '-' ? STANDARD_INPUT : { name: operand, file: operand };
}

/** The merchants of a file; null after printing what is wrong in it. */
function readEntries(input: Input): readonly MerchantEntry[] | null {
  const checked = checkMerchantsFile(decodeJson(input.name, readText(input)));
  if (checked.problems === null) return checked.merchants;
  refuse(input, checked.problems);
  return null;
}

function readText({ name, file }: Input): string {
  let descriptor: number | undefined;
  let bytes: Buffer;
  try {
    descriptor = typeof file === 'string' ? openTrustedFile(file) : file;
    const stat = fstatSync(descriptor);
    if (stat.isFile() && (stat.mode & 0o007) !== 0)
      console.error(`bonin: ${name} holds secrets and may be read by others; run chmod 600 on it`);
    bytes = readFileSync(descriptor);
  } catch (error) {
    throw explainUnreadable(name, error);
  } finally {
    if (descriptor !== undefined && descriptor !== file) closeSync(descriptor);
  }
  return decodeText(name, bytes);
}

function refuse({ name }: Input, problems: readonly string[]): typeof EXIT.failed {
  for (const problem of problems) console.error(`bonin: ${name}: ${problem}`);
  return EXIT.failed;
}
