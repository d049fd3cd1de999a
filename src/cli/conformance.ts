import { writeFileSync } from 'node:fs';
import type { Target } from '../conformance/exchange.ts';
import { type CaseReport, countCases, runConformance } from '../conformance/run.ts';
import { readCaller, SERVER_OPTIONS } from './call-api.ts';
import { type Command, EXIT, UsageError } from './command.ts';

/** Milliseconds between two cases on another machine, to spare its service. */
const REMOTE_PAUSE = 500;

/** `bonin conformance`: plays the golden cases that need no control of the server against any V1 server. */
export const conformance: Command = {
  operands: [],
  summary: 'Compares any V1 server with the contract, case by case.',
  options: {
    ...SERVER_OPTIONS,
    key: {
      type: 'string',
      value: 'IMP_KEY',
      about: 'The imp_key to use. Prefer BONIN_IMP_KEY: other users of the machine cannot see it.',
    },
    secret: { type: 'string', value: 'IMP_SECRET', about: 'The imp_secret to use. Prefer BONIN_IMP_SECRET.' },
    writes: {
      type: 'boolean',
      value: null,
      about: 'Also runs the cases that may send an OTP to an invented person, confirm or delete.',
    },
    report: { type: 'string', value: 'FILE', about: 'Writes the result of every case as JSON to FILE.' },
    pause: {
      type: 'string',
      value: 'MS',
      about: `Pause between cases. Default: 0 on this machine, ${REMOTE_PAUSE} elsewhere.`,
    },
    'allow-remote': { type: 'boolean', value: null, about: 'Allows a host that is not this machine.' },
  },

  async run(call) {
    const { options } = call;
    const { url, ...pair } = readCaller(call);
    const target = toTarget(new URL(url));
    const isRemote = !isLoopback(target.host);
    const pause = readPause(options['pause'], isRemote ? REMOTE_PAUSE : 0);
    if (isRemote && options['allow-remote'] !== true)
      throw new UsageError([`${target.host} is not this machine; use --allow-remote to ask it anyway`]);
    if (!/^[\w-]+$/.test(pair.impKey) || !/^[\w-]+$/.test(pair.impSecret))
      throw new UsageError(['imp_key and imp_secret must be made of letters, digits, _ and -']);

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

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function readPause(text: string | boolean | undefined, preset: number): number {
  if (text === undefined) return preset;
  if (typeof text !== 'string' || !/^\d{1,6}$/.test(text))
    throw new UsageError(['--pause must be a number of milliseconds']);
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
