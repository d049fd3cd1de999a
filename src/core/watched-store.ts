import type { AttemptStore } from './attempt-store.ts';
import type { Store } from './store.ts';

type OwnVerb = Exclude<keyof Store, 'attempts' | 'clock' | 'close'>;
type AttemptVerb = keyof AttemptStore;

/** The name of a verb of the port `Store`, for metrics and traces. */
export type StoreVerb = OwnVerb | `attempts.${AttemptVerb}`;

/** Called when a call has ended, with what it threw or undefined. */
export type CallEnd = (thrown?: unknown) => void;

/** Called once for each verb. Returns a function that runs when a call begins; that one returns the end of the call. */
export type WatchVerb = (verb: StoreVerb) => () => CallEnd;

/** Every verb of the port and of its part about attempts. A new one that is not listed does not compile. */
const OWN_VERBS = {
  saveMerchant: true,
  listMerchants: true,
  listKeys: true,
  revokeKey: true,
  listChannels: true,
  findChannel: true,
  findMerchant: true,
  findApiKey: true,
  findTokenOfKey: true,
  putToken: true,
  findToken: true,
  createCertification: true,
  createOtpCertification: true,
  findCertification: true,
  lookUp: true,
  findOtp: true,
  tryOtp: true,
  claim: true,
  countWrongOtp: true,
  release: true,
  endOtp: true,
  certify: true,
  countRequest: true,
  eraseCertification: true,
  endLateOtps: true,
  forgetUnverified: true,
  forgetRequests: true,
  listDataKeys: true,
  rewrapDataKeys: true,
  takeJob: true,
  endJob: true,
  check: true,
} satisfies Record<OwnVerb, true>;

const ATTEMPT_VERBS = {
  create: true,
  openTicket: true,
  find: true,
  findById: true,
  advance: true,
  tryCode: true,
  claim: true,
  countWrong: true,
  countReturn: true,
  show: true,
  hear: true,
  end: true,
  endLate: true,
  forget: true,
  forgetTransactions: true,
} satisfies Record<AttemptVerb, true>;

const ownVerbs = Object.keys(OWN_VERBS) as readonly OwnVerb[];
const attemptVerbs = Object.keys(ATTEMPT_VERBS) as readonly AttemptVerb[];

export const STORE_VERBS: readonly StoreVerb[] = [
  ...ownVerbs,
  ...attemptVerbs.map((verb) => `attempts.${verb}` as const),
];

/** Returns the same store with every call watched. An error of the watcher is reported and does not affect the call. */
export function watchStore(store: Store, watch: WatchVerb, report: (error: unknown) => void): Store {
  const guarded: WatchVerb = (verb) => guardCall(watch(verb), report);
  return {
    ...(watchVerbs(store, ownVerbs, (verb) => verb, guarded) as Store),
    attempts: watchVerbs(store.attempts, attemptVerbs, (verb) => `attempts.${verb}` as const, guarded),
    clock: store.clock,
    close: () => store.close(),
  };
}

/** Returns a watcher whose errors are reported and do not affect the call. */
export function guardCall(begin: () => CallEnd, report: (error: unknown) => void): () => CallEnd {
  return () => {
    try {
      const end = begin();
      return (thrown) => {
        try {
          end(thrown);
        } catch (error) {
          report(error);
        }
      };
    } catch (error) {
      report(error);
      return () => {};
    }
  };
}

type Call = (...parameters: readonly unknown[]) => Promise<unknown>;

function watchVerbs<P extends object, V extends keyof P>(
  port: P,
  verbs: readonly V[],
  nameOf: (verb: V) => StoreVerb,
  watch: WatchVerb,
): P {
  const watched = verbs.map((verb): [V, Call] => {
    const begin = watch(nameOf(verb));
    const call = (port[verb] as Call).bind(port);
    return [
      verb,
      (...parameters) => {
        const end = begin();
        const called = call(...parameters);
        // The caller gets the promise itself, so watching adds no delay.
        called.then(() => end(), end);
        return called;
      },
    ];
  });
  return Object.fromEntries(watched) as P;
}
