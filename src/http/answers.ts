import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AppError } from '../errors.ts';
import { STATUS_CODES } from './node-http.ts';

/** The answer of a surface to an error. */
export interface ErrorAnswer {
  readonly status: number;
  /** A text in ASCII. */
  readonly body: string;
  readonly headers?: readonly string[];
}

export type RenderError = (error: AppError) => ErrorAnswer;

/** Headers as node takes them: name, value, name, value, … */
export type HeaderList = readonly string[];

/** Which pages of other origins may read answers. */
export type CorsPolicy =
  | { readonly kind: 'any' }
  | { readonly kind: 'listed'; readonly origins: readonly string[] };

/** What the answers of a surface have in common. */
export interface AnswerFormat {
  /**
   * Headers of an answer that its handler returns as a text. Without `Content-Length` and `X-Request-Id`, which every
   * answer gets.
   */
  readonly textHeaders: HeaderList;
  /** Headers of an answer without a body, such as that to OPTIONS. */
  readonly bareHeaders: HeaderList;
  /** Request headers that pages of other origins may send, as in `Authorization, Content-Type`. */
  readonly allowedHeaders: string;
  readonly renderError: RenderError;
}

/** An answer with a status, headers and bytes of its own: a page, a script, a redirect. */
export interface PageAnswer {
  readonly status: number;
  /** Without `Content-Length`, `X-Content-Type-Options` and `X-Request-Id`, which every answer gets. */
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

/** An answer that goes on until the client leaves or the server stops. It has a connection of its own. */
export interface StreamAnswer {
  /** Without `X-Content-Type-Options` and `X-Request-Id`, which every answer gets. */
  readonly headers: HeaderList;
  /**
   * Called when the head has been written, except for HEAD. Returns a function that is called at the end; `end` ends
   * the answer.
   */
  readonly open: (write: (text: string) => void, end: () => void) => () => void;
}

/** An answer that writes itself, or cuts the connection. */
export interface OwnAnswer {
  /** `usual` are the headers of an answer in text. Returns the status; 0 when the connection was cut. */
  readonly write: (request: IncomingMessage, response: ServerResponse, usual: HeaderList) => number;
}

const ANY_ORIGIN: HeaderList = ['Access-Control-Allow-Origin', '*'];
const NO_ORIGIN: HeaderList = [];

/** Which pages may read the answers of a route. */
export interface RouteAccess {
  /** True for a route that any web page may ask, in every mode. */
  readonly public?: boolean;
  /** True for a route that no page of another origin may ask, in any mode. */
  readonly private?: boolean;
}

/** The CORS headers of an answer. Without a route the policy decides. */
export function corsHeaders(
  policy: CorsPolicy,
  origin: string | undefined,
  route: RouteAccess = {},
): HeaderList {
  if (route.private === true) return NO_ORIGIN;
  if (policy.kind === 'any' || route.public === true) return ANY_ORIGIN;
  if (policy.origins.length === 0) return NO_ORIGIN;
  return origin !== undefined && policy.origins.includes(origin)
    ? ['Access-Control-Allow-Origin', origin, 'Vary', 'Origin']
    : ['Vary', 'Origin'];
}

/** Headers that a preflight also gets when its origin is allowed. */
export function preflightHeaders(allow: string, allowedHeaders: string): HeaderList {
  return [
    'Access-Control-Allow-Methods',
    allow,
    'Access-Control-Allow-Headers',
    allowedHeaders,
    'Access-Control-Max-Age',
    '600',
  ];
}

/** A whole answer as bytes, for a socket whose request node could not parse. Closes the connection. */
export function rawAnswer(answer: ErrorAnswer, headers: HeaderList): string {
  const lines = [
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}`,
    `Date: ${new Date().toUTCString()}`,
  ];
  const all = [...headers, 'Content-Length', String(answer.body.length), 'Connection', 'close'];
  for (let at = 0; at < all.length; at += 2) lines.push(`${all[at]}: ${all[at + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n${answer.body}`;
}
