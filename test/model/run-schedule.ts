import { type Client, type Answer as HttpAnswer, textOf } from '../server/client.ts';
import {
  BLOCKED_PHONE,
  CHANNELS,
  MERCHANTS,
  type MerchantName,
  MISMATCHING_NAME,
  PEOPLE,
  REFUSED_PHONE,
  SECRETS,
  SILENT_PHONE,
} from './cast.ts';
import type { Call, Cert, World } from './contract-model.ts';
import { type Observed, possibleWorlds } from './linearize.ts';
import type { OtpChoice, Plan, RequestPlan, Step } from './schedules.ts';

const NOBODYS_ID = 'imp_999999999999';
const NONSENSE = 'f'.repeat(40);
/** Longer than anything of a schedule lives, so that the next one begins with nothing. */
const BETWEEN_SCHEDULES = 100_000;

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

/**
 * Runs schedules one after the other against one server, or several processes of one, and holds every answer
 * against the model. It keeps every world that the answers so far allow.
 */
export class Runner {
  readonly #targets: readonly Client[];
  readonly #tally: Tally;
  readonly #onCrowd: (isUnderWay: boolean) => void;
  #now: number;
  #worlds: readonly World[] = [];
  /** Ids in the order in which they became known. */
  #ids: string[] = [];
  #tokens = new Map<MerchantName, string>();
  #formerTokens = new Map<MerchantName, string>();
  /** The newest message that was read in each inbox. */
  readonly #newest = new Map<Client, string>();
  #turn = 0;

  constructor(targets: readonly Client[], tally: Tally, now: number, onCrowd: (isUnderWay: boolean) => void) {
    this.#targets = targets;
    this.#tally = tally;
    this.#now = now;
    this.#onCrowd = onCrowd;
  }

  async run(steps: readonly Step[]): Promise<void> {
    this.#tally.schedules++;
    this.#now += BETWEEN_SCHEDULES;
    await this.#everywhere('PUT', '/sandbox/clock', { now: this.#now });
    this.#worlds = [{ now: this.#now, tokens: new Map(), certs: new Map() }];
    this.#ids = [];
    this.#formerTokens = this.#tokens;
    this.#tokens = new Map();
    for (const merchant of merchantsIn(steps))
      await this.#calls([{ does: 'token', merchant, secret: 'right' }]);
    for (const step of steps) await this.#step(step);
  }

  async #step(step: Step): Promise<void> {
    switch (step.kind) {
      case 'calls':
        return this.#calls(step.plans);
      case 'advance':
        this.#now += step.seconds;
        await this.#everywhere('PUT', '/sandbox/clock', { now: this.#now });
        this.#worlds = this.#worlds.map((world) => ({ ...world, now: this.#now }));
        return;
      case 'decide': {
        const impUid = this.#id(step.cert);
        await this.#everywhere('POST', '/sandbox/approvals', { imp_uid: impUid, approve: step.approve });
        this.#change(impUid, (cert) =>
          cert.otp === null ? cert : { ...cert, otp: { ...cert.otp, approval: step.approve } },
        );
        return;
      }
      case 'create':
        return this.#create(step);
    }
  }

  async #create({ channelKey, certified, person: at }: Extract<Step, { kind: 'create' }>): Promise<void> {
    const person = personAt(at);
    const impUid = await this.#next().create({
      name: person.name,
      birthday: person.birthday,
      gender: person.gender,
      foreigner: person.foreigner,
      phone: this.#phone('first'),
      carrier: person.carrier,
      merchant_uid: 'made',
      channel_key: channelKey,
      certified,
    });
    const cert: Cert = {
      merchant: CHANNELS[channelKey]?.merchant ?? 'a',
      channelKey,
      merchantUid: 'made',
      person,
      phone: this.#phone('first'),
      otp: null,
      state: certified ? 'certified' : 'pending',
      certifiedAt: this.#now,
      shown: null,
    };
    this.#ids.push(impUid);
    this.#worlds = this.#worlds.map((world) => ({ ...world, certs: new Map(world.certs).set(impUid, cert) }));
  }

  /** Makes calls at the same moment and keeps the worlds that their answers allow. */
  async #calls(plans: readonly Plan[]): Promise<void> {
    const calls = plans.map((plan) => this.#toCall(plan));
    const isCrowd = calls.length > 1;
    if (isCrowd) this.#onCrowd(true);
    const observed = await Promise.all(
      calls.map(async (call): Promise<Observed> => ({ call, answer: await this.#ask(call) })),
    );
    if (isCrowd) this.#onCrowd(false);
    this.#tally.requests += calls.length;

    const { worlds, outcomes } = possibleWorlds(this.#worlds, observed);
    if (worlds.length === 0) throw new Error(describe(this.#worlds, observed));
    this.#worlds = worlds;
    if (isCrowd) this.#tally.crowds++;
    if (worlds.length > 1) this.#tally.forks++;
    for (const outcome of outcomes)
      this.#tally.outcomes.set(outcome, (this.#tally.outcomes.get(outcome) ?? 0) + 1);
    await this.#learn(observed);
  }

  /** Takes ids, tokens and codes out of the answers and the inbox. */
  async #learn(observed: readonly Observed[]): Promise<void> {
    let isSent = false;
    for (const { call, answer } of observed) {
      if (answer.status !== 200) continue;
      if (call.kind === 'token') {
        const token = textOf(answer.response, 'access_token');
        const held = this.#tokens.get(call.merchant);
        if (held !== undefined && held !== token) this.#formerTokens.set(call.merchant, held);
        this.#tokens.set(call.merchant, token);
      }
      if (call.kind === 'request') {
        this.#ids.push(textOf(answer.response, 'imp_uid'));
        isSent = true;
      }
    }
    if (isSent) for (const target of this.#targets) await this.#readInbox(target);
  }

  async #readInbox(target: Client): Promise<void> {
    const { response } = await target.call(
      'GET',
      `/sandbox/messages?after=${this.#newest.get(target) ?? ''}`,
    );
    const messages = response as unknown as readonly { id: string; imp_uid: string; otp: string }[];
    for (const { imp_uid: impUid, otp } of messages)
      this.#change(impUid, (cert) =>
        cert.otp === null ? cert : { ...cert, otp: { ...cert.otp, code: otp } },
      );
    if (messages[0] !== undefined) this.#newest.set(target, messages[0].id);
  }

  #toCall(plan: Plan): Call {
    switch (plan.does) {
      case 'token': {
        const { merchant, secret } = plan;
        const secrets = { right: SECRETS[merchant], wrong: 'wrong', none: null };
        return { kind: 'token', merchant, secret: secrets[secret] };
      }
      case 'request': {
        const person = personAt(plan.person);
        return {
          kind: 'request',
          token: this.#token(plan.by, plan.merchant),
          person,
          name: { own: person.name, mismatching: MISMATCHING_NAME, none: null }[plan.name],
          phone: this.#phone(plan.phone),
          ...plan.channel,
          method: plan.method,
          merchantUid: plan.merchantUid,
        };
      }
      default: {
        const impUid = this.#id(plan.cert);
        const token = this.#token(plan.by, this.#cert(impUid)?.merchant ?? 'a');
        return plan.does === 'confirm'
          ? { kind: 'confirm', token, impUid, otp: this.#otp(plan.otp, impUid) }
          : { kind: plan.does, token, impUid };
      }
    }
  }

  #otp(choice: OtpChoice, impUid: string): string | null {
    const code = this.#cert(impUid)?.otp?.code ?? '000000';
    const older = this.#ids.at(-2);
    switch (choice) {
      case 'right':
        return code;
      case 'spaced':
        return ` ${code.slice(0, 3)}-${code.slice(3)} `;
      case 'wrong':
        return String((Number(code) + 1) % 1_000_000).padStart(6, '0');
      case 'other':
        return (older === undefined ? null : this.#cert(older)?.otp?.code) ?? '000000';
      case 'malformed':
        return code.slice(1);
      case 'none':
        return null;
    }
  }

  #token(by: 'owner' | 'stranger' | 'former' | 'nonsense', owner: MerchantName): string {
    const stranger = owner === 'b' ? 'a' : 'b';
    switch (by) {
      case 'owner':
        return this.#tokens.get(owner) ?? NONSENSE;
      case 'stranger':
        return this.#tokens.get(stranger) ?? NONSENSE;
      case 'former':
        return this.#formerTokens.get(owner) ?? NONSENSE;
      case 'nonsense':
        return NONSENSE;
    }
  }

  #ask(call: Call): Promise<HttpAnswer> {
    const target = this.#next();
    if (call.kind === 'token') {
      const json = { imp_key: `key_${call.merchant}`, imp_secret: call.secret };
      return target.call('POST', '/users/getToken', { json });
    }
    const headers = { authorization: call.token };
    switch (call.kind) {
      case 'lookup':
        return target.call('GET', `/certifications/${call.impUid}`, { headers });
      case 'erase':
        return target.call('DELETE', `/certifications/${call.impUid}`, { headers });
      case 'confirm':
        return target.call('POST', `/certifications/otp/confirm/${call.impUid}`, {
          headers,
          json: { otp: call.otp },
        });
      case 'request':
        return target.call('POST', '/certifications/otp/request', {
          headers,
          json: {
            name: call.name,
            phone: call.phone,
            birth: call.person.birthSent,
            gender_digit: call.person.digit,
            carrier: call.person.carrierSent,
            channel_key: call.channelKey,
            pg: call.pg,
            verification_method: call.method,
            merchant_uid: call.merchantUid,
          },
        });
    }
  }

  /** Other numbers than the schedule before had, since a number's past makes its requests slower. */
  #phone(which: RequestPlan['phone']): string {
    const number = (this.#tally.schedules * 2 + (which === 'second' ? 1 : 0)) % 10_000;
    switch (which) {
      case 'blocked':
        return BLOCKED_PHONE;
      case 'refused':
        return REFUSED_PHONE;
      case 'silent':
        return SILENT_PHONE;
      default:
        return `0100000${String(number).padStart(4, '0')}`;
    }
  }

  #id(back: number): string {
    return this.#ids.at(-1 - back) ?? NOBODYS_ID;
  }

  #cert(impUid: string): Cert | undefined {
    return this.#worlds[0]?.certs.get(impUid);
  }

  #change(impUid: string, change: (cert: Cert) => Cert): void {
    this.#worlds = this.#worlds.map((world) => {
      const cert = world.certs.get(impUid);
      return cert === undefined ? world : { ...world, certs: new Map(world.certs).set(impUid, change(cert)) };
    });
  }

  /** The targets take turns. */
  #next(): Client {
    const target = this.#targets[this.#turn++ % this.#targets.length];
    if (target === undefined) throw new Error('there is no target');
    return target;
  }

  async #everywhere(method: string, path: string, json: object): Promise<void> {
    for (const target of this.#targets) {
      const { status, text } = await target.call(method, path, { json });
      if (status !== 200) throw new Error(`${method} ${path}: ${text}`);
    }
  }
}

/** Whose token a schedule needs. */
function merchantsIn(steps: readonly Step[]): readonly MerchantName[] {
  const plans = steps.flatMap((step) => (step.kind === 'calls' ? step.plans : []));
  const isNamed = (name: MerchantName) =>
    plans.some((plan) => 'merchant' in plan && plan.merchant === name) ||
    steps.some((step) => step.kind === 'create' && CHANNELS[step.channelKey]?.merchant === name);
  const hasStranger = plans.some((plan) => 'by' in plan && plan.by === 'stranger');
  return MERCHANTS.filter((name) => name === 'a' || isNamed(name) || (name === 'b' && hasStranger));
}

function personAt(at: number): (typeof PEOPLE)[number] {
  const person = PEOPLE[at];
  if (person === undefined) throw new Error(`there is no person ${at}`);
  return person;
}

/** What a reader of the failure needs: the calls that no order explains, and the worlds in which they were made. */
function describe(worlds: readonly World[], observed: readonly Observed[]): string {
  const calls = observed.map(({ call, answer: { status, message, response } }) =>
    JSON.stringify({ ...call, answer: { status, message, response } }),
  );
  const before = worlds.map(({ now, tokens, certs }) =>
    JSON.stringify({ now, tokens: [...tokens], certs: [...certs] }),
  );
  return ['the contract allows no order of these calls with these answers:', ...calls, 'in:', ...before].join(
    '\n',
  );
}
