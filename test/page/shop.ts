import type { RunningDevApp } from '../support/dev-app.ts';

/** What `/page/start` answers. */
export interface Started {
  readonly ok: boolean;
  readonly imp_uid: string;
  readonly merchant_uid: string;
  readonly pg_provider: string;
  readonly url: string;
  readonly handle: string;
  readonly expires_at: number;
  readonly error_reason?: string;
  readonly error_msg?: string;
  readonly state?: string;
  readonly result?: Readonly<Record<string, string | boolean>>;
  readonly status: number;
}

/** A person in front of the page, without a browser: reads what a screen says and sends its form. */
export class Visitor {
  /** The session's address. */
  address = '';
  html = '';
  status = 0;

  /** Opens the ticket and follows it to the first screen. */
  async open(ticket: string): Promise<void> {
    await this.#follow(await fetch(ticket, { redirect: 'manual' }));
  }

  async reload(): Promise<void> {
    await this.#follow(await fetch(this.address, { redirect: 'manual' }));
  }

  /** Sends the form of the current screen, or one of another step. */
  async send(fields: Readonly<Record<string, string>>, step = this.step): Promise<void> {
    const body = new URLSearchParams({ step, do: 'next', ...fields });
    await this.#follow(await fetch(this.address, { method: 'POST', body, redirect: 'manual' }));
  }

  get step(): string {
    return /name="step" value="(\d+)"/.exec(this.html)?.[1] ?? '';
  }

  /** Which screen stands there. */
  get screen(): string {
    return /data-screen="(\w+)"/.exec(this.html)?.[1] ?? '';
  }

  /** The result that the page hands to the shop. */
  get finish(): { way: string; message?: string; address?: string; targetOrigin?: string } {
    const text = /<script type="application\/json" id="finish"[^>]*>(.*?)<\/script>/s.exec(this.html)?.[1];
    return JSON.parse(text ?? '{"way":"none"}');
  }

  async #follow(answer: Response): Promise<void> {
    const location = answer.headers.get('location');
    if (answer.status === 303 && location !== null) {
      this.address = new URL(location, answer.url).href;
      return this.#follow(await fetch(this.address, { redirect: 'manual' }));
    }
    this.status = answer.status;
    this.html = await answer.text();
  }
}

export const CONSENT = {
  agree_personal: 'on',
  agree_unique_id: 'on',
  agree_carrier: 'on',
  agree_service: 'on',
};
export const SIMCHEONG_FORM = { name: '심청', birth: '040229', gender_digit: '4', phone: '010-0000-0005' };

/** A shop's script and server, as far as the page is concerned. */
export function shopOf({ url }: Pick<RunningDevApp, 'url'>) {
  const call = async (path: string, body: unknown, origin?: string) => {
    const answer = await fetch(`${url}/page/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(origin !== undefined && { origin }) },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: answer.status, ...((await answer.json()) as object) } as Started;
  };
  const setClock = async (body: object) => {
    await fetch(`${url}/sandbox/clock`, { method: 'PUT', body: JSON.stringify(body) });
  };
  return {
    call,
    start: (more: object = {}, origin?: string) =>
      call(
        'start',
        { user_code: 'imp00000000', window: 'popup', page: 'https://shop.example/join', ...more },
        origin,
      ),
    /** The inbox, newest first. */
    async messages(): Promise<readonly { readonly imp_uid: string; readonly otp: string }[]> {
      return ((await (await fetch(`${url}/sandbox/messages`)).json()) as { response: [] }).response;
    },
    advance: (seconds: number) => setClock({ advance: seconds }),
    setTime: (at: string) => setClock({ now: Date.parse(at) / 1000 }),
    resetTime: () => setClock({}),
    result: (handle: string) => call('result', { handle }),
    /** As a script that is told to, and does not only find its window closed. */
    close: (handle: string) => call('close', { handle, force: true }),
  };
}
