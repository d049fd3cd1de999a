import type { CertificationState } from '../../src/core/certification.ts';
import { type Agency, KNOWN_CODE } from './agency.ts';
import { formFieldsOf, newPerson, otpFieldsOf, type Person } from './people.ts';
import type { Server } from './server.ts';
import { type KnownAttempt, stepOf, Visitor } from './walk.ts';

/** An OTP of the world, and the code that its person has. */
export interface KnownOtp {
  readonly impUid: string;
  readonly merchant: 'A' | 'B';
  readonly code: string;
}

interface OtpKind {
  /** Default: one that everybody knows. */
  readonly code?: string;
  readonly method?: 'SMS' | 'APP';
  readonly person?: Person;
}

type Tokens = Readonly<Record<'A' | 'B', string>>;

const SHOP = 'https://shop.example';

/** How far attempts go: `end` is what the person does then. */
const ATTEMPTS = [
  { name: 'A past its time', group: 'past its time', channelKey: 'a-approved', screen: 'person' },
  { name: 'A unopened', group: 'running', channelKey: 'a-approved', screen: 'ticket' },
  { name: 'A at the person', group: 'running', channelKey: 'a-approved', screen: 'person' },
  { name: 'A at the code', group: 'running', channelKey: 'a-approved', screen: 'code', code: '300001' },
  { name: 'A minor at the code', group: 'running', channelKey: 'a-adults', screen: 'code', code: '300002' },
  { name: 'A in the app', group: 'running', channelKey: 'a-kcp', screen: 'app' },
  { name: 'A in the app, another', group: 'running', channelKey: 'a-kcp', screen: 'app' },
  { name: 'A of an accomplice', group: 'running', channelKey: 'a-approved', screen: 'code' },
  { name: 'B at the code', group: 'running', channelKey: 'b-approved', screen: 'code' },
  { name: 'A certified', group: 'ended', channelKey: 'a-approved', screen: 'code', end: 'otp' },
  { name: 'A certified, another', group: 'ended', channelKey: 'a-approved', screen: 'code', end: 'otp' },
  { name: 'A cancelled', group: 'ended', channelKey: 'a-approved', screen: 'code', end: 'cancel' },
  { name: 'B certified', group: 'ended', channelKey: 'b-approved', screen: 'code', end: 'otp' },
] as const;
type Group = (typeof ATTEMPTS)[number]['group'];

/** Puts certifications and attempts of every kind into a server, and keeps what people know of them. */
export class Filler {
  readonly people: Person[] = [];
  readonly ids = new Map<string, string>();
  readonly otps = new Map<string, KnownOtp>();
  readonly attempts = new Map<string, KnownAttempt>();
  readonly #agency: Agency;
  readonly #time: { now: number };

  constructor(agency: Agency, time: { now: number }) {
    this.#agency = agency;
    this.#time = time;
  }

  /** Keeps a certification as the page of a shop would have made it. */
  async certify(
    { merchants, certifications }: Server,
    name: string,
    channelKey: string,
    { impUid, state = 'certified' }: { readonly impUid?: string; readonly state?: CertificationState } = {},
  ): Promise<void> {
    const channel = await merchants.findChannel(channelKey);
    if (channel === null) throw new Error(`there is no channel ${channelKey}`);
    const isCertified = state === 'certified';
    const record = {
      channel,
      state,
      requestedAt: this.#time.now - 60_000,
      certifiedAt: isCertified ? this.#time.now : null,
      merchantUid: `order of ${name}`,
      pageUrl: `${SHOP}/${encodeURIComponent(name)}`,
      providerTid: isCertified ? `transaction of ${name}` : null,
      identity: isCertified ? this.#meet(newPerson()) : null,
    };
    if (impUid !== undefined) await certifications.keepAs(impUid, record);
    this.ids.set(name, impUid ?? (await certifications.keep(record)));
  }

  async requestOtps(server: Server, tokens: Tokens): Promise<void> {
    const request = (name: string, channelKey: string, kind: OtpKind) =>
      this.requestOtp(server, tokens, name, channelKey, kind);
    const disapproving = newPerson({ approves: false });
    const minor = newPerson({ trueBirthday: '2015-05-05' });
    const twice = newPerson();
    await request('A SMS', 'a-approved', { code: '200002' });
    await request('A SMS at kcp', 'a-kcp', { code: '200003' });
    await request('A APP', 'a-kcp', { method: 'APP' });
    await request('A APP, not approved', 'a-kcp', { method: 'APP', person: disapproving });
    await request('A minor', 'a-adults', { code: '200004', person: minor });
    await request('A superseded', 'a-approved', { code: '200005', person: twice });
    await request('A superseding', 'a-approved', { code: '200006', person: twice });
    await request('A of an accomplice by OTP', 'a-approved', {});
    await request('A failed', 'a-approved', { code: '200007' });
    for (let count = 0; count < 5; count++) await this.#confirm(server, tokens, 'A failed', '000000');
    await request('A confirmed', 'a-approved', {});
    await this.#confirm(server, tokens, 'A confirmed', KNOWN_CODE);
    await request('B SMS', 'b-approved', {});
  }

  async requestOtp(
    { caller }: Server,
    tokens: Tokens,
    name: string,
    channelKey: string,
    { code = KNOWN_CODE, method = 'SMS', person = newPerson() }: OtpKind,
  ): Promise<void> {
    const merchant = name.startsWith('A') ? 'A' : 'B';
    this.#agency.nextCode = code;
    const json = {
      ...otpFieldsOf(this.#meet(person)),
      channel_key: channelKey,
      verification_method: method,
      merchant_uid: `order of ${name}`,
    };
    const { text } = await caller.post('/certifications/otp/request', { token: tokens[merchant], json });
    this.#agency.nextCode = KNOWN_CODE;
    const { imp_uid: impUid } = (JSON.parse(text) as { response: { imp_uid: string } }).response;
    this.ids.set(name, impUid);
    this.otps.set(name, { impUid, merchant, code });
  }

  async #confirm({ caller }: Server, tokens: Tokens, name: string, otp: string): Promise<void> {
    const token = tokens[name.startsWith('A') ? 'A' : 'B'];
    await caller.post(`/certifications/otp/confirm/${this.ids.get(name)}`, { token, json: { otp } });
  }

  /** Brings the attempts of these kinds to where they stand. */
  async startAttempts({ caller }: Server, groups: readonly Group[]): Promise<void> {
    for (const { name, group, channelKey, screen, ...more } of ATTEMPTS) {
      if (!groups.includes(group)) continue;
      const person = name.includes('minor') ? newPerson({ trueBirthday: '2015-05-05' }) : newPerson();
      this.#meet(person);
      const code = 'code' in more ? more.code : KNOWN_CODE;
      const visitor = await this.#start(caller, name, channelKey, person);
      if (screen !== 'ticket') await visitor.comeToPerson(channelKey === 'a-kcp' ? 'APP' : null);
      if (screen === 'code' || screen === 'app') await this.#name(visitor, person, code);
      if ('end' in more) await visitor.send(more.end === 'otp' ? { otp: code } : { do: 'cancel' });
      this.#keep(name, visitor, code);
    }
  }

  /**
   * Somebody names a phone of their own, and then the person they want to be: they know the code of the first message
   * and not that of the second one, before which `between` is called.
   */
  async nameAnother({ caller }: Server, between: (impUid: string) => Promise<void>): Promise<void> {
    const victim = this.#meet(newPerson());
    const visitor = await this.#start(caller, 'A other number', 'a-approved', victim);
    await visitor.comeToPerson(null);
    await this.#name(visitor, this.#meet(newPerson()), KNOWN_CODE);
    await between(visitor.impUid);
    await visitor.send({ do: 'other_number' });
    await this.#name(visitor, victim, '300003');
    this.#keep('A other number', visitor, '300003');
  }

  /** Somebody is certified in the agency's own window. */
  async certifyInWindow({ caller }: Server): Promise<void> {
    const name = 'A in the window';
    const person = this.#meet(newPerson());
    this.#agency.visitor = person;
    const visitor = await this.#start(caller, name, 'a-window', person);
    await visitor.open();
    await fetch(this.#agency.returnAddress, { method: 'POST', body: new URLSearchParams({ is: 'back' }) });
    this.#agency.visitor = null;
    this.#keep(name, visitor, KNOWN_CODE);
  }

  #start(
    caller: Server['caller'],
    name: string,
    channelKey: string,
    { name: called, phone }: Person,
  ): Promise<Visitor> {
    const userCode = name.startsWith('A') ? 'imp10000001' : 'imp10000002';
    const call = { user_code: userCode, channel_key: channelKey, merchant_uid: `order of ${name}` };
    return Visitor.start(caller, SHOP, { ...call, name: called, phone });
  }

  async #name(visitor: Visitor, person: Person, code: string): Promise<void> {
    this.#agency.nextCode = code;
    await visitor.send(formFieldsOf(person));
    this.#agency.nextCode = KNOWN_CODE;
  }

  #keep(name: string, visitor: Visitor, code: string): void {
    const { impUid, handle, ticketPath, sessionPath, html } = visitor;
    const label = `${name}, on the page`;
    this.ids.set(label, impUid);
    this.attempts.set(name, { impUid, handle, ticketPath, sessionPath, code, step: stepOf(html) });
  }

  #meet(person: Person): Person {
    this.people.push(person);
    return person;
  }
}
