import { randomBytes } from 'node:crypto';
import {
  type Attempt,
  type AttemptLaunch,
  type AttemptScreen,
  type AttemptWishes,
  CONSENTS,
  type NewAttempt,
} from '../../src/core/attempt.ts';
import { AttemptService } from '../../src/core/attempt-service.ts';
import { type ActionRefusal, type AttemptAction, AttemptSteps } from '../../src/core/attempt-steps.ts';
import type { MerchantCaller, Visitor } from '../../src/core/caller.ts';
import { CertificationService } from '../../src/core/certification-service.ts';
import type { Channel } from '../../src/core/channel.ts';
import { NO_HOOKS, type ServiceHooks } from '../../src/core/hooks.ts';
import { HostedVisits } from '../../src/core/hosted-visits.ts';
import type { Identity } from '../../src/core/identity.ts';
import { newDataKeys } from '../../src/core/key-ring.ts';
import { Limiter, type RequestLimits } from '../../src/core/limits.ts';
import { Lookups } from '../../src/core/lookups.ts';
import type { MerchantSetup, NewChannel } from '../../src/core/merchant.ts';
import { MerchantService } from '../../src/core/merchant-service.ts';
import { LONGEST_OPENED } from '../../src/core/opened-rows.ts';
import { type NewOtpRequest, OtpService } from '../../src/core/otp-service.ts';
import type {
  HostedBegin,
  HostedCapability,
  HostedRequest,
  HostedResult,
  HostedReturn,
  OtpCapability,
  OtpConfirmation,
  OtpRequest,
  OtpSent,
  OtpSurface,
  Provider,
  Providers,
  Settings,
  VerificationMethod,
} from '../../src/core/provider.ts';
import type { Store } from '../../src/core/store.ts';
import { TokenService } from '../../src/core/token-service.ts';
import { Vault } from '../../src/core/vault.ts';
import { watchStore } from '../../src/core/watched-store.ts';
import { AppError, type ErrorCode } from '../../src/errors.ts';
import { markDatabase, openStore } from '../../src/storage/index.ts';
import { adapterOf } from './adapter.ts';
import { serverOf } from './callers.ts';

/** 2027-01-15, 12:00:00.250 in Seoul: not a whole second. */
export const START = Date.UTC(2027, 0, 15, 3, 0, 0, 250);

/** Whom everybody claims to be unless told otherwise. */
export const PERSON = {
  name: '홍길동',
  birthday: '1990-01-31',
  gender: 'male',
  foreigner: false,
  phone: '01000001234',
  carrier: 'SKT',
  mvno: false,
} as const;

/** The same as an agency vouches for them. */
export const CERTIFIED: Identity = { ...PERSON, ci: `${'c'.repeat(86)}==`, di: 'd'.repeat(64) };

export const LAUNCH: AttemptLaunch = {
  window: 'popup',
  origin: 'https://shop.example',
  returnAddress: null,
  merchantUid: 'order-1',
  serviceName: '',
};

export const WISHES: AttemptWishes = {
  minimumAge: null,
  offered: ['SKT', 'KT', 'LGT', 'MVNO'],
  carrier: null,
  network: null,
  prefill: { name: '', phone: '' },
};

const CONTRACT = {
  providerMerchantId: 'M1',
  carrierApproval: true,
  foreignerAddOn: true,
  minimumAge: null,
} as const;

/** Settings of the channels, as their adapters keep them. */
export const SETTINGS = { site: 'S1' };

/**
 * Channels of the shop: for API and page, for one of them alone, without an agency, and with a window of the agency.
 */
export const CHANNELS: readonly NewChannel[] = [
  { ...CONTRACT, channelKey: 'both', provider: 'danal', settings: SETTINGS },
  { ...CONTRACT, channelKey: 'code-only', provider: 'kcp_v2', settings: SETTINGS },
  { ...CONTRACT, channelKey: 'page-only', provider: 'inicis_unified', settings: SETTINGS },
  { ...CONTRACT, channelKey: 'without-agency', provider: 'inicis' },
  { ...CONTRACT, channelKey: 'hosted', provider: 'danal', adapter: 'hosted', settings: SETTINGS },
];

export const SHOP: MerchantSetup = {
  name: '가상상점',
  userCode: 'imp00000001',
  keys: [{ impKey: 'key_of_the_shop', impSecret: 'secret of the shop' }],
  channels: CHANNELS,
};

/** What an agency does with one question: refuses it, or does this first; what that returns replaces its answer. */
type Reply = ErrorCode | AppError | (() => unknown);
const QUESTIONS = ['request', 'confirm', 'begin', 'complete'] as const;
type Question = (typeof QUESTIONS)[number];

/** An agency that does as it is told. Without a word it sends `code`, and vouches for whom it was asked about. */
export class ScriptedAgency {
  methods: readonly VerificationMethod[] = ['APP', 'SMS'];
  code = '135790';
  /** Whether its window may be asked again. */
  isRepeatable = true;
  parseSettings: Provider['parseSettings'] = (value) => value as Settings;
  contradicts: HostedCapability['contradicts'] = () => null;
  isTest: NonNullable<Provider['isTest']> = () => false;
  readonly requests: OtpRequest[] = [];
  readonly confirmations: OtpConfirmation[] = [];
  readonly begins: HostedRequest[] = [];
  readonly completions: HostedReturn[] = [];
  readonly #replies = new Map<Question, Reply[]>(QUESTIONS.map((each) => [each, []]));

  /** What it does with its next questions, in this order. */
  next(question: Question, ...replies: readonly Reply[]): void {
    this.#replies.get(question)?.push(...replies);
  }

  async request(request: OtpRequest): Promise<OtpSent> {
    this.requests.push(request);
    const usual = { providerTid: `tid-${this.requests.length}`, otp: this.code };
    return ((await this.#reply('request')) as OtpSent | undefined) ?? usual;
  }

  async confirm(confirmation: OtpConfirmation): Promise<Identity> {
    this.confirmations.push(confirmation);
    const { ci, di } = CERTIFIED;
    return ((await this.#reply('confirm')) as Identity | undefined) ?? { ...confirmation.claimant, ci, di };
  }

  async begin(request: HostedRequest): Promise<HostedBegin> {
    this.begins.push(request);
    const usual = { address: 'https://agency.example/window', fields: null, memo: 'memo' };
    return ((await this.#reply('begin')) as HostedBegin | undefined) ?? usual;
  }

  async complete(completion: HostedReturn): Promise<HostedResult> {
    this.completions.push(completion);
    const usual = { identity: CERTIFIED, providerTid: `tid-window-${this.completions.length}` };
    return ((await this.#reply('complete')) as HostedResult | undefined) ?? usual;
  }

  async #reply(question: Question): Promise<unknown> {
    const reply = this.#replies.get(question)?.shift();
    if (typeof reply === 'string') throw new AppError(reply);
    if (reply instanceof AppError) throw reply;
    return reply?.();
  }
}

/** Which adapter the channels have, and on which surface each offers its methods. */
function toProviders(agency: ScriptedAgency): Providers {
  const otpOn = (...surfaces: readonly OtpSurface[]): OtpCapability => ({
    offers: (method, surface) => surfaces.includes(surface) && agency.methods.includes(method),
    request: (request) => agency.request(request),
    confirm: (confirmation) => agency.confirm(confirmation),
  });
  const hosted: HostedCapability = {
    get isRepeatable() {
      return agency.isRepeatable;
    },
    begin: (request) => agency.begin(request),
    contradicts: (returned) => agency.contradicts(returned),
    complete: (completion) => agency.complete(completion),
  };
  const checks: Pick<Provider, 'parseSettings' | 'isTest'> = {
    parseSettings: (...settings) => agency.parseSettings(...settings),
    isTest: (settings) => agency.isTest(settings),
  };
  return {
    danal: { ...adapterOf('danal', { otp: otpOn('v1', 'page') }), ...checks },
    kcp_v2: { ...adapterOf('kcp_v2', { otp: otpOn('v1') }), shows: ['kcp_v2'], ...checks },
    inicis_unified: { ...adapterOf('inicis_unified', { otp: otpOn('page') }), ...checks },
    hosted: { ...adapterOf('hosted', { hosted }), ...checks },
  };
}

/** Somebody in front of the verification page. */
export function personAt(address = '192.0.2.1'): Visitor {
  return { surface: 'page', requestId: 'request', address };
}

export interface WorldOptions {
  /** Default: none. */
  readonly limits?: RequestLimits | null;
  /** Default: false, as in `serve`. */
  readonly keepsInvented?: boolean;
  /** Default: null, as in `serve`. */
  readonly forgiveChannel?: ((taken: string) => void) | null;
  /** Default: that of `serve`. */
  readonly keepOpened?: number;
}

/** The services that one process has, on the store that it shares with others. */
export interface Process {
  readonly otps: OtpService;
  readonly attempts: AttemptService;
  readonly steps: AttemptSteps;
  readonly visits: HostedVisits;
}

/** All services of core on a database in memory, with a shop, an agency and a clock that a test moves. */
export interface CoreWorld extends Process {
  readonly clock: { at: number; now(): number };
  readonly agency: ScriptedAgency;
  readonly vault: Vault;
  /** A test may replace a verb, so that it fails or that something happens before it. */
  readonly store: Store;
  readonly merchants: MerchantService;
  readonly tokens: TokenService;
  readonly certifications: CertificationService;
  readonly lookups: Lookups;
  /** What the hooks were called with: their name, then their arguments. */
  readonly hooked: readonly (readonly unknown[])[];
  /** Which adapter was asked what, and the outcome. */
  readonly asked: readonly (readonly unknown[])[];
  /** The shop's server. */
  readonly caller: MerchantCaller;
  startProcess(): Process;
  /** Changes the shop's channels. */
  changeChannels(change: Partial<NewChannel>): Promise<void>;
  channel(channelKey?: string): Promise<Channel>;
  /** Asks for a code by the merchant's own page. */
  request(more?: Partial<NewOtpRequest>): Promise<string>;
  /** Starts an attempt and opens its window. */
  open(more?: Beginning): Promise<Opened>;
  /** An attempt that has come to this screen; to `app` by the app, to `code` by a text message. */
  walkTo(screen: AttemptScreen, more?: Beginning): Promise<Attempt>;
  /** Does this on the screen that the attempt is at. */
  take(attempt: Attempt, action: AttemptAction, visitor?: Visitor): Promise<ActionRefusal | null>;
  /** The attempt as it is by now. */
  now(attempt: Attempt): Promise<Attempt>;
  close(): Promise<void>;
}

/** What is different about an attempt. */
export interface Beginning {
  readonly wishes?: Partial<AttemptWishes>;
  readonly launch?: Partial<AttemptLaunch>;
  readonly channelKey?: string;
  readonly visitor?: Visitor;
}

export interface Opened {
  readonly attempt: Attempt;
  readonly ticket: string;
  readonly session: string;
  readonly handle: string;
}

export const ACTIONS = {
  cancel: { does: 'cancel' },
  choose_carrier: { does: 'choose_carrier', carrier: 'SKT', network: null },
  agree: { does: 'agree', agreed: CONSENTS, version: '1' },
  choose_method: { does: 'choose_method', method: 'SMS' },
  name_person: {
    does: 'name_person',
    claimant: {
      name: PERSON.name,
      birthday: PERSON.birthday,
      gender: PERSON.gender,
      foreigner: PERSON.foreigner,
      phone: PERSON.phone,
    },
  },
  enter_code: { does: 'enter_code', otp: '135790' },
  send_again: { does: 'send_again' },
  change_person: { does: 'change_person' },
  confirm_app: { does: 'confirm_app' },
  use_sms: { does: 'use_sms' },
} as const satisfies { readonly [Does in AttemptAction['does']]: AttemptAction & { readonly does: Does } };

const WAY = ['choose_carrier', 'agree', 'choose_method', 'name_person'] as const;

export async function openCoreWorld({
  limits = null,
  keepsInvented = false,
  forgiveChannel = null,
  keepOpened = LONGEST_OPENED,
}: WorldOptions = {}): Promise<CoreWorld> {
  const clock = { at: START, now: () => clock.at };
  const agency = new ScriptedAgency();
  // Older keys and newer ones for each purpose.
  const keys = newDataKeys();
  const vault = new Vault([...keys, ...newDataKeys().map((key) => ({ ...key, id: keys.length + key.id }))]);
  const mark = markDatabase([{ id: 1, secret: randomBytes(32) }], 'serve');
  const opened = await openStore('sqlite::memory:', mark, clock);
  // A plain object with the same verbs, any of which can be replaced.
  const store = watchStore(
    opened,
    () => () => () => {},
    () => {},
  );
  const hooked: unknown[][] = [];
  const asked: unknown[][] = [];
  const note =
    (name: string) =>
    (...said: readonly unknown[]): void => {
      hooked.push([name, ...said]);
    };
  const names = Object.keys(NO_HOOKS) as (keyof ServiceHooks)[];
  const hooks = {
    ...Object.fromEntries(names.map((name) => [name, note(name)])),
    agencyAsked: (adapter, question) => (outcome) => {
      asked.push([adapter, question, outcome]);
    },
  } as ServiceHooks;
  const limiter = new Limiter({ store, vault, clock, limits });
  const providers = toProviders(agency);
  const merchants = new MerchantService(store, vault, clock, providers);
  const basics = { store, vault, clock, providers, merchants, limiter, hooks };
  const options = { ...basics, keepsInvented, forgiveChannel };
  const startProcess = (): Process => {
    const attempts = new AttemptService(options);
    return {
      attempts,
      steps: new AttemptSteps(attempts, options),
      visits: new HostedVisits(attempts, options),
      otps: new OtpService(options),
    };
  };
  const tokens = new TokenService(store, vault, clock, null, hooks);
  const { id: merchantId } = await merchants.save(SHOP);
  const caller = serverOf(merchantId);
  const world: CoreWorld = {
    ...startProcess(),
    clock,
    agency,
    vault,
    store,
    merchants,
    tokens,
    certifications: new CertificationService(store, vault, clock, keepsInvented),
    lookups: new Lookups({ store, vault, clock, tokens, keepOpened }),
    hooked,
    asked,
    caller,
    startProcess,
    async changeChannels(change) {
      await merchants.save({ ...SHOP, channels: CHANNELS.map((each) => ({ ...each, ...change })) });
    },
    async channel(channelKey = 'both') {
      const found = await merchants.findChannel(channelKey);
      if (found === null) throw new Error(`there is no channel ${channelKey}`);
      return found;
    },
    request: (more = {}) =>
      world.otps.request(caller, {
        claimant: PERSON,
        choice: { channelKey: null, pg: null },
        method: 'SMS',
        merchantUid: 'order-1',
        serviceName: null,
        bypass: null,
        ...more,
      }),
    async open({ wishes, launch, channelKey, visitor = personAt() } = {}) {
      const begun: NewAttempt = {
        channel: await world.channel(channelKey),
        launch: { ...LAUNCH, ...launch },
        wishes: { ...WISHES, ...wishes },
        pageUrl: 'https://shop.example/cart',
      };
      const { ticket, handle } = await world.attempts.start(visitor, begun);
      const session = await world.attempts.openTicket(ticket);
      const attempt = session === null ? null : await world.attempts.find({ session });
      if (session === null || attempt === null) throw new Error('the window was not opened');
      return { attempt, ticket, session, handle };
    },
    async walkTo(screen, more) {
      let { attempt } = await world.open(screen === 'agency' ? { channelKey: 'hosted', ...more } : more);
      for (const does of WAY) {
        if (attempt.progress?.screen === screen) break;
        if (does === 'choose_method' && attempt.progress?.screen !== 'method') continue;
        const action =
          does === 'choose_method'
            ? ({ does, method: screen === 'app' ? 'APP' : 'SMS' } as const)
            : ACTIONS[does];
        const refusal = await world.take(attempt, action, more?.visitor);
        if (refusal !== null) throw new Error(`${does} was refused: ${refusal}`);
        attempt = await world.now(attempt);
      }
      return attempt;
    },
    take: (attempt, action, visitor = personAt()) => world.steps.take(visitor, attempt, attempt.step, action),
    async now(attempt) {
      const found = await world.attempts.reload(attempt);
      if (found === null) throw new Error('the attempt is gone');
      return found;
    },
    close: () => opened.close(),
  };
  return world;
}
