import type { GoldenCase } from '../../src/conformance/case-file.ts';
import { describe, playCase } from '../../src/conformance/play.ts';
import { createWorld, type World } from './world.ts';

/** Plays a case against a world of its own and gives what is different; an exception is a difference too. */
export async function runCase(golden: GoldenCase): Promise<readonly string[]> {
  let world: World;
  try {
    world = await createWorld(golden.given);
  } catch (error) {
    return [describe(error)];
  }
  try {
    return await playCase(golden, world);
  } finally {
    await world.close();
  }
}
