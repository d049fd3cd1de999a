import {
  type Deviation as InicisDeviation,
  InicisSimulator,
} from '../../src/simulators/inicis-unified/index.ts';
import {
  adapterFor,
  bytesOf,
  CANARY,
  OTHER_MERCHANT,
  OTHER_PERSON,
  pressInWindow,
  TEST_MERCHANT,
  TEST_SETTINGS,
} from '../support/inicis.ts';
import { type Deviation, describeProvider } from './provider.ts';

const CHANNEL = {
  provider: 'inicis_unified',
  providerMerchantId: TEST_MERCHANT.mid,
  carrierApproval: false,
  foreignerAddOn: false,
} as const;
/** An answer that never comes. */
const NEVER = new Promise<never>(() => {});
const DEVIATIONS: Readonly<Record<Deviation, InicisDeviation>> = {
  silent: { ready: NEVER },
  reset: { cut: 'before' },
  cut: { cut: 'within' },
  huge: { body: 'x'.repeat(65_537) },
  redirect: { status: 302, headers: { Location: '/elsewhere' } },
  garbage: { body: '<html>오류</html>' },
  empty: { body: '' },
  status: { status: 404 },
};

describeProvider(
  'inicis-unified',
  ['hosted', 'silent', 'reset', 'cut', 'huge', 'redirect', 'garbage', 'empty', 'status'],
  async () => {
    const agency = await InicisSimulator.open({
      merchants: [TEST_MERCHANT, OTHER_MERCHANT],
      people: [CANARY, OTHER_PERSON],
    });
    const provider = adapterFor(agency, undefined, 300);
    return {
      provider,
      settings: provider.parseSettings(TEST_SETTINGS, CHANNEL),
      wrongSettings: [
        [{ ...TEST_SETTINGS, environment: 'live' }, 'environment'],
        [{ ...TEST_SETTINGS, iv: 'too short' }, 'iv'],
        [{ ...TEST_SETTINGS, mid: 'longer than ten' }, 'mid'],
        [{ ...TEST_SETTINGS, service: '02' }, 'service'],
      ],
      async visit({ address, fields }, does) {
        const choice = { approve: 'approve', refuse: 'fail', cancel: 'cancel' } as const;
        const way = await pressInWindow(address, fields ?? {}, { do: choice[does], person: '0' });
        return { fields: bytesOf(way.fields) };
      },
      // The code of a success, with an address and a key as they come with one.
      forge: ({ fields }) => ({
        fields: [
          ...fields.filter(([name]) => name !== 'resultCode'),
          ['resultCode', '0000'],
          ['authRequestUrl', `${agency.url}/getResultData`],
          ['txId', `INISA_${TEST_MERCHANT.mid}${'1'.repeat(24)}`],
          ['token', Buffer.alloc(16, 1).toString('base64')],
        ],
      }),
      timesAsked: () => agency.asked,
      // Inicis publishes no code of a person who gave up.
      cancelCode: 'provider_refused',
      deviate: (how) => agency.deviate(how && DEVIATIONS[how]),
      close: () => agency.close(),
    };
  },
);
