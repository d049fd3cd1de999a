import { CONSENTS } from '../core/attempt.ts';
import type { Language } from '../html/language.ts';
import { type Html, html } from '../html/template.ts';
import { CONSENT_COPY } from './consent-copy.ts';
import { COPY, PROBLEMS } from './copy.ts';
import type { Problem, Screen } from './screen.ts';

type Field = Problem['field'];

/** The fields of each screen. A problem with any other field is still listed at the top. */
const FIELDS: Readonly<Record<Screen['kind'], readonly Field[]>> = {
  carrier: ['carrier', 'network'],
  consent: ['agree_personal', 'agree_unique_id', 'agree_carrier', 'agree_service'],
  method: ['method'],
  person: ['name', 'birth', 'gender_digit', 'phone'],
  code: ['otp'],
  app: [],
  hand_over: [],
  waiting: [],
  success: [],
  failure: [],
  dead: [],
};

/** The problems of a form as markup: for the list at the top, and beside each field. */
export interface ProblemMarks {
  readonly any: boolean;
  /** The list at the top, with links to the fields. */
  readonly list: Html | null;
  /** Attributes of a field or group: its description, and whether it is wrong. `note` is the id of its explanation. */
  describe(field: Field, note?: string): Html;
  /** Focuses the field of the first problem; null for other fields. */
  focus(field: Field): Html | null;
  /** The messages beside a field. */
  beside(field: Field): Html | null;
}

/** Assigns the problems of a screen to its fields. */
export function markProblems(screen: Screen, language: Language): ProblemMarks {
  const fields = FIELDS[screen.kind];
  const given = 'problems' in screen ? screen.problems : [];
  // In the order of the fields; problems without a field come first.
  const problems = given.toSorted((one, other) => fields.indexOf(one.field) - fields.indexOf(other.field));
  const of = (field: Field) => problems.filter((problem) => problem.field === field);
  const sentence = (problem: Problem) => PROBLEMS[problem.sentence][language];
  const [first] = problems;
  const focused = first && fields.includes(first.field) ? first.field : null;
  // Several consents may have the same problem, so the list at the top names each consent.
  const named = (field: Field) => {
    const consent = CONSENTS.find((name) => field === `agree_${name}`);
    return consent && `${CONSENT_COPY[consent].label[language]}: `;
  };
  const entry = (problem: Problem) =>
    fields.includes(problem.field)
      ? html`<li><a href="#f-${problem.field}">${named(problem.field)}${sentence(problem)}</a></li>`
      : html`<li>${sentence(problem)}</li>`;
  return {
    any: first !== undefined,
    list: first
      ? html`<div class="problems" role="alert" tabindex="-1"${focused === null && html` autofocus`}><p>${COPY.problems_title[language]}</p><ul>${problems.map(entry)}</ul></div>`
      : null,
    describe(field, note) {
      const wrong = of(field).length > 0;
      const ids = [note, wrong && `e-${field}`].filter(Boolean).join(' ');
      return html`${ids !== '' && html` aria-describedby="${ids}"`}${wrong && html` aria-invalid="true"`}`;
    },
    focus: (field) => (field === focused ? html` autofocus` : null),
    beside(field) {
      const wrong = of(field);
      return wrong.length === 0
        ? null
        : html`<p class="wrong" id="e-${field}">${wrong.map((problem) => html`<span>${sentence(problem)}</span> `)}</p>`;
    },
  };
}
