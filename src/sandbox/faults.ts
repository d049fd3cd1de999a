import type { HeaderList, OwnAnswer } from '../http/answers.ts';
import { attempt } from '../http/guards.ts';
import type { Handler, PathParameters, Route } from '../http/routes.ts';
import { CUT, send } from '../http/send.ts';
import { failure } from './answers.ts';
import { type FaultTarget, readFaultRoute } from './api-routes.ts';
import type { FaultInput } from './control-schemas.ts';
import type { Feed } from './feed.ts';
import { pause } from './pause.ts';
import type { FaultRule } from './testing-types.ts';

const MESSAGE = '샌드박스에서 지정한 오류입니다.';

/** What happens instead of an answer, or before it. */
export interface Fault {
  /** Milliseconds to wait first. */
  readonly delay: number;
  /** Null for the usual answer. */
  readonly answer: OwnAnswer | null;
}

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
    return { delay: rule.delay_ms, answer: answerOf(rule) };
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

function answerOf({ abort, status, body, headers = {} }: FaultRule): Fault['answer'] {
  if (abort) return CUT;
  if (status === null) return null;
  const bytes = Buffer.from(body ?? failure(MESSAGE));
  return {
    write(request, response, usual) {
      const all = replaceHeaders(usual, Object.entries(headers).flat());
      send(request, response, status, bytes, [...all, 'Content-Length', String(bytes.length)]);
      return status;
    },
  };
}

/** The usual headers of an answer; those in `others` replace the usual ones of the same name. */
function replaceHeaders(usual: HeaderList, others: HeaderList): HeaderList {
  const named = others.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  const kept = usual.filter((_, at) => !named.includes((usual[at - (at % 2)] ?? '').toLowerCase()));
  return [...kept, ...others];
}

/**
 * The same routes, with faults. `stop` ends delays. If the search for a fault fails, `report` gets the error and no
 * fault happens.
 */
export function withFaults(
  routes: readonly Route[],
  faults: Pick<Faults, 'hit'>,
  stop: AbortSignal,
  report: (error: unknown) => void,
): readonly Route[] {
  return wrapHandlers(routes, (handle, { path }) => async (request) => {
    const { method, parameters } = request;
    const fault = attempt(() => faults.hit(method, path, parameters), null, report);
    if (fault !== null) await pause(fault.delay, stop);
    return fault?.answer ?? handle(request);
  });
}

/** The same routes, with each handler replaced by the result of `wrap`. */
export function wrapHandlers(
  routes: readonly Route[],
  wrap: (handle: Handler, route: Route) => Handler,
): readonly Route[] {
  return routes.map((route) => ({
    ...route,
    methods: Object.fromEntries(
      Object.entries(route.methods).map(([method, handle]) => [method, wrap(handle, route)]),
    ),
  }));
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
