import type { GoldenCase } from '../../src/conformance/case-file.ts';
import { describe, playCase, type Stage } from '../../src/conformance/play.ts';
import { createWorld, type World } from './world.ts';

/**
 * Plays a case against a world of its own and gives what is different; an exception is a difference too. `seen` gets
 * everything that was sent and came back.
 */
export async function runCase(
  golden: GoldenCase,
  seen: NonNullable<Stage['seen']> = () => {},
): Promise<readonly string[]> {
  let world: World;
  try {
    world = await createWorld(golden.given);
  } catch (error) {
    return [describe(error)];
  }
  try {
    return await playCase(golden, { ...world, seen });
  } finally {
    await world.close();
  }
}
