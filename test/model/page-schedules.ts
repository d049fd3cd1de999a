import fc from 'fast-check';
import type { WindowState } from './calls.ts';
import {
  advance,
  again,
  type CodeChoice,
  call,
  decide,
  type FormPlan,
  type PagePlan,
  type Plan,
  type Step,
  type Twist,
  token,
  touch,
  weighted,
} from './schedules.ts';

/* Schedules of the verification page: one person or several windows, the shop's script and its server at once. */

/** The form that takes the person one screen on. */
export const NEXT: FormPlan = {
  does: 'form',
  attempt: 0,
  step: 'current',
  wish: 'next',
  isFilled: true,
  method: 'SMS',
  person: 0,
  name: 'own',
  phone: 'first',
  otp: 'right',
};

/** The shop looks at how it stands, and its server too. */
export const LOOKS: readonly Step[] = [
  call({ does: 'result', attempt: 0 }),
  call({ does: 'lookup', by: 'owner', cert: 0 }),
];

export const code = (otp: CodeChoice): FormPlan => ({ ...NEXT, otp });
const wish = (what: FormPlan['wish']): FormPlan => ({ ...NEXT, wish: what });

/** A form of the screen on which the attempt stands, whichever that is. */
export const form: fc.Arbitrary<FormPlan> = fc.record({
  does: fc.constant('form' as const),
  attempt: weighted([12, 0], [1, 1]),
  step: weighted<FormPlan['step']>([14, 'current'], [2, 'old'], [1, 'next']),
  wish: weighted<FormPlan['wish']>(
    [10, 'next'],
    [1, 'cancel'],
    [3, 'resend'],
    [1, 'other_number'],
    [1, 'to_sms'],
    [1, 'play_approval'],
  ),
  isFilled: weighted([12, true], [1, false]),
  method: weighted<'SMS' | 'APP'>([4, 'SMS'], [1, 'APP']),
  person: fc.nat(2),
  name: weighted<FormPlan['name']>([20, 'own'], [1, 'mismatching']),
  phone: weighted<FormPlan['phone']>(
    [24, 'first'],
    [2, 'second'],
    [1, 'blocked'],
    [1, 'refused'],
    [1, 'silent'],
  ),
  otp: weighted<CodeChoice>([4, 'right'], [5, 'wrong'], [1, 'older'], [1, 'malformed']),
});

/** A new attempt whose window has come so far; a few are led to a person who is nobody. */
const STAGES = ['started', 'carrier', 'consent', 'method', 'person', 'code'] as const;
export function leadTo(stage: (typeof STAGES)[number], way: FormPlan, start: PagePlan): readonly Step[] {
  const forms = Array.from({ length: Math.max(0, STAGES.indexOf(stage) - 1) }, () => call(way));
  return [call(start), ...(stage === 'started' ? [] : [call({ does: 'open', attempt: 0 })]), ...forms];
}

export const start: fc.Arbitrary<PagePlan> = fc.record({
  does: fc.constant('start' as const),
  channelKey: weighted([6, 'a-danal'], [2, 'a-kcp'], [2, 'a-inicis'], [1, 'a-approved'], [1, 'b-danal']),
  minimumAge: weighted([30, 0], [1, 150]),
});
const way: fc.Arbitrary<FormPlan> = fc
  .tuple(fc.nat(2), weighted<'SMS' | 'APP'>([4, 'SMS'], [1, 'APP']))
  .map(([person, method]) => ({ ...NEXT, person, method }));
const visit: fc.Arbitrary<readonly Step[]> = fc
  .tuple(
    weighted<(typeof STAGES)[number]>(
      [14, 'code'],
      [3, 'person'],
      [1, 'method'],
      [1, 'consent'],
      [1, 'carrier'],
      [2, 'started'],
    ),
    way,
    start,
  )
  .map((given) => leadTo(...given));

const close: fc.Arbitrary<PagePlan> = fc.record({
  does: fc.constant('close' as const),
  attempt: fc.constant(0),
  reason: weighted<string | null>([4, 'USER_CANCEL'], [1, 'REPLACED'], [1, 'POPUP_BLOCKED'], [4, null]),
});
const word: fc.Arbitrary<PagePlan> = fc.record({
  does: fc.constant('word' as const),
  attempt: fc.constant(0),
  // Of the first screens, and of one that there will never be.
  number: fc.constantFrom(1_000_001, 2_000_001, 5_000_001, 900_000_001),
  state: weighted<WindowState>([3, 'visible'], [1, 'hidden'], [2, 'gone']),
});
/** Others than the person at the screen. */
export const onlooker: fc.Arbitrary<Plan> = fc.oneof(
  { weight: 3, arbitrary: close },
  { weight: 2, arbitrary: word },
  {
    weight: 2,
    arbitrary: fc.constantFrom<PagePlan>({ does: 'show', attempt: 0 }, { does: 'result', attempt: 0 }),
  },
  { weight: 1, arbitrary: fc.constant<Plan>({ does: 'open', attempt: 0 }) },
  { weight: 3, arbitrary: touch },
  { weight: 1, arbitrary: fc.constant<Plan>(again) },
  { weight: 1, arbitrary: start },
);

const CODES = weighted<CodeChoice>([5, 'wrong'], [2, 'right']);
/** At the same moment, at one attempt mostly. */
export const pageCrowd: fc.Arbitrary<readonly Step[]> = fc
  .tuple(fc.array(form, { minLength: 1, maxLength: 3 }), fc.array(onlooker, { minLength: 0, maxLength: 2 }))
  .map(([forms, others]) => [{ kind: 'calls', plans: [...forms, ...others] }]);
/** Codes for one step, as whoever tries to guess sends them. */
export const crowdOfCodes: fc.Arbitrary<readonly Step[]> = fc
  .array(CODES, { minLength: 2, maxLength: 5 })
  .map((codes) => [{ kind: 'calls', plans: codes.map(code) }]);
const codesAmongOthers: fc.Arbitrary<readonly Step[]> = fc
  .tuple(fc.array(CODES, { minLength: 1, maxLength: 3 }), fc.array(onlooker, { minLength: 1, maxLength: 2 }))
  .map(([codes, others]) => [{ kind: 'calls', plans: [...codes.map(code), ...others] }]);

const twist: fc.Arbitrary<readonly Step[]> = fc.oneof<Twist[]>(
  { weight: 4, arbitrary: fc.oneof(form, onlooker).map((plan) => [call(plan)]) },
  { weight: 5, arbitrary: pageCrowd },
  { weight: 4, arbitrary: crowdOfCodes },
  { weight: 3, arbitrary: codesAmongOthers },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 2, max: 5 }), weighted<CodeChoice>([2, 'right'], [1, 'wrong']))
      .map(([wrong, last]) => [
        ...Array.from({ length: wrong }, () => call(code('wrong'))),
        call(code(last)),
        ...LOOKS,
      ]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 3, max: 4 }), crowdOfCodes)
      .map(([wrong, steps]) => [...Array.from({ length: wrong }, () => call(code('wrong'))), ...steps]),
  },
  {
    // A code that comes late, and those that come just in time.
    weight: 2,
    arbitrary: fc
      .tuple(
        advance(1, 178, 179, 180, 181),
        fc.oneof(
          crowdOfCodes,
          form.map((plan) => [call(plan)]),
        ),
      )
      .map(([wait, steps]) => [wait, ...steps]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        advance(29, 30, 31),
        fc.oneof(pageCrowd, fc.constant([call(wish('resend'))])),
        fc.array(CODES, { maxLength: 2 }),
      )
      .map(([wait, steps, codes]) => [wait, ...steps, ...codes.map((each) => call(code(each)))]),
  },
  {
    // Code after code, until there is none any more.
    weight: 1,
    arbitrary: fc.tuple(fc.integer({ min: 3, max: 5 }), fc.constantFrom(1, 2)).map(([count, crowd]) =>
      Array.from({ length: count }, (): readonly Step[] => [
        { kind: 'advance', seconds: 30 },
        { kind: 'calls', plans: Array.from({ length: crowd }, () => wish('resend')) },
      ]).flat(),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        advance(300, 599, 600, 601),
        fc.array(fc.constant<Plan>({ does: 'open', attempt: 0 }), { minLength: 1, maxLength: 3 }),
      )
      .map(([wait, plans]) => [call(START), wait, { kind: 'calls', plans }]),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(advance(720, 870, 899, 900, 901), fc.oneof(pageCrowd, codesAmongOthers))
      .map(([wait, steps]) => [wait, ...steps, ...LOOKS]),
  },
  {
    // The provider does not know the person, time after time.
    weight: 1,
    arbitrary: fc
      .integer({ min: 2, max: 5 })
      .map((count) => [
        call(wish('other_number')),
        { kind: 'advance', seconds: 30 },
        ...Array.from({ length: count }, () => call({ ...NEXT, name: 'mismatching' })),
        call(NEXT),
        call(code('right')),
      ]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(start, decide, fc.oneof(pageCrowd, fc.constant([call(NEXT)])), fc.boolean())
      .map(([begin, decided, steps, isAsked]) => [
        ...leadTo('code', { ...NEXT, method: 'APP' }, begin),
        ...(isAsked ? [call(NEXT)] : []),
        decided,
        ...steps,
      ]),
  },
  {
    // A window that goes, comes again, or says nothing at all, while the shop asks.
    weight: 2,
    arbitrary: fc
      .tuple(word, fc.array(fc.oneof(word, close), { minLength: 1, maxLength: 3 }), CODES)
      .map(([said, others, last]) => [
        call(said),
        { kind: 'calls', plans: [{ does: 'close', attempt: 0, reason: null }, ...others, code(last)] },
        ...LOOKS,
      ]),
  },
  {
    // What those hear who come after the end.
    weight: 2,
    arbitrary: fc
      .array(onlooker, { minLength: 1, maxLength: 2 })
      .map((others) => [
        call(code('right')),
        call({ does: 'show', attempt: 0 }),
        call({ does: 'close', attempt: 0, reason: 'USER_CANCEL' }),
        ...LOOKS,
        { kind: 'calls', plans: others },
      ]),
  },
  { weight: 1, arbitrary: fc.tuple(visit, pageCrowd).map((parts) => parts.flat()) },
  {
    weight: 1,
    arbitrary: fc.array(token, { minLength: 1, maxLength: 2 }).map((plans) => [{ kind: 'calls', plans }]),
  },
);

const START: PagePlan = { does: 'start', channelKey: 'a-danal', minimumAge: 0 };

/** The same for several servers, each of which knows only the approvals that it heard of itself. */
export function withoutOwnApprovals(steps: readonly Step[]): readonly Step[] {
  const tame = (plan: Plan): Plan =>
    plan.does === 'form' && plan.wish === 'play_approval' ? { ...plan, wish: 'next' } : plan;
  return steps.map((step) => (step.kind === 'calls' ? { ...step, plans: step.plans.map(tame) } : step));
}

const RENEWAL: Step = { kind: 'renew', steps: leadTo('code', NEXT, START) };

/** Most begin with a person in front of the field for the code, and all end with the shop's look at the result. */
export const pageSchedules = (...more: readonly Twist[]): fc.Arbitrary<readonly Step[]> =>
  fc
    .tuple(
      visit,
      fc.array(fc.oneof({ weight: 30, arbitrary: twist }, ...more), {
        minLength: 1,
        maxLength: 4,
        size: 'max',
      }),
    )
    .map(([begin, twists]) => [...begin, ...twists.flatMap((steps) => [RENEWAL, ...steps]), ...LOOKS]);
