import { type Client, textOf } from '../support/client.ts';
import { type Answer, ASKED, type Call, NO_ANSWER } from './calls.ts';
import { MERCHANTS, type MerchantName, SECRETS, USER_CODES } from './cast.ts';
import { chooseCall, idAt, isWalking, type Knowledge } from './choose-call.ts';
import { describe, mayHaveSent, merchantsIn, operatedIn } from './describe.ts';
import { type Observed, possibleStates, type State } from './linearize.ts';
import { makeCall, saveKey } from './make-answer.ts';
import type { ModelApp } from './model-app.ts';
import type { Plan, Step } from './schedules.ts';
import type { Held } from './watched-provider.ts';
import { claimIsLive, type Facts, putAttempt, putCert, type World } from './world.ts';

/** Longer than anything of a schedule lives, so that the next one begins with nothing. */
const BETWEEN_SCHEDULES = 100_000;
/** Nobody waits as long for an answer unless none will come. */
const PATIENCE = 30_000;

/** What was reached, so that a reader sees that the deep states were. */
export interface Tally {
  schedules: number;
  requests: number;
  crowds: number;
  /** After how many crowds more than one world was possible. */
  forks: number;
  readonly outcomes: Map<string, number>;
}

export const newTally = (): Tally => ({
  schedules: 0,
  requests: 0,
  crowds: 0,
  forks: 0,
  outcomes: new Map(),
});

/** A call that the provider keeps waiting. */
interface Waiting {
  readonly id: number;
  readonly call: Call & { readonly impUid: string };
  readonly held: Held;
  readonly answer: Promise<Answer>;
}

/**
 * Runs schedules one after the other against one server, or several processes of one, and holds every answer
 * against the model. It keeps every state that the answers so far allow. `app` is the server when it is in this
 * process.
 */
export class Runner {
  readonly #targets: readonly Client[];
  readonly #app: ModelApp | null;
  readonly #tally: Tally;
  #now: number;
  #states: readonly State[] = [];
  /** Ids in the order in which they became known. */
  #ids: string[] = [];
  #attempts: string[] = [];
  #waiting: Waiting[] = [];
  #tokens = new Map<MerchantName, string>();
  #formerTokens = new Map<MerchantName, string>();
  readonly #keys = new Map(
    MERCHANTS.map((each) => [each, { name: `key_${each}`, secret: SECRETS[each], isRevoked: false }]),
  );
  /** Whose key and state an operator may have changed. */
  readonly #operated = new Set<MerchantName>();
  #codes: Map<string, readonly string[]> = new Map();
  /** The newest message that was read in each inbox. */
  readonly #newest = new Map<Client, string>();
  #turn = 0;
  #calls = 0;

  constructor(targets: readonly Client[], app: ModelApp | null, tally: Tally, now: number) {
    this.#targets = targets;
    this.#app = app;
    this.#tally = tally;
    this.#now = now;
  }

  async run(steps: readonly Step[]): Promise<void> {
    this.#tally.schedules++;
    await this.#begin(steps);
    try {
      for (const merchant of merchantsIn(steps))
        await this.#observe([{ does: 'token', merchant, secret: 'right' }]);
      for (const step of steps) await this.#step(step);
      while (this.#waiting.length > 0) await this.#release(1, []);
    } finally {
      this.#app?.setCrowd(false);
      for (const { held } of this.#waiting) held.open();
      await Promise.allSettled(this.#waiting.map(({ answer }) => answer));
      this.#waiting = [];
    }
  }

  /** A new day, on which everybody may do what they may at first. */
  async #begin(steps: readonly Step[]): Promise<void> {
    await this.#setClock(this.#now + BETWEEN_SCHEDULES);
    this.#app?.provider.reset();
    await this.#renewKeys();
    for (const merchant of operatedIn(steps)) this.#operated.add(merchant);
    const world: World = {
      now: this.#now,
      tokens: new Map(),
      issued: [],
      keys: new Map(this.#keys),
      disabled: [],
      certs: new Map(),
      attempts: new Map(),
      asks: new Map(),
      counts: new Map(),
    };
    this.#states = [{ world, underWay: new Map() }];
    this.#ids = [];
    this.#attempts = [];
    this.#codes = new Map();
    this.#formerTokens = this.#tokens;
    this.#tokens = new Map();
  }

  /** A key pair of its own for everybody whose last one may be gone. */
  async #renewKeys(): Promise<void> {
    if (this.#app === null) return;
    for (const merchant of this.#operated) {
      const key = {
        name: `key_${merchant}_${this.#tally.schedules}`,
        secret: SECRETS[merchant],
        isRevoked: false,
      };
      await this.#app.merchants.enable(USER_CODES[merchant]);
      await saveKey(this.#app, { merchant, key: key.name, secret: key.secret });
      this.#keys.set(merchant, key);
    }
    this.#operated.clear();
  }

  async #step(step: Step): Promise<void> {
    switch (step.kind) {
      case 'calls':
        return this.#observe(step.plans);
      case 'advance':
        return this.#advance(step.seconds);
      case 'sleep':
        await this.#advance(step.seconds);
        return this.#observe([{ does: 'sweep' }]);
      case 'decide': {
        const impUid = idAt(step.cert, { ids: this.#ids });
        const { approve } = step;
        // Of what was erased, or never was, nobody approves anything.
        await this.#everywhere('POST', '/sandbox/approvals', { imp_uid: impUid, approve }, [200, 400]);
        return this.#change((world) => {
          const otp = world.certs.get(impUid)?.otp;
          const changed =
            otp == null ? world : putCert(world, impUid, { otp: { ...otp, approval: approve } });
          return putAttempt(changed, impUid, { approval: approve });
        });
      }
      case 'fault': {
        const impUid = idAt(step.cert, { ids: this.#ids });
        this.#app?.provider.fail(impUid);
        return this.#change((world) => putCert(world, impUid, { isFaulty: true }));
      }
      case 'renew':
        if (isWalking(this.#knowledge())) return;
        for (const each of step.steps) await this.#step(each);
        return;
      case 'hold':
        return this.#hold(step.plan);
      case 'release': {
        const [first] = this.#waiting;
        // The one who has lost its claim waits for the one who has it now.
        const isChained = first?.call.kind === 'confirm' && this.#isWaitedFor(first.call.impUid, 1);
        return this.#release(isChained ? this.#waiting.length : 1, []);
      }
    }
  }

  /** Makes calls at the same moment and keeps the states that their answers allow. */
  async #observe(plans: readonly Plan[]): Promise<void> {
    const knowledge = this.#knowledge();
    const calls = plans.map((plan, nth) => chooseCall(plan, knowledge, nth));
    // Whoever confirms waits for the one who asks, and so would this.
    const isBlocked = calls.some((call) => call.kind === 'confirm' && this.#isWaitedFor(call.impUid));
    await this.#release(isBlocked ? this.#waiting.length : 0, calls);
  }

  /** Makes calls, while the provider answers those that have waited longest. */
  async #release(count: number, calls: readonly Call[]): Promise<void> {
    const released = this.#waiting.splice(0, count);
    const isCrowd = released.length + calls.length > 1;
    if (isCrowd) this.#app?.setCrowd(true);
    const made = calls.map((call) => ({ id: ++this.#calls, call, answer: this.#ask(call) }));
    const all = [...released, ...made];
    if (all.length === 0) return;
    void openInTurn(released);
    const observed = await Promise.all(
      all.map(
        async ({ id, call, answer }): Promise<Observed> => ({
          id,
          call,
          answer: await patiently(answer, call),
        }),
      ),
    );
    if (isCrowd) this.#app?.setCrowd(false);
    await this.#judge(observed);
    if (isCrowd) this.#tally.crowds++;
  }

  /** Makes a call that the provider keeps waiting, if it asks the provider at all. */
  async #hold(plan: Plan): Promise<void> {
    const call = chooseCall(plan, this.#knowledge(), 0);
    if (this.#app === null || (call.kind !== 'form' && call.kind !== 'confirm')) return this.#observe([plan]);
    const isBusy = this.#isWaitedFor(call.impUid);
    const isLive = this.#states.some(({ world }) => {
      const cert = world.certs.get(call.impUid);
      return cert !== undefined && claimIsLive(cert, this.#now);
    });
    if (call.kind === 'confirm' && isBusy && isLive) return this.#observe([plan]);
    const held = this.#app.provider.hold(call.impUid);
    const id = ++this.#calls;
    const answer = this.#ask(call);
    const early = await Promise.race([held.reached.then(() => null), patiently(answer, call)]);
    if (early !== null) {
      held.cancel();
      return this.#judge([{ id, call, answer: early }]);
    }
    this.#waiting.push({ id, call, held, answer });
    const isAsked = (progress: string | null) => progress?.startsWith(ASKED) === true;
    return this.#judge([{ id, call, answer: NO_ANSWER }], isAsked);
  }

  /** Whether the provider keeps somebody waiting for this one, besides the first so many. */
  #isWaitedFor(impUid: string, besides = 0): boolean {
    return this.#waiting.slice(besides).some((each) => each.call.impUid === impUid);
  }

  async #judge(observed: readonly Observed[], isEnd?: (progress: string | null) => boolean): Promise<void> {
    this.#tally.requests += observed.length;
    if (this.#app !== null) this.#codes = new Map(this.#app.provider.codes);
    else if (observed.some(({ call }) => mayHaveSent(call)))
      for (const target of this.#targets) await this.#readInbox(target);
    const facts: Facts = {
      limits: this.#app?.limits ?? null,
      codes: this.#codes,
      isOrdered: this.#app !== null,
      mayBeDisabled: observed.some(({ call: { kind } }) => kind === 'disable'),
      mayVanish: observed.some(({ call: { kind } }) => ['erase', 'reset', 'sweep'].includes(kind)),
    };
    const { states, outcomes } = possibleStates(this.#states, observed, facts, isEnd);
    const agreeing = states.filter(({ world }) => this.#agrees(world));
    if (agreeing.length === 0) throw new Error(describe(this.#states, observed, states.length > 0));
    this.#states = agreeing;
    if (agreeing.length > 1) this.#tally.forks++;
    for (const outcome of outcomes)
      this.#tally.outcomes.set(outcome, (this.#tally.outcomes.get(outcome) ?? 0) + 1);
    this.#learn(observed);
  }

  /** Whether the provider was asked as often as in a world, and has sent the messages of its attempts. */
  #agrees({ asks, attempts }: World): boolean {
    for (const [impUid, { messages }] of attempts)
      if (messages.length !== (this.#codes.get(impUid)?.length ?? 0)) return false;
    if (this.#app === null) return true;
    const asked = this.#app.provider.asks;
    return [...new Set([...asks.keys(), ...asked.keys()])].every(
      (impUid) => (asks.get(impUid) ?? 0) === (asked.get(impUid) ?? 0),
    );
  }

  /** Takes ids, tokens and codes out of the answers. */
  #learn(observed: readonly Observed[]): void {
    for (const { call, answer } of observed) {
      if (answer.status !== 200) continue;
      if (call.kind === 'token') {
        const token = textOf(answer.response, 'access_token');
        const held = this.#tokens.get(call.merchant);
        if (held !== undefined && held !== token) this.#formerTokens.set(call.merchant, held);
        this.#tokens.set(call.merchant, token);
      }
      if (call.kind === 'request' || call.kind === 'create')
        this.#ids.push(textOf(answer.response, 'imp_uid'));
      if (call.kind === 'start') {
        const impUid = textOf(answer.json, 'imp_uid');
        this.#ids.push(impUid);
        this.#attempts.push(impUid);
      }
    }
    const unread = this.#ids.filter((id) => this.#states[0]?.world.certs.get(id)?.otp?.code === null);
    for (const impUid of unread) {
      const code = this.#codes.get(impUid)?.[0];
      if (code === undefined) continue;
      this.#change((world) => {
        const otp = world.certs.get(impUid)?.otp;
        return otp == null ? world : putCert(world, impUid, { otp: { ...otp, code } });
      });
    }
  }

  async #readInbox(target: Client): Promise<void> {
    const { response } = await target.call(
      'GET',
      `/sandbox/messages?after=${this.#newest.get(target) ?? ''}`,
    );
    const messages = response as unknown as readonly { id: string; imp_uid: string; otp: string }[];
    for (const { imp_uid: impUid, otp } of messages.toReversed())
      this.#codes.set(impUid, [...(this.#codes.get(impUid) ?? []), otp]);
    if (messages[0] !== undefined) this.#newest.set(target, messages[0].id);
  }

  #knowledge(): Knowledge {
    const world = this.#states[0]?.world;
    if (world === undefined) throw new Error('there is no world');
    return {
      number: this.#tally.schedules,
      world,
      ids: this.#ids,
      attempts: this.#attempts,
      tokens: this.#tokens,
      formerTokens: this.#formerTokens,
      codes: this.#codes,
    };
  }

  #change(change: (world: World) => World): void {
    this.#states = this.#states.map(({ world, underWay }) => ({ world: change(world), underWay }));
  }

  async #advance(seconds: number): Promise<void> {
    await this.#setClock(this.#now + seconds);
    this.#change((world) => ({ ...world, now: this.#now }));
  }

  async #setClock(now: number): Promise<void> {
    this.#now = now;
    if (this.#app === null) await this.#everywhere('PUT', '/sandbox/clock', { now });
    else this.#app.clock.stopAt(now * 1000);
  }

  /** The targets take turns. */
  #ask(call: Call): Promise<Answer> {
    const target = this.#targets[this.#turn++ % this.#targets.length];
    if (target === undefined) throw new Error('there is no target');
    return makeCall(call, target, this.#app);
  }

  async #everywhere(
    method: string,
    path: string,
    json: object,
    expected: readonly number[] = [200],
  ): Promise<void> {
    for (const target of this.#targets) {
      const { status, text } = await target.call(method, path, { json });
      if (!expected.includes(status)) throw new Error(`${method} ${path}: ${text}`);
    }
  }
}

/** The first one goes well ahead of the next. */
async function openInTurn(waiting: readonly Waiting[]): Promise<void> {
  for (const { held } of waiting) {
    held.open();
    for (let turns = 0; turns < 30; turns++) await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

async function patiently(answer: Promise<Answer>, call: Call): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer to ${JSON.stringify(call)}`)), PATIENCE);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
