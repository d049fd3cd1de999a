import type { Answer } from './caller.ts';
import type { Findings } from './probes.ts';
import { screenOf } from './walk.ts';

/**
 * What an answer shows: a person as before or nobody; what became of somebody whose confirmation may have been refused;
 * a token; a screen; the result of an attempt; a list of channels; that something new has begun.
 */
export type Kind = 'person' | 'outcome' | 'token' | 'screen' | 'result' | 'list' | 'new';

/** What a change came to, from the mildest on. */
export type Outcome = 'harmless' | 'refused' | 'alarmed';

export interface Verdict {
  readonly outcome: Outcome;
  /** What must not be, each with the question that was answered so. */
  readonly violations: readonly string[];
}

/** An answer that is no trace of a change: what stands in for one that was never asked before. */
const NOBODY: Answer = { status: 404, text: '', requestId: '', location: '' };

/** Compares what a server answers with what it answered before the change. */
export function judge(
  before: Findings,
  after: Findings,
  alarms: ReadonlyMap<string, string>,
  people: RegExp,
): Verdict {
  let outcome: Outcome = 'harmless';
  const violations: string[] = [];
  for (const [name, { kind, answer }] of after) {
    const usual = before.get(name)?.answer ?? NOBODY;
    const said = judgeAnswer(kind, usual, answer, alarms);
    const shown = tracesIn(usual, answer, people);
    if (shown.length > 0) violations.push(`${name}: shows ${shown.join(', ')}`);
    if (said === 'alarmed') outcome = 'alarmed';
    else if (said === 'refused' && outcome === 'harmless') outcome = 'refused';
    else if (said !== 'refused' && said !== 'harmless') violations.push(`${name}: ${said}`);
  }
  return { outcome, violations };
}

/** An outcome, or what is wrong with the answer. */
function judgeAnswer(kind: Kind, before: Answer, after: Answer, alarms: ReadonlyMap<string, string>): string {
  if (after.status === 0) return `no answer: ${after.text}`;
  if (after.status === before.status && usualText(after) === usualText(before)) return 'harmless';
  if (after.status >= 500) {
    const code = alarms.get(after.requestId) ?? 'no line in the log';
    return code === 'an alarm' ? 'alarmed' : `${after.status}, and the log says ${code}`;
  }
  if (after.status >= 400) return 'refused';
  if (after.status !== before.status && !(kind === 'screen' && before.status < 400))
    return `${after.status} instead of ${before.status}`;
  return JUDGES[kind](before, after);
}

const JUDGES: Readonly<Record<Kind, (before: Answer, after: Answer) => string>> = {
  person: () => 'another answer',
  // Where the confirmation was refused there is nobody.
  outcome: (before, after) => (certified(before) && !certified(after) ? 'refused' : 'another answer'),
  token: () => 'harmless',
  screen: (before, after) =>
    screenOf(after.text) === 'success' && screenOf(before.text) !== 'success'
      ? 'a success that was none'
      : 'refused',
  result: (_before, after) => (after.text.includes('"success":true') ? 'another success' : 'refused'),
  list: (before, after) => (isPartOf(channelsIn(after), channelsIn(before)) ? 'refused' : 'another list'),
  new: () => 'harmless',
};

function certified({ text }: Answer): boolean {
  return text.includes('"certified":true');
}

function channelsIn({ text }: Answer): readonly string[] {
  return (JSON.parse(text) as { data: readonly object[] }).data.map((channel) => JSON.stringify(channel));
}

/** Whether some of the list are left, in their order. */
function isPartOf(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  return part.every((each) => {
    at = whole.indexOf(each, at) + 1;
    return at > 0;
  });
}

/** Without what is different every time. */
function usualText({ text, location }: Answer): string {
  return `${location} ${text}`
    .replace(/nonce="[^"]*"/g, '')
    .replace(/\/page\/s?\/?[\w-]{43}/g, '')
    .replace(/"imp_uid":"imp_\d{12}","merchant_uid":"nobody_\d+"|"(?:handle|url)":"[^"]*"/g, '');
}

/** What an answer shows of people that it did not show before. */
function tracesIn(before: Answer, after: Answer, people: RegExp): readonly string[] {
  if (after.text === before.text) return [];
  return [...after.text.matchAll(people)]
    .map(([trace]) => trace)
    .filter((trace) => !before.text.includes(trace));
}
