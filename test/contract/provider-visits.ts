import { newMasterKey } from '../../src/config/master-keys.ts';
import type { Attempt, AttemptEnd, AttemptProgress } from '../../src/core/attempt.ts';
import { openChannel } from '../../src/core/merchant-service.ts';
import type { HostedBegin } from '../../src/core/provider.ts';
import { createLog } from '../../src/log.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { openServices } from '../../src/server/services.ts';
import { LAUNCH, personAt, WISHES } from '../support/core-world.ts';
import type { AdapterUnderTest, Brought } from './provider.ts';

/** An attempt whose browser was sent to the agency. */
interface Begun {
  readonly attempt: Attempt;
  /** The secrets of its return address and of its browser. */
  readonly back: string;
  readonly browser: string;
}

/** Attempts at an adapter under test, by the rules of production. */
export interface Visits {
  /** Begins an attempt; `prefill` is the person whom the shop's call fixes. */
  begin(prefill?: AttemptProgress['prefill']): Promise<Begun>;
  /** The person does this in the agency's window. */
  visit(begun: Begun, does: 'approve' | 'refuse' | 'cancel'): Promise<Brought>;
  /** The browser brings this to the return address, and then asks for the end. */
  bring(begun: Begun, brought: Brought): Promise<void>;
  /** Whether the adapter refuses such a return without asking. */
  contradicts(begun: Begun, brought: Brought): boolean;
  endOf(begun: Begun): Promise<AttemptEnd | null>;
  close(): Promise<void>;
}

export async function openVisits({ provider, settings, visit }: AdapterUnderTest): Promise<Visits> {
  const services = await openServices({
    // The people of a simulator are invented.
    policy: { ...SERVE_POLICY, keepsInvented: true, limits: null },
    databaseUrl: 'sqlite::memory:',
    masterKeys: [newMasterKey()],
    log: createLog('silent'),
    providers: { [provider.name]: provider },
  });
  const { attempts, merchants, vault, visits } = services;
  const [shows] = provider.shows;
  if (shows === undefined || visit === undefined) throw new Error('it has no window');
  await merchants.save({
    name: '가상상점',
    userCode: 'imp00000001',
    isTest: true,
    keys: [],
    channels: [
      {
        channelKey: 'channel',
        adapter: provider.name,
        settings,
        provider: shows,
        providerMerchantId: 'CPID',
        carrierApproval: true,
        foreignerAddOn: true,
        minimumAge: null,
      },
    ],
  });
  const now = async ({ attempt }: Begun) => {
    const found = await attempts.reload(attempt);
    if (found === null) throw new Error('the attempt is gone');
    return found;
  };
  const agencyOf = ({ attempt }: Begun) => {
    const agency = attempt.progress?.agency;
    if (agency == null) throw new Error('no visit was begun');
    return agency;
  };
  return {
    async begin(prefill = { name: '', phone: '' }) {
      const channel = await merchants.findChannel('channel');
      if (channel === null) throw new Error('there is no channel');
      const begun = { channel, launch: LAUNCH, wishes: { ...WISHES, prefill }, pageUrl: null };
      const { ticket, handle } = await attempts.start(personAt(), begun);
      await attempts.openTicket(ticket);
      const attempt = await attempts.find({ handle });
      if (attempt === null) throw new Error('the window was not opened');
      let back = '';
      const browser = await visits.begin(attempt, (secret) => {
        back = secret;
        return `https://id.example/page/back/${secret}`;
      });
      if (browser === null) throw new Error('the agency did not begin');
      const own = { attempt, back, browser };
      return { ...own, attempt: await now(own) };
    },
    visit: (begun, does) => {
      const { address, fields, memo }: HostedBegin = agencyOf(begun);
      return visit({ address, fields, memo }, does);
    },
    async bring(begun, { fields, isCancel = false }) {
      await visits.keepReturn(begun.back, { isCancel, fields }, personAt());
      await visits.complete(await now(begun), begun.browser, personAt());
    },
    contradicts(begun, { fields, isCancel = false }) {
      const { attemptId, memo } = agencyOf(begun);
      const returned = { ...openChannel(vault, begun.attempt.channel), attemptId, memo, state: begun.back };
      const at = { ...returned, isCancel, fields, now: Date.now() };
      return (provider.hosted?.contradicts(at) ?? null) !== null;
    },
    endOf: async (begun) => (await now(begun)).end,
    close: () => services.close(),
  };
}
