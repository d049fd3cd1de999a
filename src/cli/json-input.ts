import { closeSync, fstatSync, readFileSync } from 'node:fs';
import { type Language, say } from '../config/language.ts';
import { decodeJson, decodeText, explainUnreadable, openTrustedFile } from '../files/trusted-file.ts';
import { EXIT } from './command.ts';
import { COPY } from './copy.ts';

/** A JSON text that a command reads. */
export interface Input {
  readonly name: string;
  /** A path, or an open file. */
  readonly file: string | number;
}

/** The file of an operand; `-` is standard input. */
export function toInput(operand: string, language: Language): Input {
  return operand === '-'
    ? { name: COPY.standard_input[language], file: 0 }
    : { name: operand, file: operand };
}

/** The value in the text. Warns of a file with secrets that others may read; an error names its place and no value. */
export function readJson(input: Input, language: Language): unknown {
  return decodeJson(input.name, readText(input, language));
}

/** Prints what is wrong in the text. */
export function refuse({ name }: Input, problems: readonly string[]): typeof EXIT.failed {
  for (const problem of problems) console.error(`bonin: ${name}: ${problem}`);
  return EXIT.failed;
}

function readText({ name, file }: Input, language: Language): string {
  let descriptor: number | undefined;
  let bytes: Buffer;
  try {
    descriptor = typeof file === 'string' ? openTrustedFile(file) : file;
    const stat = fstatSync(descriptor);
    if (stat.isFile() && (stat.mode & 0o007) !== 0)
      console.error(`bonin: ${say(COPY.readable_secrets, language, { file: name })}`);
    bytes = readFileSync(descriptor);
  } catch (error) {
    throw explainUnreadable(name, error);
  } finally {
    if (descriptor !== undefined && descriptor !== file) closeSync(descriptor);
  }
  return decodeText(name, bytes);
}
