import { SECOND } from '../core/clock.ts';
import { LONGEST_WINDOW } from '../core/limits.ts';
import type { RateLimit } from '../core/otp.ts';
import { PROBLEMS } from './copy.ts';
import { type Language, type Sentence, say } from './language.ts';

/* What the values of settings look like, and how they are read. */

/** An address to listen on; an empty host stands for every address of this machine. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const DATABASE_SCHEMES: readonly string[] = ['sqlite:', 'postgres:', 'postgresql:'];

/** Whether a text is an origin as browsers write it. */
export function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text;
}

/** Reads `HOST:PORT`, with an IPv6 address in brackets; null for anything else. */
export function parseAddress(text: string): ListenAddress | null {
  const [, inBrackets, name = '', digits] = /^(?:\[([\da-f:.]+)\]|([\w.-]*)):(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  return digits === undefined || port > 65535 ? null : { host: inBrackets ?? name, port };
}

/** Whether a text is the URL of a supported database. */
export function isDatabaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname } = new URL(text);
  try {
    const path = decodeURIComponent(pathname);
    return DATABASE_SCHEMES.includes(protocol) && (protocol !== 'sqlite:' || path !== '');
  } catch {
    return false;
  }
}

/** What is wrong with the value of a setting, as a sentence without its name. */
export class Problem {
  readonly #sentence: Sentence;
  readonly #values: Readonly<Record<string, string | number>>;

  constructor(sentence: Sentence, values: Readonly<Record<string, string | number>> = {}) {
    this.#sentence = sentence;
    this.#values = values;
  }

  say(language: Language): string {
    return say(this.#sentence, language, this.#values);
  }
}

export const anyText = (text: string): string | Problem => (text === '' ? new Problem(PROBLEMS.empty) : text);

export const truth = (text: string): boolean | Problem =>
  /^(?:true|1|yes|on)$/i.test(text) || (!/^(?:false|0|no|off)$/i.test(text) && new Problem(PROBLEMS.truth));

export function parsePort(text: string): number | Problem {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65535 ? Number(text) : new Problem(PROBLEMS.port);
}

/** Limits as they are written, and shown as a default: `5/600,20/86400`, at most 5 in 600 seconds and 20 in a day. */
export class LimitList {
  readonly limits: readonly RateLimit[];

  constructor(limits: readonly RateLimit[]) {
    this.limits = limits;
  }

  toString(): string {
    return this.limits.map(({ count, window }) => `${count}/${window / SECOND}`).join(',');
  }
}

export function parseLimits(text: string): LimitList | Problem {
  const limits = text.split(',').map((each): RateLimit | null => {
    const [, count = '', seconds = ''] = /^([1-9]\d{0,6})\/([1-9]\d{0,4})$/.exec(each.trim()) ?? [];
    const window = Number(seconds) * SECOND;
    return count === '' || window > LONGEST_WINDOW ? null : { count: Number(count), window };
  });
  return limits.every((limit) => limit !== null) ? new LimitList(limits) : new Problem(PROBLEMS.limits);
}
