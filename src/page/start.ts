import type { FailureReason } from '../core/attempt.ts';
import type { AttemptService } from '../core/attempt-service.ts';
import type { Visitor } from '../core/caller.ts';
import { chooseChannel } from '../core/channel.ts';
import { type Clock, SECOND, wholeSecond } from '../core/clock.ts';
import {
  CARRIER_CHOICES,
  type CarrierChoice,
  holdsRegistrationNumber,
  isPersonName,
  parseCarrier,
  parsePhone,
  tidyName,
} from '../core/identity.ts';
import type { Merchant } from '../core/merchant.ts';
import type { MerchantService } from '../core/merchant-service.ts';
import { isReturnAddress, mayStart } from '../core/page-rules.ts';
import { stripUnseen } from '../core/unseen.ts';
import type { PageExtras } from './extras.ts';

export interface StartServices {
  readonly merchants: MerchantService;
  readonly attempts: AttemptService;
  readonly clock: Clock;
  /** Whether everything is allowed and an unknown channel is replaced by another one, as in `dev`. */
  readonly forgiving: boolean;
  readonly extras: PageExtras | null;
}

/** The reason why no attempt was started, with the status of the answer. */
export class StartRefusal extends Error {
  readonly status: number;
  readonly reason: FailureReason;

  constructor(status: number, reason: FailureReason) {
    super(reason);
    this.status = status;
    this.reason = reason;
  }
}

const LONGEST_TEXT = 100;
const LONGEST_PAGE = 2000;
const WINDOWS = ['popup', 'layer', 'redirect'] as const;

/**
 * `POST /page/start`: starts an attempt for the shop's script on a page of this `Origin`. Rejects with `rate_limited`.
 */
export async function startAttempt(
  visitor: Visitor,
  services: StartServices,
  body: unknown,
  originHeader: string | undefined,
) {
  const { merchants, attempts, clock, forgiving, extras } = services;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalid();
  const call = new Call(body as Readonly<Record<string, unknown>>);
  const merchant = await findMerchant(merchants, call);
  const origin = readOrigin(originHeader);
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
  const chosen = chooseChannel(await attempts.listChannels(merchant), choice, {
    // Channels that cannot open the page were already left out.
    canServe: () => true,
    isForgiving: forgiving,
  });
  if (chosen === null) throw new StartRefusal(400, 'INVALID_CHANNEL');
  const { channel, isReplaced } = chosen;
  const page = call.line('page');
  const keepChoice = await extras?.readChoice(call.given('sandbox'));

  const started = await attempts.start(visitor, {
    channel,
    launch: {
      window,
      origin,
      returnAddress,
      merchantUid,
      serviceName: [...(stripUnseen(call.line('company') ?? '') || hostOf(page) || merchant.name)]
        .slice(0, LONGEST_TEXT)
        .join(''),
    },
    wishes: {
      minimumAge,
      ...carriers(call.text('carrier')),
      prefill: { name: prefilledName(call), phone: prefilledPhone(call) },
    },
    pageUrl: page === null ? null : [...page].slice(0, LONGEST_PAGE).join(''),
  });
  keepChoice?.(started.impUid);
  return {
    ok: true,
    imp_uid: started.impUid,
    merchant_uid: merchantUid,
    pg_provider: channel.provider,
    ticket: started.ticket,
    handle: started.handle,
    expires_at: wholeSecond(started.expiresAt) / SECOND,
    // The script prints this on the console for the shop's developer.
    ...(isReplaced && { warning: `unknown channel; ${channel.channelKey} is taken` }),
  };
}

/** The request of the shop's script: every member may be missing, null, empty or of another type. */
class Call {
  readonly #members: Readonly<Record<string, unknown>>;

  constructor(members: Readonly<Record<string, unknown>>) {
    this.#members = members;
  }

  value(name: string): unknown {
    return Object.hasOwn(this.#members, name) ? this.#members[name] : undefined;
  }

  /** A value of any type; null if it is absent, in any form that wrapper apps use for that. */
  given(name: string): unknown {
    const value = this.value(name);
    return typeof value === 'string' ? this.text(name) : (value ?? null);
  }

  /** A trimmed text; null if it is absent, in any form that wrapper apps use for that. */
  text(name: string): string | null {
    const value = this.value(name);
    if (typeof value !== 'string' && typeof value !== 'number') return null;
    const text = String(value).normalize('NFC').trim();
    return ['', 'null', 'undefined'].includes(text) ? null : text;
  }

  /** A text without control characters and halves of surrogate pairs, which are never valid. */
  line(name: string): string | null {
    const text = this.text(name);
    if (text !== null && /[\p{Cc}\p{Cs}]/u.test(text)) throw invalid();
    return text;
  }

  /** A short text that is stored for the merchant, without a resident registration number. */
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

/** One carrier is preselected; several, joined by semicolons, limit the choice. Unreadable values are ignored. */
function carriers(text: string | null): {
  offered: readonly CarrierChoice[];
  carrier: CarrierChoice | null;
  network: 'SKT' | 'KT' | 'LGT' | null;
} {
  const named = (text ?? '').split(';').flatMap((each) => readCarrier(each.trim()));
  const choices = CARRIER_CHOICES.filter((choice) => named.some((each) => each.carrier === choice));
  if (named.length > 1 && choices.length > 0) return { offered: choices, carrier: null, network: null };
  const [only] = named;
  return { offered: CARRIER_CHOICES, carrier: only?.carrier ?? null, network: only?.network ?? null };
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

/** The origin of the calling page; null for `null`, for a missing header, and for what is not an origin. */
function readOrigin(header: string | undefined): string | null {
  return header !== undefined && URL.parse(header)?.origin === header ? header : null;
}
