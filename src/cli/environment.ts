import { SETTINGS } from '../config.ts';
import { findNearestName } from '../validation/nearest-name.ts';
import { CALLER_VARIABLES } from './call-api.ts';
import type { CommandCall } from './command.ts';

/** Every variable that some command reads. */
const KNOWN: readonly string[] = [...Object.values(SETTINGS).map(({ env }) => env), ...CALLER_VARIABLES];

/** What Kubernetes puts into every pod for a service called bonin. */
const SERVICE_LINK = /^BONIN_(?:SERVICE_|PORT_\d)/;

const MARKS = /^["'`\u2018\u2019\u201c\u201d]|["'`\u2018\u2019\u201c\u201d]$/u;

interface ReadEnvironment {
  readonly environment: CommandCall['environment'];
  /** What must be mended first, a sentence each; values are not quoted. */
  readonly problems: readonly string[];
  /** Names that look like ours and are none. */
  readonly warnings: readonly string[];
}

/**
 * The variables as they were meant: without blanks and line ends around them, an empty one as none. Files of variables
 * are read by many tools, some of which keep quotation marks as part of the value.
 */
export function readEnvironment(given: CommandCall['environment']): ReadEnvironment {
  const environment: Record<string, string | undefined> = { ...given };
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const [name, text = ''] of Object.entries(given)) {
    if (!/^BONIN_/i.test(name)) continue;
    if (!KNOWN.includes(name)) {
      if (!SERVICE_LINK.test(name))
        warnings.push(`there is no setting ${name}; did you mean ${findNearestName(name, KNOWN)}?`);
      continue;
    }
    const value = text.trim();
    environment[name] = value === '' ? undefined : value;
    if (MARKS.test(value))
      problems.push(`${name} stands in quotation marks, which would be part of it: leave them out`);
    else if (/\p{Cc}/u.test(value)) problems.push(`${name} holds a control character`);
    else if (name === 'BONIN_PORT' && /^tcp:\/\//.test(value))
      problems.push(
        'BONIN_PORT is what Kubernetes sets for a service called bonin: give the service another name, or set enableServiceLinks: false for the pod',
      );
  }
  return { environment, problems, warnings };
}
