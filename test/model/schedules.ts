import fc from 'fast-check';
import type { FormCall, WindowState } from './calls.ts';
import type { MerchantName } from './cast.ts';

/*
 * Schedules: what is done in which order, and what at the same moment. They name certifications by how many were
 * made since, so that one schedule can be shortened without changing what its other steps mean.
 */

/** Whose token goes along: the certification's owner's, another merchant's, one that has expired, or none at all. */
type Bearer = 'owner' | 'stranger' | 'former' | 'nonsense';
export type OtpChoice = 'right' | 'spaced' | 'wrong' | 'other' | 'none' | 'malformed';

export type ApiPlan =
  | {
      readonly does: 'token';
      readonly merchant: MerchantName;
      /** `new` is the one that a change of the secret, first among the calls of the same moment, brings. */
      readonly secret: 'right' | 'new' | 'wrong' | 'none';
    }
  | { readonly does: 'lookup' | 'erase'; readonly by: Bearer; readonly cert: number }
  | {
      readonly does: 'confirm';
      readonly by: Bearer;
      readonly cert: number;
      readonly otp: OtpChoice;
    }
  | RequestPlan;

export interface RequestPlan {
  readonly does: 'request';
  readonly merchant: MerchantName;
  readonly by: Bearer;
  readonly person: number;
  readonly name: 'own' | 'mismatching' | 'none';
  readonly phone: 'first' | 'second' | 'blocked' | 'refused' | 'silent';
  readonly channel: { readonly channelKey: string | null; readonly pg: string | null };
  readonly method: 'SMS' | 'APP' | null;
  readonly merchantUid: string | null;
}

/** Attempts of the page are named as certifications are, by how many were started since. */
export type PagePlan =
  | {
      readonly does: 'start';
      readonly channelKey: string;
      readonly minimumAge: number;
    }
  | { readonly does: 'open' | 'show' | 'result'; readonly attempt: number }
  | { readonly does: 'close'; readonly attempt: number; readonly reason: string | null }
  | {
      readonly does: 'word';
      readonly attempt: number;
      readonly number: number;
      readonly state: WindowState;
    }
  | FormPlan;

export type CodeChoice = 'right' | 'wrong' | 'older' | 'malformed';

export interface FormPlan extends Pick<FormCall, 'wish' | 'isFilled' | 'method'> {
  readonly does: 'form';
  readonly attempt: number;
  /** Which step it says that it is for. */
  readonly step: 'current' | 'old' | 'next';
  readonly person: number;
  readonly name: 'own' | 'mismatching';
  readonly phone: RequestPlan['phone'];
  readonly otp: CodeChoice;
}

export type OperatorPlan =
  | { readonly does: 'sweep' | 'reset' | 'ready' | 'list' }
  | { readonly does: 'disable' | 'enable' | 'revoke' | 'change secret'; readonly merchant: MerchantName }
  | {
      readonly does: 'create';
      readonly channelKey: string;
      readonly certified: boolean;
      readonly person: number;
    };

export type Plan = ApiPlan | PagePlan | OperatorPlan;

export type Step =
  /** More than one: at the same moment. */
  | { readonly kind: 'calls'; readonly plans: readonly Plan[] }
  | { readonly kind: 'advance'; readonly seconds: number }
  | { readonly kind: 'decide'; readonly cert: number; readonly approve: boolean }
  /** A time after which a lot is forgotten, and the sweep that does it. */
  | { readonly kind: 'sleep'; readonly seconds: number }
  /** The provider fails the next time that it is asked about this one. */
  | { readonly kind: 'fault'; readonly cert: number }
  /** A call that the provider keeps waiting, until a release answers the one that has waited longest. */
  | { readonly kind: 'hold'; readonly plan: Plan }
  | { readonly kind: 'release' }
  /** A new visit, when the last one is over. */
  | { readonly kind: 'renew'; readonly steps: readonly Step[] };

export const weighted = <T>(...choices: readonly (readonly [number, T])[]): fc.Arbitrary<T> =>
  fc.oneof(...choices.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })));

const bearer = weighted<Bearer>([40, 'owner'], [2, 'stranger'], [1, 'former'], [1, 'nonsense']);
/** 0 is the newest; beyond the oldest there is an id that nobody has. */
const certNumber = weighted<number>([8, 0], [3, 1], [1, 2], [1, 99]);
export const merchant = weighted<MerchantName>([6, 'a'], [2, 'b'], [1, 'c']);

export const token: fc.Arbitrary<Plan> = fc.record({
  does: fc.constant('token' as const),
  merchant,
  secret: weighted([12, 'right' as const], [1, 'wrong' as const], [1, 'none' as const]),
});
export const touch: fc.Arbitrary<Plan> = fc.record({
  does: weighted([3, 'lookup' as const], [2, 'erase' as const]),
  by: bearer,
  cert: certNumber,
});
export const confirmOf = (cert: fc.Arbitrary<number>): fc.Arbitrary<Plan> =>
  fc.record({
    does: fc.constant('confirm' as const),
    by: bearer,
    cert,
    otp: weighted<OtpChoice>(
      [6, 'right'],
      [1, 'spaced'],
      [6, 'wrong'],
      [1, 'other'],
      [1, 'none'],
      [1, 'malformed'],
    ),
  });
export const request: fc.Arbitrary<RequestPlan> = fc.record({
  does: fc.constant('request' as const),
  merchant,
  by: bearer,
  person: fc.nat(2),
  name: weighted([20, 'own' as const], [1, 'mismatching' as const], [1, 'none' as const]),
  phone: weighted<RequestPlan['phone']>(
    [14, 'first'],
    [4, 'second'],
    [1, 'blocked'],
    [1, 'refused'],
    [1, 'silent'],
  ),
  channel: weighted(
    [12, { channelKey: null, pg: null }],
    [3, { channelKey: 'a-kcp', pg: null }],
    [2, { channelKey: 'a-approved', pg: 'kcp_v2' }],
    [1, { channelKey: null, pg: 'kcp_v2' }],
    [1, { channelKey: null, pg: 'danal.PG-a-approved' }],
    [1, { channelKey: 'a-inicis', pg: null }],
    [1, { channelKey: 'of nobody', pg: null }],
  ),
  method: weighted<'SMS' | 'APP' | null>([10, null], [2, 'SMS'], [1, 'APP']),
  merchantUid: weighted<string | null>([2, 'order-1'], [1, null]),
});
export const appRequest: fc.Arbitrary<RequestPlan> = request.map((plan) => ({
  ...plan,
  merchant: 'a',
  name: 'own',
  channel: { channelKey: 'a-kcp', pg: null },
  method: 'APP',
  phone: 'first',
}));
/** Asks again for the same phone at the same channel, which is how a code is sent again. */
export const again: RequestPlan = {
  does: 'request',
  merchant: 'a',
  by: 'owner',
  person: 0,
  name: 'own',
  phone: 'first',
  channel: { channelKey: null, pg: null },
  method: null,
  merchantUid: 'order-1',
};

export const call = (plan: Plan): Step => ({ kind: 'calls', plans: [plan] });
export const confirm = (otp: OtpChoice, cert = 0): Plan => ({ does: 'confirm', by: 'owner', cert, otp });
export const advance = (...seconds: readonly number[]): fc.Arbitrary<Step> =>
  fc.constantFrom(...seconds).map((each) => ({ kind: 'advance', seconds: each }));
export const decide: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('decide' as const),
  cert: fc.constant(0),
  approve: weighted([3, true], [1, false]),
});
export const create: fc.Arbitrary<Plan> = fc.record({
  does: fc.constant('create' as const),
  channelKey: fc.constantFrom('a-danal', 'a-inicis', 'a-kcp', 'b-danal'),
  certified: fc.boolean(),
  person: fc.nat(2),
});

/** At the same moment, at one certification mostly. */
const crowd: fc.Arbitrary<readonly Step[]> = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: confirmOf(weighted([6, 0], [1, 1])) },
      { weight: 2, arbitrary: touch },
      { weight: 2, arbitrary: fc.constant<Plan>(again) },
      { weight: 1, arbitrary: token },
      { weight: 1, arbitrary: request },
    ),
    { minLength: 2, maxLength: 4 },
  )
  .map((plans) => [{ kind: 'calls', plans }]);
const crowdOfWrongOnes: fc.Arbitrary<readonly Step[]> = fc
  .array(weighted<OtpChoice>([4, 'wrong'], [1, 'right']), { minLength: 3, maxLength: 5 })
  .map((otps) => [{ kind: 'calls', plans: otps.map((otp) => confirm(otp)) }]);

/** Some steps that belong together, and how often they come. */
export type Twist = fc.WeightedArbitrary<readonly Step[]>;

const twist: fc.Arbitrary<readonly Step[]> = fc.oneof<fc.MaybeWeightedArbitrary<readonly Step[]>[]>(
  { weight: 4, arbitrary: fc.oneof(token, touch, confirmOf(certNumber), request).map((p) => [call(p)]) },
  { weight: 3, arbitrary: crowd },
  {
    weight: 1,
    arbitrary: fc.tuple(advance(179, 180), crowd).map(([wait, steps]) => [wait, ...steps]),
  },
  { weight: 2, arbitrary: crowdOfWrongOnes },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 3, max: 5 }), weighted<OtpChoice>([3, 'right'], [1, 'wrong']))
      .map(([wrong, last]) => [
        ...Array.from({ length: wrong }, () => call(confirm('wrong'))),
        call(confirm(last)),
      ]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(advance(1, 60, 178, 179, 180, 181), confirmOf(fc.constant(0)))
      .map(([wait, plan]) => [wait, call(plan)]),
  },
  {
    weight: 2,
    arbitrary: confirmOf(weighted([2, 1], [1, 0])).map((plan) => [call(again), call(plan)]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(advance(1739, 1740, 1741, 1799, 1800, 300, 240), fc.array(token, { minLength: 1, maxLength: 3 }))
      .map(([wait, plans]): readonly Step[] => [wait, { kind: 'calls', plans }]),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(appRequest, decide, confirmOf(fc.constant(0)))
      .map(([asked, decided, plan]) => [call(asked), call(confirm('none')), decided, call(plan)]),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(create, confirmOf(fc.constant(0)), touch)
      .map(([made, first, second]) => [call(made), call(first), call(second)]),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(appRequest, decide, crowd)
      .map(([asked, decided, steps]) => [call(asked), decided, ...steps]),
  },
  { weight: 1, arbitrary: touch.map((plan) => [call(plan), call(plan)]) },
);

/** From one call to some twenty; most begin with a code that was sent. `more` may happen besides. */
export const apiSchedules = (...more: readonly Twist[]): fc.Arbitrary<readonly Step[]> =>
  fc
    .tuple(
      weighted<readonly Step[]>([5, [call(again)]], [1, []]),
      fc.array(fc.oneof({ weight: 24, arbitrary: twist }, ...more), {
        minLength: 1,
        maxLength: 5,
        size: 'max',
      }),
    )
    .map(([start, twists]) => [...start, ...twists.flat()]);
