import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { printedUrl, spawnBonin } from '../support/child-bonin.ts';
import { runBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/* Files of variables (`.env`, Docker, systemd) end in CR on some machines, and some readers keep quotation marks. */

test('a data folder that ends in CR is the folder that was meant, and an empty variable is none', async () => {
  const cwd = temporaryFolder();
  const env = { BONIN_DATA: 'data\r', BONIN_PORT: ' 0 ', BONIN_SEED: '', BONIN_METRICS: '\r' };
  const run = spawnBonin(['dev'], { cwd, env });
  await printedUrl(run, {});
  run.child.kill('SIGTERM');
  expect(await run.exited).toEqual({ code: 0, signal: null });
  expect(readdirSync(cwd)).toEqual(['data']);
});

test('a data folder in quotation marks is refused, and nothing is made', async () => {
  const cwd = temporaryFolder();
  const { code, stderr } = await runBonin(['dev'], { cwd, env: { BONIN_DATA: '"data"' } });
  expect(code).toBe(2);
  expect(stderr).toMatch(/^bonin: BONIN_DATA has quotation marks, [^"]*\n$/m);
  expect(readdirSync(cwd)).toEqual([]);
});

test('a misspelt variable, option or command is named, with the one that was meant', async () => {
  const { stderr } = await runBonin(['dev', '--prot', '0'], { env: { BONIN_PROT: '0' } });
  expect(stderr).toMatch(/^bonin: there is no option --prot; did you mean --port\?\n$/m);
  const lookup = await runBonin(['lookup', 'imp_1'], { env: { BONIN_IMPKEY: 'x' } });
  expect(lookup.stderr).toMatch(/^bonin: there is no setting BONIN_IMPKEY; did you mean BONIN_IMP_KEY\?\n/);
  expect((await runBonin(['server'])).stderr).toMatch(
    /^bonin: there is no command "server"; did you mean serve\?\n$/m,
  );
});

test('an option that a script with Windows line ends has spoilt is refused', async () => {
  const cwd = temporaryFolder();
  const { code, stderr } = await runBonin(['dev', '--data', 'data\r'], { cwd });
  expect({ code, files: readdirSync(cwd) }).toEqual({ code: 2, files: [] });
  expect(stderr).toMatch(/^bonin: --data holds a control character; has the script Windows line ends\?\n$/m);
});
