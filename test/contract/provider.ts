import { describe, expect, it } from 'vitest';
import { type Channel, PROVIDER_NAMES, type ProviderName } from '../../src/core/channel.ts';
import { type HostedBegin, LONGEST_MEMO, type Provider, type Settings } from '../../src/core/provider.ts';
import { AppError, type ErrorCode, REFUSALS, toAppError } from '../../src/errors.ts';
import { openVisits, type Visits } from './provider-visits.ts';

/** What a browser brings back from the agency's window. */
export interface Brought {
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Whether it comes to the address for giving up. Default: false. */
  readonly isCancel?: boolean;
}

/** How an answer of the agency's server can go wrong, and what the adapter must make of it. */
export const DEVIATIONS = {
  /** No answer. The adapter under test must not wait for long. */
  silent: 'provider_unavailable',
  /** The connection is cut before an answer. */
  reset: 'provider_unavailable',
  /** The connection is cut within the answer. */
  cut: 'unreadable_answer',
  /** More than 64 KiB. */
  huge: 'unreadable_answer',
  redirect: 'unreadable_answer',
  garbage: 'unreadable_answer',
  empty: 'unreadable_answer',
  /** A status other than 200, with the body of a success. */
  status: 'unreadable_answer',
} as const satisfies Readonly<Record<string, ErrorCode>>;
export type Deviation = keyof typeof DEVIATIONS;

/** What the suite needs of an adapter: itself, and an agency in front of which a person stands. */
export interface AdapterUnderTest {
  readonly provider: Provider;
  /** Settings that the adapter takes, and the agency too. */
  readonly settings: Settings;
  /** Settings that are refused, each with the member that the sentence must name. */
  readonly wrongSettings: readonly (readonly [settings: unknown, named: string])[];
  /** What a person does in the agency's window; returns what the browser brings back. Only for `hosted`. */
  visit?(begun: HostedBegin, does: 'approve' | 'refuse' | 'cancel'): Promise<Brought>;
  /** What a forger makes of a return so that it looks like a success. Default: it is left as it is. */
  forge?(brought: Brought): Brought;
  /** How often the agency was asked for a result, server to server. */
  timesAsked?(): number;
  /** What the adapter makes of a person who gave up. Default: `person_cancelled`. */
  readonly cancelCode?: ErrorCode;
  /** Makes every answer of the agency's server go wrong from now on; null for none. */
  deviate?(how: Deviation | null): void;
  close(): Promise<void>;
}

/** What the agency under test can do: a capability of its adapter, or a way in which its answers go wrong. */
export type Ability = 'otp' | 'hosted' | Deviation;

const STATE = 'x'.repeat(22);

/** What a name or value may hold that a browser brings back from anywhere. */
const HOSTILE: Brought = {
  fields: [
    ['', ''],
    ['result', 'approved'],
    ['result', 'refused'],
    ['__proto__', 'x'],
    ['state', '\0'],
    ['name', '\u00c8\u00ab\u00b1\u00e6'],
  ],
};
/** Codes for a return that certifies nobody. */
const NOBODY: readonly (ErrorCode | null)[] = [
  ...REFUSALS,
  'unreadable_answer',
  'person_cancelled',
  'person_not_finished',
];

/** What every adapter must do, as far as its agency has these abilities. */
export function describeProvider(
  name: string,
  abilities: readonly Ability[],
  open: () => Promise<AdapterUnderTest>,
): void {
  const has = (ability: Ability) => abilities.includes(ability);
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
    const tryVisits = (play: (visits: Visits, under: AdapterUnderTest) => Promise<void>) =>
      tryIt(async (under) => {
        const visits = await openVisits(under);
        try {
          await play(visits, under);
        } finally {
          await visits.close();
        }
      });
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
        const about = channelOf(under);
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
      { fields, isCancel = false }: Brought,
      attemptId = 'A1234567890123456789',
    ) => {
      const channel = channelOf(under);
      const { settings } = under;
      const returned = { channel, settings, attemptId, memo, state: STATE, isCancel, fields };
      return under.provider.hosted?.complete({ ...returned, now: Date.now() });
    };
    const visit = async (
      under: AdapterUnderTest,
      does: 'approve' | 'refuse' | 'cancel',
      attemptId?: string,
    ) => {
      const begun = await begin(under, attemptId);
      if (begun === undefined || under.visit === undefined) throw new Error('it has no window');
      return { begun, memo: begun.memo, brought: await under.visit(begun, does) };
    };

    itIf(has('hosted'))('leads to an address with a short memo, and asks its agency who it was', () =>
      tryIt(async (under) => {
        const { begun, memo, brought } = await visit(under, 'approve');
        expect(URL.parse(begun.address)?.protocol).toMatch(/^https?:$/);
        expect(memo.length).toBeLessThanOrEqual(LONGEST_MEMO);
        const result = await complete(under, memo, brought);
        expect(result?.identity.name.length).toBeGreaterThan(0);
        expect(result?.identity.birthday).toMatch(/^\d{4}-\d{2}-\d{2}$/);
        expect(result?.providerTid.length).toBeGreaterThan(0);
        expect(result?.providerTid.length).toBeLessThanOrEqual(50);
      }),
    );

    itIf(has('hosted'))(
      'says in our codes that a person was refused or gave up, and believes no other visit',
      () =>
        tryIt(async (under) => {
          const refused = await visit(under, 'refuse');
          for (const brought of [refused.brought, HOSTILE, { fields: [] }])
            expect(NOBODY).toContain(await codeOf(complete(under, refused.memo, brought)));
          const other = await visit(under, 'approve', 'B1234567890123456789');
          // The fields of another attempt, and its memo under our id.
          expect(NOBODY).toContain(await codeOf(complete(under, refused.memo, other.brought)));
          expect(await codeOf(complete(under, other.memo, other.brought))).not.toBeNull();
          const leaver = 'C1234567890123456789';
          const left = await visit(under, 'cancel', leaver);
          expect(await codeOf(complete(under, left.memo, left.brought, leaver))).toBe(
            under.cancelCode ?? 'person_cancelled',
          );
        }),
    );

    for (const [how, code] of Object.entries(DEVIATIONS) as [Deviation, ErrorCode][])
      itIf(has('hosted') && has(how))(`says ${code} when the answer of its agency is ${how}`, () =>
        tryIt(async (under) => {
          const { memo, brought } = await visit(under, 'approve');
          under.deviate?.(how);
          expect(await codeOf(complete(under, memo, brought))).toBe(code);
          under.deviate?.(null);
        }),
      );

    itIf(has('hosted'))('certifies once, by one question, however often the browser comes back', () =>
      tryVisits(async (visits, under) => {
        const own = await visits.begin();
        const brought = await visits.visit(own, 'approve');
        await Promise.all(Array.from({ length: 10 }, () => visits.bring(own, brought)));
        expect(await visits.endOf(own)).toEqual({ certified: true });
        // The same return hours later.
        await visits.bring(own, brought);
        expect(await visits.endOf(own)).toEqual({ certified: true });
        expect(under.timesAsked?.() ?? 1).toBe(1);
      }),
    );

    itIf(has('hosted'))('lets nobody in by a forged success, nor by a result that contradicts the call', () =>
      tryVisits(async (visits, { forge = (brought) => brought }) => {
        for (const does of ['refuse', 'cancel'] as const) {
          const own = await visits.begin();
          await visits.bring(own, forge(await visits.visit(own, does)));
          expect(await visits.endOf(own)).not.toEqual({ certified: true });
        }
        const untouched = await visits.begin();
        await visits.bring(untouched, forge(HOSTILE));
        expect(await visits.endOf(untouched)).not.toEqual({ certified: true });
        const other = await visits.begin({ name: '다른사람', phone: '' });
        await visits.bring(other, await visits.visit(other, 'approve'));
        expect(await visits.endOf(other)).toMatchObject({ certified: false });
      }),
    );

    itIf(has('hosted'))('certifies nobody by the return of another attempt, which is left as it was', () =>
      tryVisits(async (visits) => {
        const victim = await visits.begin();
        const attacker = await visits.begin();
        const brought = await visits.visit(victim, 'approve');
        const attackers = await visits.visit(attacker, 'refuse');
        // The fields of one attempt under the state of the other one, both ways.
        await visits.bring(attacker, brought);
        expect(await visits.endOf(attacker)).not.toEqual({ certified: true });
        if (visits.contradicts(victim, attackers)) await visits.bring(victim, attackers);
        expect(await visits.endOf(victim)).toBeNull();
        await visits.bring(victim, brought);
        expect(await visits.endOf(victim)).toEqual({ certified: true });
        // What was certified already is worth nothing to anybody else.
        const late = await visits.begin();
        await visits.bring(late, brought);
        expect(await visits.endOf(late)).not.toEqual({ certified: true });
      }),
    );

    for (const how of Object.keys(DEVIATIONS) as Deviation[])
      itIf(has('hosted') && has(how))(`ends an attempt whose agency answers ${how}, and no other one`, () =>
        tryVisits(async (visits, under) => {
          const own = await visits.begin();
          const brought = await visits.visit(own, 'approve');
          under.deviate?.(how);
          await visits.bring(own, brought);
          expect(await visits.endOf(own)).toMatchObject({ certified: false });
          under.deviate?.(null);
          const next = await visits.begin();
          await visits.bring(next, await visits.visit(next, 'approve'));
          expect(await visits.endOf(next)).toEqual({ certified: true });
        }),
      );

    itIf(has('hosted') && has('reset'))('is unavailable while its agency cannot be reached', () =>
      tryIt(async (under) => {
        under.deviate?.('reset');
        const begun = await codeOf(Promise.resolve(begin(under)));
        // Some agencies are not asked at the beginning.
        expect([null, 'provider_unavailable']).toContain(begun);
      }),
    );
  });
}
