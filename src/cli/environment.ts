import { SETTINGS } from '../config/settings.ts';
import { findNearestName } from '../validation/nearest-name.ts';
import { CALLER_VARIABLES } from './call-api.ts';

/** Every variable that some command reads. */
const KNOWN: readonly string[] = [...Object.values(SETTINGS).map(({ env }) => env), ...CALLER_VARIABLES];

/** What Kubernetes puts into every pod for a service called bonin. */
const SERVICE_LINK = /^BONIN_(?:SERVICE_|PORT_\d)/;

/** A sentence for each variable that looks like one of ours and is none. */
export function findUnknownVariables(names: readonly string[]): readonly string[] {
  return names
    .filter((name) => /^BONIN_/i.test(name) && !KNOWN.includes(name) && !SERVICE_LINK.test(name))
    .map((name) => `there is no setting ${name}; did you mean ${findNearestName(name, KNOWN)}?`);
}
