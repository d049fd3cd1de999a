import { toAsciiJson } from '../ascii-json.ts';
import type { CertificationService } from '../core/certification-service.ts';
import { SECOND, wholeSecond } from '../core/clock.ts';
import type { MerchantService } from '../core/merchant-service.ts';
import type { Store } from '../core/store.ts';
import { AppError } from '../errors.ts';
import { success } from '../http/envelope.ts';
import type { ApiRequest, Handler, Route } from '../http/routes.ts';
import { createSandboxCertification } from './create-certification.ts';
import { describeClock, type EventSources, EventStreams } from './events.ts';
import { guardControls, guardPage } from './guards.ts';
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
  readonly isOpenToAnyHost: () => boolean;
}

type Body = Readonly<Record<string, unknown>>;

/** Every control route of the sandbox. They exist in `dev` only. */
export function sandboxRoutes(services: SandboxServices): readonly Route[] {
  const streams = new EventStreams(services);
  const answer =
    (handle: (body: Body, query: string) => Promise<unknown>): Handler =>
    async (request) =>
      success(toAsciiJson(await handle(readJson(request), request.query)));
  const routes: readonly Route[] = [
    {
      path: '/sandbox/events',
      methods: {
        GET: async ({ address, headers }) => streams.answer(address, headers['last-event-id']?.toString()),
      },
    },
    {
      path: '/sandbox/certifications',
      methods: { POST: answer((body) => createSandboxCertification(services, body)) },
    },
    {
      path: '/sandbox/messages',
      methods: {
        GET: answer((_body, query) => listMessages(services, query)),
        DELETE: answer(async () => {
          services.inbox.clear();
          services.feed.publish('reset', () => ({ what: 'messages' }));
          return {};
        }),
      },
    },
    {
      path: '/sandbox/faults',
      methods: {
        GET: answer(async () => services.faults.rules),
        PUT: answer(async (body) => {
          services.faults.replace(body['faults']);
          return services.faults.rules;
        }),
        DELETE: answer(async () => {
          services.faults.clear();
          return services.faults.rules;
        }),
      },
    },
    { path: '/sandbox/requests', methods: { GET: answer(async () => services.requests.list()) } },
    { path: '/sandbox/approvals', methods: { POST: answer((body) => decide(services, body)) } },
    { path: '/sandbox/reset', methods: { POST: answer(() => reset(services)) } },
    {
      path: '/sandbox/clock',
      methods: {
        GET: answer(async () => tellTime(services)),
        PUT: answer(async (body) => setClock(services, body)),
      },
    },
  ];
  const { isOpenToAnyHost } = services;
  return [
    {
      path: '/sandbox',
      private: true,
      guard: guardPage(isOpenToAnyHost),
      methods: { GET: async ({ query }) => renderPage(services.seed, services.provider.randomOtp, query) },
    },
    ...[...routes, ...FILE_ROUTES].map((route) => ({
      ...route,
      private: true,
      guard: guardControls(isOpenToAnyHost),
    })),
  ];
}

const FILE_ROUTES: readonly Route[] = Object.entries(FILES).map(([name, file]) => ({
  path: `/sandbox/${name}`,
  methods: { GET: async () => file },
}));

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
