import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Target } from '../../src/conformance/exchange.ts';
import { type CaseReport, countCases, runConformance } from '../../src/conformance/run.ts';
import { KEY_A, type RunningDevApp, startDevApp } from '../support/dev-app.ts';
import { runBonin, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { READING_FAULTS, WRITING_FAULTS } from './faults.ts';
import { type Fault, startFaultyServer } from './faulty-server.ts';

const PAIR = { impKey: KEY_A.imp_key, impSecret: KEY_A.imp_secret };

async function play(target: Target, writes: boolean): Promise<readonly CaseReport[]> {
  const reports: CaseReport[] = [];
  for await (const report of runConformance({ target, pair: PAIR, writes, pause: 0 })) reports.push(report);
  return reports;
}

const different = (reports: readonly CaseReport[]) => reports.filter(({ result }) => result === 'different');
const same = (reports: readonly CaseReport[]) => reports.filter(({ result }) => result === 'same').length;

describe('the conformance kit', () => {
  let app: RunningDevApp;
  let target: Target;
  beforeAll(async () => {
    app = await startDevApp();
    target = { host: '127.0.0.1', port: Number(new URL(app.url).port), tls: false, basePath: '' };
  });
  afterAll(() => app.close());

  it('finds nothing different in this server, reading only or writing too', async () => {
    for (const writes of [false, true]) {
      const reports = await play(target, writes);
      expect(different(reports)).toEqual([]);
      expect(reports).toHaveLength(countCases());
      expect(same(reports)).toBeGreaterThanOrEqual(writes ? 130 : 80);
      expect(reports.filter(({ result, notes }) => result === 'left out' && notes.length !== 1)).toEqual([]);
    }
  });

  it('finds nothing different below a base path', async () => {
    const below = await startDevApp({ basePath: '/iamport' });
    try {
      const port = Number(new URL(below.url).port);
      const reports = await play({ ...target, port, basePath: '/iamport' }, true);
      expect(different(reports)).toEqual([]);
      expect(same(reports)).toBeGreaterThanOrEqual(130);
    } finally {
      await below.close();
    }
  });

  it('finds nothing different behind a server that spoils nothing', async () => {
    await using faulty = await startFaultyServer(target, () => null);
    expect(different(await play(faulty.target, true))).toEqual([]);
  });

  const wrong: (readonly [rule: string, fault: Fault, writes: boolean])[] = [
    ...Object.entries(READING_FAULTS).map(([rule, fault]) => [rule, fault, false] as const),
    ...Object.entries(WRITING_FAULTS).map(([rule, fault]) => [rule, fault, true] as const),
  ];

  it.concurrent.each(wrong)('finds a server that is wrong in %s', async (_rule, fault, writes) => {
    await using faulty = await startFaultyServer(target, fault);
    expect(different(await play(faulty.target, writes)).length).toBeGreaterThan(0);
  });

  it('needs writes to find what only writing shows', async () => {
    for (const fault of Object.values(WRITING_FAULTS)) {
      await using faulty = await startFaultyServer(target, fault);
      expect(different(await play(faulty.target, false))).toEqual([]);
    }
  });

  it('leaves nobody and no secret in its notes', async () => {
    const person = `{"name":"\\uc2ec\\uccad","phone":"01000000005","birth":1077980400,"unique_key":"CI+CI=="}`;
    await using faulty = await startFaultyServer(target, (answer, request) =>
      request.startsWith('GET /certifications')
        ? { ...answer, body: `{"response":${person},"x":"${PAIR.impSecret}","token":"${'ab'.repeat(20)}"}` }
        : null,
    );
    const notes = JSON.stringify(different(await play(faulty.target, false)));
    expect(notes).toContain('(masked)');
    for (const word of ['심청', 'uc2ec', '01000000005', '1077980400', 'CI+CI', PAIR.impSecret, 'ababab'])
      expect(notes).not.toContain(word);
  });
});

describe('bonin conformance', () => {
  const env = { BONIN_IMP_KEY: PAIR.impKey, BONIN_IMP_SECRET: PAIR.impSecret };

  it('prints counts, writes a report and ends with 0 when nothing is different', async () => {
    const bonin = await startBonin(['--memory']);
    const file = join(temporaryFolder(), 'report.json');
    const run = await runBonin(['conformance', '--url', bonin.url, '--report', file], { env });
    expect(run.stdout).toMatch(/^\d+ same, 0 different, \d+ left out\n$/);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const report = JSON.parse(readFileSync(file, 'utf8'));
    expect(report).toMatchObject({ url: bonin.url, writes: false, counts: { different: 0 } });
    expect(report.cases).toHaveLength(countCases());
    expect(readFileSync(file, 'utf8')).not.toContain(PAIR.impSecret);
  });

  it('names case, grade, rule and difference, and ends with 1 when something is different', async () => {
    const bonin = await startBonin(['--memory']);
    const fault = READING_FAULTS['an unknown id in other words'] ?? (() => null);
    const behind = { host: '127.0.0.1', port: bonin.port, tls: false, basePath: '' };
    await using faulty = await startFaultyServer(behind, fault);
    const url = `http://127.0.0.1:${faulty.target.port}`;
    const { code, stdout } = await runBonin(
      ['conformance', '--url', url, '--key', PAIR.impKey, '--secret', PAIR.impSecret],
      {},
    );
    expect(code).toBe(1);
    expect(stdout).toContain('DIFFERENT get-unknown (recorded)\n  L2: ');
    expect(stdout).toContain('body.message: expected "인증결과가 존재하지 않습니다.", came "not found"');
    expect(stdout).toMatch(/ same, \d+ different \(.*\d recorded.*\), \d+ left out\n$/);
  });

  it.each([
    ['a host that is not this machine', ['--url', 'https://api.iamport.kr'], 2, '--allow-remote'],
    ['a host that only looks like this machine', ['--url', 'http://127.0.0.1.example'], 2, '--allow-remote'],
    ['a server that is not there', ['--url', 'http://127.0.0.1:9'], 1, 'does not answer'],
    ['a pause that is none', ['--url', 'http://127.0.0.1:9', '--pause', 'x'], 2, '--pause'],
  ])('refuses %s', async (_what, words, code, sentence) => {
    const run = await runBonin(['conformance', ...words], { env });
    expect(run.code).toBe(code);
    expect(run.stderr).toContain(sentence);
    expect(run.stdout).toBe('');
  });

  it('says so when the key pair is wrong, without the secret', async () => {
    const bonin = await startBonin(['--memory']);
    const run = await runBonin(['conformance', '--url', bonin.url, '--key', 'nobody', '--secret', 'nothing']);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('gives no access token for this key pair: status 401');
    expect(run.stderr).not.toContain('nothing');
  });
});
