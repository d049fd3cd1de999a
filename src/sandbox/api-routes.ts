import { createRouter, type Match, type Method, type PathParameters } from '../http/routes.ts';

/** The table of the API, which a fault may name: each path with its methods. */
export const API_ROUTES = {
  '/users/getToken': ['POST'],
  '/users/pg/{userCode}': ['GET'],
  '/certifications/{imp_uid}': ['GET', 'DELETE'],
  '/certifications/otp/request': ['POST'],
  '/certifications/otp/confirm/{imp_uid}': ['POST'],
} as const satisfies Record<string, readonly Method[]>;

export const API_PATHS = Object.keys(API_ROUTES) as readonly (keyof typeof API_ROUTES)[];

const METHODS_OF: Readonly<Record<string, readonly Method[]>> = API_ROUTES;
const NEVER = () => Promise.reject(new Error('this route only shows the way'));
const find = createRouter([
  {
    basePath: '',
    routes: API_PATHS.map((path) => ({
      path,
      methods: Object.fromEntries(METHODS_OF[path]?.map((method) => [method, NEVER]) ?? []),
    })),
  },
]);

/** The target of a fault's route. Null for the method means every method; a missing parameter means every value. */
export interface FaultTarget {
  readonly method: string | null;
  readonly path: string;
  readonly parameters: PathParameters;
}

/** All ways to write a route of the table. */
export const ROUTE_NAMES: readonly string[] = [
  ...API_PATHS,
  ...API_PATHS.flatMap((path) => methodsOf(path).map((method) => `${method} ${path}`)),
];

/**
 * Parses `route`: a path of the table or one that matches it, such as `/certifications/imp_123`, optionally with one of
 * its methods in front. Null for anything else.
 */
export function readFaultRoute(route: string): FaultTarget | null {
  const [, method = null, path = ''] = /^(?:([A-Z]+) )?(\/[^?#\s]*)$/.exec(route) ?? [];
  const match: Match | null = path === '' ? null : find(path);
  if (match === null) return null;
  const { route: met, parameters } = match;
  if (method !== null && !methodsOf(met.path).includes(method)) return null;
  const named = Object.entries(parameters).filter(([name, value]) => value !== `{${name}}`);
  // Braces are a misspelt placeholder, not an id.
  if (named.some(([, value]) => /[{}]/.test(value))) return null;
  return { method, path: met.path, parameters: Object.fromEntries(named) };
}

function methodsOf(path: string): readonly string[] {
  const methods: readonly string[] = METHODS_OF[path] ?? [];
  return methods.includes('GET') ? [...methods, 'HEAD'] : methods;
}
