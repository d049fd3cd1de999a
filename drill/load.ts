import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, Client, textOf } from '../test/support/client.ts';
import type { BoninNode, Way } from './entrances.ts';
import type { Journal } from './journal.ts';

const WORKERS_EACH = 4;
/** Milliseconds between the rounds of a worker, and before what failed is asked again. */
const PAUSE = 40;
const AFTER_FAILURE = 100;
/** Numbers that may stand in a test. A number comes again long after its code has been confirmed. */
const PHONES = 10_000;
/** How often a worker that has to end asks again for an answer that does not come. */
const MOST_LATE = 50;
/** A worker asks for a token in each of so many rounds. */
const TOKEN_EVERY = 5;

export const ALREADY = '이미 인증이 완료되었습니다.';

/** A merchant's server in front of one node. */
export class Shop {
  readonly way: Way;
  readonly #client: Client;
  readonly #journal: Journal;

  constructor({ way, url }: BoninNode, journal: Journal) {
    this.way = way;
    this.#client = new Client(url, 16);
    this.#journal = journal;
  }

  /** The answer to a request; null when it was the error of an outage, or none. */
  async ask(
    asked: string,
    expected: readonly number[],
    call: (client: Client) => Promise<Answer>,
  ): Promise<Answer | null> {
    const sentAt = Date.now();
    try {
      const answer = await call(this.#client);
      return this.#journal.note(this.way, asked, sentAt, answer, expected) ? answer : null;
    } catch (error) {
      this.#journal.noteSilence(this.way, asked, error);
      return null;
    }
  }

  token(): Promise<Answer | null> {
    return this.ask('token', [200], (client) => client.call('POST', '/users/getToken', { json: KEY_PAIR }));
  }

  request(token: string, phone: string): Promise<Answer | null> {
    return this.#post(token, 'request', '/certifications/otp/request', { ...PERSON, phone }, [200]);
  }

  /** 400 is a right answer when it says that the verification is done already. */
  async confirm(token: string, impUid: string): Promise<Answer | null> {
    const answer = await this.#post(
      token,
      'confirm',
      `/certifications/otp/confirm/${impUid}`,
      { otp: '123456' },
      [200, 400],
    );
    if (answer?.status === 400 && answer.message !== ALREADY)
      this.#journal.wrong.push(`${this.way}: confirm of ${impUid}: ${answer.text.slice(0, 200)}`);
    return answer;
  }

  lookup(token: string, impUid: string): Promise<Answer | null> {
    return this.ask('lookup', [200], (client) => client.lookup(token, impUid));
  }

  #post(token: string, asked: string, path: string, json: object, expected: readonly number[]) {
    return this.ask(asked, expected, (client) =>
      client.call('POST', path, { headers: { authorization: token }, json }),
    );
  }
}

const PERSON = { name: '심청', birth: '040229', gender_digit: '4', carrier: 'KT' };
const KEY_PAIR = {
  imp_key: 'imp_apikey',
  imp_secret: 'ekKoeW8RyKuT0zgaZsUtXXTLQ4AhPFW3ZGseDA6bkA5lamv9OqDMnxyeB9wqOsuO9W3Mx9YSJ4dTqJ3f',
};

/** People who verify themselves, one after the other, at every node, until it is stopped. */
export class Load {
  readonly #shops: readonly Shop[];
  readonly #journal: Journal;
  #people = 0;
  #isStopping = false;
  #workers: readonly Promise<void>[] = [];

  constructor(shops: readonly Shop[], journal: Journal) {
    this.#shops = shops;
    this.#journal = journal;
  }

  async start(): Promise<void> {
    const [token] = await Promise.all(this.#shops.map((shop) => this.#fetchToken(shop)));
    if (token === undefined) throw new Error('no token to begin with');
    this.#workers = this.#shops.flatMap((shop, at) =>
      Array.from({ length: WORKERS_EACH }, () =>
        this.#work(shop, this.#shops[(at + 1) % this.#shops.length] ?? shop, token),
      ),
    );
  }

  /** Ends after the rounds that are under way. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#workers);
  }

  async #work(shop: Shop, other: Shop, firstToken: string): Promise<void> {
    let token = firstToken;
    for (let round = 0; !this.#isStopping; round++) {
      if (round % TOKEN_EVERY === 0) token = (await this.#fetchToken(shop)) ?? token;
      const gap = this.#journal.gaps;
      const isWhole = await this.#verifySomebody(shop, other, token);
      if (isWhole && this.#journal.gaps === gap) this.#journal.rounds[shop.way]++;
      await sleep(PAUSE);
    }
  }

  async #fetchToken(shop: Shop): Promise<string | undefined> {
    const answer = await shop.token();
    if (answer === null) return undefined;
    const token = textOf(answer.response, 'access_token');
    this.#journal.tokens.add(token);
    return token;
  }

  /** True when every answer was right at the first time of asking. */
  async #verifySomebody(shop: Shop, other: Shop, token: string): Promise<boolean> {
    const phone = `0100000${String(this.#people++ % PHONES).padStart(4, '0')}`;
    const requested = await shop.request(token, phone);
    if (requested === null) {
      await sleep(AFTER_FAILURE);
      return false;
    }
    const impUid = textOf(requested.response, 'imp_uid');
    const isConfirmedAtOnce = await this.#confirm(shop, token, impUid);
    // At the other node, so that one that is behind or confirms again would be seen.
    const again = await other.confirm(token, impUid);
    if (again?.status === 200) this.#journal.noteConfirmed(impUid);
    if (again?.status === 400) this.#journal.refusedSecond++;
    const shown = await other.lookup(token, impUid);
    if (shown !== null) this.#journal.noteShown(other.way, impUid, shown.text);
    return isConfirmedAtOnce && again !== null && shown !== null;
  }

  /** Until there is an answer: who got 503 does not know, and asks again. What is lost never gets one. */
  async #confirm(shop: Shop, token: string, impUid: string): Promise<boolean> {
    let late = 0;
    for (let tries = 0; ; tries++) {
      const answer = await shop.confirm(token, impUid);
      if (answer?.status === 200) this.#journal.noteConfirmed(impUid);
      if (answer?.status === 400) this.#journal.foundCertified.add(impUid);
      if (answer !== null) return tries === 0;
      if (this.#isStopping && ++late > MOST_LATE) return false;
      await sleep(AFTER_FAILURE);
    }
  }
}
