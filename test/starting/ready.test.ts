import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Client } from '../../src/client/index.ts';
import { spawnBonin } from '../support/child-bonin.ts';
import { eventually } from '../support/eventually.ts';
import { runBonin, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const KNOWN = {
  bonin: 'dev',
  url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
  rest_url: expect.stringMatching(/\/iamport$/),
  page_url: expect.stringMatching(/\/sandbox$/),
  plain_url: null,
  metrics_url: null,
  authority: null,
  user_code: expect.stringMatching(/^imp\d+$/),
  imp_key: expect.any(String),
  imp_secret: expect.any(String),
  imp_uid: expect.stringMatching(/^imp_\d{12}$/),
  pid: expect.any(Number),
};

/** Looks the certification up that a line names, with what the line says and nothing else. */
async function lookUp(line: string) {
  const ready = JSON.parse(line) as Record<'rest_url' | 'imp_key' | 'imp_secret' | 'imp_uid', string>;
  const { rest_url: baseUrl, imp_key: impKey, imp_secret: impSecret } = ready;
  return new Client({ baseUrl, impKey, impSecret }).getCertification(ready.imp_uid);
}

test('--json prints one line, and no other, with which a first lookup can be made', async () => {
  const started = spawnBonin(['dev', '--memory', '--json', '--port', '0', '--base-path', '/iamport'], {});
  onTestFinished(async () => {
    started.child.kill('SIGKILL');
    await started.exited;
  });
  expect(await eventually(() => started.output.stdout.endsWith('\n'), 30_000)).toBe(true);
  expect(JSON.parse(started.output.stdout)).toEqual({ ...KNOWN, pid: started.child.pid });
  expect(await lookUp(started.output.stdout)).toMatchObject({ certified: true });
  started.child.kill('SIGTERM');
  await started.exited;
  expect(started.output.stdout.split('\n')).toHaveLength(2);
});

test('the ready file is there while the sandbox answers, with the same line, for this user only', async () => {
  const file = join(temporaryFolder(), 'ready.json');
  const words = ['dev', '--memory', '--port', '0', '--base-path', '/iamport', '--ready-file', file];
  const started = spawnBonin(words, {});
  onTestFinished(() => void started.child.kill('SIGKILL'));
  expect(await eventually(() => existsSync(file), 30_000)).toBe(true);
  const line = readFileSync(file, 'utf8');
  expect(await lookUp(line)).toMatchObject({ certified: true });
  expect(JSON.parse(line)).toEqual({ ...KNOWN, pid: started.child.pid });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  started.child.kill('SIGTERM');
  await started.exited;
  expect(existsSync(file)).toBe(false);
});

test('the ready file of a sandbox that was killed is gone before the next one answers', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'ready.json');
  const killed = await startBonin(['--memory', '--ready-file', file]);
  expect(await eventually(() => existsSync(file))).toBe(true);
  await killed.kill();
  expect(existsSync(file)).toBe(true);
  const failed = await runBonin(
    ['dev', '--memory', '--port', '0', '--host', '203.0.113.7', '--ready-file', file],
    { killAfter: 30_000 },
  );
  expect([failed.code, existsSync(file)]).toEqual([1, false]);
});

test('the ready file of another sandbox stays where this one stops', async () => {
  const file = join(temporaryFolder(), 'ready.json');
  const first = await startBonin(['--memory', '--ready-file', file]);
  expect(await eventually(() => existsSync(file))).toBe(true);
  const second = await startBonin(['--memory', '--ready-file', file]);
  expect(await eventually(() => existsSync(file))).toBe(true);
  await first.stop();
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ url: second.url });
});

test.each<[string, (file: string) => void, string]>([
  [
    'a file of somebody else',
    (file) => writeFileSync(file, '{"bonin":"of mine"}'),
    'is there already, and is not a ready file',
  ],
  ['a folder', (file) => mkdirSync(file), 'is there already, and is not a ready file'],
  ['a link', (file) => symlinkSync('/etc/passwd', file), 'is there already, and is not a ready file'],
])('%s is neither overwritten nor deleted', async (_name, make, sentence) => {
  const file = join(temporaryFolder(), 'ready.json');
  make(file);
  const { code, stderr } = await runBonin(['dev', '--memory', '--port', '0', '--ready-file', file], {
    killAfter: 30_000,
  });
  expect([code, stderr]).toEqual([1, `bonin: ${file}: ${sentence}\n`]);
  expect(existsSync(file)).toBe(true);
});

test('a folder that is not there ends the sandbox with a sentence', async () => {
  const file = join(temporaryFolder(), 'nowhere/ready.json');
  const { code, stderr } = await runBonin(['dev', '--memory', '--port', '0', '--ready-file', file], {
    killAfter: 30_000,
  });
  expect([code, stderr]).toEqual([1, `bonin: ${file}: the ready file cannot be written (ENOENT)\n`]);
});

test('the version is printed by a command too', async () => {
  const { code, stdout } = await runBonin(['version']);
  expect([code, stdout]).toEqual([0, (await runBonin(['--version'])).stdout]);
});
