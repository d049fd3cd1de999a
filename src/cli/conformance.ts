import { writeFileSync } from 'node:fs';
import { type Language, say } from '../config/language.ts';
import type { Target } from '../conformance/exchange.ts';
import { type CaseReport, countCases, runConformance } from '../conformance/run.ts';
import { isLoopback, readCaller, SERVER_OPTIONS } from './call-api.ts';
import { type Command, EXIT, UsageError } from './command.ts';
import { COPY } from './copy.ts';

/** Milliseconds between two cases on another machine, to spare its service. */
const REMOTE_PAUSE = 500;

/** `bonin conformance`: plays the golden cases that need no control of the server against any V1 server. */
export const conformance: Command = {
  name: 'conformance',
  operands: [],
  summary: {
    en: 'Compares any V1 server with the contract, case by case.',
    ko: 'V1 서버를 규격의 사례와 하나씩 비교합니다.',
  },
  options: {
    ...SERVER_OPTIONS,
    key: {
      type: 'string',
      value: 'IMP_KEY',
      about: {
        en: 'The imp_key to use. Prefer the variable: other users of the machine cannot see it.',
        ko: '사용할 imp_key. 같은 기기의 다른 사용자에게 보이지 않는 환경 변수를 권합니다.',
      },
      variable: 'BONIN_IMP_KEY',
    },
    secret: {
      type: 'string',
      value: 'IMP_SECRET',
      about: {
        en: 'The imp_secret to use. Prefer the variable.',
        ko: '사용할 imp_secret. 환경 변수를 권합니다.',
      },
      variable: 'BONIN_IMP_SECRET',
    },
    writes: {
      type: 'boolean',
      value: null,
      about: {
        en: 'Also runs the cases that may send an OTP to an invented person, confirm or delete.',
        ko: '가상 인물에게 인증번호를 보내거나 인증을 확인하고 삭제하는 사례도 실행합니다.',
      },
    },
    report: {
      type: 'string',
      value: 'FILE',
      about: {
        en: 'Writes the result of every case as JSON to FILE.',
        ko: '사례별 결과를 JSON으로 FILE에 씁니다.',
      },
    },
    pause: {
      type: 'string',
      value: 'MS',
      about: { en: 'Pause between two cases, in milliseconds.', ko: '사례 사이에 쉬는 시간(밀리초).' },
      preset: `0 on this machine, ${REMOTE_PAUSE} elsewhere`,
    },
    'allow-remote': {
      type: 'boolean',
      value: null,
      about: { en: 'Allows a host that is not this machine.', ko: '이 기기가 아닌 호스트도 허용합니다.' },
    },
  },
  examples: [
    {
      words: 'conformance --writes',
      about: {
        en: 'The sandbox of this machine, all cases:',
        ko: '이 기기의 샌드박스를 모든 사례와 비교합니다.',
      },
    },
    {
      words: 'conformance --url https://id.example.com --allow-remote --report report.json',
      about: {
        en: 'Another server, reading only, with a report:',
        ko: '다른 서버를 조회 사례만으로 비교하고 결과를 파일에 씁니다.',
      },
    },
  ],

  async run(call) {
    const { options, language } = call;
    const { url, impKey, impSecret } = readCaller(call);
    const pair = { impKey, impSecret };
    const target = toTarget(new URL(url));
    const isRemote = !isLoopback(target.host);
    const pause = readPause(options['pause'], isRemote ? REMOTE_PAUSE : 0, language);
    if (isRemote && options['allow-remote'] !== true)
      throw new UsageError([say(COPY.remote, language, { host: target.host })]);
    if (!/^[\w-]+$/.test(pair.impKey) || !/^[\w-]+$/.test(pair.impSecret))
      throw new UsageError([COPY.pair_letters[language]]);

    const startedAt = new Date();
    const reports: CaseReport[] = [];
    const total = countCases();
    for await (const report of runConformance({ target, pair, writes: options['writes'] === true, pause })) {
      reports.push(report);
      showProgress(reports.length, total, report.name);
      if (report.result === 'different') console.log(describe(report));
    }
    showProgress(null, total, '');
    console.log(summarise(reports));
    if (typeof options['report'] === 'string')
      writeFileSync(
        options['report'],
        `${JSON.stringify({ url, startedAt, writes: options['writes'] === true, counts: count(reports), cases: reports }, null, 2)}\n`,
      );
    return reports.some(({ result }) => result === 'different') ? EXIT.failed : EXIT.ok;
  },
};

function toTarget({ protocol, hostname, port, pathname }: URL): Target {
  const tls = protocol === 'https:';
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (tls ? 443 : 80) : Number(port),
    tls,
    basePath: pathname.replace(/\/+$/, ''),
  };
}

function readPause(text: string | boolean | undefined, preset: number, language: Language): number {
  if (text === undefined) return preset;
  if (typeof text !== 'string' || !/^\d{1,6}$/.test(text)) throw new UsageError([COPY.pause_wrong[language]]);
  return Number(text);
}

function showProgress(done: number | null, total: number, name: string): void {
  if (!process.stderr.isTTY) return;
  const line = done === null ? '' : `${String(done).padStart(String(total).length)}/${total} ${name}`;
  process.stderr.write(`\r\u001b[K${line}`);
}

function describe({ name, grade, why, notes }: CaseReport): string {
  return `DIFFERENT ${name} (${grade})\n  ${why}\n${notes.map((note) => `  - ${note}\n`).join('')}`;
}

function count(reports: readonly CaseReport[]): Record<CaseReport['result'], number> {
  const counts = { same: 0, different: 0, 'left out': 0 };
  for (const { result } of reports) counts[result]++;
  return counts;
}

/** The counts. Differences are grouped by the source of the expectation, because our own choices bind nobody else. */
function summarise(reports: readonly CaseReport[]): string {
  const counts = count(reports);
  const grades = new Map<string, number>();
  for (const { grade, result } of reports)
    if (result === 'different') grades.set(grade, (grades.get(grade) ?? 0) + 1);
  const byGrade = [...grades].map(([grade, times]) => `${times} ${grade}`).join(', ');
  return (
    `${counts.same} same, ${counts.different} different${byGrade === '' ? '' : ` (${byGrade})`}, ` +
    `${counts['left out']} left out`
  );
}
