import { execFile } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Verdict } from './verdict.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..');
const JARS = '/usr/share/java';
const JUNIT = [
  'junit-jupiter-api',
  'junit-jupiter-engine',
  'junit-platform-commons',
  'junit-platform-engine',
  'junit-platform-launcher',
  'junit-platform-reporting',
  'junit-platform-console',
  'opentest4j',
  'opentest4j-reporting-events',
  'opentest4j-reporting-schema',
  'apiguardian-api',
  'picocli',
]
  .map((name) => `${JARS}/${name}.jar`)
  .join(':');

/** Runs the samples of `examples/ci` with Debian's pytest and JUnit, against the sources. */
export async function runCiSamples(verdict: Verdict, folder: string): Promise<void> {
  const samples = join(folder, 'ci');
  cpSync(join(ROOT, 'examples/ci'), samples, { recursive: true });
  const start = `${process.execPath} ${join(ROOT, 'src/cli/main.ts')}`;
  const options = { env: { ...process.env, START_BONIN: start, PYTHONDONTWRITEBYTECODE: '1' } };
  const expect = async (what: string, passed: RegExp, program: string, words: readonly string[]) => {
    const { output } = await run(program, words, { ...options, cwd: samples }).then(
      ({ stdout, stderr }) => ({ output: stdout + stderr }),
      ({ stdout, stderr, message }: Record<string, string>) => ({ output: `${stdout}${stderr}` || message }),
    );
    const found = passed.exec(output ?? '')?.[0];
    verdict.check(what, found !== undefined, found ?? output);
  };
  await expect('the sample for pytest passes', /3 passed/, '/usr/bin/python3', [
    ...['-m', 'pytest', '-p', 'no:cacheprovider', '--rootdir', 'pytest', 'pytest'],
  ]);
  const classes = join(samples, 'classes');
  mkdirSync(classes);
  await run('/usr/bin/javac', [
    ...['-encoding', 'UTF-8', '-cp', JUNIT, '-d', classes],
    ...['Bonin.java', 'BoninTest.java'].map((file) => join(samples, 'junit5', file)),
  ]);
  await expect('the sample for JUnit 5 passes', /2 tests successful/, 'java', [
    ...['-cp', `${JUNIT}:${classes}`, 'org.junit.platform.console.ConsoleLauncher'],
    ...['--select-class', 'BoninTest', '--disable-banner'],
  ]);
}
