import type { Language } from '../config/language.ts';
import { say } from '../config/language.ts';
import { readVersion } from '../version.ts';
import { type Checked, runChecks, type State } from './checks/check.ts';
import { createCheckContext, readServeSettings } from './checks/context.ts';
import { CHECKS } from './checks/index.ts';
import { beside, WIDTH, widthOf, wrap } from './columns.ts';
import { type Command, EXIT } from './command.ts';
import { COPY } from './copy.ts';
import { type Paint, paintFor } from './paint.ts';
import { settingOptions } from './setting-options.ts';
import { DATABASE_VARIABLES, TRACE_VARIABLES } from './standard-variables.ts';

/** `bonin doctor`: checks what `serve` needs, with the same settings, and changes nothing. */
export const doctor: Command = {
  name: 'doctor',
  operands: [],
  summary: {
    en: 'Checks everything that serve needs, and says how to mend what is wrong.',
    ko: 'serve에 필요한 것을 모두 점검하고 고치는 방법을 알려 줍니다.',
  },
  more: {
    en: 'Takes the settings of serve and changes nothing. Run it as the user that runs serve. The exit code is 1 when something has failed; warnings leave it at 0.',
    ko: 'serve와 같은 설정을 읽으며 아무것도 바꾸지 않습니다. serve를 실행하는 사용자로 실행하세요. 실패한 항목이 있으면 종료 코드는 1이고, 주의만 있으면 0입니다.',
  },
  options: {
    json: {
      type: 'boolean',
      value: null,
      about: { en: 'Prints the findings as one line of JSON.', ko: '점검 결과를 JSON 한 줄로 출력합니다.' },
    },
    ...settingOptions('serve'),
  },
  variables: [...TRACE_VARIABLES, ...DATABASE_VARIABLES],
  examples: [
    {
      words: 'doctor --data /var/lib/bonin --public-url https://id.example.com',
      about: { en: 'Before the first start on SQLite:', ko: 'SQLite로 처음 시작하기 전에 점검합니다.' },
    },
    {
      words: 'doctor --json --database-url postgres://bonin@db.example/bonin',
      about: { en: 'In a script:', ko: '스크립트에서 점검합니다.' },
    },
  ],

  async run({ options, environment, language }) {
    const settings = readServeSettings({ options, environment });
    const found = await runChecks(CHECKS, createCheckContext(settings));
    const isWell = found.every(({ state }) => state !== 'failed');
    if (options['json'] === true) console.log(JSON.stringify(toReport(found, language, isWell)));
    else console.log(describe(found, language, paintFor(process.stdout, environment)));
    return isWell ? EXIT.ok : EXIT.failed;
  },
};

function detailOf({ detail, named = [] }: Checked, language: Language): string {
  const names = named.map(({ name, fault }) => `${name}: ${fault[language]}`);
  return [detail[language], ...(names.length === 0 ? [] : [names.join('; ')])].join(': ');
}

const NEEDS_MENDING: ReadonlySet<State> = new Set(['failed', 'warning']);

function toReport(found: readonly Checked[], language: Language, isWell: boolean): object {
  const checks = found.map((each) => ({
    id: each.check.id,
    state: each.state,
    what: each.check.what[language],
    detail: detailOf(each, language),
    mend: NEEDS_MENDING.has(each.state) ? each.check.mend[language] : null,
  }));
  return { bonin: 'doctor', version: readVersion(), ok: isWell, checks };
}

/** A line for each check, and below those that found something, how to mend it. */
function describe(found: readonly Checked[], language: Language, paint: Paint): string {
  const states = { ok: paint.good, warning: paint.warning, failed: paint.bad, skipped: paint.warning };
  const labels = Object.fromEntries(
    Object.keys(states).map((state) => [state, COPY[`state_${state as State}`][language]]),
  );
  const at = 4 + Math.max(...Object.values(labels).map(widthOf));
  const lines = found.flatMap((each) => {
    const { state, check } = each;
    const text = `${check.what[language]}: ${detailOf(each, language)}`;
    const mend = wrap(`${COPY.mend[language]} ${check.mend[language]}`, WIDTH - at).map(
      (line) => ' '.repeat(at) + line,
    );
    return [
      ...beside(labels[state] ?? state, text, { at, paint: states[state] }),
      ...(NEEDS_MENDING.has(state) ? mend : []),
    ];
  });
  const count = (state: State) => found.filter((each) => each.state === state).length;
  const counts = {
    failed: count('failed'),
    warnings: count('warning'),
    skipped: count('skipped'),
    ok: count('ok'),
  };
  return `${lines.join('\n')}\n\n${say(COPY.checked, language, counts)}`;
}
