import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../contract/postgres-server.ts';
import { type Answer, Client, KEY_A, SECRET_A, textOf } from './client.ts';
import { Shop } from './shop.ts';

const DONE = '이미 인증이 완료되었습니다.';
const NOT_NOW = '서버를 준비하고 있습니다. 잠시 후 다시 시도해주세요.';
/** How long a caller waits after a 503, in milliseconds. A real one would take the answer's word for it. */
const PAUSE = 50;

/**
 * Callers that go on while the database fails: each gets a token, asks for a code, confirms with it and looks the
 * result up, and asks again whatever was answered 503. It keeps what it was told, to hold the server to it.
 */
export class Rush {
  readonly #client: Client;
  readonly #workers: Promise<void>[] = [];
  #stopped = false;
  /** Answers that may not be, in words. */
  readonly wrong: string[] = [];
  /** How many answers of 503 there were. */
  refused = 0;
  /** Confirmations answered 200, and what they said. */
  readonly certified = new Map<string, string>();
  /** Confirmations that were answered 503 and turned out to be done. */
  readonly doneUnheard = new Set<string>();
  /** Everything that a caller was told exists. */
  readonly requested = new Set<string>();

  constructor(url: string, callers: number) {
    this.#client = new Client(url, callers);
    for (let number = 0; number < callers; number++)
      this.#workers.push(this.#work(`010000${String(1000 + number).padStart(5, '0')}`));
  }

  /** How many certifications went all the way. */
  get done(): number {
    return this.certified.size + this.doneUnheard.size;
  }

  /** Ends when every caller has settled what it began. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#workers);
  }

  /** Asks for all that was promised once more: it must be there, as it was told, and certified once. */
  async verify(): Promise<void> {
    const { token } = await this.#client.token();
    const shop = new Shop(this.#client, token);
    for (const impUid of this.requested) {
      const told = this.certified.get(impUid);
      const found = await shop.lookup(impUid);
      if (found.status !== 200 || found.response?.['certified'] !== true)
        this.wrong.push(`${impUid} is not there as promised: ${found.text}`);
      else if (told !== undefined && found.text !== told) this.wrong.push(`${impUid} became ${found.text}`);
      const again = await shop.confirm(impUid);
      if (again.status !== 400 || again.message !== DONE)
        this.wrong.push(`${impUid} was confirmed twice: ${again.text}`);
    }
    this.#client.close();
  }

  async #work(phone: string): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#round(phone);
      } catch (error) {
        this.wrong.push(String(error));
        return;
      }
    }
  }

  async #round(phone: string): Promise<void> {
    const issued = await this.#insist(() =>
      this.#client.call('POST', '/users/getToken', {
        json: { imp_key: KEY_A, imp_secret: SECRET_A },
      }),
    );
    const shop = new Shop(this.#client, textOf(issued.response, 'access_token'));
    const asked = await this.#insist(() => shop.request({ phone }));
    const impUid = textOf(asked.response, 'imp_uid');
    if (this.requested.has(impUid)) this.wrong.push(`${impUid} was given away twice`);
    this.requested.add(impUid);

    let calls = 0;
    const confirm = () => {
      calls++;
      return shop.confirm(impUid);
    };
    const confirmed = await this.#insist(confirm, DONE);
    if (confirmed.status === 200) this.certified.set(impUid, confirmed.text);
    else if (calls > 1) this.doneUnheard.add(impUid);
    else this.wrong.push(`${impUid} was certified before it was confirmed`);
    await this.#insist(() => shop.lookup(impUid));
  }

  /** Asks until the answer is another than 503. It must be 200, or 400 with this message. */
  async #insist(call: () => Promise<Answer>, message?: string): Promise<Answer> {
    for (;;) {
      const answer = await call();
      const { status, headers, response } = answer;
      if (status === 200 || (status === 400 && message !== undefined && answer.message === message))
        return answer;
      const isClear = answer.message === NOT_NOW && response === null && headers['retry-after'] === '5';
      if (status !== 503 || !isClear) throw new Error(`answered ${status}: ${answer.text}`);
      this.refused++;
      await sleep(PAUSE);
    }
  }
}

/** Certifications that callers asked for, which the seeded ones are not: those are of the first of January 2026. */
export async function certifiedRows(url: string): Promise<number> {
  const [row] = await ask(
    url,
    "SELECT count(*)::integer AS certified FROM certifications WHERE state = 'certified' AND requested_at > 1767225600000",
  );
  return Number(row?.['certified']);
}
