import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { Client } from '../support/client.ts';
import { runBonin, sharing, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('a second sandbox on one folder is refused, and the first one goes on', async () => {
  const folder = temporaryFolder();
  const first = await startBonin(['--data', folder]);
  const second = await runBonin(['dev', '--port', '0', '--data', folder], { killAfter: 30_000 });
  expect(second).toMatchObject({ code: 1, stdout: '' });
  expect(second.stderr).toBe(
    `bonin: ${folder}: another bonin dev uses this folder; name another one with --data, or the database with --database-url to share it\n`,
  );
  const client = new Client(first.url);
  await client.token();
  client.close();
});

test('a folder is free again when its sandbox was stopped, or killed', async () => {
  const folder = temporaryFolder();
  await (await startBonin(['--data', folder])).kill();
  await (await startBonin(['--data', folder])).stop();
  expect(await (await startBonin(['--data', folder])).stop()).toEqual({ code: 0, signal: null });
});

test('several sandboxes share a database that is named', async () => {
  const folder = temporaryFolder();
  const [first, second] = [await startBonin(sharing(folder)), await startBonin(sharing(folder))];
  const [one, other] = [new Client(first.url), new Client(second.url)];
  const impUid = await one.create({ name: '심청' });
  expect((await other.lookup((await other.token()).token, impUid)).response).toMatchObject({ name: '심청' });
  one.close();
  other.close();
});

test.each(['/proc/bonin', '/proc/self/bonin/data', '/dev/null/data'])(
  'the data folder %s cannot be made, which is said at once',
  async (folder) => {
    const { code, stderr } = await runBonin(['dev', '--port', '0', '--data', folder], { killAfter: 30_000 });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^bonin: \/[^\n]*master\.keys: cannot be made \(E[A-Z]+\)\n$/);
  },
);

/** Whether this machine has IPv6. */
const hasIpv6 = await new Promise<boolean>((resolve) => {
  const server = createServer().once('error', () => resolve(false));
  server.listen(0, '::1', () => server.close(() => resolve(true)));
});

test.for(hasIpv6 ? ['[::1]', '::1', 'localhost', '127.0.0.1'] : ['localhost', '127.0.0.1'])(
  'it listens on %s, and its control routes are open there',
  async (host) => {
    const bonin = await startBonin(['--memory', '--host', host]);
    expect(new URL(bonin.url).hostname).toBe(host.includes('::') ? '[::1]' : host);
    expect((await fetch(`${bonin.url}/sandbox/clock`)).status).toBe(200);
  },
);
