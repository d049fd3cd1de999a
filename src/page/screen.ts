import type { Consent } from '../core/attempt.ts';
import type { Carrier, CarrierChoice } from '../core/identity.ts';
import type { VerificationMethod } from '../core/provider.ts';
import type { Language } from '../html/language.ts';
import type { FailureReason } from './failure.ts';

/** What the person typed about themselves, as in the fields. */
export interface PersonFields {
  readonly name: string;
  /** `YYMMDD`. */
  readonly birth: string;
  /** One digit, 1 to 8. */
  readonly gender_digit: string;
  readonly phone: string;
}

/** A problem with a form: the field, and the name of the text in `copy.ts`. */
export interface Problem {
  readonly field:
    | 'carrier'
    | 'network'
    | `agree_${Consent}`
    | 'method'
    | keyof PersonFields
    | 'otp'
    /** The whole form: the provider refused the data without saying which. */
    | 'form';
  readonly sentence:
    | 'choose_carrier'
    | 'choose_network'
    | 'agree_needed'
    | 'choose_method'
    | 'name_invalid'
    | 'birth_invalid'
    | 'gender_digit_invalid'
    | 'phone_invalid'
    | 'registration_number'
    | 'person_refused'
    | 'otp_invalid'
    | 'otp_wrong'
    | 'otp_late'
    | 'resend_soon'
    | 'rate_limited'
    | 'not_approved_yet';
}

/** The content of a screen. J1 to J10 are its names in the browser contract. */
export type Screen =
  /** J1. `offered` can be chosen; `chosen` and `network` are preselected. */
  | {
      readonly kind: 'carrier';
      readonly offered: readonly CarrierChoice[];
      readonly chosen: CarrierChoice | null;
      readonly network: Carrier | null;
      readonly problems: readonly Problem[];
    }
  /** J2. */
  | { readonly kind: 'consent'; readonly agreed: readonly Consent[]; readonly problems: readonly Problem[] }
  /** J3. */
  | { readonly kind: 'method'; readonly problems: readonly Problem[] }
  /** J4. */
  | {
      readonly kind: 'person';
      readonly method: VerificationMethod;
      readonly fields: PersonFields;
      readonly problems: readonly Problem[];
    }
  /** J5. */
  | {
      readonly kind: 'code';
      /** For example 010-****-5678. */
      readonly maskedPhone: string;
      /** Whole seconds until the code expires; 0 afterwards. */
      readonly secondsLeft: number;
      readonly triesLeft: number;
      readonly sendsLeft: number;
      /** Whole seconds until another code can be requested; 0 for now. */
      readonly resendIn: number;
      readonly problems: readonly Problem[];
    }
  /** J6. `canUseSms`: the person may change to the text message. */
  | { readonly kind: 'app'; readonly canUseSms: boolean; readonly problems: readonly Problem[] }
  /** Leads to the agency's own window: with a form with these fields, or with a link. */
  | {
      readonly kind: 'hand_over';
      readonly address: string;
      readonly fields: Readonly<Record<string, string>> | null;
    }
  /** The server is asking the agency for the result; the screen reloads itself. */
  | { readonly kind: 'waiting' }
  /** J7. */
  | { readonly kind: 'success'; readonly finish: Finish }
  /** J8. `budgetAdvice`: the person may have confused a network with one of its budget carriers. */
  | {
      readonly kind: 'failure';
      readonly reason: FailureReason;
      readonly budgetAdvice: boolean;
      readonly finish: Finish;
    }
  /** J10. */
  | { readonly kind: 'dead' };

/** A message to the window that opened this one. */
export interface Message {
  readonly to: 'opener' | 'parent';
  /** The text for `postMessage`. */
  readonly message: string;
  readonly targetOrigin: string;
}

/** How the result gets to the shop. */
export type Finish =
  /** In a message; then the window closes. */
  | ({ readonly way: 'message' } & Message)
  /** By a redirect back to the shop. */
  | { readonly way: 'return'; readonly address: string }
  /** Not at all: the window just closes, or stays open if `close` is false. Only for the sandbox's outcomes. */
  | { readonly way: 'silent'; readonly close: boolean };

/** The values that all screens of an attempt share. */
export interface ScreenContext {
  /** A switch on every screen leads to the other. */
  readonly language: Language;
  /** For the inline style sheet and the inline script. */
  readonly nonce: string;
  /** Where forms are posted: the path of this screen, including the base path, without a query. */
  readonly action: string;
  /** Part of each form, so that an outdated form has no effect. */
  readonly step: number;
  readonly merchantName: string;
  /** The merchant's name on the page. */
  readonly serviceName: string;
  /** Tells the window that opened this one that the page has loaded; null if there is none. */
  readonly greeting: Message | null;
  /** The first number for reports about this window; null if nobody uses them. */
  readonly firstReport: number | null;
  /** Null outside of the sandbox. */
  readonly sandbox: SandboxPanel | null;
}

/** The sandbox's additions to a screen: the ribbon on all of them, and the other parts if they are not empty. */
export interface SandboxPanel {
  /** People who fill in the form of `person` with one click. */
  readonly people: readonly (PersonFields & { readonly label: string })[];
  /** The sent code, shown on `code` with a link to the inbox; null on other screens. */
  readonly otp: string | null;
  /** Address of the inbox. */
  readonly inboxPath: string;
  /** Ids of the outcomes in the picker. */
  readonly outcomes: readonly string[];
  readonly picker: 'folded' | 'open' | 'hidden';
  /** Whether `app` has a button that approves the request. */
  readonly canApprove: boolean;
  /** Milliseconds after which the page continues automatically; null if a person uses it. */
  readonly auto: number | null;
}
