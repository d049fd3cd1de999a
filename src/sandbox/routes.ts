import { toAsciiJson } from '../ascii-json.ts';
import type { CertificationService } from '../core/certification-service.ts';
import { SECOND, wholeSecond } from '../core/clock.ts';
import { parsePhone } from '../core/identity.ts';
import type { MerchantService } from '../core/merchant-service.ts';
import type { Store } from '../core/store.ts';
import { serveFile } from '../html/static-file.ts';
import type { ApiRequest, Handler, Route, Surface } from '../http/routes.ts';
import { CONTROL_FORMAT, success } from './answers.ts';
import type { ControlInput, ControlName } from './control-schemas.ts';
import { describeClock, type EventSources, EventStreams } from './events.ts';
import { guardControls, guardPage } from './guards.ts';
import { LATEST_SECOND, type MovableClock } from './movable-clock.ts';
import type { Seed } from './people-file.ts';
import type { SandboxProvider } from './provider.ts';
import { seedCertifications, seedMerchants } from './seed.ts';
import type { Message } from './testing-types.ts';
import { FILES, renderPage } from './ui/index.ts';

export interface SandboxServices extends EventSources {
  readonly store: Store;
  /** Deletes every certification and the list of used ids. */
  readonly resetCertifications: () => Promise<void>;
  readonly merchants: MerchantService;
  readonly certifications: CertificationService;
  readonly provider: SandboxProvider;
  readonly seed: Seed;
  /** Whether requests with another host name than this machine's may use the control routes. */
  readonly isOpenToAnyHost: () => boolean;
}

type Control<Name extends ControlName> = (input: ControlInput<Name>) => Promise<unknown>;

/** The control routes of the sandbox and its page, without base path. They exist in `dev` only. */
export function sandboxSurface(services: SandboxServices): Surface {
  return { basePath: '', routes: controlRoutes(services), format: CONTROL_FORMAT };
}

function controlRoutes(services: SandboxServices): readonly Route[] {
  const { clock, faults, inbox, feed, requests } = services;
  const streams = new EventStreams(services);
  const routes: readonly Route[] = [
    {
      path: '/sandbox/events',
      methods: {
        GET: async (request) => {
          await readInput('GET /sandbox/events', request);
          return streams.answer(request.address, request.headers['last-event-id']?.toString());
        },
      },
    },
    {
      path: '/sandbox/certifications',
      methods: {
        POST: control('POST /sandbox/certifications', async ({ body }) =>
          (await loadMaker()).createSandboxCertification(services, body),
        ),
      },
    },
    {
      path: '/sandbox/messages',
      methods: {
        GET: control('GET /sandbox/messages', ({ query }) => listMessages(services, query)),
        DELETE: control('DELETE /sandbox/messages', async () => {
          inbox.clear();
          feed.publish('reset', () => ({ what: 'messages' }));
          return {};
        }),
      },
    },
    {
      path: '/sandbox/faults',
      methods: {
        GET: control('GET /sandbox/faults', async () => faults.rules),
        PUT: control('PUT /sandbox/faults', async ({ body }) => {
          faults.replace(body.faults);
          return faults.rules;
        }),
        DELETE: control('DELETE /sandbox/faults', async () => {
          faults.clear();
          return faults.rules;
        }),
      },
    },
    {
      path: '/sandbox/requests',
      methods: { GET: control('GET /sandbox/requests', async () => requests.list()) },
    },
    {
      path: '/sandbox/approvals',
      methods: { POST: control('POST /sandbox/approvals', ({ body }) => decide(services, body)) },
    },
    { path: '/sandbox/reset', methods: { POST: control('POST /sandbox/reset', () => reset(services)) } },
    {
      path: '/sandbox/clock',
      methods: {
        GET: control('GET /sandbox/clock', async () => tellTime(clock)),
        PUT: control('PUT /sandbox/clock', async ({ body }) => setClock(services, body)),
      },
    },
  ];
  const { isOpenToAnyHost } = services;
  return [
    {
      path: '/sandbox',
      private: true,
      guard: guardPage(isOpenToAnyHost),
      methods: {
        GET: async (request) => {
          const { query } = await readInput('GET /sandbox', request);
          return renderPage(services.seed, services.provider.randomOtp, query.lang ?? 'ko');
        },
      },
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
  methods: { GET: serveFile(file) },
}));

// Loaded at the first request, because the start does not need the strict validation.
const loadInput = () => import('./control-input.ts');
const loadMaker = () => import('./create-certification.ts');

async function readInput<Name extends ControlName>(
  name: Name,
  request: ApiRequest,
): Promise<ControlInput<Name>> {
  return (await loadInput()).readControl(name, request);
}

/** A handler that receives the route's checked input and returns the value for the envelope. */
function control<Name extends ControlName>(name: Name, handle: Control<Name>): Handler {
  return async (request) => success(toAsciiJson(await handle(await readInput(name, request))));
}

/**
 * Returns to the initial state: people, channels and certifications as at the first start, real time. Tokens stay
 * valid.
 */
async function reset(services: SandboxServices): Promise<object> {
  services.clock.reset();
  services.inbox.clear();
  services.provider.reset();
  services.recent.clear();
  services.faults.clear();
  services.requests.clear();
  services.feed.publish('reset', () => ({ what: 'all' }));
  tellClock(services);
  await services.resetCertifications();
  await seedMerchants(services, services.seed);
  await seedCertifications(services, services.seed);
  return {};
}

/** The inbox, newest first; with `wait`, the answer waits for a message. */
async function listMessages(
  { inbox }: SandboxServices,
  { phone, imp_uid, after, wait }: ControlInput<'GET /sandbox/messages'>['query'],
): Promise<readonly Message[]> {
  const filter = {
    phone: phone === undefined ? null : parsePhone(phone),
    impUid: imp_uid ?? null,
    after: after ?? null,
  };
  return inbox.wait(filter, Number(wait ?? 0) * SECOND);
}

/** Acts as the person who was asked in the carrier's app. */
async function decide(
  { provider, merchants, store }: SandboxServices,
  { imp_uid, approve }: ControlInput<'POST /sandbox/approvals'>['body'],
): Promise<object> {
  const owners = await Promise.all(
    (await merchants.list()).map(({ merchant }) => store.findCertification(merchant.id, imp_uid)),
  );
  if (owners.every((found) => found === null))
    throw (await loadInput()).refuseInput('imp_uid must be that of a certification of this sandbox');
  provider.decide(imp_uid, approve);
  return {};
}

function tellTime(clock: MovableClock): { now: number } {
  return { now: wholeSecond(clock.now()) / SECOND };
}

function tellClock({ feed, clock }: SandboxServices): void {
  feed.publish('clock', () => describeClock(clock));
}

async function setClock(
  services: SandboxServices,
  { now, advance }: ControlInput<'PUT /sandbox/clock'>['body'],
): Promise<{ now: number }> {
  const { clock } = services;
  if (now !== undefined) clock.stopAt(now * SECOND);
  else if (advance === undefined) clock.reset();
  else if (clock.now() + advance * SECOND <= LATEST_SECOND * SECOND) clock.advance(advance * SECOND);
  else throw (await loadInput()).refuseInput('advance must not lead beyond the year 9999');
  tellClock(services);
  return tellTime(clock);
}
