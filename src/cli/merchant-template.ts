import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { type Language, say } from '../config/language.ts';
import { AppError } from '../errors.ts';
import { explainUnreadable } from '../files/trusted-file.ts';
import { EXIT, type ExitCode } from './command.ts';
import { COPY } from './copy.ts';

/** Bytes of a new secret, which is written in hex: as long as those of the real service, 80 characters. */
const SECRET_BYTES = 40;

/** Writes a file for `bonin merchants` that only this user can read. A file that is there already stays as it is. */
export function writeTemplate(file: string, language: Language): ExitCode {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'wx', 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST')
      throw new AppError('input_refused', { detail: say(COPY.template_exists, language, { file }) });
    throw explainUnreadable(file, error);
  }
  try {
    writeSync(descriptor, newMerchants(COPY.template_name[language]));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  console.log(say(COPY.template_written, language, { file }));
  console.log(`\n  bonin merchants ${file}`);
  return EXIT.ok;
}

/** One merchant with a random user code, key pair and channel key. */
function newMerchants(name: string): string {
  const digits = (count: number) => String(randomInt(10 ** count)).padStart(count, '0');
  const merchant = {
    user_code: `imp${digits(8)}`,
    name,
    imp_key: digits(8) + digits(8),
    imp_secret: randomBytes(SECRET_BYTES).toString('hex'),
    channels: [
      {
        channel_key: `channel-key-${randomUUID()}`,
        pg_provider: 'danal',
        pg_id: 'CPID',
        carrier_approval: false,
        foreigner_addon: false,
      },
    ],
    page: { return_hosts: ['shop.example'], origins: ['https://shop.example'] },
  };
  return `${JSON.stringify({ merchants: [merchant] }, null, 2)}\n`;
}
