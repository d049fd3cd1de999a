import type { FailureWord } from '../core/attempt.ts';
import type { AttemptService } from '../core/attempt-service.ts';
import { chooseChannel } from '../core/channel.ts';
import { type Clock, SECOND, wholeSecond } from '../core/clock.ts';
import {
  holdsRegistrationNumber,
  isPersonName,
  parseCarrier,
  parsePhone,
  tidyName,
} from '../core/identity.ts';
import type { Merchant } from '../core/merchant.ts';
import type { MerchantService } from '../core/merchant-service.ts';
import { stripUnseen } from '../core/unseen.ts';
import type { PageExtras } from './extras.ts';
import { isReturnAddress, mayStart } from './return-address.ts';
import type { CarrierChoice } from './screen.ts';

export interface StartServices {
  readonly merchants: MerchantService;
  readonly attempts: AttemptService;
  readonly clock: Clock;
  /** Whether everything is allowed, and another channel stands in for an unknown one, as in `dev`. */
  readonly forgiving: boolean;
  readonly extras: PageExtras | null;
}

/** Why nothing was started, with the status of the answer. */
export class StartRefusal extends Error {
  readonly status: number;
  readonly word: FailureWord;

  constructor(status: number, word: FailureWord) {
    super(word);
    this.status = status;
    this.word = word;
  }
}

const LONGEST_TEXT = 100;
const LONGEST_PAGE = 2000;
const WINDOWS = ['popup', 'layer', 'redirect'] as const;
const CHOICES: readonly CarrierChoice[] = ['SKT', 'KT', 'LGT', 'MVNO'];

/** Where a start comes from: the `Origin` of the request, null for `null` and none, and its client's address. */
export interface Starter {
  readonly origin: string | null;
  readonly address: string;
}

/** `POST /page/start`: an attempt for the shop's script. Rejects with `rate_limited`. */
export async function startAttempt(services: StartServices, body: unknown, { origin, address }: Starter) {
  const { merchants, attempts, clock, forgiving, extras } = services;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalid();
  const call = new Call(body as Readonly<Record<string, unknown>>);
  const merchant = await findMerchant(merchants, call);
  const rules = forgiving ? null : merchant.pageRules;
  if (!mayStart(origin, rules)) throw new StartRefusal(403, 'ORIGIN_NOT_ALLOWED');

  const window = WINDOWS.find((each) => each === call.text('window'));
  const returnAddress = call.text('m_redirect_url');
  if (window === undefined || (window === 'redirect' && returnAddress === null)) throw invalid();
  if (returnAddress !== null && !isReturnAddress(returnAddress, rules))
    throw new StartRefusal(400, 'INVALID_REDIRECT_URL');
  const minimumAge = call.age('min_age');
  const merchantUid = call.shortText('merchant_uid') ?? `nobody_${clock.now()}`;
  const choice = { channelKey: call.text('channel_key'), pg: call.text('pg') };
  const chosen = chooseChannel(await attempts.listChannels(merchant.id), choice, {
    // Those that cannot open the page are not among them.
    canServe: () => true,
    isForgiving: forgiving,
  });
  if (chosen === null) throw new StartRefusal(400, 'INVALID_CHANNEL');
  const { channel, isReplaced } = chosen;
  const page = call.line('page');
  const sandbox = (await extras?.remember(call.given('sandbox'))) ?? null;

  const started = await attempts.start({
    channel,
    frame: {
      window,
      origin,
      returnAddress,
      merchantUid,
      serviceName: [...(stripUnseen(call.line('company') ?? '') || hostOf(page) || merchant.name)]
        .slice(0, LONGEST_TEXT)
        .join(''),
    },
    walk: {
      screen: 'carrier',
      minimumAge,
      ...carriers(call.text('carrier')),
      consent: null,
      method: null,
      fields: { name: prefilledName(call), birth: '', gender_digit: '', phone: prefilledPhone(call) },
      code: null,
      providerTid: null,
      sends: 0,
      refusals: 0,
      sandbox,
    },
    address,
    pageUrl: page === null ? null : [...page].slice(0, LONGEST_PAGE).join(''),
  });
  return {
    ok: true,
    imp_uid: started.impUid,
    merchant_uid: merchantUid,
    pg_provider: channel.provider,
    ticket: started.ticket,
    handle: started.handle,
    expires_at: wholeSecond(started.expiresAt) / SECOND,
    // The script prints this on the console, for the shop's developer.
    ...(isReplaced && { warning: `unknown channel; ${channel.channelKey} is taken` }),
  };
}

/** What the shop's script sent: everything may be missing, null, empty or of another type. */
class Call {
  readonly #members: Readonly<Record<string, unknown>>;

  constructor(members: Readonly<Record<string, unknown>>) {
    this.#members = members;
  }

  value(name: string): unknown {
    return Object.hasOwn(this.#members, name) ? this.#members[name] : undefined;
  }

  /** A value of any type; null when it is absent in one of the ways that wrapper apps have. */
  given(name: string): unknown {
    const value = this.value(name);
    return typeof value === 'string' ? this.text(name) : (value ?? null);
  }

  /** A text, trimmed; null when it is absent or says so in one of the ways that wrapper apps have. */
  text(name: string): string | null {
    const value = this.value(name);
    if (typeof value !== 'string' && typeof value !== 'number') return null;
    const text = String(value).normalize('NFC').trim();
    return ['', 'null', 'undefined'].includes(text) ? null : text;
  }

  /** A text without control characters and halves of surrogate pairs, which mean nothing in any. */
  line(name: string): string | null {
    const text = this.text(name);
    if (text !== null && /[\p{Cc}\p{Cs}]/u.test(text)) throw invalid();
    return text;
  }

  /** A text that is kept as the merchant's own: short, without a resident registration number. */
  shortText(name: string): string | null {
    const text = this.line(name);
    if (text !== null && ([...text].length > LONGEST_TEXT || holdsRegistrationNumber(text))) throw invalid();
    return text;
  }

  /** Full years, 0 to 150. */
  age(name: string): number | null {
    const text = this.text(name);
    if (text === null) return null;
    if (!/^\d{1,3}$/.test(text) || Number(text) > 150) throw invalid();
    return Number(text);
  }
}

function invalid(): StartRefusal {
  return new StartRefusal(400, 'INVALID_PARAM');
}

async function findMerchant(merchants: MerchantService, call: Call): Promise<Merchant> {
  const userCode = call.text('user_code');
  const merchant = userCode === null ? null : await merchants.find({ userCode });
  if (merchant === null) throw new StartRefusal(404, 'NOT_READY');
  return merchant;
}

/** One carrier is preselected; several, joined by semicolons, limit the choice. What is unreadable says nothing. */
function carriers(text: string | null): {
  offered: CarrierChoice[];
  carrier: CarrierChoice | null;
  network: 'SKT' | 'KT' | 'LGT' | null;
} {
  const named = (text ?? '').split(';').flatMap((each) => readCarrier(each.trim()));
  const choices = CHOICES.filter((choice) => named.some((each) => each.carrier === choice));
  if (named.length > 1 && choices.length > 0) return { offered: choices, carrier: null, network: null };
  const [only] = named;
  return { offered: [...CHOICES], carrier: only?.carrier ?? null, network: only?.network ?? null };
}

function readCarrier(text: string): { carrier: CarrierChoice; network: 'SKT' | 'KT' | 'LGT' | null }[] {
  if (text.toUpperCase() === 'MVNO') return [{ carrier: 'MVNO', network: null }];
  const line = parseCarrier(text);
  if (line === null) return [];
  return [line.mvno ? { carrier: 'MVNO', network: line.carrier } : { carrier: line.carrier, network: null }];
}

function prefilledName(call: Call): string {
  const name = tidyName(call.text('name') ?? '');
  return isPersonName(name) ? name : '';
}

function prefilledPhone(call: Call): string {
  const text = call.text('phone') ?? '';
  return parsePhone(text) ?? parsePhone(`0${text}`) ?? '';
}

function hostOf(page: string | null): string | null {
  return (page === null ? null : URL.parse(page)?.hostname) || null;
}
