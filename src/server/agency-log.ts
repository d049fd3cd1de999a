import type { AgencyOutcome, ServiceHooks } from '../core/hooks.ts';
import type { Logger } from '../log.ts';

/** So many failures in a row, within this time in milliseconds, and an agency counts as out of reach. */
const FAILURES = 3;
const WINDOW = 60_000;

const UNAVAILABLE: readonly AgencyOutcome[] = ['provider_unavailable', 'unreadable_answer'];

/** Whether agencies can be reached, by how they answered last. */
class Reachability {
  /** The times of the failures since the last answer, of those that count. */
  readonly #failures = new Map<string, readonly number[]>();
  readonly #unreachable = new Set<string>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  note(adapter: string, outcome: AgencyOutcome): void {
    if (UNAVAILABLE.includes(outcome)) this.#fail(adapter);
    else this.#recover(adapter);
  }

  #fail(adapter: string): void {
    const now = performance.now();
    const failures = [...(this.#failures.get(adapter) ?? []).filter((at) => now - at < WINDOW), now];
    this.#failures.set(adapter, failures);
    if (failures.length < FAILURES || this.#unreachable.has(adapter)) return;
    this.#unreachable.add(adapter);
    this.#log.warn({ adapter }, 'an agency cannot be reached');
  }

  #recover(adapter: string): void {
    this.#failures.delete(adapter);
    if (this.#unreachable.delete(adapter)) this.#log.info({ adapter }, 'an agency can be reached again');
  }
}

/** The same hooks, which also write to the log what an operator should know of the agencies. */
export function logAgencies(hooks: ServiceHooks, log: Logger): ServiceHooks {
  const reachability = new Reachability(log);
  return {
    ...hooks,
    agencyAsked(adapter, question) {
      const end = hooks.agencyAsked(adapter, question);
      return (outcome) => {
        end(outcome);
        reachability.note(adapter, outcome);
      };
    },
    resultUnclear(about, fields) {
      hooks.resultUnclear(about, fields);
      const { adapter, attemptId } = about;
      log.warn(
        { adapter, attempt: attemptId, fields },
        'fields in the answer of an agency are empty or unclear',
      );
    },
    securityEvent(event) {
      hooks.securityEvent(event);
      const { kind, address, about, why } = event;
      const named = about && { adapter: about.adapter, attempt: about.attemptId };
      log.warn({ security: kind, address, ...named, ...(why !== null && { why }) }, 'security event');
    },
  };
}
