import fc from 'fast-check';
import {
  code,
  crowdOfCodes,
  form,
  LOOKS,
  leadTo,
  NEXT,
  onlooker,
  pageCrowd,
  start,
} from './page-schedules.ts';
import {
  advance,
  again,
  appRequest,
  call,
  confirm,
  confirmOf,
  create,
  decide,
  merchant,
  type OperatorPlan,
  type Plan,
  request,
  type Step,
  type Twist,
  token,
  touch,
  weighted,
} from './schedules.ts';

/*
 * What can only be played against a server in this process: a provider that fails or takes long, operators who change
 * keys and merchants, and the server's own sweeps in the middle of everything.
 */

const operator: fc.Arbitrary<OperatorPlan> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      does: weighted<'disable' | 'enable' | 'revoke' | 'change secret'>(
        [2, 'disable'],
        [2, 'enable'],
        [2, 'revoke'],
        [3, 'change secret'],
      ),
      merchant,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constantFrom<'sweep' | 'ready' | 'list'>('sweep', 'ready', 'list') }),
  },
);
const sweep: Plan = { does: 'sweep' };
const pauses = advance(0, 1, 30, 59, 60, 61);

const operators: Twist = {
  weight: 3,
  arbitrary: fc
    .tuple(
      fc.array(operator, { minLength: 1, maxLength: 2 }),
      fc.array(fc.oneof(token, token, touch, request, start, create), { minLength: 1, maxLength: 3 }),
      fc.array(fc.oneof(token, touch, request, start), { maxLength: 2 }),
      fc.boolean(),
    )
    .map(([changes, others, later, isCrowd]): readonly Step[] => [
      ...(isCrowd
        ? [{ kind: 'calls', plans: [...changes, ...others] } as const]
        : [...changes, ...others].map(call)),
      ...later.map(call),
    ]),
};
/** Somebody has the old secret and somebody else the new one while it changes. */
const rotations: Twist = {
  weight: 1,
  arbitrary: fc
    .tuple(
      merchant,
      fc.array(weighted<'right' | 'new'>([1, 'right'], [1, 'new']), { minLength: 2, maxLength: 4 }),
      fc.boolean(),
      touch,
    )
    .map(([name, secrets, hasToken, last]): readonly Step[] => {
      const asks = secrets.map((secret) => ({ does: 'token', merchant: name, secret }) as const);
      return [
        ...(hasToken ? [call({ does: 'token', merchant: name, secret: 'right' })] : []),
        { kind: 'calls', plans: [{ does: 'change secret', merchant: name }, ...asks] },
        call({ does: 'token', merchant: name, secret: 'right' }),
        call(last),
      ];
    }),
};
const resets: Twist = {
  weight: 1,
  arbitrary: fc
    .tuple(fc.array(fc.oneof(form, onlooker, confirmOf(fc.constant(0))), { minLength: 1, maxLength: 2 }))
    .map(([plans]) => [{ kind: 'calls', plans: [...plans, { does: 'reset' }] }]),
};

/** For schedules of the API. */
export const apiTwists: readonly Twist[] = [
  operators,
  rotations,
  resets,
  {
    // The provider fails, and with the same code it is asked again.
    weight: 2,
    arbitrary: fc
      .tuple(fc.array(confirmOf(fc.constant(0)), { minLength: 1, maxLength: 3 }), confirmOf(fc.constant(0)))
      .map(([plans, last]) => [
        call(again),
        { kind: 'fault', cert: 0 },
        { kind: 'calls', plans },
        call(last),
      ]),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom(again, null),
        appRequest,
        decide,
        pauses,
        fc.array(fc.oneof(confirmOf(fc.constant(0)), touch, fc.constant(again), fc.constant(sweep)), {
          minLength: 1,
          maxLength: 3,
        }),
      )
      .map(([sms, app, decided, wait, plans]) => [
        call(sms ?? app),
        decided,
        { kind: 'hold', plan: confirm('right') },
        wait,
        { kind: 'calls', plans },
        { kind: 'release' },
        call(confirm('right')),
      ]),
  },
  {
    weight: 1,
    arbitrary: pauses.map((wait) => [
      call(again),
      { kind: 'hold', plan: confirm('right') },
      wait,
      { kind: 'hold', plan: confirm('right') },
      { kind: 'release' },
      call({ does: 'lookup', by: 'owner', cert: 0 }),
      { kind: 'release' },
      call({ does: 'lookup', by: 'owner', cert: 0 }),
    ]),
  },
];

/** For schedules of the page. */
export const pageTwists: readonly Twist[] = [
  operators,
  rotations,
  resets,
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.array(form, { minLength: 1, maxLength: 3 }), fc.array(onlooker, { maxLength: 1 }))
      .map(([forms, others]) => [{ kind: 'calls', plans: [...forms, ...others, sweep] }]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(advance(899, 900, 901), pageCrowd)
      .map(([wait, steps]): readonly Step[] => [
        wait,
        ...steps.map((step) => (step.kind === 'calls' ? { ...step, plans: [...step.plans, sweep] } : step)),
      ]),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom(86_400, 87_301, 31 * 86_400),
        fc.array(fc.oneof(form, onlooker), { minLength: 1, maxLength: 2 }),
      )
      .map(([seconds, plans]): readonly Step[] => [
        { kind: 'sleep', seconds },
        call({ does: 'token', merchant: 'a', secret: 'right' }),
        ...plans.map(call),
      ]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(crowdOfCodes, onlooker)
      .map(([steps, last]) => [{ kind: 'fault', cert: 0 }, ...steps, call(last), call(code('right'))]),
  },
  {
    // Somebody else comes while the provider thinks, or when the one who asked has lost the right to.
    weight: 4,
    arbitrary: fc
      .tuple(
        pauses,
        fc.array(fc.oneof(form, form, onlooker, fc.constant(sweep)), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
      )
      .map(([wait, plans, isAlone]): readonly Step[] => [
        { kind: 'hold', plan: code('right') },
        wait,
        ...(isAlone ? plans.map(call) : [{ kind: 'calls', plans } as const]),
        { kind: 'release' },
        ...LOOKS,
      ]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        start,
        fc.option(decide),
        pauses,
        fc.array(fc.oneof(form, onlooker), { minLength: 1, maxLength: 2 }),
      )
      .map(([begin, decided, wait, plans]): readonly Step[] => [
        ...leadTo('code', { ...NEXT, method: 'APP' }, begin),
        ...(decided === null ? [] : [decided]),
        { kind: 'hold', plan: NEXT },
        wait,
        { kind: 'calls', plans },
        { kind: 'release' },
        ...LOOKS,
      ]),
  },
  {
    // Two ask, since the first one has lost the right to; what it hears then counts no more.
    weight: 1,
    arbitrary: pauses.map((wait) => [
      { kind: 'hold', plan: code('right') },
      wait,
      { kind: 'hold', plan: code('right') },
      { kind: 'release' },
      ...LOOKS,
      { kind: 'release' },
      ...LOOKS,
    ]),
  },
];
