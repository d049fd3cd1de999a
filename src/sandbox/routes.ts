import { toAsciiJson } from '../ascii-json.ts';
import type { CertificationService } from '../core/certification-service.ts';
import { SECOND, wholeSecond } from '../core/clock.ts';
import type { MerchantService } from '../core/merchant-service.ts';
import type { Store } from '../core/store.ts';
import { AppError } from '../errors.ts';
import { success } from '../http/envelope.ts';
import type { ApiRequest, Handler, Route } from '../http/routes.ts';
import { createSandboxCertification } from './create-certification.ts';
import { answerEvents, describeClock, type EventSources } from './events.ts';
import type { Message } from './inbox.ts';
import { FILES, renderPage } from './page/index.ts';
import type { Seed } from './people-file.ts';
import type { SandboxProvider } from './provider.ts';
import { seedCertifications, seedMerchants } from './seed.ts';

export interface SandboxServices extends EventSources {
  readonly store: Store;
  readonly merchants: MerchantService;
  readonly certifications: CertificationService;
  readonly provider: SandboxProvider;
  readonly seed: Seed;
  /** Whether requests that name another host than this machine may control the sandbox. */
  readonly openToAnyHost: boolean;
}

type Body = Readonly<Record<string, unknown>>;

/** Every control route of the sandbox. They exist in `dev` only. */
export function sandboxRoutes(services: SandboxServices): readonly Route[] {
  const guarded = (handle: Handler): Handler => {
    return async (request) => {
      if (!services.openToAnyHost) requireLocalHost(request);
      return handle(request);
    };
  };
  const local = (handle: (body: Body, query: string) => Promise<unknown>): Handler =>
    guarded(async (request) => success(toAsciiJson(await handle(readJson(request), request.query))));
  /** For what changes something: any page may send a simple request to this machine, and then not be asked first. */
  const own = (handle: (body: Body) => Promise<unknown>): Handler => {
    const answer = local(handle);
    return async (request) => {
      requireOwnOrigin(request);
      return answer(request);
    };
  };
  return [
    {
      path: '/sandbox',
      methods: {
        GET: guarded(async ({ query }) => renderPage(services.seed, services.provider.randomOtp, query)),
      },
    },
    ...Object.entries(FILES).map(
      ([name, file]): Route => ({ path: `/sandbox/${name}`, methods: { GET: guarded(async () => file) } }),
    ),
    {
      path: '/sandbox/events',
      methods: {
        GET: guarded(async (request) => {
          requireOwnOrigin(request);
          return answerEvents(services, request.headers['last-event-id']?.toString());
        }),
      },
    },
    {
      path: '/sandbox/certifications',
      methods: { POST: own((body) => createSandboxCertification(services, body)) },
    },
    {
      path: '/sandbox/messages',
      methods: {
        GET: local((_body, query) => listMessages(services, query)),
        DELETE: own(async () => {
          services.inbox.clear();
          services.feed.publish('reset', () => ({ what: 'messages' }));
          return {};
        }),
      },
    },
    {
      path: '/sandbox/faults',
      methods: {
        GET: local(async () => services.faults.rules),
        PUT: own(async (body) => {
          services.faults.replace(body['faults']);
          return services.faults.rules;
        }),
        DELETE: own(async () => {
          services.faults.clear();
          return services.faults.rules;
        }),
      },
    },
    { path: '/sandbox/requests', methods: { GET: local(async () => services.requests.list()) } },
    { path: '/sandbox/approvals', methods: { POST: own((body) => decide(services, body)) } },
    { path: '/sandbox/reset', methods: { POST: own(() => reset(services)) } },
    {
      path: '/sandbox/clock',
      methods: {
        GET: local(async () => tellTime(services)),
        PUT: own(async (body) => setClock(services, body)),
      },
    },
  ];
}

const LOCAL_HOST = /^(?:localhost|[^:]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/** A page elsewhere can make a browser call this machine under a name of its own, but not forge this header. */
function requireLocalHost({ headers }: ApiRequest): void {
  if (!LOCAL_HOST.test(headers.host ?? '')) throw new AppError('host_not_local');
}

/** A browser says whose page asks; other programs say nothing. Pages served here have the request's own host. */
function requireOwnOrigin({ headers: { origin, host = '' } }: ApiRequest): void {
  if (origin !== undefined && origin.replace(/^https?:\/\//, '') !== host.toLowerCase())
    throw new AppError('origin_foreign');
}

/** The body's JSON; a list, which only faults are, comes as the member `faults`. */
function readJson({ body }: ApiRequest): Body {
  if (body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (Array.isArray(value)) return { faults: value };
    if (typeof value === 'object' && value !== null) return value as Body;
  } catch {
    // Said below; the parser's own message would quote the body.
  }
  throw new AppError('body_malformed');
}

/** Back to the seeded state: people, channels and certifications as at the first start, real time. Tokens live on. */
async function reset(services: SandboxServices): Promise<object> {
  services.clock.reset();
  services.inbox.clear();
  services.provider.reset();
  services.recent.clear();
  services.faults.clear();
  services.requests.clear();
  services.feed.publish('reset', () => ({ what: 'all' }));
  tellClock(services);
  await services.store.resetCertifications();
  await seedMerchants(services, services.seed);
  await seedCertifications(services, services.seed);
  return {};
}

/** Longest time that a request for messages is held, in seconds. */
const LONGEST_WAIT = 30;

/** `GET /sandbox/messages?phone=&after=&wait=`: the inbox, newest first; `wait` holds until there is a message. */
async function listMessages({ inbox }: SandboxServices, query: string): Promise<readonly Message[]> {
  const members = new URLSearchParams(query);
  const wait = members.get('wait') || '0';
  if (!/^\d{1,2}$/.test(wait) || Number(wait) > LONGEST_WAIT)
    throw new AppError('parameter_invalid', { names: ['wait'] });
  const phone = members.get('phone')?.replace(/\D/g, '') || null;
  return inbox.wait({ phone, after: members.get('after') }, Number(wait) * SECOND);
}

/** `POST /sandbox/approvals {imp_uid, approve}`: plays the person who was asked in the carrier's app. */
async function decide({ provider }: SandboxServices, body: Body): Promise<object> {
  const { imp_uid: impUid, approve } = body;
  if (typeof impUid !== 'string' || impUid === '')
    throw new AppError('parameter_invalid', { names: ['imp_uid'] });
  if (typeof approve !== 'boolean') throw new AppError('parameter_invalid', { names: ['approve'] });
  provider.decide(impUid, approve);
  return {};
}

function tellTime({ clock }: SandboxServices): { now: number } {
  return { now: wholeSecond(clock.now()) / SECOND };
}

function tellClock({ feed, clock }: SandboxServices): void {
  feed.publish('clock', () => describeClock(clock));
}

/** The end of the year 9999, in seconds. */
const LATEST = 253_402_300_799;

function setClock(services: SandboxServices, body: Body): { now: number } {
  const { now, advance } = body;
  const { clock } = services;
  if (now !== undefined) {
    clock.stopAt(readSeconds(now, 'now') * SECOND);
  } else if (advance !== undefined) {
    const by = readSeconds(advance, 'advance') * SECOND;
    if (clock.now() + by > LATEST * SECOND) throw new AppError('parameter_invalid', { names: ['advance'] });
    clock.advance(by);
  } else clock.reset();
  tellClock(services);
  return tellTime(services);
}

function readSeconds(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > LATEST)
    throw new AppError('parameter_invalid', { names: [name] });
  return value;
}
