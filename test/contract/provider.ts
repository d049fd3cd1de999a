import { describe, expect, it } from 'vitest';
import { type Channel, PROVIDER_NAMES, type ProviderName } from '../../src/core/channel.ts';
import { LONGEST_MEMO, type Provider, type Settings } from '../../src/core/provider.ts';
import { AppError, toAppError } from '../../src/errors.ts';

/** What the suite needs of an adapter: itself, and an agency in front of which a person stands. */
export interface AdapterUnderTest {
  readonly provider: Provider;
  /** Settings that the adapter takes, and the agency too. */
  readonly settings: Settings;
  /** Settings that are refused, each with the member that the sentence must name. */
  readonly wrongSettings: readonly (readonly [settings: unknown, named: string])[];
  /** What a person does in the agency's window; returns what the browser brings back. Only for `hosted`. */
  visit?(address: string, does: 'approve' | 'refuse' | 'cancel'): Promise<readonly [string, string][]>;
  /** Takes the agency down, or up again. Only for agencies that are reached by network. */
  setDown?(isDown: boolean): void;
  close(): Promise<void>;
}

const STATE = 'x'.repeat(22);

/** What a name or value may hold that a browser brings back from anywhere. */
const HOSTILE: readonly (readonly [string, string])[] = [
  ['', ''],
  ['result', 'approved'],
  ['result', 'refused'],
  ['__proto__', 'x'],
  ['state', '\0'],
  ['name', '\u00c8\u00ab\u00b1\u00e6'],
];

/** What every adapter must do, with these capabilities; `down` when its agency is reached by network. */
export function describeProvider(
  name: string,
  capabilities: readonly ('otp' | 'hosted' | 'down')[],
  open: () => Promise<AdapterUnderTest>,
): void {
  const has = (capability: (typeof capabilities)[number]) => capabilities.includes(capability);
  describe(`provider contract: ${name}`, () => {
    // A test that does not concern an adapter is not there, instead of being skipped.
    const itIf = (concerns: boolean) => (concerns ? it : () => {});
    const tryIt = async (play: (under: AdapterUnderTest) => Promise<void>) => {
      const under = await open();
      try {
        await play(under);
      } finally {
        await under.close();
      }
    };
    const channelOf = ({ provider: { name: adapter, shows } }: AdapterUnderTest): Channel => ({
      id: 1,
      merchantId: 1,
      position: 0,
      channelKey: 'channel-contract',
      adapter,
      provider: shows[0] as ProviderName,
      providerMerchantId: 'CPID',
      carrierApproval: true,
      foreignerAddOn: true,
      minimumAge: null,
      settings: { keyId: 1, salt: new Uint8Array(), blob: new Uint8Array() },
      proof: new Uint8Array(),
    });
    const codeOf = (call: Promise<unknown>) =>
      call.then(
        () => null,
        (thrown: unknown) => {
          expect(thrown).toBeInstanceOf(AppError);
          return toAppError(thrown).code;
        },
      );

    it('has a name in lower case, values of pg_provider, and something that it can do', () =>
      tryIt(async ({ provider }) => {
        expect(provider.name).toMatch(/^[a-z][a-z0-9-]{1,30}$/);
        expect(provider.shows.length).toBeGreaterThan(0);
        for (const each of provider.shows) expect(PROVIDER_NAMES).toContain(each);
        expect(has('otp') || has('hosted')).toBe(true);
        expect(has('otp')).toBe(provider.otp !== undefined);
        expect(has('hosted')).toBe(provider.hosted !== undefined);
      }));

    it('takes its settings as they are, and refuses others with a sentence that names the member and no value', () =>
      tryIt(async (under) => {
        const { provider, settings, wrongSettings } = under;
        const about = { provider: provider.shows[0] as ProviderName };
        const kept = provider.parseSettings(settings, about);
        expect(JSON.parse(JSON.stringify(kept))).toEqual(kept);
        expect(provider.parseSettings(kept, about)).toEqual(kept);
        const unknown = { ...settings, unknownMember: 'a value that is nobody’s business' };
        for (const [wrong, named] of [...wrongSettings, [unknown, 'unknownMember'] as const]) {
          let thrown: unknown;
          try {
            provider.parseSettings(wrong, about);
          } catch (error) {
            thrown = error;
          }
          expect(thrown).toBeInstanceOf(AppError);
          const { code, explanation } = thrown as AppError;
          expect(code).toBe('input_refused');
          expect(explanation).toContain(named);
          for (const value of Object.values(wrong as object))
            if (typeof value === 'string' && value.length > 3) expect(explanation).not.toContain(value);
        }
      }));

    itIf(has('otp'))('sends a code and vouches for whom it was asked about', () =>
      tryIt(async (under) => {
        const { provider, settings } = under;
        const channel = channelOf(under);
        if (provider.otp === undefined) throw new Error('it has no OTP');
        const claimant = {
          name: '홍길동',
          birthday: '1990-01-31',
          gender: 'male',
          foreigner: false,
          phone: '01000000001',
          carrier: 'SKT',
          mvno: false,
        } as const;
        const asked = { impUid: 'imp_000000000001', channel, settings, claimant, method: 'SMS' } as const;
        expect(provider.otp.offers('SMS', 'page', channel.provider)).toBe(true);
        const now = 1_800_000_000_000;
        const sent = await provider.otp.request({ ...asked, serviceName: '상점', bypass: null, now });
        expect(sent.otp ?? '000000').toMatch(/^\d{6}$/);
        expect(sent.memo?.length ?? 0).toBeLessThanOrEqual(LONGEST_MEMO);
        expect(sent.providerTid.length).toBeGreaterThan(0);
        expect(sent.providerTid.length).toBeLessThanOrEqual(50);
        const { memo = null } = sent;
        const otp = sent.otp === null ? '123456' : null;
        expect(await provider.otp.confirm({ ...asked, memo, otp })).toMatchObject({
          name: '홍길동',
          birthday: '1990-01-31',
        });
      }),
    );

    const begin = (under: AdapterUnderTest, attemptId = 'A1234567890123456789') =>
      under.provider.hosted?.begin({
        channel: channelOf(under),
        settings: under.settings,
        attemptId,
        returnAddress: `https://id.example/page/back/${STATE}`,
        state: STATE,
        carriers: ['SKT', 'KT', 'LGT', 'MVNO'],
        serviceName: '상점',
        prefill: { name: '', phone: '' },
        minimumAge: null,
        now: 1_800_000_000_000,
      });
    const complete = async (
      under: AdapterUnderTest,
      memo: string,
      fields: readonly (readonly [string, string])[],
      attemptId = 'A1234567890123456789',
    ) => {
      const channel = channelOf(under);
      const { settings } = under;
      const returned = { channel, settings, attemptId, memo, state: STATE, isCancel: false, fields };
      return under.provider.hosted?.complete({ ...returned, now: Date.now() });
    };

    itIf(has('hosted'))('leads to an address with a short memo, and asks its agency who it was', () =>
      tryIt(async (under) => {
        const begun = await begin(under);
        expect(URL.parse(begun?.address ?? '')?.protocol).toMatch(/^https?:$/);
        expect(begun?.memo.length).toBeLessThanOrEqual(LONGEST_MEMO);
        const fields = await under.visit?.(begun?.address ?? '', 'approve');
        const result = await complete(under, begun?.memo ?? '', fields ?? []);
        expect(result?.identity.name.length).toBeGreaterThan(0);
        expect(result?.identity.birthday).toMatch(/^\d{4}-\d{2}-\d{2}$/);
        expect(result?.providerTid.length).toBeLessThanOrEqual(50);
      }),
    );

    itIf(has('hosted'))(
      'says in our codes that a person was refused or gave up, and believes no other visit',
      () =>
        tryIt(async (under) => {
          const refused = await begin(under);
          const brought = await under.visit?.(refused?.address ?? '', 'refuse');
          for (const fields of [brought ?? [], HOSTILE])
            expect(await codeOf(complete(under, refused?.memo ?? '', fields))).toBe('provider_refused');
          const other = await begin(under, 'B1234567890123456789');
          const approved = await under.visit?.(other?.address ?? '', 'approve');
          // The fields of another attempt, and its memo under our id.
          expect(await codeOf(complete(under, refused?.memo ?? '', approved ?? []))).toBe('provider_refused');
          expect(await codeOf(complete(under, other?.memo ?? '', approved ?? []))).not.toBeNull();
          const left = await begin(under);
          const fields = await under.visit?.(left?.address ?? '', 'cancel');
          expect(await codeOf(complete(under, left?.memo ?? '', fields ?? []))).toBe('person_cancelled');
        }),
    );

    itIf(has('down'))('is unavailable while its agency cannot be reached', () =>
      tryIt(async (under) => {
        const begun = await begin(under);
        under.setDown?.(true);
        expect(await codeOf(Promise.resolve(begin(under)))).toBe('provider_unavailable');
        expect(await codeOf(complete(under, begun?.memo ?? '', []))).toBe('provider_unavailable');
      }),
    );
  });
}
