import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newSite } from '../support/production.ts';
import { runBonin, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A folder with a file `.env`. */
function folderWith(text: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, '.env'), text);
  return folder;
}

test('dev reads .env, says so, and the variables of the environment win', async () => {
  const cwd = folderWith(
    'DATABASE_PASSWORD=Geheim-1\nexport BONIN_DATA="from file"\nBONIN_BASE_PATH=/from-file\nBONIN_PROT=Geheim-2\nGeheim-3\n',
  );
  const bonin = await startBonin([], { cwd, env: { BONIN_BASE_PATH: '/mine' } });
  await bonin.stop();
  const file = join(cwd, '.env');
  expect(bonin.stdout()).toContain(`  settings    ${file} sets BONIN_DATA\n`);
  expect(bonin.stdout()).toContain(`${bonin.url}/mine/users/getToken`);
  expect(existsSync(join(cwd, 'from file/bonin.db'))).toBe(true);
  expect(bonin.stderr().trim().split('\n')).toEqual([
    `bonin: ${file}: line 5 is not NAME=VALUE and is left out`,
    `bonin: ${file}: there is no setting BONIN_PROT; did you mean BONIN_PORT?`,
  ]);
  expect(bonin.stdout() + bonin.stderr()).not.toContain('Geheim');
});

test('an empty variable of the environment wins as well', async () => {
  const cwd = folderWith('BONIN_BASE_PATH=/from-file\nBONIN_MEMORY=true\n');
  const bonin = await startBonin(['--ready-file', 'ready.json'], { cwd, env: { BONIN_BASE_PATH: '' } });
  await bonin.stop();
  expect(bonin.stdout()).not.toContain('/from-file');
  expect(bonin.stdout()).toContain(`${join(cwd, '.env')} sets BONIN_MEMORY\n`);
});

test('a line about a setting that cannot be read refuses the start, and no value is quoted', async () => {
  const cwd = folderWith('SECRET Geheim-1\nBONIN_PORT Geheim-2\nBONIN_SEED="Geheim-3\n');
  const { code, stdout, stderr } = await runBonin(['dev', '--memory'], { cwd });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  const file = join(cwd, '.env');
  expect(stderr.match(/^bonin: .*$/gm)).toEqual([
    `bonin: ${file}: line 2 begins with BONIN_ and is not NAME=VALUE`,
    `bonin: ${file}: line 3 opens a quotation mark that nothing closes`,
  ]);
  expect(stderr).not.toContain('Geheim');
});

test('a file that others may change is not read, with a warning, and a folder of that name is none', async () => {
  const open = folderWith('BONIN_BASE_PATH=/from-file\n');
  chmodSync(join(open, '.env'), 0o666);
  const bonin = await startBonin(['--memory'], { cwd: open });
  await bonin.stop();
  expect(bonin.stdout()).not.toContain('/from-file');
  expect(bonin.stderr()).toMatch(
    /^bonin: not read: \S+\.env: may be changed by others; run chmod go-w on it\n$/,
  );
  await bonin.stop();

  const cwd = temporaryFolder();
  mkdirSync(join(cwd, '.env'));
  const other = await startBonin(['--memory'], { cwd });
  expect(other.stderr()).toBe('');
  await other.stop();
});

test('serve never reads it', async () => {
  const site = newSite();
  const bonin = await startBonin(site.words, {
    command: 'serve',
    cwd: folderWith('BONIN_PORT Geheim-1\nBONIN_HOST=nowhere\n'),
  });
  expect(bonin.stdout() + bonin.stderr()).not.toContain('.env');
  await bonin.stop();
});
