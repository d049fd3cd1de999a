import type { TransportDeviation } from '../script.ts';
import type { Fields, WireCharset } from './wire.ts';

export type Step = 'ITEMSEND' | 'CONFIRM';

/** What the simulator does at a step instead of its best. */
export interface Deviation extends TransportDeviation {
  /** This code, with the TID that failures have too. */
  readonly code?: string;
  /** These fields instead; null leaves one out. */
  readonly fields?: Readonly<Record<string, string | null>>;
  /** These bytes instead. */
  readonly body?: string | Buffer;
  readonly charset?: WireCharset;
}

/** The fields of an answer with a deviation. */
export function bend(answer: Fields, { code, fields = {} }: Deviation): Fields {
  if (code !== undefined) return { ...pick(answer, ['TID']), RETURNCODE: code, RETURNMSG: '오류' };
  const changed = Object.entries({ ...answer, ...fields });
  return Object.fromEntries(changed.filter((pair): pair is [string, string] => pair[1] !== null));
}

function pick(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
}
