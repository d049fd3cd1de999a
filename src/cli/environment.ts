import { type Language, say } from '../config/language.ts';
import { SETTINGS } from '../config/settings.ts';
import { findNearestName } from '../validation/nearest-name.ts';
import { CALLER_VARIABLES } from './call-api.ts';
import { COPY } from './copy.ts';

/** Every variable that some command reads. */
const KNOWN: readonly string[] = [...Object.values(SETTINGS).map(({ env }) => env), ...CALLER_VARIABLES];

/** Whether some command reads a variable of this name. */
export function isVariable(name: string): boolean {
  return KNOWN.includes(name);
}

/** What Kubernetes puts into every pod for a service called bonin. */
const SERVICE_LINK = /^BONIN_(?:SERVICE_|PORT_\d)/;

/** A sentence for each variable that looks like one of ours and is none. */
export function findUnknownVariables(names: readonly string[], language: Language = 'en'): readonly string[] {
  return names
    .filter((name) => /^BONIN_/i.test(name) && !isVariable(name) && !SERVICE_LINK.test(name))
    .map((name) =>
      say(COPY.no_variable, language, { name, nearest: findNearestName(name, KNOWN) ?? 'BONIN_DATA' }),
    );
}
