import { SECOND, wholeSecond } from '../core/clock.ts';
import { isLoopback } from '../http/client-address.ts';
import { reportOnce } from '../http/guards.ts';
import { guardLog } from '../log.ts';
import { Faults, withFaults } from '../sandbox/faults.ts';
import { Feed } from '../sandbox/feed.ts';
import { Inbox } from '../sandbox/inbox.ts';
import { MarkedPeople } from '../sandbox/marked-people.ts';
import { MovableClock } from '../sandbox/movable-clock.ts';
import { SandboxPage } from '../sandbox/page-add-ons/extras.ts';
import { DEFAULT_SEED } from '../sandbox/people-file.ts';
import { SandboxProvider } from '../sandbox/provider.ts';
import { RecentCertifications } from '../sandbox/recent-certifications.ts';
import { RequestLog } from '../sandbox/request-log.ts';
import { sandboxSurface } from '../sandbox/routes.ts';
import { seedCertifications, seedMerchants } from '../sandbox/seed.ts';
import type { Seed } from '../sandbox/testing-types.ts';
import type { Authority, AuthorityFiles } from '../sandbox/tls/authority.ts';
import { type App, type AppOptions, createApp } from './mount.ts';
import { DEV_POLICY } from './policy.ts';

export type { CertificationInput } from '../sandbox/control-schemas.ts';
export { DEFAULT_SEED } from '../sandbox/people-file.ts';
export type { FaultRule, LoggedRequest, Message, Seed } from '../sandbox/testing-types.ts';
export type { Authority, AuthorityFiles } from '../sandbox/tls/authority.ts';

export interface DevAppOptions
  extends Omit<
    AppOptions,
    'policy' | 'corsOrigins' | 'providers' | 'wrapApi' | 'observers' | 'extend' | 'moveClock' | 'describeMore'
  > {
  /** The people that exist. Default: the built-in ones. */
  readonly seed?: Seed;
  /**
   * Lets requests with any host name use the control routes, unless the server listens only for this machine. Default:
   * only requests to this machine's names.
   */
  readonly openToAnyHost?: boolean;
  /** Sends random codes. Default: always 123456. */
  readonly randomOtp?: boolean;
}

/**
 * The application of `dev`: the same server with sample people and control routes. No other file of the server imports
 * the sandbox, so an application without this file contains none of its code.
 */
export async function createDevApp(options: DevAppOptions): Promise<App> {
  const { seed = DEFAULT_SEED, openToAnyHost = false, randomOtp = false, ...rest } = options;
  // The built-in people are valid, so the code that checks a seed is not loaded for them.
  if (seed !== DEFAULT_SEED) (await import('../sandbox/people-schema.ts')).checkSeed(seed, 'the seed');
  let isOpenToAnyHost = false;
  const clock = new MovableClock();
  const feed = new Feed((error) => rest.log.error({ error }, 'an event could not be told'));
  const stop = new AbortController();
  const inbox = new Inbox(feed, stop.signal);
  const recent = new RecentCertifications(feed);
  const provider = new SandboxProvider(inbox, recent, randomOtp, new MarkedPeople(seed));
  const faults = new Faults(feed);
  const requests = new RequestLog(feed);
  const app = await createApp({
    ...rest,
    policy: DEV_POLICY,
    describeMore: async () => (await import('../sandbox/describe-controls.ts')).describeControls(),
    moveClock: (shared) => clock.over(shared),
    providers: provider.providers,
    wrapApi: (routes) =>
      requests.withBodies(withFaults(routes, faults, stop.signal, reportOnce(guardLog(rest.log), 'faults'))),
    observers: [requests.observe(() => wholeSecond(clock.now()) / SECOND)],
    pageExtras: (services) =>
      new SandboxPage({ ...services, clock, inbox, provider, seed, stop: stop.signal }),
    extend: async (services, resetCertifications) => {
      await seedMerchants(services, seed);
      await seedCertifications(services, seed);
      return [
        sandboxSurface({
          ...services,
          resetCertifications,
          clock,
          feed,
          inbox,
          recent,
          provider,
          faults,
          requests,
          seed,
          isOpenToAnyHost: () => isOpenToAnyHost,
        }),
      ];
    },
  });
  return {
    ...app,
    async listen(port, host) {
      const listening = await app.listen(port, host);
      isOpenToAnyHost = openToAnyHost && !isLoopback(listening.address);
      if (options.tls === undefined) return listening;
      const url = new URL(listening.url);
      // The certificate is for this machine's names, not for every address that it may listen on.
      url.hostname = 'localhost';
      return { ...listening, url: url.origin };
    },
    close() {
      stop.abort();
      return app.close();
    },
  };
}

/**
 * The authority for a sandbox with TLS: from a data folder, or a temporary one if there is none. Only this function
 * loads the code that makes certificates.
 */
export async function openDevAuthority(files: AuthorityFiles | null): Promise<Authority> {
  const { createPassingAuthority, openAuthority } = await import('../sandbox/tls/authority.ts');
  return files === null ? createPassingAuthority() : openAuthority(files);
}

/** Reads a people file; `start_refused` names what is wrong in it. */
export async function readSeed(file: string): Promise<Seed> {
  return (await import('../sandbox/people-schema.ts')).readPeopleFile(file);
}
