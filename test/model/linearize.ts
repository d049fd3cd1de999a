import { type Answer, type ApiCall, BEGIN, type Call, type Move, type PageCall } from './calls.ts';
import { apiMoves } from './contract-model.ts';
import { operatorMoves } from './operator-model.ts';
import { pageMoves } from './page-model.ts';
import type { Facts, World } from './world.ts';

/** A call that was made, and what was answered. */
export interface Observed {
  readonly id: number;
  readonly call: Call;
  readonly answer: Answer;
}

/** What may be true: a world, and how far the calls have come that are under way in it, by their ids. */
export interface State {
  readonly world: World;
  readonly underWay: ReadonlyMap<number, string>;
}

/**
 * The states that may be after calls made at the same moment: those that some order of the events of the calls leads
 * to with exactly these answers. None means that the answers contradict the contract. `isEnd` says of how far a call
 * may have come in the end; null when it has been answered.
 */
export function possibleStates(
  before: readonly State[],
  observed: readonly Observed[],
  facts: Facts,
  isEnd: (progress: string | null) => boolean = (progress) => progress === null,
): { readonly states: readonly State[]; readonly outcomes: readonly string[] } {
  const seen = new Set<string>();
  const ends = new Map<string, State & { readonly outcomes: readonly string[] }>();
  const open = before.map((state) => ({
    world: state.world,
    underWay: new Map([...observed.map(({ id }) => [id, BEGIN] as const), ...state.underWay]),
    outcomes: [] as readonly string[],
  }));
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const { world, underWay, outcomes } = state;
    const key = keyOf(state);
    if (seen.has(key)) continue;
    seen.add(key);
    if (observed.every(({ id }) => isEnd(underWay.get(id) ?? null))) {
      ends.set(key, state);
      continue;
    }
    for (const each of observed) {
      const progress = underWay.get(each.id);
      if (progress === undefined || isEnd(progress)) continue;
      for (const move of movesOf(world, each, progress, facts)) {
        const next = new Map(underWay);
        if (move.progress === null) next.delete(each.id);
        else next.set(each.id, move.progress);
        const more = move.outcome === null ? outcomes : [...outcomes, move.outcome];
        open.push({ world: move.world, underWay: next, outcomes: more });
      }
    }
  }
  const states = [...ends.values()];
  return { states, outcomes: states[0]?.outcomes ?? [] };
}

function movesOf(
  world: World,
  { id, call, answer }: Observed,
  progress: string,
  facts: Facts,
): readonly Move[] {
  if (isApiCall(call)) return apiMoves(world, { id, call, answer }, progress, facts);
  if (isPageCall(call)) return pageMoves(world, { id, call, answer }, progress, facts);
  return operatorMoves(world, { id, call, answer }, progress, facts);
}

function isApiCall(call: Call): call is ApiCall {
  return ['token', 'lookup', 'erase', 'request', 'confirm'].includes(call.kind);
}

function isPageCall(call: Call): call is PageCall {
  return ['start', 'open', 'show', 'result', 'close', 'word', 'form'].includes(call.kind);
}

/** The same text for states that are the same, whatever the order in which their parts came to be. */
function keyOf({ world, underWay }: State): string {
  const { now, tokens, issued, keys, disabled, certs, attempts, asks, counts } = world;
  const maps = [tokens, keys, certs, attempts, asks, counts].map(keyOfMap);
  return [now, ...maps, [...issued].toSorted(), [...disabled].toSorted(), keyOfMap(underWay)].join('\n');
}

const known = new WeakMap<object, string>();

function keyOfMap(map: ReadonlyMap<string | number, unknown>): string {
  let key = known.get(map);
  if (key === undefined) {
    key = [...map]
      .map(([name, value]) => `${name} ${keyOfValue(value)}`)
      .toSorted()
      .join('\n');
    known.set(map, key);
  }
  return key;
}

function keyOfValue(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  let key = known.get(value);
  if (key === undefined) {
    key = JSON.stringify(value);
    known.set(value, key);
  }
  return key;
}
