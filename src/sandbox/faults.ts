import type { PathParameters } from '../http/routes.ts';
import type { Fault } from '../http/tap.ts';
import { failure } from './answers.ts';
import { type FaultTarget, readFaultRoute } from './api-routes.ts';
import type { FaultInput } from './control-schemas.ts';
import type { Feed } from './feed.ts';

/** A fault as the control route takes it; members that are left out have defaults. */
export interface FaultRule {
  /**
   * A path of the API as in the contract, or one that meets it as `/certifications/imp_123`, a method in front of it if
   * wanted; null for every route of the API.
   */
  readonly route: string | null;
  /** The number of requests that it still applies to; null for all. */
  readonly times: number | null;
  /** From 0 to 1. */
  readonly probability: number;
  readonly delay_ms: number;
  /** Status to answer with, 400 to 599; null for the usual answer. */
  readonly status: number | null;
  /** Cuts the connection instead of answering. */
  readonly abort: boolean;
  /** The body in place of an envelope, at most 32,768 characters. Needs a status. */
  readonly body?: string;
  /** Headers of the answer; each replaces the usual one of its name. Needs a status. */
  readonly headers?: Readonly<Record<string, string>>;
}

const MESSAGE = '샌드박스에서 지정한 오류입니다.';

interface ActiveRule {
  readonly rule: FaultRule;
  readonly target: FaultTarget | null;
}

/** Faults for testing a merchant's error handling. The first rule that matches a request applies. */
export class Faults {
  readonly #feed: Feed;
  #active: ActiveRule[] = [];

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  get rules(): readonly FaultRule[] {
    return this.#active.map(({ rule }) => rule);
  }

  replace(faults: readonly FaultInput[]): void {
    this.#active = faults.map(withDefaults).map((rule) => ({
      rule,
      target: rule.route === null ? null : readFaultRoute(rule.route),
    }));
    this.#tell();
  }

  clear(): void {
    this.replace([]);
  }

  /** The fault for a request, counted. `parameters` are those of its path. */
  hit(method: string, route: string, parameters: PathParameters): Fault | null {
    const at = this.#active.findIndex(
      ({ rule, target }) =>
        (target === null || meets(target, method, route, parameters)) &&
        rule.times !== 0 &&
        Math.random() < rule.probability,
    );
    const active = this.#active[at];
    if (active === undefined) return null;
    const { rule } = active;
    if (rule.times !== null) {
      this.#active[at] = { ...active, rule: { ...rule, times: rule.times - 1 } };
      this.#tell();
    }
    return { delay: rule.delay_ms, outcome: outcomeOf(rule) };
  }

  #tell(): void {
    this.#feed.publish('faults', () => this.rules);
  }
}

function meets(target: FaultTarget, method: string, route: string, parameters: PathParameters): boolean {
  return (
    target.path === route &&
    (target.method === null || target.method === method) &&
    Object.entries(target.parameters).every(([name, value]) => value === parameters[name])
  );
}

function outcomeOf({ abort, status, body, headers = {} }: FaultRule): Fault['outcome'] {
  if (abort) return { kind: 'abort' };
  if (status === null) return { kind: 'answer' };
  return {
    kind: 'instead',
    status,
    body: Buffer.from(body ?? failure(MESSAGE)),
    headers: Object.entries(headers).flat(),
  };
}

function withDefaults(fault: FaultInput): FaultRule {
  const { route, times, probability, delay_ms, status, abort, body, headers } = fault;
  return {
    route: route ?? null,
    times: times ?? null,
    probability: probability ?? 1,
    delay_ms: delay_ms ?? 0,
    status: status ?? null,
    abort: abort ?? false,
    ...(typeof body === 'string' && { body }),
    ...(headers && { headers }),
  };
}
