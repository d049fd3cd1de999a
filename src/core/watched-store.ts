import type { AttemptStore } from './attempt.ts';
import type { Store } from './store.ts';

type OwnVerb = Exclude<keyof Store, 'attempts' | 'clock' | 'pool' | 'close'>;
type AttemptVerb = keyof AttemptStore;

/** A verb of the port `Store`, as it is named to whoever watches. */
export type StoreVerb = OwnVerb | `attempts.${AttemptVerb}`;

/** Told when a call has ended: of what was thrown, or undefined. */
export type CallEnd = (thrown?: unknown) => void;

/** Asked once for each verb; what it gives is called as a call begins, and what that gives when it has ended. */
export type WatchVerb = (verb: StoreVerb) => () => CallEnd;

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
  findOtp: true,
  tryOtp: true,
  claim: true,
  release: true,
  endOtp: true,
  certify: true,
  countRequest: true,
  eraseCertification: true,
  endLateOtps: true,
  forgetUnverified: true,
  forgetRequests: true,
  resetCertifications: true,
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
  show: true,
  hear: true,
  end: true,
  endLate: true,
  forget: true,
} satisfies Record<AttemptVerb, true>;

/** The same store, each call of which is watched. What a watcher throws is reported, and changes no call. */
export function watchStore(store: Store, watch: WatchVerb, report: (error: unknown) => void): Store {
  const guarded: WatchVerb = (verb) => guardCall(watch(verb), report);
  return {
    ...(watchVerbs(store, Object.keys(OWN_VERBS) as OwnVerb[], (verb) => verb, guarded) as Store),
    attempts: watchVerbs(
      store.attempts,
      Object.keys(ATTEMPT_VERBS) as AttemptVerb[],
      (verb) => `attempts.${verb}` as const,
      guarded,
    ),
    clock: store.clock,
    close: () => store.close(),
  };
}

function guardCall(begin: () => CallEnd, report: (error: unknown) => void): () => CallEnd {
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
        // Handed on as it is: whoever waits for it waits no longer.
        called.then(() => end(), end);
        return called;
      },
    ];
  });
  return Object.fromEntries(watched) as P;
}
