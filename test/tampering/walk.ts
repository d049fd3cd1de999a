import type { Caller } from './caller.ts';

const CONSENT = { agree_personal: 'on', agree_unique_id: 'on', agree_carrier: 'on', agree_service: 'on' };

/** What whoever started or opened an attempt on the page knows of it. */
export interface KnownAttempt {
  readonly impUid: string;
  readonly handle: string;
  /** `/page/{ticket}`. */
  readonly ticketPath: string;
  /** `/page/s/{session}`; empty while the ticket was not used. */
  readonly sessionPath: string;
  /** What was sent to the person. */
  readonly code: string;
  /** The step of the newest screen. */
  readonly step: string;
}

/** The step that a screen's form has; empty where there is no form. */
export function stepOf(html: string): string {
  return /name="step" value="(\d+)"/.exec(html)?.[1] ?? '';
}

/** Which screen an answer shows; empty for none. */
export function screenOf(html: string): string {
  return /data-screen="(\w+)"/.exec(html)?.[1] ?? '';
}

/** A person in front of the page. */
export class Visitor {
  readonly impUid: string;
  readonly handle: string;
  readonly ticketPath: string;
  sessionPath = '';
  html = '';
  readonly #caller: Caller;

  private constructor(caller: Caller, { imp_uid, handle, url }: Started) {
    this.#caller = caller;
    this.impUid = imp_uid;
    this.handle = handle;
    this.ticketPath = new URL(url).pathname;
  }

  static async start(caller: Caller, origin: string, call: object): Promise<Visitor> {
    const { text } = await caller.post('/page/start', {
      json: { window: 'popup', page: origin, ...call },
      origin,
    });
    return new Visitor(caller, JSON.parse(text) as Started);
  }

  async open(): Promise<void> {
    this.sessionPath = (await this.#caller.get(this.ticketPath)).location;
    await this.#look();
  }

  async send(form: Readonly<Record<string, string>>): Promise<void> {
    const sent = { step: stepOf(this.html), do: 'next', ...form };
    await this.#caller.post(this.sessionPath, { form: sent });
    await this.#look();
  }

  /** From the first screen to the one that asks for the person. */
  async comeToPerson(method: 'SMS' | 'APP' | null): Promise<void> {
    await this.open();
    await this.send({ carrier: 'KT' });
    await this.send(CONSENT);
    if (method !== null) await this.send({ method });
  }

  async #look(): Promise<void> {
    this.html = (await this.#caller.get(this.sessionPath)).text;
  }
}

interface Started {
  readonly imp_uid: string;
  readonly handle: string;
  readonly url: string;
}
