import type { CarrierChoice, Consent } from '../core/attempt.ts';
import type { Carrier } from '../core/identity.ts';
import type { VerificationMethod } from '../core/provider.ts';
import type { Language } from '../html/language.ts';
import type { FailureReason } from './failure.ts';

/** What the person typed about themselves, as it stands in the fields. */
export interface PersonFields {
  readonly name: string;
  /** `YYMMDD`. */
  readonly birth: string;
  /** One digit, 1 to 8. */
  readonly gender_digit: string;
  readonly phone: string;
}

/** What is wrong with a form: the field concerned and the sentence's name in `copy.ts`. */
export interface Problem {
  readonly field:
    | 'carrier'
    | 'network'
    | `agree_${Consent}`
    | 'method'
    | keyof PersonFields
    | 'otp'
    /** The whole form: data that the provider refused, without telling which. */
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

/** What stands on the screen; the letters of `contract` are those of the browser contract, J1 to J10. */
export type Screen =
  /** J1. `offered` is what may be chosen; `chosen` and `network` are preselected. */
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
      /** As in 010-****-5678. */
      readonly maskedPhone: string;
      /** Whole seconds until the code ends; 0 when it has. */
      readonly secondsLeft: number;
      readonly triesLeft: number;
      readonly sendsLeft: number;
      /** Whole seconds until another code may be asked for; 0 for now. */
      readonly resendIn: number;
      readonly problems: readonly Problem[];
    }
  /** J6. `canUseSms`: there is a way to the text message. */
  | { readonly kind: 'app'; readonly canUseSms: boolean; readonly problems: readonly Problem[] }
  /** The way to the agency's own window: by a form with these fields, or by a link. */
  | {
      readonly kind: 'hand_over';
      readonly address: string;
      readonly fields: Readonly<Record<string, string>> | null;
    }
  /** The agency is being asked for the result; the screen asks again by itself. */
  | { readonly kind: 'waiting' }
  /** J7. */
  | { readonly kind: 'success'; readonly finish: Finish }
  /** J8. `budgetAdvice`: it may be the wrong choice between a network and its budget operators. */
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
  /** Text for `postMessage`. */
  readonly message: string;
  readonly targetOrigin: string;
}

/** How the result leaves the page. */
export type Finish =
  /** In a message, after which the window closes. */
  | ({ readonly way: 'message' } & Message)
  /** The page itself goes back to the shop. */
  | { readonly way: 'return'; readonly address: string }
  /** The window just closes; or stays, when `close` is false. Only the sandbox plays these. */
  | { readonly way: 'silent'; readonly close: boolean };

/** What is the same on every screen of an attempt. */
export interface ScreenContext {
  /** A switch on every screen leads to the other. */
  readonly language: Language;
  /** For the one inline style sheet and the one inline script. */
  readonly nonce: string;
  /** Where forms are posted: the path of this screen, base path included, without a query. */
  readonly action: string;
  /** Goes along with each form, so that a form of an older screen does nothing. */
  readonly step: number;
  readonly merchantName: string;
  /** What the merchant calls itself on the page. */
  readonly serviceName: string;
  /** Tells the window that opened this one that the page is there; null where none did. */
  readonly greeting: Message | null;
  /** The number from which the screen counts its reports about its window; null where nobody asks. */
  readonly firstReport: number | null;
  /** Null outside of the sandbox. */
  readonly sandbox: SandboxPanel | null;
}

/** What the sandbox adds to a screen: the ribbon on all of them, the rest where it is not empty. */
export interface SandboxPanel {
  /** Fill the form of `person` with one click. */
  readonly people: readonly (PersonFields & { readonly label: string })[];
  /** The code of the message, shown with a link to the inbox on `code`; null elsewhere. */
  readonly otp: string | null;
  /** Where the inbox is, for a link. */
  readonly inboxPath: string;
  /** Ids of the outcome picker, each one click. */
  readonly outcomes: readonly string[];
  readonly picker: 'folded' | 'open' | 'hidden';
  /** Whether `app` has a button that plays the approval. */
  readonly canApprove: boolean;
  /** Milliseconds after which the page walks on by itself; null when a person walks. */
  readonly auto: number | null;
}
