import { KNOWN_CODE } from './agency.ts';
import type { Answer, Caller } from './caller.ts';
import type { KnownOtp } from './filler.ts';
import { MADE_UP } from './forgeries.ts';
import { newPerson, otpFieldsOf } from './people.ts';
import type { Kind } from './verdict.ts';
import { type KnownAttempt, stepOf } from './walk.ts';
import { impKeyOf, KEYS, type KeyName, SHOP, secretOf, USER_CODES, type World } from './world.ts';

/** What was asked: a kind, by which its answer is judged. */
export interface Asked {
  readonly kind: Kind;
  readonly answer: Answer;
}
/** Everything that was asked, by what it was. */
export type Findings = Map<string, Asked>;

/**
 * Parts of what there is to be asked: people by those who ask for them, keys, what anybody sees, attempts as they
 * stand, and what changes something: new requests, codes, forms, erasures.
 */
export const SCOPES = [
  'people',
  'keys',
  'public',
  'attempts',
  'starts',
  'codes',
  'forms',
  'erasures',
] as const;
export type Scope = (typeof SCOPES)[number];

/** Who comes when everything is asked for the first time: nobody has met them. */
const NEWCOMER = newPerson();
const CHILD = { ...newPerson(), birthday: '2015-05-05' };

/** Whom the shops ask about before anything is done. */
const SHOWN_TO_A = [
  'A plain',
  'A approved',
  'A approved, another',
  'A kcp',
  'A other shape',
  'A other shape, pending',
  'A confirmed',
  'A certified, on the page',
  'A certified, another, on the page',
  'A failed',
  'A expired',
  'A superseded',
  'A erased',
  'A SMS',
  'A at the code, on the page',
  'B approved',
  'C approved',
];
const SHOWN_TO_B = [
  'A plain',
  'A approved',
  'A kcp',
  'A other shape',
  'A confirmed',
  'A certified, on the page',
  'B approved',
  'B other shape',
  'C approved',
];
const RUNNING = [
  'A at the code',
  'A minor at the code',
  'A in the app',
  'A in the app, another',
  'A other number',
  'B at the code',
];
const STANDING = [
  'A past its time',
  'A at the person',
  'A cancelled',
  'A certified',
  'A certified, another',
  'B certified',
];

/** Asks a server everything that anybody can ask, with every secret that there is. */
export class Prober {
  readonly findings: Findings = new Map();
  readonly #caller: Caller;
  readonly #world: World;

  constructor(caller: Caller, world: World) {
    this.#caller = caller;
    this.#world = world;
  }

  /** `newIds` are ids that only the change has made. */
  async ask(scopes: readonly Scope[], newIds: readonly string[]): Promise<void> {
    const looks: Readonly<Record<string, () => readonly Promise<unknown>[]>> = {
      people: () => this.#askForPeople(newIds),
      keys: () => [
        ...KEYS.map((key) => this.#getToken(key, key)),
        this.#getToken('A1', 'B1'),
        this.#getToken('A4', 'A1'),
      ],
      public: () => this.#lookAround(),
      attempts: () => this.#lookAtAttempts(),
    };
    await Promise.all(scopes.flatMap((scope) => looks[scope]?.() ?? []));
    const acts: Readonly<Record<string, () => readonly Promise<unknown>[]>> = {
      starts: () => [this.#startAnew()],
      codes: () => [...this.#world.otps].map(([name, otp]) => this.#confirm(name, otp)),
      forms: () => [
        ...RUNNING.map((name) => this.#finish(name)),
        this.#openTicket(this.#attempt('A unopened')),
      ],
    };
    await Promise.all(scopes.flatMap((scope) => acts[scope]?.() ?? []));
    const acted = [
      ...(scopes.includes('codes') ? [...this.#world.otps.keys()] : []),
      ...(scopes.includes('forms') ? RUNNING.map((name) => `${name}, on the page`) : []),
    ];
    await Promise.all(acted.map((name) => this.#lookup('A', name, 'afterwards')));
    if (scopes.includes('erasures')) await this.#erase();
  }

  #askForPeople(newIds: readonly string[]): readonly Promise<unknown>[] {
    const { tokens } = this.#world;
    return [
      ...SHOWN_TO_A.map((name) => this.#lookup('A', name)),
      ...SHOWN_TO_B.map((name) => this.#lookup('B', name)),
      ...newIds.flatMap((impUid) =>
        (['A', 'B'] as const).map((who) =>
          this.#note(
            `${who} looks up a new id ${impUid}`,
            'person',
            this.#caller.get(`/certifications/${impUid}`, { token: tokens[who] }),
          ),
        ),
      ),
      ...(['A approved', 'B approved'] as const).flatMap((name) => [
        this.#note(`an expired token: ${name}`, 'person', this.#show(tokens.expired, name)),
        this.#note(`a made up token: ${name}`, 'person', this.#show(MADE_UP.token, name)),
      ]),
    ];
  }

  #lookAround(): readonly Promise<unknown>[] {
    const evil = 'https://evil.example';
    return [
      ...Object.entries(USER_CODES).map(([name, userCode]) =>
        this.#note(`the channels of ${name}`, 'list', this.#caller.get(`/users/pg/${userCode}`)),
      ),
      ...(['A', 'C'] as const).map((name) => this.#start(`an evil page starts at ${name}`, name, evil, {})),
      this.#start('a page starts at C', 'C', SHOP, {}),
      this.#start('a person is sent to an evil page', 'A', SHOP, {
        window: 'redirect',
        m_redirect_url: `${evil}/`,
      }),
    ];
  }

  #lookAtAttempts(): readonly Promise<unknown>[] {
    return [
      ...STANDING.map((name) =>
        this.#note(`${name}: the screen`, 'screen', this.#caller.get(this.#attempt(name).sessionPath)),
      ),
      ...[...this.#world.attempts].map(([name, { handle }]) => this.#result(name, handle)),
      this.#note('a made up session', 'screen', this.#caller.get(`/page/s/${MADE_UP.secret}`)),
      this.#note('a made up ticket', 'screen', this.#caller.get(`/page/${MADE_UP.secret}`)),
      this.#result('a made up handle', MADE_UP.secret),
    ];
  }

  /** New requests, of somebody who may and somebody who may not. */
  async #startAnew(): Promise<void> {
    const token = this.#world.tokens.A;
    const request = (name: string, person: typeof NEWCOMER, more: object) =>
      this.#note(
        name,
        'new',
        this.#caller.post('/certifications/otp/request', {
          token,
          json: { ...otpFieldsOf(person), ...more },
        }),
      );
    await request(
      'an OTP for a child',
      { ...CHILD, birthday: '1915-05-05' },
      { channel_key: 'a-adults', birth: '150505', gender_digit: '3' },
    );
    await request('an OTP for somebody new', NEWCOMER, {});
    await this.#start('a page starts at A', 'A', SHOP, {});
  }

  /** A wrong code, or one that others know, and then the right one. */
  async #confirm(name: string, { impUid, merchant, code }: KnownOtp): Promise<void> {
    const token = this.#world.tokens[merchant];
    const send = (otp: string) =>
      this.#caller.post(`/certifications/otp/confirm/${impUid}`, { token, json: { otp } });
    await this.#note(`${name}: another code`, 'person', send(code === KNOWN_CODE ? '000000' : KNOWN_CODE));
    await this.#note(`${name}: its code`, 'person', send(code));
  }

  async #finish(name: string): Promise<void> {
    const { sessionPath, handle, code, step } = this.#attempt(name);
    const screen = await this.#note(`${name}: the screen`, 'screen', this.#caller.get(sessionPath));
    let at = stepOf(screen.text) || step;
    const send = async (what: string, otp: string) => {
      const form = { step: at, do: 'next', otp };
      const said = await this.#note(`${name}: ${what}`, 'screen', this.#caller.post(sessionPath, { form }));
      at = stepOf(said.text) || at;
    };
    await send('another code', code === KNOWN_CODE ? '000000' : KNOWN_CODE);
    await send('its code', code);
    await this.#note(`${name}: the screen then`, 'screen', this.#caller.get(sessionPath));
    await this.#result(`${name} then`, handle);
  }

  async #openTicket({ ticketPath, handle }: KnownAttempt): Promise<void> {
    const opened = await this.#note('a ticket', 'screen', this.#caller.get(ticketPath));
    if (opened.status === 303) await this.#note('its screen', 'screen', this.#caller.get(opened.location));
    await this.#result('A unopened then', handle);
  }

  async #erase(): Promise<void> {
    const { tokens } = this.#world;
    const erase = (who: 'A' | 'B', name: string) =>
      this.#note(
        `${who} erases ${name}`,
        'person',
        this.#caller.delete(this.#pathOf(name), { token: tokens[who] }),
      );
    await erase('B', 'A kcp');
    await erase('A', 'A approved, another');
    await this.#lookup('A', 'A approved, another', 'afterwards');
    await this.#lookup('A', 'A kcp', 'afterwards');
  }

  async #getToken(key: KeyName, secret: KeyName): Promise<void> {
    const name = key === secret ? `the key ${key}` : `the key ${key} with the secret of ${secret}`;
    const json = { imp_key: impKeyOf(key), imp_secret: secretOf(secret) };
    const answer = await this.#note(name, 'token', this.#caller.post('/users/getToken', { json }));
    const token = /"access_token":"([0-9a-f]{40})"/.exec(answer.text)?.[1];
    if (token === undefined) return;
    for (const shown of ['A approved', 'B approved', 'C approved'])
      await this.#note(`${name}: ${shown}`, 'person', this.#show(token, shown));
  }

  #lookup(who: 'A' | 'B', name: string, when = ''): Promise<Answer> {
    return this.#note(
      `${who} looks up ${name} ${when}`,
      when === '' ? 'person' : 'outcome',
      this.#show(this.#world.tokens[who], name),
    );
  }

  #show(token: string, name: string): Promise<Answer> {
    return this.#caller.get(this.#pathOf(name), { token });
  }

  #pathOf(name: string): string {
    const impUid = this.#world.ids.get(name);
    if (impUid === undefined) throw new Error(`nobody has the name ${name}`);
    return `/certifications/${impUid}`;
  }

  #result(name: string, handle: string): Promise<Answer> {
    return this.#note(
      `the result of ${name}`,
      'result',
      this.#caller.post('/page/result', { json: { handle } }),
    );
  }

  #start(name: string, merchant: keyof typeof USER_CODES, origin: string, more: object): Promise<Answer> {
    const json = { user_code: USER_CODES[merchant], window: 'popup', page: origin, ...more };
    return this.#note(name, 'new', this.#caller.post('/page/start', { origin, json }));
  }

  #attempt(name: string): KnownAttempt {
    const found = this.#world.attempts.get(name);
    if (found === undefined) throw new Error(`there is no attempt ${name}`);
    return found;
  }

  async #note(name: string, kind: Kind, asked: Promise<Answer>): Promise<Answer> {
    const answer = await asked;
    this.findings.set(name, { kind, answer });
    return answer;
  }
}
