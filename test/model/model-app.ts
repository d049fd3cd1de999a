import { newMasterKey } from '../../src/config/master-keys.ts';
import type { RequestLimits } from '../../src/core/limits.ts';
import { createLog } from '../../src/log.ts';
import { Faults } from '../../src/sandbox/faults.ts';
import { Feed } from '../../src/sandbox/feed.ts';
import { Inbox } from '../../src/sandbox/inbox.ts';
import { MovableClock } from '../../src/sandbox/movable-clock.ts';
import { SandboxPage } from '../../src/sandbox/page-add-ons/extras.ts';
import { SandboxProvider } from '../../src/sandbox/provider.ts';
import { RecentCertifications } from '../../src/sandbox/recent-certifications.ts';
import { RequestLog } from '../../src/sandbox/request-log.ts';
import { sandboxSurface } from '../../src/sandbox/routes.ts';
import { seedMerchants } from '../../src/sandbox/seed.ts';
import { type App, createApp } from '../../src/server/mount.ts';
import { DEV_POLICY } from '../../src/server/policy.ts';
import { SEED } from './cast.ts';
import { createPause, createRandom, interleave, type Meetings } from './interleave.ts';
import { WatchedProvider } from './watched-provider.ts';
import type { Limits } from './world.ts';

/** The server of this process, as the model test needs it. */
export interface ModelApp extends App {
  readonly url: string;
  readonly clock: MovableClock;
  readonly limits: Limits | null;
  readonly provider: WatchedProvider;
  readonly meetings: Meetings;
  /** Deletes every certification, as the sandbox does. */
  resetCertifications(): Promise<void>;
  /** Says that calls at the same moment begin or end. */
  setCrowd(isUnderWay: boolean): void;
}

export interface ModelAppOptions {
  /** Of the order in which calls of one moment meet. */
  readonly seed: number;
  /** Default: none. */
  readonly limits?: Limits | null;
  /** Default: SQLite in memory. */
  readonly databaseUrl?: string;
}

/** The sandbox with the limits of production if any, whose store and provider take their time while calls meet. */
export async function startModelApp({
  seed,
  limits = null,
  databaseUrl = 'sqlite::memory:',
}: ModelAppOptions): Promise<ModelApp> {
  let isCrowd = false;
  const isOn = () => isCrowd;
  const pause = createPause(createRandom(seed), isOn);
  const watched = new WatchedProvider(pause);
  const clock = new MovableClock();
  const feed = new Feed(() => {});
  const { signal: stop } = new AbortController();
  const inbox = new Inbox(feed, stop);
  const recent = new RecentCertifications(feed);
  const provider = new SandboxProvider(inbox, recent, true);
  let resetCertifications = async (): Promise<void> => {};
  const app = await createApp({
    policy: DEV_POLICY,
    databaseUrl,
    masterKeys: [newMasterKey()],
    log: createLog('silent'),
    ...(limits !== null && { limits: toRequestLimits(limits) }),
    moveClock: (shared) => clock.over(shared),
    providers: watched.watch(provider.providers),
    pageExtras: (services) => new SandboxPage({ ...services, clock, inbox, provider, seed: SEED, stop }),
    extend: async (services, reset) => {
      resetCertifications = async () => {
        await pause();
        await reset();
        await pause();
      };
      await seedMerchants(services, SEED);
      const faults = new Faults(feed);
      const requests = new RequestLog(feed);
      const sandbox = { clock, feed, inbox, recent, provider, faults, requests, seed: SEED };
      return [
        sandboxSurface({
          ...services,
          ...sandbox,
          resetCertifications,
          isOpenToAnyHost: () => false,
        }),
      ];
    },
  });
  const meetings = interleave(app.store, pause, isOn);
  const { url } = await app.listen(0, '127.0.0.1');
  return {
    ...app,
    url,
    clock,
    limits,
    provider: watched,
    meetings,
    resetCertifications: () => resetCertifications(),
    setCrowd: (isUnderWay) => {
      isCrowd = isUnderWay;
    },
  };
}

function toRequestLimits(limits: Limits): RequestLimits {
  const list = ({ count, window }: Limits[keyof Limits]) => [{ count, window: window * 1000 }];
  return {
    phone: list(limits.phone),
    phoneEverywhere: list(limits.phoneEverywhere),
    merchant: list(limits.merchant),
    address: list(limits.address),
  };
}
