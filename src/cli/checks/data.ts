import { fill } from '../../config/language.ts';
import { type Finding, failed, ok, type ReadyContext, same } from './check.ts';
import { CHECK_COPY } from './copy.ts';

/* What Bonin keeps: settings, keys and the database. */

export function checkSettings({ problems }: Pick<ReadyContext, 'problems'>): Finding {
  return problems.length === 0 ? ok(CHECK_COPY.settings_ok) : failed(same(problems.join('; ')));
}

export function checkKeys({ config, masterKeys }: ReadyContext): Finding {
  const file = config.database.masterKeys;
  const keys = masterKeys();
  const newest = keys.at(-1);
  return ok(
    newest === undefined
      ? fill(CHECK_COPY.keys_new, { file })
      : fill(CHECK_COPY.keys_ok, { file, count: keys.length, id: newest.id }),
  );
}

export async function checkDatabase({ inspect }: ReadyContext): Promise<Finding> {
  const { stepsMissing } = await inspect();
  if (stepsMissing === null) return ok(CHECK_COPY.database_new);
  return ok(
    stepsMissing === 0 ? CHECK_COPY.database_ok : fill(CHECK_COPY.database_steps, { count: stepsMissing }),
  );
}
