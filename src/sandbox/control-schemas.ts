import * as v from 'valibot';
import { holdsRegistrationNumber, isBirthday, parsePhone } from '../core/identity.ts';
import { isStorableImpUid } from '../core/ids.ts';
import { LANGUAGES } from '../html/language.ts';
import { findNearestName } from '../validation/nearest-name.ts';
import {
  anyText,
  listOf,
  mapOf,
  names,
  object,
  oneOf,
  rule,
  textThat,
  truth,
  wholeNumber,
} from '../validation/schemas.ts';
import { ROUTE_NAMES, readFaultRoute } from './api-routes.ts';
import { LATEST_SECOND } from './movable-clock.ts';
import { ONE_CI, PERSON } from './people-schema.ts';

/* The input of the control routes. Everything that is not described here is refused, so nothing is guessed. */

const LONGEST_TEXT = 100;
const LONGEST_ORIGIN = 2000;

/** After this time every day of the calendar is in the past. */
const END_OF_DAYS = (LATEST_SECOND - 86_400) * 1000;

const freeText = (longest: number) =>
  textThat(
    `be a text of 1 to ${longest} characters, without a resident registration number`,
    (value) => value.trim() !== '' && value.length <= longest && !holdsRegistrationNumber(value),
  );
const impUid = textThat('be an imp_uid', isStorableImpUid);

/**
 * Members that are left out have the values of the first person on the first channel; null if the provider does not
 * return them.
 */
const CERTIFICATION = v.pipe(
  object({
    name: v.optional(PERSON.name),
    // It must be in the past by the sandbox's clock; that is checked where the clock is known.
    birthday: v.optional(
      textThat('be a day of the calendar from 1902 on, YYYY-MM-DD', (value) =>
        isBirthday(value, END_OF_DAYS),
      ),
    ),
    gender: v.optional(v.nullable(PERSON.gender)),
    phone: v.optional(v.nullable(PERSON.phone)),
    carrier: v.optional(v.nullable(PERSON.carrier)),
    foreigner: v.optional(v.nullable(PERSON.foreigner)),
    unique_key: v.optional(PERSON.unique_key),
    person: v.optional(PERSON.person),
    merchant_uid: v.optional(freeText(LONGEST_TEXT)),
    channel_key: v.optional(freeText(LONGEST_TEXT)),
    certified: v.optional(truth),
    origin: v.optional(v.nullable(freeText(LONGEST_ORIGIN))),
  }),
  rule('person', ONE_CI, ({ unique_key, person }) => unique_key === undefined || person === undefined),
);

const MESSAGES = object({
  phone: v.optional(textThat('be a mobile number', (value) => parsePhone(value) !== null)),
  imp_uid: v.optional(impUid),
  after: v.optional(textThat('be the id of a message', (value) => /^msg_\d{1,15}$/.test(value))),
  wait: v.optional(
    textThat('be a whole number of seconds from 0 to 30', (value) => /^(?:[012]?\d|30)$/.test(value)),
  ),
});

const APPROVAL = object({ imp_uid: impUid, approve: truth });

const seconds = wholeNumber(0, LATEST_SECOND, 'be whole seconds, not negative and not beyond the year 9999');
const CLOCK = v.pipe(
  object({ now: v.optional(seconds), advance: v.optional(seconds) }),
  rule('advance', 'not stand beside now', ({ now, advance }) => now === undefined || advance === undefined),
);

const LONGEST_DELAY = 60_000;
const MOST_FAULTS = 100;
const MOST_TIMES = 1_000_000;
const LONGEST_BODY = 32_768;
const LONGEST_HEADER = 1000;
const LONGEST_HEADERS = 8192;

/** Headers that determine the connection and the length of an answer. */
const FRAMING: readonly string[] = [
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
const HEADERS = v.pipe(
  mapOf(
    v.pipe(
      v.string('be a text'),
      v.maxLength(LONGEST_HEADER, `have at most ${LONGEST_HEADER} characters`),
      v.regex(/^[\t\x20-\x7e]*$/, 'be a text in ASCII without line breaks'),
    ),
    'be an object of header names and texts',
  ),
  names('have a name of letters, digits and hyphens', (name) =>
    /^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/i.test(name),
  ),
  names(
    'be left out: connection and length of an answer are the server’s',
    (name) => !FRAMING.includes(name.toLowerCase()),
  ),
  names(
    'be there once: letter case makes no other header',
    (name, all) => all.filter((other) => other.toLowerCase() === name.toLowerCase()).length === 1,
  ),
  v.check(
    (headers) => Object.entries(headers).join('').length <= LONGEST_HEADERS,
    `have at most ${LONGEST_HEADERS} characters in all`,
  ),
);

const ROUTE_MUST = `be one of ${ROUTE_NAMES.join(', ')}, or a path that meets one`;
const ROUTE = v.pipe(
  v.string(ROUTE_MUST),
  v.check(
    (route) => readFaultRoute(route) !== null,
    ({ input }) => `${ROUTE_MUST}, or null; did you mean ${findNearestName(input, ROUTE_NAMES)}?`,
  ),
);

const probability = v.pipe(
  v.number('be a number from 0 to 1'),
  v.minValue(0, 'be a number from 0 to 1'),
  v.maxValue(1, 'be a number from 0 to 1'),
);
const FAULT = v.pipe(
  object({
    route: v.optional(v.nullable(ROUTE)),
    times: v.optional(v.nullable(wholeNumber(1, MOST_TIMES))),
    probability: v.optional(probability),
    delay_ms: v.optional(wholeNumber(0, LONGEST_DELAY)),
    status: v.optional(v.nullable(wholeNumber(400, 599))),
    abort: v.optional(truth),
    body: v.optional(
      v.nullable(v.pipe(anyText, v.maxLength(LONGEST_BODY, `have at most ${LONGEST_BODY} characters`))),
    ),
    headers: v.optional(v.nullable(HEADERS)),
  }),
  rule(
    'abort',
    'not stand beside status: a connection that is cut has no answer',
    ({ abort, status }) => !(abort === true && status != null),
  ),
  rule('body', 'stand beside a status', ({ body, status }) => body == null || status != null),
  rule('headers', 'stand beside a status', ({ headers, status }) => headers == null || status != null),
);
const FAULTS = object({
  faults: v.pipe(
    listOf(FAULT, 'be a list of faults'),
    v.maxLength(MOST_FAULTS, `have at most ${MOST_FAULTS} faults`),
  ),
});

const NOTHING = object({});

/** How the page of a sandbox shows the outcomes. */
const PICKERS = ['folded', 'open', 'hidden'] as const;
const LONGEST_STEP = 10_000;

/** The member `sandbox` in a call of the shop's script. */
export function choiceSchema(people: readonly string[], outcomes: readonly string[]) {
  return object({
    sandbox: v.nullish(
      object({
        person: v.nullish(oneOf(people)),
        outcome: v.nullish(oneOf(outcomes)),
        auto: v.nullish(truth),
        delay_ms: v.nullish(wholeNumber(0, LONGEST_STEP)),
        picker: v.nullish(oneOf(PICKERS)),
      }),
    ),
  });
}

/** The input that a control route accepts; a part that is left out must be empty. */
interface Control {
  readonly query?: v.GenericSchema;
  readonly body?: v.GenericSchema;
}

/** The control routes that answer with JSON, and their input. */
export const CONTROLS = {
  'POST /sandbox/certifications': { body: CERTIFICATION },
  'GET /sandbox/messages': { query: MESSAGES },
  'DELETE /sandbox/messages': {},
  'GET /sandbox/faults': {},
  'PUT /sandbox/faults': { body: FAULTS },
  'DELETE /sandbox/faults': {},
  'GET /sandbox/requests': {},
  'POST /sandbox/approvals': { body: APPROVAL },
  'POST /sandbox/reset': { body: NOTHING },
  'GET /sandbox/clock': {},
  'PUT /sandbox/clock': { body: CLOCK },
  'GET /sandbox/events': {},
  'GET /sandbox': { query: object({ lang: v.optional(oneOf(LANGUAGES)) }) },
} as const satisfies Record<string, Control>;

export type ControlName = keyof typeof CONTROLS;
type Part<Name extends ControlName, Key extends keyof Control> = (typeof CONTROLS)[Name] extends {
  readonly [Each in Key]: infer Schema extends v.GenericSchema;
}
  ? v.InferOutput<Schema>
  : Readonly<Record<never, never>>;

/** The checked input of a control route. */
export interface ControlInput<Name extends ControlName> {
  readonly query: Part<Name, 'query'>;
  readonly body: Part<Name, 'body'>;
}

export type CertificationInput = v.InferOutput<typeof CERTIFICATION>;
export type FaultInput = v.InferOutput<typeof FAULT>;
export type SandboxChoice = NonNullable<v.InferOutput<ReturnType<typeof choiceSchema>>['sandbox']>;
