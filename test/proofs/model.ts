import { type PlayName, play, RANDOM_SEED, tell } from '../model/play.ts';

/*
 * Plays 10,000 generated schedules of the API and the page against a server in this process, and holds every answer
 * against the model of the contracts. `npm run proofs:model [SEED]`: some minutes.
 */

const SCHEDULES: Readonly<Record<PlayName, number>> = {
  'the API': 4_000,
  'the page': 4_000,
  'both, with limits': 2_000,
};

const seed = Number(process.argv[2] ?? RANDOM_SEED);
let played = 0;
const met = new Map<string, number>();
for (const [name, count] of Object.entries(SCHEDULES) as [PlayName, number][]) {
  const started = performance.now();
  const { meetings, ...tally } = await play(name, count, { seed });
  process.stdout.write(tell(name, seed, tally, started));
  played += tally.schedules;
  for (const [verb, times] of meetings) met.set(verb, (met.get(verb) ?? 0) + times);
}
const verbs = [...met].map(([verb, times]) => `${verb} ${times}`).join(', ');
process.stdout.write(`${played} schedules and no violation; calls of each verb that met others: ${verbs}\n`);
