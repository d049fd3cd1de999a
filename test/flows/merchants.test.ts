import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { Client } from '../support/client.ts';
import { SIMCHEONG } from '../support/dev-app.ts';
import { A, B, bringMerchants, MERCHANTS, newSite, type Site } from '../support/production.ts';
import { runBonin, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/* `bonin merchants`: who is there, and who shall not be any more, while `bonin serve` runs. */

const IMP_UID = 'imp_000000000000';
const SECOND_KEY = { imp_key: 'serve_a_2', imp_secret: 'ServeSecretOfMerchantA/2' };
const WITH_TWO_KEYS = { ...A, keys: [SECOND_KEY] };

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

const ENGINES: Readonly<Record<string, () => Promise<Site>>> = {
  SQLite: async () => newSite(),
  PostgreSQL: async () => newSite(await server.newDatabase()),
};

const merchants = (site: Site, ...words: readonly string[]) =>
  runBonin(['merchants', ...words, ...site.words], { env: site.env });

/** What is said of their channels, which have no settings. */
const NOT_READY = {
  danal: 'it certifies nobody: it needs an adapter and its settings; for danal there is danal',
  kcp: 'it certifies nobody: it needs an adapter and its settings; for kcp_v2 there is kcp-v2',
};

/** A site with both merchants, and two servers of it. */
async function startBoth(site: Site) {
  await bringMerchants(site, { merchants: [WITH_TWO_KEYS, B] });
  const options = { env: site.env, command: 'serve' } as const;
  const nodes = [await startBonin(site.words, options), await startBonin(site.words, options)];
  const clients = nodes.map(({ url }) => new Client(url));
  const [client] = clients as [Client];
  const tokens = {
    first: (await client.token(A.imp_key, A.imp_secret)).token,
    second: (await client.token(SECOND_KEY.imp_key, SECOND_KEY.imp_secret)).token,
    other: (await client.token(B.imp_key, B.imp_secret)).token,
  };
  return {
    tokens,
    /** Which tokens are good, at both servers. */
    async good(): Promise<readonly string[]> {
      const found = await Promise.all(
        clients.map(async (each) => {
          const names: string[] = [];
          for (const [name, token] of Object.entries(tokens))
            if ((await each.lookup(token, IMP_UID)).status === 404) names.push(name);
          return names;
        }),
      );
      expect(found[1]).toEqual(found[0]);
      return found[0] ?? [];
    },
    token: (key: string, secret: string, at = 1) => (clients[at] as Client).token(key, secret),
    close() {
      for (const each of clients) each.close();
    },
  };
}

describe.each(Object.entries(ENGINES))('on %s', (_engine, makeSite) => {
  test('a key pair is revoked, a merchant disabled and enabled, and their tokens end at once at every server', async () => {
    const site = await makeSite();
    const both = await startBoth(site);
    expect(await both.good()).toEqual(['first', 'second', 'other']);

    expect(await merchants(site, '--revoke', A.imp_key.toUpperCase())).toMatchObject({
      code: 0,
      stdout: `${A.imp_key.toUpperCase()} is revoked, and its token ended\n`,
      stderr: '',
    });
    expect(await both.good()).toEqual(['second', 'other']);
    await expect(both.token(A.imp_key, A.imp_secret)).rejects.toThrow('401');

    expect(await merchants(site, '--disable', A.user_code)).toMatchObject({
      code: 0,
      stdout: `${A.user_code} is disabled, and its tokens ended\n`,
    });
    expect(await both.good()).toEqual(['other']);
    await expect(both.token(SECOND_KEY.imp_key, SECOND_KEY.imp_secret)).rejects.toThrow('401');

    expect(await merchants(site, '--enable', A.user_code)).toMatchObject({
      code: 0,
      stdout: `${A.user_code} is enabled\n`,
    });
    expect(await both.good()).toEqual(['other']);
    const { token } = await both.token(SECOND_KEY.imp_key, SECOND_KEY.imp_secret);
    expect(Object.values(both.tokens)).not.toContain(token);
    await expect(both.token(A.imp_key, A.imp_secret)).rejects.toThrow('401');
    both.close();
  });

  test('the list tells merchants, key pairs and channels, and no secret', async () => {
    const site = await makeSite();
    expect(await merchants(site)).toMatchObject({
      code: 0,
      stdout: 'There is no merchant yet; bonin merchants FILE adds some.\n',
    });
    await bringMerchants(site, { merchants: [WITH_TWO_KEYS, B] });
    await merchants(site, '--revoke', SECOND_KEY.imp_key);
    await merchants(site, '--disable', B.user_code);
    const { code, stdout, stderr } = await merchants(site);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const since = (word: string) => expect.stringMatching(new RegExp(` {2}\\(${word} since 20\\S+Z\\)$`));
    expect(stdout.trim().split('\n')).toEqual([
      `${A.user_code}  ${A.name}`,
      `  key      ${A.imp_key}`,
      since('revoked'),
      `  channel  serve-danal  danal  P1  (${NOT_READY.danal})`,
      since('disabled'),
      `  key      ${B.imp_key}`,
      `  channel  serve-kcp  kcp_v2  P2  (${NOT_READY.kcp})`,
    ]);
    expect(stdout).toContain(`  key      ${SECOND_KEY.imp_key}  (revoked`);
    expect(stdout).toContain(`${B.user_code}  ${B.name}  (disabled`);
    for (const { imp_secret } of [A, B, SECOND_KEY]) expect(stdout).not.toContain(imp_secret);
  });
});

test('a channel that is not ready is named with the reason: in the list, at the start and in the log; its calls stay 400', async () => {
  const site = newSite();
  const more = [
    { channel_key: 'imported', pg_provider: 'inicis', pg_id: 'P3' },
    { channel_key: 'gone', pg_provider: 'danal', pg_id: 'P4' },
  ];
  await bringMerchants(site, { merchants: [A, { ...B, channels: [...B.channels, ...more] }] });
  await runBonin(['channels', 'remove', 'gone', ...site.words], { env: site.env });
  const listed = await merchants(site, 'list');
  expect(listed).toMatchObject({ code: 0, stderr: '' });
  for (const line of [
    `serve-danal  danal  P1  (${NOT_READY.danal})`,
    `serve-kcp  kcp_v2  P2  (${NOT_READY.kcp})`,
    'imported  inicis  P3  (it certifies nobody: no such provider here)',
    'gone  danal  P4  (it certifies nobody: it was removed)',
  ])
    expect(listed.stdout).toContain(`  channel  ${line}\n`);

  for (const words of [[], ['--workers', '2']]) {
    const bonin = await startBonin([...site.words, ...words], { command: 'serve', env: site.env });
    const client = new Client(bonin.url);
    const { token } = await client.token(A.imp_key, A.imp_secret);
    const asked = await client.call('POST', '/certifications/otp/request', {
      headers: { authorization: token },
      json: SIMCHEONG,
    });
    expect(asked).toMatchObject({ status: 400, message: '사용할 수 있는 본인인증 채널이 없습니다.' });
    client.close();
    await bonin.stop();
    expect(bonin.stdout().match(/^channel .*$/gm)).toEqual([
      `channel serve-danal (danal): ${NOT_READY.danal}`,
      `channel serve-kcp (kcp_v2): ${NOT_READY.kcp}`,
      'channel imported (inicis): it certifies nobody: no such provider here',
    ]);
    const said = bonin
      .stderr()
      .split('\n')
      .filter((line) => line.includes('that are not ready'));
    expect(said.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({
        count: 3,
        channels: ['serve-danal (danal)', 'serve-kcp (kcp_v2)', 'imported (inicis)'],
      }),
    ]);
  }
});

test('a key pair that is missing in the file is named, and works until it is revoked', async () => {
  const site = newSite();
  await bringMerchants(site, { merchants: [WITH_TWO_KEYS, B] });
  const again = await bringMerchants(site, { merchants: [A] });
  expect(again).toMatchObject({ code: 0, stderr: '' });
  expect(again.stdout.split('\n')).toContain(
    `  key ${SECOND_KEY.imp_key} is not in the file and still works; --revoke ${SECOND_KEY.imp_key} ends it`,
  );
  // Neither those that are named, however they are spelt, nor another merchant's.
  const named = { ...A, imp_key: A.imp_key.toUpperCase(), keys: [SECOND_KEY] };
  expect((await bringMerchants(site, { merchants: [named] })).stdout).not.toContain('not in the file');
  await merchants(site, '--revoke', SECOND_KEY.imp_key);
  expect((await bringMerchants(site, { merchants: [A] })).stdout).not.toContain('not in the file');
});

test('a file with a revoked key pair is refused as a whole', async () => {
  const site = newSite();
  await bringMerchants(site, { merchants: [WITH_TWO_KEYS] });
  await merchants(site, '--revoke', SECOND_KEY.imp_key);
  const renewed = { ...SECOND_KEY, imp_secret: 'ServeSecretOfMerchantA/3' };
  for (const keys of [[SECOND_KEY], [renewed]]) {
    const refused = await bringMerchants(site, { merchants: [B, { ...A, name: '새이름', keys }] });
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /^bonin: \S+merchants\.json: merchants\[1\]: an imp_key is revoked; take a new one\n$/,
    );
  }
  const { stdout } = await merchants(site);
  expect(stdout).not.toContain('새이름');
  expect(stdout).not.toContain(B.user_code);
});

test('what is not there, and two things at a time, are refused', async () => {
  const site = newSite();
  await bringMerchants(site, { merchants: MERCHANTS });
  expect(await merchants(site, '--revoke', 'nobody')).toMatchObject({
    stdout: '',
    stderr: 'bonin: there is no live key pair "nobody"\n',
  });
  for (const action of ['--disable', '--enable']) {
    const refused = await merchants(site, action, 'imp99999999');
    expect(refused.stderr).toBe('bonin: there is no merchant "imp99999999"\n');
    expect(refused.code).not.toBe(0);
  }
  const revoke = ['--revoke', A.imp_key];
  await merchants(site, ...revoke);
  const again = await merchants(site, ...revoke);
  expect([again.code === 0, again.stdout]).toEqual([false, '']);
  const file = join(temporaryFolder(), 'merchants.json');
  writeFileSync(file, JSON.stringify({ merchants: [B] }), { mode: 0o600 });
  for (const words of [
    ['--revoke', B.imp_key, '--disable', B.user_code],
    ['--disable', B.user_code, file],
    ['--enable', B.user_code, '--disable', B.user_code],
  ]) {
    const refused = await merchants(site, ...words);
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain('one of list, new, FILE, --revoke, --disable and --enable at a time');
  }
  expect((await merchants(site)).stdout).not.toContain('disabled');
});
