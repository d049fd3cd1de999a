import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newMasterKey } from '../../src/config/master-keys.ts';
import { toMerchantSetup } from '../../src/config/merchant-setup.ts';
import type { Identity } from '../../src/core/identity.ts';
import type { OtpCapability } from '../../src/core/provider.ts';
import { createLog } from '../../src/log.ts';
import { createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { adaptersOf } from '../support/adapter.ts';
import { serverOf, visitorFrom } from '../support/callers.ts';
import { Client } from '../support/client.ts';
import { SIMCHEONG } from '../support/dev-app.ts';
import { bringMerchants, keepCertifications, MERCHANTS, newSite, PERSON } from '../support/production.ts';
import { readCertification } from '../support/read-certification.ts';
import { runBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const CI = `SANDBOX/${'A'.repeat(78)}==`;
const DI = `MC0GCCqGSIb3DQIJAyEASANDBOX/${'A'.repeat(35)}=`;
/** Somebody whom only the CI, or only the DI, shows to be nobody. */
const INVENTED: Readonly<Record<string, Identity>> = {
  CI: { ...PERSON, ci: CI },
  DI: { ...PERSON, ci: null, di: DI },
};
const KCP = MERCHANTS[1];

describe.each(Object.entries(INVENTED))(
  'production and somebody with the %s of a sandbox',
  (_which, invented) => {
    async function startServe() {
      const lines: Record<string, unknown>[] = [];
      const confirm = async () => ({ ...PERSON, ci: invented.ci, di: invented.di });
      const capability: OtpCapability = {
        offers: () => true,
        request: async () => ({ providerTid: '20260314000000000000', otp: '123456' }),
        confirm,
      };
      const app = await createApp({
        policy: SERVE_POLICY,
        databaseUrl: 'sqlite::memory:',
        masterKeys: [newMasterKey()],
        log: createLog('info', { write: (line: string) => lines.push(JSON.parse(line)) }),
        providers: adaptersOf(capability, 'kcp_v2'),
      });
      for (const merchant of MERCHANTS) await app.merchants.save(toMerchantSetup(merchant));
      const channel = await app.merchants.findChannel(KCP.channels[0].channel_key);
      if (channel === null) throw new Error('there is no channel');
      return { ...app, channel, lines };
    }
    const attempt = { merchantUid: 'm', pageUrl: null, providerTid: null } as const;

    test('keeps neither what a program brings nor what an agency says, and raises an alarm', async () => {
      const app = await startServe();
      const { url } = await app.listen(0, '127.0.0.1');
      const client = new Client(url);
      try {
        const certified = {
          ...attempt,
          channel: app.channel,
          state: 'certified',
          requestedAt: 1_700_000_000_000,
          certifiedAt: 1_700_000_000_000,
        } as const;
        const refused = expect.objectContaining({ code: 'invented_person' });
        await expect(app.certifications.keep({ ...certified, identity: invented })).rejects.toEqual(refused);
        await expect(
          app.certifications.keepAs('imp_000000000001', { ...certified, identity: invented }),
        ).rejects.toEqual(refused);
        expect(await app.certifications.keepAs('imp_000000000001', { ...certified, identity: PERSON })).toBe(
          true,
        );

        const { token } = await client.token(KCP.imp_key, KCP.imp_secret);
        const headers = { authorization: token };
        const requested = await client.call('POST', '/certifications/otp/request', {
          json: SIMCHEONG,
          headers,
        });
        const impUid = String(requested.response?.['imp_uid']);
        const confirmed = await client.call('POST', `/certifications/otp/confirm/${impUid}`, {
          json: { otp: '123456' },
          headers,
        });
        expect(confirmed).toMatchObject({ status: 500, response: null });
        expect(confirmed.message).toBe('서버 오류가 발생했습니다. 잠시 후 다시 시도해주세요.');
        expect((await client.lookup(token, impUid)).response).toMatchObject({ certified: false });
        const alarms = app.lines.filter(({ alarm }) => alarm === true);
        expect(alarms).toMatchObject([{ level: 50, error: { code: 'invented_person' } }]);
        expect(JSON.stringify(app.lines)).not.toMatch(/SANDBOX|허난설헌/);
      } finally {
        client.close();
        await app.close();
      }
    });

    test('keeps nobody of it that the page confirms', async () => {
      const app = await startServe();
      try {
        const started = await app.attempts.start(visitorFrom(), {
          channel: app.channel,
          launch: {
            window: 'layer',
            origin: null,
            returnAddress: null,
            merchantUid: 'm',
            serviceName: 'x',
          },
          wishes: {
            minimumAge: null,
            offered: ['KT'],
            carrier: 'KT',
            network: null,
            prefill: { name: '', phone: '' },
          },
          pageUrl: null,
        });
        const opened = await app.attempts.find({ handle: started.handle });
        if (opened === null) throw new Error('the attempt is gone');
        await expect(app.steps.certify(opened, invented)).rejects.toMatchObject({
          code: 'invented_person',
        });
        const { state } = await readCertification(app, serverOf(app.channel.merchantId), started.impUid);
        expect(state).toBe('pending');
      } finally {
        await app.close();
      }
    });

    test.each([
      ['an id of ours', ['imp_000000000001', 'imp_000000000002']],
      ['an id of another shape', ['imp_000000000001', 'imported-1', 'imported-2', 'imported-3']],
    ])('takes no export that holds one under %s', async (_what, ids) => {
      const site = newSite();
      expect((await bringMerchants(site, { merchants: MERCHANTS })).code).toBe(0);
      const last = ids.at(-1) ?? '';
      await keepCertifications(site, ids.slice(0, -1));
      const file = join(temporaryFolder(), 'all.bonin');
      const into = async () => {
        const folder = temporaryFolder();
        const target = ['--database-url', `sqlite:${join(folder, 'new.db')}`];
        return {
          ...(await runBonin(['import', file, ...site.words, ...target])),
          database: join(folder, 'new.db'),
        };
      };
      const exportAll = async () => (await runBonin(['export', file, ...site.words])).code;
      expect(await exportAll()).toBe(0);
      expect(await into()).toMatchObject({ code: 0 });

      await keepCertifications(site, [last], invented, true);
      rmSync(file);
      expect(await exportAll()).toBe(0);
      const refused = await into();
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(
        /all\.bonin: holds people of a sandbox, which production does not keep$/m,
      );
      expect(refused.stderr).not.toMatch(/SANDBOX|허난설헌/);
      expect(existsSync(refused.database)).toBe(false);
      expect(readFileSync(file).includes('SANDBOX')).toBe(false);
    });
  },
);
