import { maskBirthday, maskName, maskPhone } from '../core/masking.ts';
import { bodyFormatOf, unreadMediaType } from '../http/media-type.ts';
import { parseMultipart } from '../http/multipart.ts';
import type { ArrivedHead, Observer } from '../http/observer.ts';
import type { Route } from '../http/routes.ts';
import { API_ROUTES } from './api-routes.ts';
import { wrapHandlers } from './faults.ts';
import type { Feed } from './feed.ts';
import type { LoggedRequest } from './testing-types.ts';

/** A request with the status of its answer; 0 when the connection was cut instead. */
export interface SeenRequest
  extends Pick<ArrivedHead, 'requestId' | 'method' | 'target' | 'route' | 'headers'> {
  /** Empty if no handler received it. */
  readonly body: Buffer;
  readonly status: number;
}

const NO_BODY = Buffer.alloc(0);
const KEPT = 200;
const LONGEST_PATH = 200;

/** Members that are neither personal nor secret. */
const HARMLESS: readonly string[] = [
  'imp_key',
  'carrier',
  'is_mvno',
  'channel_key',
  'channelKey',
  'pg',
  'verification_method',
];
/** The format of a key or of a fixed word; a name or a secret in its place usually has another format. */
const HARMLESS_VALUE = /^[\w+.-]{1,60}$/;
/** A map, because names come from outside: an object also has inherited names. */
const MASKS: ReadonlyMap<string, (text: string) => string> = new Map([
  ['name', maskName],
  ['phone', (text) => maskPhone(text.replace(/\D/g, ''))],
  ['birth', maskBirthday],
  ['birthday', maskBirthday],
]);

interface Entry {
  readonly seen: SeenRequest;
  readonly at: number;
}

/** The last requests to the API; in memory. They are masked only when somebody reads them, to save time. */
export class RequestLog {
  readonly #ring: Entry[] = [];
  readonly #feed: Feed;
  #count = 0;
  /** Bodies of requests in progress, by request id. */
  readonly #bodies = new Map<string, Buffer>();

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  /** Records requests to the API and to unknown routes; `now` returns epoch seconds. */
  observe(now: () => number): Observer {
    return {
      begin: (request) => ({
        run: (handle) => handle(),
        end: ({ status }) => {
          const { requestId, method, target, route, headers } = request;
          const body = this.#bodies.get(requestId) ?? NO_BODY;
          this.#bodies.delete(requestId);
          if (route === null || Object.hasOwn(API_ROUTES, route))
            this.add({ requestId, method, target, route, headers, body, status }, now());
        },
      }),
      // Bytes that are not a request are in the log of the process.
      refused() {},
    };
  }

  /** The same routes of the API; their bodies are added to the records. */
  withBodies(routes: readonly Route[]): readonly Route[] {
    return wrapHandlers(routes, (handle) => (request) => {
      this.#bodies.set(request.requestId, request.body);
      return handle(request);
    });
  }

  add(seen: SeenRequest, at: number): void {
    const entry = { seen, at };
    this.#ring[this.#count++ % KEPT] = entry;
    this.#feed.publish('request', () => mask(entry));
  }

  /** Newest first. */
  list(): readonly LoggedRequest[] {
    const newest = this.#count % KEPT;
    return [...this.#ring.slice(newest), ...this.#ring.slice(0, newest)].reverse().map(mask);
  }

  clear(): void {
    this.#ring.length = 0;
    this.#count = 0;
  }
}

function mask({ seen, at }: Entry): LoggedRequest {
  return {
    request_id: seen.requestId,
    method: seen.method,
    path: (seen.target.split('?', 1)[0] ?? '').slice(0, LONGEST_PATH),
    route: seen.route,
    token: placeOfToken(seen),
    content_type: seen.headers['content-type'] ?? null,
    unread_media_type: seen.body.length === 0 ? null : unreadMediaType(seen.headers),
    body: maskBody(seen),
    status: seen.status,
    at,
  };
}

function placeOfToken({ headers, target }: SeenRequest): string | null {
  const authorization = headers.authorization?.trim();
  if (authorization) return /^bearer\b/i.test(authorization) ? 'bearer' : 'authorization';
  if (headers['x-imptokenheader']) return 'x-imptokenheader';
  return /[?&]_token=/.test(target) ? '_token' : null;
}

function maskBody(seen: SeenRequest): LoggedRequest['body'] {
  const members = parseBody(seen);
  return (
    members &&
    Object.fromEntries(
      [...members].map(([name, value]) => [maskMemberName(name.trim()), maskMember(name, value)]),
    )
  );
}

function parseBody({ body, headers }: SeenRequest): Iterable<[string, unknown]> | null {
  if (body.length === 0) return null;
  const format = bodyFormatOf(headers);
  if (format === 'form') return new URLSearchParams(body.toString('utf8'));
  if (format === 'multipart')
    return (
      parseMultipart(headers['content-type'] ?? '', body)?.map(({ name, value }) => [
        name.toString('utf8'),
        value.toString('utf8'),
      ]) ?? null
    );
  // JSON with another media type is shown too, so that a wrong media type can be found.
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value)
      : null;
  } catch {
    return null;
  }
}

/** JSON sent as a form becomes one member, whose name is the whole text. */
function maskMemberName(name: string): string {
  return /^[a-z_]{1,30}$/i.test(name) ? name : hide(name);
}

function hide(text: string): string {
  return `(${text.length} characters)`;
}

function maskMember(name: string, value: unknown): unknown {
  if (value === null || typeof value === 'boolean') return value;
  // The content may be personal data, and too deep to be written out.
  if (typeof value === 'object') return Array.isArray(value) ? '(list)' : '(object)';
  const text = String(value);
  if (HARMLESS.includes(name)) return HARMLESS_VALUE.test(text) ? text : hide(text);
  return MASKS.get(name)?.(text) ?? hide(text);
}
