import type { Call } from './calls.ts';
import { CHANNELS, MERCHANTS, type MerchantName } from './cast.ts';
import type { Observed, State } from './linearize.ts';
import type { Plan, Step } from './schedules.ts';

/* What can be told of schedules and calls without playing them. */

const OPERATIONS = ['disable', 'enable', 'revoke', 'change secret'];

function plansOf(steps: readonly Step[]): readonly Plan[] {
  return steps.flatMap((step) =>
    step.kind === 'calls'
      ? step.plans
      : step.kind === 'hold'
        ? [step.plan]
        : step.kind === 'renew'
          ? plansOf(step.steps)
          : [],
  );
}

/** Whose token a schedule needs. */
export function merchantsIn(steps: readonly Step[]): readonly MerchantName[] {
  const plans = plansOf(steps);
  const isNamed = (name: MerchantName) =>
    plans.some(
      (plan) =>
        ('merchant' in plan && plan.merchant === name) ||
        ('channelKey' in plan && CHANNELS[plan.channelKey]?.merchant === name),
    );
  const hasStranger = plans.some((plan) => 'by' in plan && plan.by === 'stranger');
  return MERCHANTS.filter((name) => name === 'a' || isNamed(name) || (name === 'b' && hasStranger));
}

/** Whose keys or state an operator changes. */
export function operatedIn(steps: readonly Step[]): readonly MerchantName[] {
  return plansOf(steps).flatMap((plan) =>
    OPERATIONS.includes(plan.does) && 'merchant' in plan ? [plan.merchant] : [],
  );
}

/** Whether a message may have gone out with a call. */
export function mayHaveSent(call: Call): boolean {
  return call.kind === 'request' || (call.kind === 'form' && call.wish !== 'cancel');
}

/** What a reader of the failure needs: the calls that no order explains, and the states in which they were made. */
export function describe(
  states: readonly State[],
  observed: readonly Observed[],
  isOddBehindTheScenes: boolean,
): string {
  const calls = observed.map(({ id, call, answer }) => {
    const said = Object.fromEntries(Object.entries(answer).filter(([, value]) => value !== null));
    return JSON.stringify({ id, ...call, answer: said });
  });
  const before = states.map(({ world, underWay }) => JSON.stringify({ ...world, underWay }, unfold));
  const what = isOddBehindTheScenes
    ? 'the provider was asked, or has sent, more or less than any order of these calls explains:'
    : 'the contract allows no order of these calls with these answers:';
  return [what, ...calls, 'in:', ...before].join('\n');
}

function unfold(_name: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}
