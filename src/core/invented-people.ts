import { AppError } from '../errors.ts';
import type { Identity } from './identity.ts';

/*
 * People of a sandbox are marked, so that nobody takes them for an agency's: their CI begins with the mark, their DI
 * has it behind the prefix that every DI has. Production refuses to keep one, by whatever way it comes.
 */

export const SANDBOX_MARK = 'SANDBOX/';
export const DI_PREFIX = 'MC0GCCqGSIb3DQIJAyEA';

/** Whether a CI or DI is marked as that of nobody. */
export function isInvented({ ci, di }: Pick<Identity, 'ci' | 'di'>): boolean {
  return [ci, di].some((id) => {
    const text = id?.trimStart() ?? '';
    return text.startsWith(SANDBOX_MARK) || text.startsWith(DI_PREFIX + SANDBOX_MARK);
  });
}

/** Throws `invented_person` for somebody who must not be kept. */
export function requireReal(identity: Pick<Identity, 'ci' | 'di'>): void {
  if (isInvented(identity))
    throw new AppError('invented_person', {
      detail: 'the CI or DI of a result is marked as that of a sandbox',
    });
}
