import { randomBytes } from 'node:crypto';
import type { Attempt } from '../core/attempt.ts';
import { type Language, languageOf } from '../html/language.ts';
import type { HeaderList, PageAnswer } from '../http/answers.ts';
import { FRAMED } from './answers.ts';
import type { Form } from './extras.ts';
import type { Finish, Problem, Screen } from './screen.ts';
import { toGreeting, toScreen } from './screens.ts';
import type { PageServices } from './services.ts';

/** The problems of a sent form, what was typed in it, and more headers for the answer. */
export interface Drawing {
  readonly problems?: readonly Problem[];
  readonly typed?: Form;
  readonly headers?: HeaderList;
}

const NOTHING_TYPED: Form = new Map();

/** Draws the current screen of an attempt. */
export class ScreenDrawer {
  readonly #services: PageServices;

  constructor(services: PageServices) {
    this.#services = services;
  }

  /** `path` is the address of the screen; its forms are posted there. */
  async draw(
    attempt: Attempt,
    path: string,
    query: string,
    { problems = [], typed = NOTHING_TYPED, headers = [] }: Drawing = {},
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
      action: path,
      step: attempt.step,
      merchantName: merchant?.name ?? '',
      serviceName: attempt.launch.serviceName,
      greeting: attempt.end === null ? toGreeting(attempt) : null,
      firstReport: screen.kind === 'waiting' ? null : await attempts.show(attempt),
      sandbox: extras?.panel(attempt, screen) ?? null,
    });
    const leadsTo = screen.kind === 'hand_over' && screen.fields !== null ? screen.address : null;
    const policy = policyOf(nonce, frameAncestors(attempt), leadsTo);
    return html(200, text, policy, [...framingOf(attempt), ...headers]);
  }

  /** The screen for an attempt that does not exist, or not any more. */
  async dead(language: Language): Promise<PageAnswer> {
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
    return html(410, text, policyOf(nonce, "'none'", null));
  }
}

export function seeOther(path: string, more: HeaderList): PageAnswer {
  return {
    status: 303,
    headers: ['Location', path, 'Referrer-Policy', 'no-referrer', 'Cache-Control', 'no-store', ...more],
    body: Buffer.alloc(0),
  };
}

/**
 * Only a layer is shown in another page's frame. It loads nothing from elsewhere, so it can require the same policy.
 */
export function framingOf({ launch }: Attempt): HeaderList {
  return launch.window === 'layer' ? FRAMED : [];
}

function withFinish(screen: Screen, finish: Finish | null): Screen {
  return finish !== null && (screen.kind === 'success' || screen.kind === 'failure')
    ? { ...screen, finish }
    : screen;
}

/** Loaded for the first screen, because most servers mainly answer lookups. */
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

/** `leadsTo` is the agency's address to which a form of the screen is posted: that host is allowed and no other. */
function policyOf(nonce: string, ancestors: string | null, leadsTo: string | null): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    leadsTo === null ? "form-action 'self'" : `form-action 'self' ${new URL(leadsTo).origin}`,
    ...(ancestors === null ? [] : [`frame-ancestors ${ancestors}`]),
  ].join('; ');
}

/** Who may show the screen in a frame: the page that opened the layer. `data:` and `about:blank` cannot be named. */
function frameAncestors({ launch }: Attempt): string | null {
  if (launch.window !== 'layer') return "'none'";
  return launch.origin;
}
