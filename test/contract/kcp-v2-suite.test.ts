import { createKcpV2 } from '../../src/providers/kcp-v2/index.ts';
import type { Deviation as KcpDeviation } from '../../src/simulators/kcp-v2/deviations.ts';
import { KcpSimulator, PUBLISHED_SITE } from '../../src/simulators/kcp-v2/simulator.ts';
import { endpointsOf } from '../support/kcp-world.ts';
import { type Deviation, describeProvider } from './provider.ts';

const SETTINGS = {
  environment: 'test',
  site_cd: PUBLISHED_SITE.code,
  enc_key: PUBLISHED_SITE.encryptionKey,
};
const DEVIATIONS: Readonly<Partial<Record<Deviation, KcpDeviation>>> = {
  reset: { breaks: 'before' },
  cut: { breaks: 'half' },
  huge: { body: 'x'.repeat(65_537) },
  redirect: { status: 302, location: '/elsewhere' },
  garbage: { body: '<html>오류</html>' },
  empty: { body: '' },
  status: { status: 500 },
};

describeProvider(
  'kcp-v2',
  ['hosted', 'reset', 'cut', 'huge', 'redirect', 'garbage', 'empty', 'status'],
  async () => {
    const kcp = await KcpSimulator.open({ refusesRepeats: false });
    return {
      provider: createKcpV2({ fetch, log: () => {} }, endpointsOf(kcp)),
      settings: { ...SETTINGS, web_siteid: '', page_submit: 'Y' },
      wrongSettings: [
        [{ ...SETTINGS, environment: 'production' }, 'site_cd'],
        [{ ...SETTINGS, environment: 'live' }, 'environment'],
        [{ ...SETTINGS, site_cd: 'short' }, 'site_cd'],
        [{ ...SETTINGS, enc_key: 'not hexadecimal' }, 'enc_key'],
        [{ ...SETTINGS, web_siteid: 'longer than twelve' }, 'web_siteid'],
        [{ ...SETTINGS, page_submit: 'Yes!' }, 'page_submit'],
      ],
      async visit({ fields }, does) {
        const act = ({ approve: 'approve', refuse: 'fail', cancel: 'cancel' } as const)[does];
        const back = kcp.act(fields?.['reg_cert_key'] ?? '', { does: act });
        return { fields: Object.entries(back.fields) };
      },
      forge: ({ fields }) => ({
        fields: [...fields.filter(([name]) => name !== 'res_cd'), ['res_cd', '0000']],
      }),
      timesAsked: () => kcp.requests.filter(({ path }) => path.endsWith('getCertData.do')).length,
      deviate(how) {
        kcp.clearScript();
        const deviation = how === null ? undefined : DEVIATIONS[how];
        if (deviation === undefined) return;
        for (const step of ['register', 'query'] as const) kcp.script(step, deviation, 99);
      },
      close: () => kcp.close(),
    };
  },
);
