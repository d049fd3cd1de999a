import type { GoldenCase } from './case-file.ts';
import { goesTo } from './target.ts';

/**
 * Routes of the contract that src/api/v1/index.ts does not have yet. A row goes when its route comes; with the
 * last row this file goes.
 */
const MISSING_ROUTES = [
  { method: 'POST', path: '/certifications/otp/request' },
  { method: 'POST', path: '/certifications/otp/confirm/{imp_uid}' },
  { method: 'GET', path: '/users/pg/{userCode}' },
] as const;

/**
 * The missing route that a case or a step before it goes to, or null. The path decides: that other methods get
 * 405, and `OPTIONS` and `HEAD` their answers, is said by the route too.
 */
export function missingRoute({ request, given }: GoldenCase): string | null {
  const requests = [request, ...(given.before ?? []).map((step) => step.request)];
  const missing = MISSING_ROUTES.find(({ path }) =>
    requests.some((one) => goesTo(one.path, given.base_path ?? '', path)),
  );
  return missing === undefined ? null : `${missing.method} ${missing.path}`;
}
