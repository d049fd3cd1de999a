import { closeSync, fstatSync, readFileSync } from 'node:fs';
import type { App } from '../app.ts';
import { foldImpKey } from '../core/merchant.ts';
import { AppError } from '../errors.ts';
import { createLog } from '../log.ts';
import { findBroken, list, type Members } from '../member-rules.ts';
import { findMerchantProblems, type MerchantEntry, toMerchantSetup } from '../merchants-file.ts';
import { decodeText, openTrustedFile } from '../trusted-file.ts';
import { type Command, EXIT } from './command.ts';
import { readDatabaseConfig } from './database.ts';
import { openServeApp } from './serve-app.ts';
import { settingOptions } from './setting-options.ts';

interface Input {
  readonly name: string;
  /** A path, or an open file. */
  readonly file: string | number;
}

const STANDARD_INPUT: Input = { name: 'standard input', file: 0 };

/** `bonin merchants FILE`: brings merchants, key pairs and channels into the database of `serve`. */
export const merchants: Command = {
  operands: ['FILE'],
  summary: 'Adds the merchants of a JSON file to the database of serve, or brings them up to date.',
  options: settingOptions('merchants'),

  async run({ operands, options, environment }) {
    const [operand = ''] = operands;
    const input: Input = operand === '-' ? STANDARD_INPUT : { name: operand, file: operand };
    const database = readDatabaseConfig('merchants', { options, environment });
    const content = readContent(input);
    const problems = findMerchantProblems(content);
    if (problems.length > 0) return refuse(input, problems);
    const entries = content as readonly MerchantEntry[];
    const app = await openServeApp(database, { log: createLog('warn') });
    try {
      const taken = (await Promise.all(entries.map((entry, at) => findTaken(app, entry, at)))).flat();
      if (taken.length > 0) return refuse(input, taken);
      for (const entry of entries) {
        const setup = toMerchantSetup(app.vault, entry);
        await app.store.saveMerchant(setup);
        const { userCode, name, keys, channels } = setup;
        console.log(`${userCode}  ${name}  ${keys.length} key pairs, ${channels.length} channels`);
      }
    } finally {
      await app.close();
    }
    return EXIT.ok;
  },
};

/** The member `merchants` of what is read. */
function readContent(input: Input): unknown {
  const { name } = input;
  let content: unknown;
  try {
    content = JSON.parse(readText(input));
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    // A parser's own message quotes what it could not read.
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    throw new Error(`${name}: cannot be read as JSON${code}`, { cause });
  }
  const problems = findBroken(content, { merchants: list }, '');
  if (problems.length > 0) throw new Error(`${name}: ${problems.join('; ')}`);
  return (content as Members)['merchants'];
}

function readText({ name, file }: Input): string {
  const descriptor = typeof file === 'string' ? openTrustedFile(file) : file;
  try {
    const stat = fstatSync(descriptor);
    if (stat.isFile() && (stat.mode & 0o007) !== 0)
      console.error(`bonin: ${name} holds secrets and may be read by others; run chmod 600 on it`);
    return decodeText(name, readFileSync(descriptor));
  } finally {
    if (descriptor !== file) closeSync(descriptor);
  }
}

function refuse({ name }: Input, problems: readonly string[]): typeof EXIT.failed {
  for (const problem of problems) console.error(`bonin: ${name}: ${problem}`);
  return EXIT.failed;
}

/** What another merchant has already: the store would change it there. */
async function findTaken({ store }: App, entry: MerchantEntry, at: number): Promise<readonly string[]> {
  const path = `merchants[${at}]`;
  const own = await store.findMerchant({ userCode: entry.user_code });
  const problems: string[] = [];
  for (const [index, { channel_key }] of entry.channels.entries()) {
    const found = await store.findChannel(channel_key);
    if (found !== null && found.merchantId !== own?.id)
      problems.push(`${path}.channels[${index}].channel_key belongs to another merchant`);
  }
  for (const { imp_key } of [entry, ...(entry.keys ?? [])]) {
    const found = await store.findApiKey(foldImpKey(imp_key));
    if (found !== null && found.merchantId !== own?.id)
      problems.push(`${path}: an imp_key belongs to another merchant`);
  }
  return problems;
}
