import type { Attempt } from '../core/attempt.ts';
import type { Return } from '../core/hosted-visits.ts';
import { toReturnPath } from '../core/return-address.ts';
import { AppError } from '../errors.ts';
import { languageOf } from '../html/language.ts';
import type { HeaderList, PageAnswer } from '../http/answers.ts';
import type { ApiRequest } from '../http/routes.ts';
import { type ScreenDrawer, seeOther } from './drawing.ts';
import { type PageServices, publicAddress, visitorOf } from './services.ts';

/** How long the browser waits for the agency before it gets a screen, in milliseconds. */
const WAITING = 3_000;

/**
 * The way to an agency's own window and back. The agency sends the browser back by POST, from another site, so the
 * browser sends no cookie. So this only stores what the browser brings, and redirects it to a path of the
 * same site.
 */
export class AgencyReturns {
  readonly #services: PageServices;
  readonly #drawer: ScreenDrawer;

  constructor(services: PageServices, drawer: ScreenDrawer) {
    this.#services = services;
    this.#drawer = drawer;
  }

  /**
   * Prepares the way to the agency if the attempt needs it. Returns the current attempt, and a header with a cookie.
   */
  async prepare(
    attempt: Attempt,
    request: ApiRequest,
  ): Promise<{ readonly attempt: Attempt; readonly headers: HeaderList }> {
    const { attempts, visits, basePath, publicUrl, secure } = this.#services;
    const { progress } = attempt;
    if (request.method === 'HEAD' || progress?.screen !== 'agency' || progress.agency !== null)
      return { attempt, headers: [] };
    const browser = await visits.begin(attempt, (back) =>
      publicAddress(this.#services, request, toReturnPath(back)),
    );
    // The agency may have refused, or another window was faster.
    const current = (await attempts.reload(attempt)) ?? attempt;
    if (browser === null) return { attempt: current, headers: [] };
    const isSecure = secure || publicUrl?.startsWith('https:') === true;
    const attributes = `Path=${basePath}/page/back; Max-Age=900; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
    const cookie = `${cookieName(attempt)}=${browser}; ${attributes}`;
    return { attempt: current, headers: ['Set-Cookie', cookie] };
  }

  /** Stores what the browser brought back. */
  async keep(request: ApiRequest, isCancel: boolean): Promise<PageAnswer> {
    const { back = '' } = request.parameters;
    const fields = readFields(request.body.toString('latin1'));
    await this.#services.visits.keepReturn(back, { isCancel, fields }, visitorOf(request));
    return seeOther(`${this.#services.basePath}/page/back/${encodeURIComponent(back)}/end`, []);
  }

  /** Asks the agency for the result and shows the screen: the end or, when that takes long, the one that waits. */
  async end(request: ApiRequest): Promise<PageAnswer> {
    const { method, headers, parameters, query } = request;
    const { back = '' } = parameters;
    const { attempts, visits, basePath } = this.#services;
    const attempt = await attempts.find({ back });
    if (attempt === null) return this.#drawer.dead(languageOf(query));
    if (method !== 'HEAD') {
      const browser = readCookie(headers.cookie, cookieName(attempt));
      const visit = await within(WAITING, visits.complete(attempt, browser, visitorOf(request)));
      if (visit === 'foreign') return this.#drawer.dead(languageOf(query));
    }
    const current = await attempts.find({ back });
    const path = `${basePath}/page/back/${back}/end`;
    return current === null ? this.#drawer.dead(languageOf(query)) : this.#drawer.draw(current, path, query);
  }
}

/** What was asked for, or null when it takes longer; then it goes on. */
async function within<T>(wait: number, asked: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, wait, null);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

function cookieName({ impUid }: Attempt): string {
  return `bonin_${impUid}`;
}

function readCookie(header: string | undefined, name: string): string | null {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim().split('=', 2));
  return pairs.find(([each]) => each === name)?.[1] ?? null;
}

/**
 * The names and values that were sent, one character per byte: only the adapter knows the character set of its agency.
 * Rejects with `body_malformed` for a percent sign that is not followed by two hex digits.
 */
function readFields(text: string): Return['fields'] {
  return text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      return at === -1
        ? [decodeBytes(pair), '']
        : [decodeBytes(pair.slice(0, at)), decodeBytes(pair.slice(at + 1))];
    });
}

function decodeBytes(text: string): string {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) throw new AppError('body_malformed');
  return text
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
