import { type CaseEntry, OWN_FOLDER, readCases } from '../../src/conformance/case-file.ts';
import { runCase } from './run-case.ts';

/*
 * `npm run golden -- DIR` runs every case in DIR, by default those that come along. Ends with the line
 * `N passed, N failed`; exit code 0 means that at least one passed and none failed.
 */

const AT_ONCE = 8;

interface Report {
  readonly name: string;
  readonly why: string;
  readonly differences: readonly string[];
}

async function run(entry: CaseEntry): Promise<Report> {
  const { name, golden } = entry;
  if (golden === null) return { name, why: 'not a case', differences: [entry.problem] };
  return { name, why: golden.why, differences: await runCase(golden) };
}

async function runAll(entries: readonly CaseEntry[]): Promise<readonly Report[]> {
  const reports: Report[] = [];
  const queue = entries.values();
  const work = async () => {
    for (const entry of queue) reports.push(await run(entry));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return reports.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function main(folder: string | undefined): Promise<boolean> {
  const entries = readCases(folder ?? OWN_FOLDER);
  const reports = await runAll(entries);
  const failed = reports.filter(({ differences }) => differences.length > 0);
  for (const { name, why, differences } of failed)
    console.log(`FAILED ${name}\n  ${why}\n${differences.map((one) => `  - ${one}\n`).join('')}`);
  console.log(`${reports.length - failed.length} passed, ${failed.length} failed`);
  return failed.length === 0 && reports.length > 0;
}

try {
  process.exitCode = (await main(process.argv[2])) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  console.log('0 passed, 0 failed');
  process.exitCode = 1;
}
