import type { GoldenCase } from '../../src/conformance/case-file.ts';
import { describe, playCase, type Stage } from '../../src/conformance/play.ts';
import { createWorld, type World } from './world.ts';

export interface CaseOptions {
  /** Gets everything that was sent and came back. Default: nobody does. */
  readonly seen?: NonNullable<Stage['seen']>;
  /** An empty database. Default: one in memory. */
  readonly databaseUrl?: string;
}

/** Plays a case against a world of its own and gives what is different; an exception is a difference too. */
export async function runCase(
  golden: GoldenCase,
  { seen = () => {}, databaseUrl = 'sqlite::memory:' }: CaseOptions = {},
): Promise<readonly string[]> {
  let world: World;
  try {
    world = await createWorld(golden.given, databaseUrl);
  } catch (error) {
    return [describe(error)];
  }
  try {
    return await playCase(golden, { ...world, seen });
  } finally {
    await world.close();
  }
}
