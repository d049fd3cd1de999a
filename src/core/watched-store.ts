import type { AttemptStore } from './attempt.ts';
import type { Store } from './store.ts';

type OwnVerb = Exclude<keyof Store, 'attempts' | 'clock' | 'pool' | 'close'>;
type AttemptVerb = keyof AttemptStore;

/** A verb of the port `Store`, as it is named to whoever watches. */
export type StoreVerb = OwnVerb | `attempts.${AttemptVerb}`;

/** Makes one call, and sees how long it takes and how it ends. */
export type WatchCall = <T>(verb: StoreVerb, call: () => Promise<T>) => Promise<T>;

const OWN_VERBS = {
  saveMerchant: true,
  listChannels: true,
  findChannel: true,
  findMerchant: true,
  findApiKey: true,
  issueToken: true,
  findToken: true,
  createCertification: true,
  createOtpCertification: true,
  findCertification: true,
  findOtp: true,
  tryOtp: true,
  endOtp: true,
  certify: true,
  countOtpRequest: true,
  eraseCertification: true,
  resetCertifications: true,
  check: true,
} satisfies Record<OwnVerb, true>;

const ATTEMPT_VERBS = {
  create: true,
  openTicket: true,
  find: true,
  findById: true,
  advance: true,
  end: true,
  findLate: true,
  forget: true,
} satisfies Record<AttemptVerb, true>;

/** The same store, each call of which goes through `watch`. */
export function watchStore(store: Store, watch: WatchCall): Store {
  return {
    ...(watchVerbs(store, Object.keys(OWN_VERBS) as OwnVerb[], (verb) => verb, watch) as Store),
    attempts: watchVerbs(
      store.attempts,
      Object.keys(ATTEMPT_VERBS) as AttemptVerb[],
      (verb) => `attempts.${verb}` as const,
      watch,
    ),
    clock: store.clock,
    close: () => store.close(),
  };
}

type Call = (...parameters: readonly unknown[]) => Promise<unknown>;

function watchVerbs<P extends object, V extends keyof P>(
  port: P,
  verbs: readonly V[],
  nameOf: (verb: V) => StoreVerb,
  watch: WatchCall,
): P {
  const watched = verbs.map((verb): [V, Call] => {
    const name = nameOf(verb);
    const call = (port[verb] as Call).bind(port);
    return [verb, (...parameters) => watch(name, () => call(...parameters))];
  });
  return Object.fromEntries(watched) as P;
}
