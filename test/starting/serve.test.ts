import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { Client } from '../support/client.ts';
import { SIMCHEONG } from '../support/dev-app.ts';
import {
  A,
  B,
  bringMerchants,
  keepCertifications,
  MERCHANTS,
  newSite,
  PERSON,
} from '../support/production.ts';
import { runBonin, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const IMP_UID = 'imp_000000000042';
const PASSWORD = 'Geheim-1';
const ENDED_IN_ORDER = { code: 0, signal: null };

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

const ENGINES = {
  SQLite: async () => newSite(),
  PostgreSQL: async () => {
    const url = new URL(await server.newDatabase());
    url.password = PASSWORD;
    return newSite(url.href);
  },
};

describe.each(Object.entries(ENGINES))('serve on %s', (_engine, makeSite) => {
  test('issues tokens, answers lookups and erases, for each merchant its own, without anything of the sandbox', async () => {
    const site = await makeSite();
    const brought = await bringMerchants(site, { merchants: MERCHANTS });
    expect(brought).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^bonin: made the master key \S+;/),
    });
    await keepCertifications(site, [IMP_UID]);
    const bonin = await startBonin([...site.words, '--log-level', 'debug'], {
      env: site.env,
      command: 'serve',
    });
    const client = new Client(bonin.url);
    const { token } = await client.token(A.imp_key, A.imp_secret);
    const other = await client.token(B.imp_key, B.imp_secret);

    expect((await client.lookup(token, IMP_UID)).response).toMatchObject({
      certified: true,
      name: PERSON.name,
      phone: PERSON.phone,
      unique_key: PERSON.ci,
      merchant_uid: 'order-of-serve',
    });
    expect((await client.lookup(other.token, IMP_UID)).status).toBe(404);
    expect((await client.erase(other.token, IMP_UID)).status).toBe(404);
    expect((await client.erase(token, IMP_UID)).response).toMatchObject({ imp_uid: IMP_UID });
    expect((await client.lookup(token, IMP_UID)).status).toBe(404);

    const requested = await client.call('POST', '/certifications/otp/request', {
      headers: { authorization: token },
      json: SIMCHEONG,
    });
    expect(requested).toMatchObject({ status: 400, message: '사용할 수 있는 본인인증 채널이 없습니다.' });
    for (const path of ['/livez', '/readyz']) expect((await client.call('GET', path)).status).toBe(200);
    for (const path of [
      '/sandbox',
      '/sandbox/clock',
      '/sandbox/messages',
      '/sandbox/requests',
      '/sandbox/events',
    ])
      expect((await client.call('GET', path)).status, path).toBe(404);
    for (const path of ['/sandbox/reset', '/sandbox/certifications'])
      expect((await client.call('POST', path, { json: {} })).status, path).toBe(404);
    client.close();
    expect(await bonin.stop()).toEqual(ENDED_IN_ORDER);

    expect(/^http\S+$/m.exec(bonin.stdout())?.[0]).toBe(bonin.url);
    const output = brought.stdout + brought.stderr + bonin.stdout() + bonin.stderr();
    const key = readFileSync(site.keyFile, 'utf8').trim().split(' ').at(-1) ?? '';
    expect(key).toHaveLength(44);
    for (const secret of [
      key,
      PASSWORD,
      A.imp_secret,
      B.imp_secret,
      token,
      PERSON.name,
      PERSON.phone,
      PERSON.ci,
    ])
      expect(output).not.toContain(secret);
  });

  test('takes what `bonin merchants` changes while it runs, and what is brought again stays as it is', async () => {
    const site = await makeSite();
    await bringMerchants(site, { merchants: MERCHANTS });
    const bonin = await startBonin(site.words, { env: site.env, command: 'serve' });
    const client = new Client(bonin.url);
    const { token } = await client.token(A.imp_key, A.imp_secret);
    const again = await bringMerchants(site, { merchants: MERCHANTS });
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect((await client.token(A.imp_key, A.imp_secret)).token).toBe(token);

    const changed = {
      ...A,
      imp_secret: 'ServeSecretOfMerchantA/2',
      keys: [{ imp_key: 'serve_a_2', imp_secret: 'ServeSecretOfMerchantA/3' }],
    };
    expect((await bringMerchants(site, { merchants: [changed] })).code).toBe(0);
    await expect(client.token(A.imp_key, A.imp_secret)).rejects.toThrow('401');
    // The old token ended with the old secret, and was not handed to the new one.
    expect((await client.token(A.imp_key, changed.imp_secret)).token).not.toBe(token);
    expect((await client.lookup(token, IMP_UID)).status).toBe(401);
    expect((await client.token('serve_a_2', 'ServeSecretOfMerchantA/3')).token).not.toBe(token);
    expect((await client.token(B.imp_key, B.imp_secret)).token).not.toBe(token);
    client.close();
  });

  test('refuses merchants whose keys or channels another one has, and changes nothing', async () => {
    const site = await makeSite();
    await bringMerchants(site, { merchants: MERCHANTS });
    const thief = { ...A, user_code: 'imp10000003', imp_key: 'SERVE_A', imp_secret: 'ServeSecretOfAThief' };
    const { code, stdout, stderr } = await bringMerchants(site, { merchants: [B, thief] });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(
      stderr
        .trim()
        .split('\n')
        .map((line) => line.replace(/^bonin: \S+: /, '')),
    ).toEqual([
      'merchants[1].channels[0].channel_key belongs to another merchant',
      'merchants[1]: an imp_key belongs to another merchant',
    ]);
    const bonin = await startBonin(site.words, { env: site.env, command: 'serve' });
    const client = new Client(bonin.url);
    expect((await client.token(A.imp_key, A.imp_secret)).token).toMatch(/^[0-9a-f]{40}$/);
    client.close();
  });
});

test('pages of listed origins may read answers, and others only what is public', async () => {
  const site = newSite();
  await bringMerchants(site, { merchants: MERCHANTS });
  const words = [...site.words, '--cors-origins', 'https://shop.example, http://localhost:3000'];
  const bonin = await startBonin(words, { command: 'serve' });
  const client = new Client(bonin.url);
  const allowed = async (path: string, origin: string) =>
    (await client.call('GET', path, { headers: { origin } })).headers['access-control-allow-origin'];
  for (const origin of ['https://shop.example', 'http://localhost:3000'])
    expect(await allowed('/certifications/x', origin)).toBe(origin);
  for (const origin of ['https://evil.example', 'https://shop.example:8443', 'null'])
    expect(await allowed('/certifications/x', origin)).toBeUndefined();
  expect(await allowed(`/users/pg/${A.user_code}`, 'https://evil.example')).toBe('*');
  client.close();
});

test('the verification page starts for the pages that the file names, and leads back to its hosts only', async () => {
  const site = newSite();
  const page = { origins: ['https://shop.example'], return_hosts: ['pay.example'], null_origin: false };
  await bringMerchants(site, { merchants: [{ ...A, page }] });
  const bonin = await startBonin(site.words, { command: 'serve' });
  const client = new Client(bonin.url);
  const start = async (origin: string, address: string) => {
    const json = { user_code: A.user_code, window: 'redirect', m_redirect_url: address };
    const { status, text } = await client.call('POST', '/page/start', { headers: { origin }, json });
    return `${status} ${(JSON.parse(text) as { error_reason: string }).error_reason}`;
  };
  expect(await start('https://evil.example', 'https://pay.example/')).toBe('403 ORIGIN_NOT_ALLOWED');
  expect(await start('null', 'https://pay.example/')).toBe('403 ORIGIN_NOT_ALLOWED');
  expect(await start('https://shop.example', 'https://evil.example/')).toBe('400 INVALID_REDIRECT_URL');
  // As far as it goes without an agency.
  expect(await start('https://shop.example', 'https://pay.example/')).toBe('400 INVALID_CHANNEL');
  client.close();
});

test('the code of the sandbox is not loaded by serve and merchants, whatever they do', async () => {
  const folder = temporaryFolder();
  const watch = join(folder, 'watch.mjs');
  writeFileSync(
    watch,
    `import { appendFileSync } from 'node:fs';
    import { registerHooks } from 'node:module';
    registerHooks({ load(url, context, next) { appendFileSync(process.env.LOADED, url + '\\n'); return next(url, context); } });`,
  );
  const watched = (name: string) => ({ NODE_OPTIONS: `--import ${watch}`, LOADED: join(folder, name) });
  const loaded = (name: string) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter((url) => /\/src\/(?:sandbox\/|dev\.ts)/.test(url));

  const site = newSite();
  await bringMerchants({ ...site, env: watched('merchants') }, { merchants: MERCHANTS });
  const serving = await startBonin([...site.words, '--workers', '2'], {
    env: watched('serve'),
    command: 'serve',
  });
  const client = new Client(serving.url);
  await client.token(A.imp_key, A.imp_secret);
  for (const path of ['/v1/iamport.js', '/openapi.json', '/page/start', '/sandbox'])
    await client.call('GET', path);
  client.close();
  await serving.stop();
  await (await startBonin(['--memory'], { env: watched('dev') })).stop();
  expect(loaded('dev').length).toBeGreaterThan(10);
  expect(loaded('serve')).toEqual([]);
  expect(loaded('merchants')).toEqual([]);
  expect(readFileSync(join(folder, 'serve'), 'utf8')).toContain('/src/server/mount.ts');
});

test('a database of dev is refused by serve, and one of serve by dev', async () => {
  const sandbox = temporaryFolder();
  await (await startBonin(['--data', sandbox])).stop();
  for (const words of [
    ['serve', '--port', '0'],
    ['serve', '--port', '0', '--workers', '2'],
  ])
    expect(await runBonin([...words, '--data', sandbox])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^bonin: \S+: belongs to the mode dev and is never opened by serve\n$/),
    });
  const site = newSite();
  await bringMerchants(site, { merchants: MERCHANTS });
  expect(await runBonin(['dev', '--port', '0', ...site.words])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/belongs to the mode serve and is never opened by dev\n$/),
  });
});

test('key and database may lie apart, and a key that is missing beside a database is not made anew', async () => {
  const [keys, site] = [temporaryFolder(), newSite()];
  const env = { BONIN_MASTER_KEYS: join(keys, 'deep/own.keys') };
  expect((await bringMerchants({ ...site, env }, { merchants: MERCHANTS })).code).toBe(0);
  expect(existsSync(site.keyFile)).toBe(false);
  const bonin = await startBonin(site.words, { env, command: 'serve' });
  const client = new Client(bonin.url);
  await client.token(A.imp_key, A.imp_secret);
  client.close();
  await bonin.stop();
  rmSync(env.BONIN_MASTER_KEYS);
  for (const words of [
    ['serve', '--port', '0'],
    ['serve', '--port', '0', '--workers', '2'],
  ]) {
    const refused = await runBonin([...words, ...site.words], { env });
    expect(refused).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `bonin: ${env.BONIN_MASTER_KEYS}: is missing; without it the database beside it cannot be opened\n`,
    });
  }
  expect(existsSync(env.BONIN_MASTER_KEYS)).toBe(false);
});

test('all wrong settings are reported at once, and no value is quoted', async () => {
  const url = `mysql://a:${PASSWORD}@b/c`;
  const words = ['serve', '--port', 'x', '--workers', '0', '--cors-origins', 'https://a.example/path'];
  const env = { BONIN_DATABASE_URL: url, BONIN_LOG_LEVEL: 'loud', BONIN_MASTER_KEYS: '"keys"' };
  const refused = await runBonin(words, { env });
  expect(refused).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^Usage: bonin serve /),
  });
  expect(refused.stderr.match(/^bonin: .*$/gm)).toEqual([
    'bonin: --port must be a number from 0 to 65535',
    'bonin: BONIN_DATABASE_URL must be a URL that begins with sqlite:, postgres: or postgresql:',
    'bonin: BONIN_MASTER_KEYS has quotation marks, which would be part of the value: remove them',
    'bonin: --cors-origins must be origins as in https://shop.example, separated by commas',
    'bonin: --workers must be a number from 1 to 999, or auto',
    'bonin: BONIN_LOG_LEVEL must be one of debug, info, warn, error, silent',
  ]);
  for (const option of ['--memory', '--seed=x', '--tls', '--random-otp'])
    expect((await runBonin(['serve', '--port', '0', option])).code, option).toBe(2);
});

test('a file of merchants with mistakes is refused with all of them, and quoted nowhere', async () => {
  const site = newSite();
  const secret = 'ServeSecretInTheWrongPlace';
  const wrong = {
    merchants: [
      {
        ...A,
        user_code: 7,
        imp_secret: '',
        channels: [{ ...A.channels[0], pg_provider: secret, min_age: 'x' }],
      },
      secret,
      { ...B, keys: [{ imp_key: secret }], page: { origins: [secret], return_hosts: ['https://x/'] } },
    ],
  };
  const { code, stdout, stderr } = await bringMerchants(site, wrong);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  const said = stderr
    .trim()
    .split('\n')
    .map((line) => /^bonin: \S+merchants\.json: (\S+) must /.exec(line)?.[1]);
  expect(said).toEqual([
    'merchants[0].user_code',
    'merchants[0].imp_secret',
    'merchants[0].channels[0].pg_provider',
    'merchants[0].channels[0].min_age',
    'merchants[1]',
    'merchants[2].keys[0].imp_secret',
    'merchants[2].page.return_hosts[0]',
    'merchants[2].page.origins[0]',
  ]);
  const twice = await bringMerchants(site, { merchants: [A, { ...B, imp_key: A.imp_key.toUpperCase() }] });
  expect(twice).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('merchants[1]: an imp_key is there twice'),
  });
  for (const text of [`{"merchants": ["${secret}`, `"${secret}"`, '{}', '{"merchants":[]}']) {
    const refused = await bringMerchants(site, text);
    expect(refused).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^bonin: [^\n]+\n$/),
    });
    expect(refused.stderr).not.toContain(secret);
  }
  expect(stderr).not.toContain(secret);
  expect(existsSync(site.keyFile)).toBe(false);
});

test('a file of secrets that others may read is used, with a warning', async () => {
  const { code, stderr } = await bringMerchants(newSite(), { merchants: MERCHANTS }, 0o644);
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /^bonin: \S+merchants\.json holds secrets and may be read by others; run chmod 600 on it$/m,
  );
});
