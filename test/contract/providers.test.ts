import { PostcardAgency } from '../../examples/adapter/agency.ts';
import { createPostcard } from '../../examples/adapter/postcard.ts';
import type { Provider } from '../../src/core/provider.ts';
import { Feed } from '../../src/sandbox/feed.ts';
import { Inbox } from '../../src/sandbox/inbox.ts';
import { SANDBOX_ADAPTER, SandboxProvider } from '../../src/sandbox/provider.ts';
import { RecentCertifications } from '../../src/sandbox/recent-certifications.ts';
import { press } from '../support/postcard-window.ts';
import { DEVIATIONS, type Deviation, describeProvider } from './provider.ts';

describeProvider('sandbox', ['otp'], async () => {
  const feed = new Feed(() => {});
  const inbox = new Inbox(feed, new AbortController().signal);
  const { providers } = new SandboxProvider(inbox, new RecentCertifications(feed), false);
  return {
    provider: providers[SANDBOX_ADAPTER] as Provider,
    settings: {},
    wrongSettings: [],
    close: async () => {},
  };
});

describeProvider(
  'postcard, the example',
  ['hosted', ...(Object.keys(DEVIATIONS) as Deviation[])],
  async () => {
    const secret = 'SecretOfPostcard1234';
    const person = { name: '홍길동', birthday: '1990-01-31', phone: '01000000001', ci: 'C'.repeat(88) };
    const agency = await PostcardAgency.open(secret, person);
    const { url } = agency;
    return {
      provider: createPostcard({ fetch, log: () => {} }, 2_000),
      settings: { url, secret },
      wrongSettings: [
        [{ secret }, 'url'],
        [{ url: `${url}/path`, secret }, 'url'],
        [{ url: 'ftp://agency', secret }, 'url'],
        [{ url }, 'secret'],
        [{ url, secret: 'short one' }, 'secret'],
        [{ url, secret: 5 }, 'secret'],
      ],
      async visit({ address }, does) {
        const state = { approve: 'approved', refuse: 'refused', cancel: 'cancelled' }[does];
        return { fields: [...new URLSearchParams((await press(address, state)).body)] };
      },
      forge: ({ fields }) => ({
        fields: [
          ...fields.filter(([name]) => name !== 'result'),
          ['result', 'approved'],
          ['state', 'approved'],
        ],
      }),
      timesAsked: () => agency.asked.filter((each) => each === 'POST /results').length,
      deviate: (how) => {
        agency.deviation = how;
      },
      close: () => agency.close(),
    };
  },
);
