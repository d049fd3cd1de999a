import { randomBytes } from 'node:crypto';
import type { Attempt } from '../core/attempt.ts';
import type { AttemptService } from '../core/attempt-service.ts';
import { type AttemptSteps, isAtStep } from '../core/attempt-steps.ts';
import type { Visitor } from '../core/caller.ts';
import type { Clock } from '../core/clock.ts';
import type { MerchantService } from '../core/merchant-service.ts';
import { PRESENCES } from '../core/presence.ts';
import { AppError } from '../errors.ts';
import type { HeaderList, PageAnswer } from '../http/answers.ts';
import type { ApiRequest, Handler, Route } from '../http/routes.ts';
import { FRAMED, failedCall, failedScreen, json, LETS_IN, refused } from './answers.ts';
import type { Form, PageExtras } from './extras.ts';
import { readForm, toProblems } from './forms.ts';
import { toResult } from './result.ts';
import type { Finish, Language, Problem, Screen } from './screen.ts';
import { toGreeting, toScreen } from './screens.ts';
import { StartRefusal, startAttempt } from './start.ts';

export interface PageServices {
  readonly merchants: MerchantService;
  readonly attempts: AttemptService;
  readonly steps: AttemptSteps;
  readonly clock: Clock;
  /** What stands in front of every path of the page. */
  readonly basePath: string;
  /** The origin under which browsers reach it; null for the host that a request names. */
  readonly publicUrl: string | null;
  /** Whether this server speaks TLS itself. */
  readonly secure: boolean;
  /** Whether everything is allowed, as in `dev`. */
  readonly forgiving: boolean;
  /** What `dev` adds; null elsewhere. */
  readonly extras: PageExtras | null;
}

/** The verification page: three calls of the shop's script, and the screens. */
export function pageRoutes(services: PageServices): readonly Route[] {
  const page = new Page(services);
  const call = (handler: Handler) => ({
    methods: { POST: handler },
    // Pages of any origin may ask, without credentials; what counts is the handle.
    public: true,
    renderError: failedCall,
  });
  return [
    { path: '/page/start', ...call((request) => page.start(request)) },
    { path: '/page/result', ...call((request) => page.result(request)) },
    { path: '/page/close', ...call((request) => page.close(request)) },
    { path: '/page/{ticket}', methods: { GET: (request) => page.open(request) }, renderError: failedScreen },
    {
      path: '/page/s/{session}/presence',
      methods: { POST: (request) => page.hear(request) },
      renderError: failedScreen,
    },
    {
      path: '/page/s/{session}',
      methods: { GET: (request) => page.show(request), POST: (request) => page.take(request) },
      renderError: failedScreen,
    },
  ];
}

const NOTHING_TYPED: Form = new Map();

class Page {
  readonly #services: PageServices;

  constructor(services: PageServices) {
    this.#services = services;
  }

  async start(request: ApiRequest): Promise<PageAnswer> {
    try {
      const { ticket, ...started } = await startAttempt(
        visitorOf(request),
        this.#services,
        readJson(request),
        request.headers.origin,
      );
      const { basePath, publicUrl, secure } = this.#services;
      const origin = publicUrl ?? `${secure ? 'https' : 'http'}://${request.headers.host ?? ''}`;
      const url = `${origin}${basePath}/page/${ticket}`;
      return json(200, { ...started, url });
    } catch (thrown) {
      if (thrown instanceof StartRefusal) return refused(thrown.status, thrown.reason);
      if (thrown instanceof AppError && thrown.code === 'input_refused')
        return refused(400, 'INVALID_PARAM', thrown.explanation);
      throw thrown;
    }
  }

  async result(request: ApiRequest): Promise<PageAnswer> {
    const attempt = await this.#byHandle(readJson(request));
    if (attempt === null) return refused(404, 'SYSTEM_ERROR');
    return json(200, stateOf(attempt));
  }

  async close(request: ApiRequest): Promise<PageAnswer> {
    const body = readJson(request);
    const attempt = await this.#byHandle(body);
    if (attempt === null) return refused(404, 'SYSTEM_ERROR');
    const { attempts } = this.#services;
    const reason = CLOSING.find((each) => each === body['reason']);
    // Without a reason a popup only looks closed, which it does to a page that its browser has cut off from it.
    const isCertain = body['force'] === true || reason !== undefined || attempt.launch.window !== 'popup';
    if (attempt.end === null)
      await (isCertain ? attempts.fail(attempt, reason ?? 'USER_CANCEL') : attempts.failIfGone(attempt));
    const current = (await attempts.reload(attempt)) ?? attempt;
    return json(200, { ...stateOf(current), ...(current.end === null && !isCertain && { wait: true }) });
  }

  /** Exchanges the ticket for a session, once. */
  async open({ method, parameters, query }: ApiRequest): Promise<PageAnswer> {
    const { ticket = '' } = parameters;
    // A HEAD request, as link previews send it, does not use up the ticket.
    const session = method === 'HEAD' ? null : await this.#services.attempts.openTicket(ticket);
    if (session === null) return this.#dead(languageOf(query));
    return seeOther(this.#sessionPath(session, languageOf(query)), LETS_IN);
  }

  async show({ parameters, query }: ApiRequest): Promise<PageAnswer> {
    const { session = '' } = parameters;
    const attempt = await this.#services.attempts.find({ session });
    return attempt === null
      ? this.#dead(languageOf(query))
      : this.#draw(attempt, session, query, [], NOTHING_TYPED);
  }

  async take(request: ApiRequest): Promise<PageAnswer> {
    const { parameters, query } = request;
    const { session = '' } = parameters;
    const { attempts, steps, clock, extras } = this.#services;
    const attempt = await attempts.find({ session });
    if (attempt === null) return this.#dead(languageOf(query));
    const form = parseForm(request);
    const seen = seeOther(this.#sessionPath(session, languageOf(query)), framingOf(attempt));
    const step = Number(form.get('step'));
    // A form of an older screen shows the current one: back, reload, two tabs and double submits do no harm.
    if (!isAtStep(attempt, step) || attempt.progress === null) return seen;
    const visitor = visitorOf(request);
    if (await extras?.play(visitor, attempt, form)) return seen;
    const { screen } = attempt.progress;
    const reading = readForm(screen, form, clock.now());
    let problems = 'problems' in reading ? reading.problems : [];
    if ('action' in reading) {
      const refusal = await steps.take(visitor, attempt, step, reading.action);
      if (refusal !== null) problems = toProblems(refusal, screen, form);
    }
    if (problems.length === 0) return seen;
    const current = await attempts.find({ session });
    return current === null ? seen : this.#draw(current, session, query, problems, form);
  }

  /** What a screen says of its window; 410 has it look at the end. */
  async hear(request: ApiRequest): Promise<PageAnswer> {
    const { session = '' } = request.parameters;
    const form = parseForm(request);
    const state = PRESENCES.find((each) => each === form.get('state'));
    const number = Number(form.get('number'));
    if (state === undefined || !Number.isSafeInteger(number)) throw new AppError('body_malformed');
    const isRunning = await this.#services.attempts.hear(session, number, state);
    return { status: isRunning ? 204 : 410, headers: ['Cache-Control', 'no-store'], body: Buffer.alloc(0) };
  }

  async #byHandle(body: Readonly<Record<string, unknown>>): Promise<Attempt | null> {
    const { handle } = body;
    return typeof handle === 'string' ? this.#services.attempts.find({ handle }) : null;
  }

  async #draw(
    attempt: Attempt,
    session: string,
    query: string,
    problems: readonly Problem[],
    typed: Form,
  ): Promise<PageAnswer> {
    const { attempts, steps, clock, extras, merchants } = this.#services;
    const due = toScreen(attempt, problems, typed, steps, clock.now());
    const screen = extras?.screen(attempt) ?? withFinish(due, extras?.finish(attempt) ?? null);
    const merchant = await merchants.find({ id: attempt.merchantId });
    const nonce = newNonce();
    const { renderScreen } = await loadViews();
    const text = renderScreen(screen, {
      language: languageOf(query),
      nonce,
      action: `${this.#services.basePath}/page/s/${session}`,
      step: attempt.step,
      merchantName: merchant?.name ?? '',
      serviceName: attempt.launch.serviceName,
      greeting: attempt.end === null ? toGreeting(attempt) : null,
      firstReport: await attempts.show(attempt),
      sandbox: extras?.panel(attempt, screen) ?? null,
    });
    return html(200, text, policyOf(nonce, frameAncestors(attempt)), framingOf(attempt));
  }

  async #dead(language: Language): Promise<PageAnswer> {
    const { renderScreen } = await loadViews();
    const nonce = newNonce();
    const text = renderScreen(
      { kind: 'dead' },
      {
        language,
        nonce,
        action: '',
        step: 0,
        merchantName: '',
        serviceName: '',
        greeting: null,
        firstReport: null,
        sandbox: null,
      },
    );
    return html(410, text, policyOf(nonce, "'none'"));
  }

  #sessionPath(session: string, language: Language): string {
    return `${this.#services.basePath}/page/s/${session}${language === 'en' ? '?lang=en' : ''}`;
  }
}

/** Why the script may close an attempt. */
const CLOSING = ['USER_CANCEL', 'REPLACED', 'POPUP_BLOCKED'] as const;

function stateOf(attempt: Attempt): object {
  return attempt.end === null
    ? { state: 'pending' }
    : { state: 'done', result: toResult(attempt, attempt.end) };
}

function withFinish(screen: Screen, finish: Finish | null): Screen {
  return finish !== null && (screen.kind === 'success' || screen.kind === 'failure')
    ? { ...screen, finish }
    : screen;
}

/** Loaded when the first screen is due: what most servers answer are lookups. */
function loadViews(): Promise<typeof import('./render.ts')> {
  return import('./render.ts');
}

function newNonce(): string {
  return randomBytes(16).toString('base64');
}

function html(status: number, text: string, policy: string, more: HeaderList = []): PageAnswer {
  return {
    status,
    headers: [
      'Content-Type',
      'text/html; charset=utf-8',
      'Content-Security-Policy',
      policy,
      'Referrer-Policy',
      'no-referrer',
      'Cache-Control',
      'no-store',
      ...more,
    ],
    body: Buffer.from(text),
  };
}

function seeOther(path: string, more: HeaderList): PageAnswer {
  return {
    status: 303,
    headers: ['Location', path, 'Referrer-Policy', 'no-referrer', 'Cache-Control', 'no-store', ...more],
    body: Buffer.alloc(0),
  };
}

function policyOf(nonce: string, ancestors: string | null): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    ...(ancestors === null ? [] : [`frame-ancestors ${ancestors}`]),
  ].join('; ');
}

/** Who may show the screen in a frame: the page that opened the layer. No limit can name `data:` and `about:blank`. */
function frameAncestors({ launch }: Attempt): string | null {
  if (launch.window !== 'layer') return "'none'";
  return launch.origin;
}

/** A layer alone stands in somebody's page; what loads nothing from elsewhere can ask the same of what it loads. */
function framingOf({ launch }: Attempt): HeaderList {
  return launch.window === 'layer' ? FRAMED : [];
}

function languageOf(query: string): Language {
  return new URLSearchParams(query).get('lang') === 'en' ? 'en' : 'ko';
}

function visitorOf({ requestId, address }: ApiRequest): Visitor {
  return { surface: 'page', requestId, address };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function readJson({ body }: ApiRequest): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(utf8.decode(body));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

/** The members of a form, the last of several with one name. */
function parseForm({ body }: ApiRequest): Form {
  try {
    return new Map(new URLSearchParams(utf8.decode(body)));
  } catch {
    // Without the cause: what is in a form may be anybody's.
    throw new AppError('body_malformed');
  }
}
