import type { MerchantName, Person } from './cast.ts';
import type { Facts, World } from './world.ts';

/** What may be asked of the API. */
export type ApiCall =
  | {
      readonly kind: 'token';
      readonly merchant: MerchantName;
      readonly key: string;
      readonly secret: string | null;
    }
  | { readonly kind: 'lookup' | 'erase'; readonly token: string; readonly impUid: string }
  | {
      readonly kind: 'request';
      readonly token: string;
      readonly person: Person;
      readonly name: string | null;
      readonly phone: string;
      readonly channelKey: string | null;
      readonly pg: string | null;
      readonly method: 'SMS' | 'APP' | null;
      readonly merchantUid: string | null;
    }
  | {
      readonly kind: 'confirm';
      readonly token: string;
      readonly impUid: string;
      readonly otp: string | null;
    };

/** What a window says of itself. */
export type WindowState = 'visible' | 'hidden' | 'gone';

/**
 * What may be asked of the page. An `impUid` stands for the attempt that a secret belongs to; the secret is what is
 * sent.
 */
export type PageCall =
  | {
      readonly kind: 'start';
      readonly merchant: MerchantName;
      readonly channelKey: string;
      readonly minimumAge: number;
    }
  | { readonly kind: 'open'; readonly impUid: string; readonly ticket: string }
  | { readonly kind: 'show'; readonly impUid: string; readonly session: string }
  | { readonly kind: 'result'; readonly impUid: string; readonly handle: string }
  | {
      readonly kind: 'close';
      readonly impUid: string;
      readonly handle: string;
      /** Null when the window only looks closed. */
      readonly reason: string | null;
    }
  | {
      readonly kind: 'word';
      readonly impUid: string;
      readonly session: string;
      readonly number: number;
      readonly state: WindowState;
    }
  | FormCall;

/** One form holds what any screen may ask for: each takes its own fields out of it. */
export interface FormCall {
  readonly kind: 'form';
  readonly impUid: string;
  readonly session: string;
  readonly step: number;
  readonly wish: 'next' | 'cancel' | 'resend' | 'other_number' | 'to_sms' | 'play_approval';
  /** Whether anything is typed and chosen besides. */
  readonly isFilled: boolean;
  readonly person: Person;
  readonly name: string;
  readonly phone: string;
  readonly method: 'SMS' | 'APP';
  readonly otp: string;
}

/** What an operator and the server itself do. */
export type OperatorCall =
  | { readonly kind: 'sweep' | 'reset' | 'ready' }
  | { readonly kind: 'disable' | 'enable'; readonly merchant: MerchantName }
  | { readonly kind: 'revoke'; readonly merchant: MerchantName; readonly key: string }
  | {
      readonly kind: 'change secret';
      readonly merchant: MerchantName;
      readonly key: string;
      readonly secret: string;
    }
  | { readonly kind: 'list' }
  | {
      readonly kind: 'create';
      readonly channelKey: string;
      readonly certified: boolean;
      readonly person: Person;
      readonly phone: string;
    };

export type Call = ApiCall | PageCall | OperatorCall;
export type CallOf<Kind> = Extract<Call, { kind: Kind }>;

/** An answer, taken apart; what it has not is null. */
export interface Answer {
  readonly status: number;
  readonly message: string | null;
  readonly response: Readonly<Record<string, unknown>> | null;
  readonly retryAfter: number | null;
  /** What stands on the page. */
  readonly screen: Shown | null;
  readonly location: string | null;
  /** The whole body of an answer that is JSON and none of the API's. */
  readonly json: Readonly<Record<string, unknown>> | null;
}

export const NO_ANSWER: Answer = {
  status: 0,
  message: null,
  response: null,
  retryAfter: null,
  screen: null,
  location: null,
  json: null,
};

/** A screen as a person sees it. */
export interface Shown {
  readonly name: string;
  readonly step: number | null;
  /** What is said about the form, in words of the model. */
  readonly problems: readonly string[];
  readonly triesLeft: number | null;
  readonly sendsLeft: number | null;
  readonly secondsLeft: number | null;
  readonly resendIn: number | null;
  /** What the shop hears at the end. */
  readonly result: Readonly<Record<string, unknown>> | null;
}

/** How far a call has come; what happens next is one event. */
export type Progress = string;
export const BEGIN: Progress = 'begin';
/** A call that asks the provider begins its progress with this. */
export const ASKED: Progress = 'asked';

/** One event of a call: the world after it, and how far the call is now; null when it has been answered. */
export interface Move {
  readonly world: World;
  readonly progress: Progress | null;
  /** A word for what happened, with the last event of a call. */
  readonly outcome: string | null;
}

/** What a call may do next in a world; nothing when the answer, once it is due, is none that the contract allows. */
export type MovesOf<C> = (
  world: World,
  call: { readonly id: number; readonly call: C; readonly answer: Answer },
  progress: Progress,
  facts: Facts,
) => readonly Move[];
