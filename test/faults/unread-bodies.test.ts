import { expect, test } from 'vitest';
import { KEY_A } from '../support/dev-app.ts';
import { startBonin } from '../support/start-bonin.ts';

test('the log names the media type of a body that was not read, and repeats nothing that is no media type', async () => {
  const bonin = await startBonin(['--memory', '--log-level', 'info']);
  const body = JSON.stringify(KEY_A);
  const types = ['text/plain; charset=euc-kr', 'Application/XML', `${KEY_A.imp_secret}`, 'application/json'];
  for (const type of types)
    await fetch(`${bonin.url}/users/getToken`, { method: 'POST', headers: { 'content-type': type }, body });
  await fetch(`${bonin.url}/users/getToken`, { method: 'POST', body: Buffer.from(body) });
  await fetch(`${bonin.url}/users/getToken`, { method: 'POST' });
  expect(await bonin.stop()).toEqual({ code: 0, signal: null });
  const lines = bonin
    .stderr()
    .split('\n')
    .filter((line) => line.includes('"refused"'))
    .map((line) => (JSON.parse(line) as { unreadMediaType?: string }).unreadMediaType);
  expect(lines).toEqual(['text/plain', 'application/xml', 'malformed', 'none', undefined]);
  expect(bonin.stderr()).not.toContain(KEY_A.imp_secret);
});
