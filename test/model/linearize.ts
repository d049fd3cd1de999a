import { type Answer, apply, type Call, type World } from './contract-model.ts';

export interface Observed {
  readonly call: Call;
  readonly answer: Answer;
}

interface Reached {
  readonly world: World;
  readonly outcomes: readonly string[];
}

/**
 * The worlds that may be after calls made at the same moment: those that some order of the calls, one after the
 * other, leads to with exactly these answers. None means that the answers contradict the contract.
 */
export function possibleWorlds(
  worlds: readonly World[],
  observed: readonly Observed[],
): { readonly worlds: readonly World[]; readonly outcomes: readonly string[] } {
  // By the set of calls already placed, as bits: each set is reached from those with one call fewer.
  const reached: Map<string, Reached>[] = Array.from({ length: 1 << observed.length }, () => new Map());
  for (const world of worlds) reached[0]?.set(keyOf(world), { world, outcomes: [] });
  for (const [placed, here] of reached.entries())
    for (const { world, outcomes } of here.values())
      for (const [at, { call, answer }] of observed.entries()) {
        if ((placed & (1 << at)) !== 0) continue;
        const after = apply(world, call, answer);
        if (after === null) continue;
        const next = reached[placed | (1 << at)];
        const key = keyOf(after.world);
        if (next?.has(key) === false)
          next.set(key, { world: after.world, outcomes: [...outcomes, after.outcome] });
      }
  const last = [...(reached.at(-1)?.values() ?? [])];
  return { worlds: last.map(({ world }) => world), outcomes: last[0]?.outcomes ?? [] };
}

function keyOf({ now, tokens, certs }: World): string {
  return JSON.stringify([now, [...tokens].toSorted(), [...certs].toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}
