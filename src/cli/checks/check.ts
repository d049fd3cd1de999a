import type { ServeConfig } from '../../config/command-config.ts';
import { fill, type Sentence } from '../../config/language.ts';
import type { Channel } from '../../core/channel.ts';
import type { MasterKey } from '../../core/key-ring.ts';
import { AppError } from '../../errors.ts';
import type { Inspection } from '../../storage/index.ts';
import { CHECK_COPY } from './copy.ts';

/** What a check can find. A warning refuses no start. */
export type State = 'ok' | 'warning' | 'failed' | 'skipped';

/** One of several things that a finding is about, and what is wrong with it. */
export interface Named {
  readonly name: string;
  readonly fault: Sentence;
}

export interface Finding {
  readonly state: State;
  /** What was found, without anything secret. */
  readonly detail: Sentence;
  /** Shown behind the sentence. */
  readonly named?: readonly Named[];
}

/** A channel, and why it certifies nobody; null when it is ready. */
export interface CheckedChannel {
  readonly channel: Channel;
  readonly fault: Sentence | null;
}

/** What checks read. Nothing here is opened or read before a check asks for it. */
export interface CheckContext {
  /** What is wrong with the settings, one sentence each. */
  readonly problems: readonly string[];
  /** Null when a setting is wrong. */
  readonly config: ServeConfig | null;
  /** The master keys; none where the first start will make them. */
  readonly masterKeys: () => readonly MasterKey[];
  /** Looks at the database, which changes nothing. */
  readonly inspect: () => Promise<Inspection>;
  readonly channels: () => Promise<readonly CheckedChannel[]>;
}

/** A check whose settings are right. */
export type ReadyContext = CheckContext & { readonly config: ServeConfig };

/**
 * One row of the table. `atStart` says what `serve` does with it: `refuses` checks before anything is opened and
 * refuses the start, `opening` leaves it to the opening of the database, which makes the same check, `warns` writes
 * what it finds into the log once the server listens, and null leaves it to `doctor`.
 */
export interface Check {
  readonly id: string;
  readonly what: Sentence;
  readonly mend: Sentence;
  readonly atStart: 'refuses' | 'opening' | 'warns' | null;
  /** Checks without which this one finds nothing new: it is left out when one of them has failed. */
  readonly needs: readonly string[];
  /** A `start_refused` that it throws is a failure with that sentence. */
  run(context: ReadyContext): Finding | Promise<Finding>;
}

export interface Checked extends Finding {
  readonly check: Check;
}

export const ok = (detail: Sentence): Finding => ({ state: 'ok', detail });
export const warning = (detail: Sentence, named?: readonly Named[]): Finding => ({
  state: 'warning',
  detail,
  ...(named && { named }),
});
export const failed = (detail: Sentence): Finding => ({ state: 'failed', detail });

/** Runs checks one after the other, all of them, whatever they find. */
export async function runChecks(
  checks: readonly Check[],
  context: CheckContext,
): Promise<readonly Checked[]> {
  const done: Checked[] = [];
  for (const check of checks) {
    const unmet = check.needs.filter((id) =>
      done.some((each) => each.check.id === id && (each.state === 'failed' || each.state === 'skipped')),
    );
    const found =
      unmet.length > 0
        ? { state: 'skipped' as const, detail: fill(CHECK_COPY.after, { ids: unmet.join(', ') }) }
        : await tryCheck(check, context);
    done.push({ ...found, check });
  }
  return done;
}

async function tryCheck(check: Check, context: CheckContext): Promise<Finding> {
  try {
    // Every check that reads the settings needs the one that checks them.
    return await check.run(context as ReadyContext);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return failed(same(error.message));
  }
}

/** A text that exists in one language only, such as the words of the storage. */
export function same(text: string): Sentence {
  return { en: text, ko: text };
}
