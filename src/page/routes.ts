import type { Attempt } from '../core/attempt.ts';
import { isAtStep } from '../core/attempt-steps.ts';
import { PRESENCES } from '../core/presence.ts';
import { AppError } from '../errors.ts';
import { inLanguage, languageOf } from '../html/language.ts';
import type { PageAnswer } from '../http/answers.ts';
import type { ApiRequest, Handler, Route } from '../http/routes.ts';
import { AgencyReturns } from './agency-returns.ts';
import { failedCall, failedScreen, json, LETS_IN, refused } from './answers.ts';
import { framingOf, ScreenDrawer, seeOther } from './drawing.ts';
import type { Form } from './extras.ts';
import { readForm, toProblems } from './forms.ts';
import { toResult } from './result.ts';
import { type PageServices, publicAddress, visitorOf } from './services.ts';
import { StartRefusal, startAttempt } from './start.ts';

/** The verification page: three calls of the shop's script, and the screens. */
export function pageRoutes(services: PageServices): readonly Route[] {
  const drawer = new ScreenDrawer(services);
  const returns = new AgencyReturns(services, drawer);
  const page = new Page(services, drawer, returns);
  const call = (handler: Handler) => ({
    methods: { POST: handler },
    // Pages of any origin may call, without credentials; the handle gives access.
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
      path: '/page/back/{back}',
      methods: { POST: (request) => returns.keep(request, false) },
      renderError: failedScreen,
    },
    {
      path: '/page/back/{back}/back',
      methods: { POST: (request) => returns.keep(request, true) },
      renderError: failedScreen,
    },
    {
      path: '/page/back/{back}/end',
      methods: { GET: (request) => returns.end(request) },
      renderError: failedScreen,
    },
    {
      path: '/page/s/{session}',
      methods: { GET: (request) => page.show(request), POST: (request) => page.take(request) },
      renderError: failedScreen,
    },
  ];
}

class Page {
  readonly #services: PageServices;
  readonly #drawer: ScreenDrawer;
  readonly #returns: AgencyReturns;

  constructor(services: PageServices, drawer: ScreenDrawer, returns: AgencyReturns) {
    this.#services = services;
    this.#drawer = drawer;
    this.#returns = returns;
  }

  async start(request: ApiRequest): Promise<PageAnswer> {
    try {
      const { ticket, ...started } = await startAttempt(
        visitorOf(request),
        this.#services,
        readJson(request),
        request.headers.origin,
      );
      return json(200, { ...started, url: publicAddress(this.#services, request, `/page/${ticket}`) });
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
    // Without a reason, a popup may only look closed: the browser separates some pages from their popups.
    const isCertain = body['force'] === true || reason !== undefined || attempt.launch.window !== 'popup';
    if (attempt.end === null)
      await (isCertain ? attempts.fail(attempt, reason ?? 'USER_CANCEL') : attempts.failIfGone(attempt));
    const current = (await attempts.reload(attempt)) ?? attempt;
    return json(200, { ...stateOf(current), ...(current.end === null && !isCertain && { wait: true }) });
  }

  /** Exchanges the ticket for a session, once. */
  async open({ method, parameters, query }: ApiRequest): Promise<PageAnswer> {
    const { ticket = '' } = parameters;
    // Link previews send HEAD requests, which must not use up the ticket.
    const session = method === 'HEAD' ? null : await this.#services.attempts.openTicket(ticket);
    if (session === null) return this.#drawer.dead(languageOf(query));
    return seeOther(inLanguage(this.#sessionPath(session), languageOf(query)), LETS_IN);
  }

  async show(request: ApiRequest): Promise<PageAnswer> {
    const { parameters, query } = request;
    const { session = '' } = parameters;
    const attempt = await this.#services.attempts.find({ session });
    if (attempt === null) return this.#drawer.dead(languageOf(query));
    const path = this.#sessionPath(session);
    const prepared = await this.#returns.prepare(attempt, request);
    return this.#drawer.draw(prepared.attempt, path, query, prepared);
  }

  async take(request: ApiRequest): Promise<PageAnswer> {
    const { parameters, query } = request;
    const { session = '' } = parameters;
    const { attempts, steps, clock, extras } = this.#services;
    const attempt = await attempts.find({ session });
    if (attempt === null) return this.#drawer.dead(languageOf(query));
    const form = parseForm(request);
    const seen = seeOther(inLanguage(this.#sessionPath(session), languageOf(query)), framingOf(attempt));
    const step = Number(form.get('step'));
    // A form of an older screen shows the current one, so back, reload, two tabs and double clicks do no harm.
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
    return current === null
      ? seen
      : this.#drawer.draw(current, this.#sessionPath(session), query, { problems, typed: form });
  }

  /** A screen's report about its window; after 410 the screen loads the end of the attempt. */
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

  #sessionPath(session: string): string {
    return `${this.#services.basePath}/page/s/${session}`;
  }
}

/** The reasons for which the script may close an attempt. */
const CLOSING = ['USER_CANCEL', 'REPLACED', 'POPUP_BLOCKED'] as const;

function stateOf(attempt: Attempt): object {
  return attempt.end === null
    ? { state: 'pending' }
    : { state: 'done', result: toResult(attempt, attempt.end) };
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

/** The members of a form; of several with one name, the last. */
function parseForm({ body }: ApiRequest): Form {
  try {
    return new Map(new URLSearchParams(utf8.decode(body)));
  } catch {
    // Without the cause: a form may contain personal data.
    throw new AppError('body_malformed');
  }
}
