import { type Language, say } from '../../config/language.ts';
import type { Logger } from '../../log.ts';
import type { Services } from '../../server/services.ts';
import { CHANNELS_COPY } from '../channels-copy.ts';
import { Refusal } from '../command.ts';
import { listChannels } from './channels.ts';
import { type CheckContext, type Checked, runChecks } from './check.ts';
import { createCheckContext, type ServeSettings } from './context.ts';
import { CHECKS } from './index.ts';

/** How many names are printed at a start; further ones are only counted. */
const NAMED = 20;

/**
 * Refuses a start of `serve` with everything that the checks find. The database is left to its opening, which makes the
 * same check; only a start that is refused anyway also looks at it here, so that all is said at once.
 */
export async function requireChecks(settings: ServeSettings, language: Language): Promise<void> {
  const context = createCheckContext(settings);
  const failures = async (...kinds: readonly unknown[]) => {
    const checks = CHECKS.filter(({ atStart }) => kinds.includes(atStart));
    return (await runChecks(checks, context)).filter(({ state }) => state === 'failed');
  };
  if ((await failures('refuses')).length === 0) return;
  throw new Refusal((await failures('refuses', 'opening')).map(({ detail }) => detail[language]));
}

/** Writes what needs no refusal into the log, once at a start, and channels that certify nobody also on standard output. */
export async function tellWarnings(
  context: CheckContext,
  services: Services,
  { log, language }: { readonly log: Logger; readonly language: Language },
): Promise<void> {
  const checks = CHECKS.filter(({ atStart }) => atStart === 'warns').map((check) => ({
    ...check,
    needs: [],
  }));
  let found: readonly Checked[];
  try {
    found = await runChecks(checks, {
      ...context,
      channels: () => listChannels(services),
    });
  } catch (error) {
    log.error({ error }, 'the start could not be checked');
    return;
  }
  for (const { state, detail, named: all = [], check } of found) {
    if (state === 'ok') continue;
    // An altered row is an alarm, but no reason to refuse the other merchants.
    const named = all.slice(0, NAMED);
    const names = named.map(({ name }) => name);
    const fields = { check: check.id, ...(all.length > 0 && { count: all.length, [check.id]: names }) };
    log[state === 'failed' ? 'error' : 'warn'](fields, detail.en);
    for (const { name, fault } of named) {
      const said = say(CHANNELS_COPY.certifies_nobody, language, { fault: fault[language] });
      console.log(say(CHANNELS_COPY.named, language, { name, fault: said }));
    }
    if (all.length > NAMED) console.log(say(CHANNELS_COPY.more, language, { count: all.length - NAMED }));
    if (all.length > 0) console.log('');
  }
}
