import type { IncomingHttpHeaders } from 'node:http';
import type { AppError } from '../errors.ts';
import type { AnswerFormat, OwnAnswer, PageAnswer, RouteAccess, StreamAnswer } from './answers.ts';
import { splitTarget } from './target.ts';

/** As in `{ imp_uid: 'imp_1' }` for `/certifications/{imp_uid}`. */
export type PathParameters = Readonly<Record<string, string>>;

/** A request as a handler sees it. */
export interface ApiRequest {
  /** As it was sent; may be HEAD for the handler of GET. */
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** Set by the server; also in the log and in `X-Request-Id`. */
  readonly requestId: string;
  /** The client's address: IPv4 or IPv6 in lower case, without port and zone; empty when it is not known. */
  readonly address: string;
  /** Decoded values of the path's `{…}` segments, by their names. */
  readonly parameters: PathParameters;
  /** The raw query, without the question mark. */
  readonly query: string;
  /** The body's bytes; empty for methods without a body. */
  readonly body: Buffer;
}

/** The text of a 200, in ASCII, or what an answer is otherwise. */
export type Answer = string | PageAnswer | StreamAnswer | OwnAnswer;

/** Answers a request; throws an AppError. */
export type Handler = (request: ApiRequest) => Promise<Answer>;

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Route extends RouteAccess {
  /** Fixed segments and `{name}` for a parameter; a fixed segment wins over a parameter. */
  readonly path: string;
  readonly methods: Partial<Readonly<Record<Method, Handler>>>;
  /** Throws an AppError for a caller who is not allowed. Called before method and body are read, also for OPTIONS. */
  readonly guard?: (request: Pick<ApiRequest, 'method' | 'headers'>) => void;
  /** Renders errors in another form than the surface's. */
  readonly renderError?: (error: AppError) => PageAnswer;
}

/** Routes below one base path. */
export interface Surface {
  /** Empty, or segments with a slash before each, as in `/iamport`. */
  readonly basePath: string;
  readonly routes: readonly Route[];
  /** Default: that of the server. */
  readonly format?: AnswerFormat;
}

export interface Match {
  readonly route: Route;
  /** That of the route's surface; null for that of the server. */
  readonly format: AnswerFormat | null;
  /** The text of the `Allow` header. */
  readonly allow: string;
  readonly parameters: PathParameters;
  readonly query: string;
}

interface Node {
  /**
   * A list, because there are few. With a Map, the engine would first look up each segment of a request in a table of
   * its own.
   */
  readonly fixed: { readonly segment: string; readonly node: Node }[];
  parameter: Node | null;
  route: Route | null;
  format: AnswerFormat | null;
  /** Names of the route's parameters, in the order of the path. */
  names: readonly string[];
  allow: string;
}

const newNode = (): Node => ({
  fixed: [],
  parameter: null,
  route: null,
  format: null,
  names: [],
  allow: '',
});

/** Finds the route of a raw request target, or null. */
export type Router = (rawTarget: string) => Match | null;

export function createRouter(surfaces: readonly Surface[]): Router {
  const root = newNode();
  for (const surface of surfaces) for (const route of surface.routes) addRoute(root, surface, route);

  return (rawTarget) => {
    const { segments, query } = splitTarget(rawTarget);
    const values: string[] = [];
    const node = walk(root, segments, 0, values);
    if (node === null) return null;
    const { route, format, allow, names } = node;
    return { route, format, allow, parameters: nameAll(names, values), query };
  };
}

function nameAll(names: readonly string[], values: readonly string[]): PathParameters {
  const named: Record<string, string> = {};
  for (let at = 0; at < names.length; at++) named[names[at] ?? ''] = values[at] ?? '';
  return named;
}

type RouteNode = Node & { readonly route: Route };

/** Depth first, fixed segments before parameters: `/certifications/otp` may be an id or the start of a longer path. */
function walk(node: Node, segments: readonly string[], depth: number, values: string[]): RouteNode | null {
  const segment = segments[depth];
  if (segment === undefined) return node.route === null ? null : (node as RouteNode);
  const fixed = findFixed(node, segment);
  const found = fixed === undefined ? null : walk(fixed, segments, depth + 1, values);
  if (found !== null || node.parameter === null) return found;
  values.push(segment);
  const below = walk(node.parameter, segments, depth + 1, values);
  if (below === null) values.pop();
  return below;
}

function findFixed({ fixed }: Node, segment: string): Node | undefined {
  for (const each of fixed) if (each.segment === segment) return each.node;
  return undefined;
}

function addRoute(root: Node, { basePath, format }: Surface, route: Route): void {
  let node = root;
  const names: string[] = [];
  for (const segment of splitTarget(basePath + route.path).segments) {
    if (segment.startsWith('{')) {
      names.push(segment.slice(1, -1));
      node.parameter ??= newNode();
      node = node.parameter;
    } else {
      let next = findFixed(node, segment);
      if (next === undefined) {
        next = newNode();
        node.fixed.push({ segment, node: next });
      }
      node = next;
    }
  }
  node.route = route;
  node.format = format ?? null;
  node.names = names;
  node.allow = allowText(route);
}

function allowText({ methods }: Route): string {
  const names = (['GET', 'POST', 'PUT', 'DELETE'] as const).flatMap((method) =>
    methods[method] === undefined ? [] : method === 'GET' ? ['GET', 'HEAD'] : [method],
  );
  return [...names, 'OPTIONS'].join(', ');
}
