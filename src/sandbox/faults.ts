import { AppError } from '../errors.ts';
import { failure } from '../http/envelope.ts';
import type { Fault } from '../http/tap.ts';
import type { Feed } from './feed.ts';

/** A fault as the control route takes it; what is left out has its default. */
export interface FaultRule {
  /** A path as in the contract, a method in front of it if wanted; null for every route of the API. */
  readonly route: string | null;
  /** How many requests it still hits; null for all. */
  readonly times: number | null;
  /** From 0 to 1. */
  readonly probability: number;
  readonly delay_ms: number;
  /** Status to answer with; null for the usual answer. */
  readonly status: number | null;
  /** Cuts the connection instead of answering. */
  readonly abort: boolean;
}

const LONGEST_DELAY = 60_000;
const MOST_RULES = 100;
const MESSAGE = '샌드박스에서 지정한 오류입니다.';

/** What a merchant's error handling is to be tested with. The first rule that hits a request decides. */
export class Faults {
  readonly #feed: Feed;
  #rules: FaultRule[] = [];

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  get rules(): readonly FaultRule[] {
    return this.#rules;
  }

  /** Replaces the rules; `parameter_invalid` names what is wrong in one, and then nothing changes. */
  replace(list: unknown): void {
    if (!Array.isArray(list) || list.length > MOST_RULES) throw invalid('faults');
    this.#rules = list.map(readRule);
    this.#tell();
  }

  clear(): void {
    this.#rules = [];
    this.#tell();
  }

  /** The fault for a request, counted. */
  hit(method: string, route: string): Fault | null {
    const at = this.#rules.findIndex(
      (rule) =>
        (rule.route === null || rule.route === route || rule.route === `${method} ${route}`) &&
        rule.times !== 0 &&
        Math.random() < rule.probability,
    );
    const rule = this.#rules[at];
    if (rule === undefined) return null;
    if (rule.times !== null) {
      this.#rules[at] = { ...rule, times: rule.times - 1 };
      this.#tell();
    }
    return { delay: rule.delay_ms, outcome: outcomeOf(rule) };
  }

  #tell(): void {
    this.#feed.publish('faults', () => this.#rules);
  }
}

function outcomeOf({ abort, status }: FaultRule): Fault['outcome'] {
  if (abort) return { kind: 'abort' };
  return status === null ? { kind: 'answer' } : { kind: 'instead', status, body: failure(MESSAGE) };
}

function readRule(value: unknown): FaultRule {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('faults');
  const rule = value as Readonly<Record<string, unknown>>;
  const { route = null, times = null, probability = 1, delay_ms = 0, status = null, abort = false } = rule;
  if (route !== null && (typeof route !== 'string' || route === '')) throw invalid('route');
  if (typeof probability !== 'number' || !(probability >= 0 && probability <= 1))
    throw invalid('probability');
  if (typeof abort !== 'boolean') throw invalid('abort');
  return {
    route,
    times: times === null ? null : readCount(times, 'times', 1, 1_000_000),
    probability,
    delay_ms: readCount(delay_ms, 'delay_ms', 0, LONGEST_DELAY),
    status: status === null ? null : readCount(status, 'status', 400, 599),
    abort,
  };
}

function readCount(value: unknown, name: string, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw invalid(name);
  return value;
}

function invalid(name: string): AppError {
  return new AppError('parameter_invalid', { names: [name] });
}
