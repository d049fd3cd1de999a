import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { Client as PgClient } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { Client, KEY_A, SECRET_A } from '../support/client.ts';
import { SIMCHEONG } from '../support/dev-app.ts';
import { eventually } from '../support/eventually.ts';
import { exchange } from '../support/raw-exchange.ts';
import { metricsUrl, readSamples, scrape, sumOf } from '../support/scrape.ts';
import { type Bonin, runBonin, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeTraffic } from '../support/traffic.ts';

const MEASURED = ['--memory', '--metrics', '127.0.0.1:0'];

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

test('requests, tokens, OTPs and attempts are counted by what became of them', async () => {
  const bonin = await startBonin(MEASURED);
  await makeTraffic(bonin.url);
  const samples = await scrape(await metricsUrl(bonin));
  const count = (name: string, labels: Readonly<Record<string, string>>) => sumOf(samples, name, labels);

  const lookups = { method: 'GET', route: '/certifications/{imp_uid}' };
  expect(count('bonin_http_requests_total', { ...lookups, status: '200' })).toBe(1);
  expect(count('bonin_http_requests_total', { ...lookups, status: '404' })).toBe(1);
  expect(count('bonin_http_requests_total', { ...lookups, status: '401' })).toBe(1);
  expect(count('bonin_http_requests_total', { route: 'unknown', status: '404' })).toBe(1);
  expect(count('bonin_http_request_duration_seconds_count', lookups)).toBe(3);
  expect(count('bonin_http_request_duration_seconds_bucket', { ...lookups, le: '+Inf' })).toBe(3);
  expect(count('bonin_http_refusals_total', { code: 'certification_not_found' })).toBe(1);

  expect(count('bonin_tokens_total', { outcome: 'issued' })).toBe(1);
  expect(count('bonin_tokens_total', { outcome: 'reused' })).toBe(1);
  expect(count('bonin_tokens_total', { outcome: 'refused' })).toBe(1);
  expect(count('bonin_tokens_total', { outcome: 'invalid' })).toBe(1);

  const otps = (surface: string) =>
    Object.fromEntries(
      samples
        .filter(({ name, labels }) => name === 'bonin_otp_total' && labels['surface'] === surface)
        .filter(({ value }) => value > 0)
        .map(({ labels, value }) => [labels['outcome'], value]),
    );
  expect(otps('api')).toEqual({
    requested: 3,
    certified: 1,
    already_certified: 1,
    otp_superseded: 1,
    otp_wrong: 5,
    otp_tries_spent: 1,
  });
  expect(otps('page')).toEqual({ requested: 1, otp_wrong: 1, certified: 1 });
  expect(count('bonin_page_attempts_started_total', {})).toBe(2);
  expect(count('bonin_page_attempts_ended_total', { end: 'CERTIFIED' })).toBe(1);
  expect(count('bonin_page_attempts_ended_total', { end: 'USER_CANCEL' })).toBe(1);

  expect(count('bonin_store_call_duration_seconds_count', { engine: 'sqlite', verb: 'tryOtp' })).toBe(7);
  expect(count('bonin_store_call_duration_seconds_count', { verb: 'attempts.end' })).toBe(2);
  expect(count('bonin_ready', {})).toBe(1);
  expect(count('bonin_build_info', { mode: 'dev', engine: 'sqlite' })).toBe(1);
  expect(count('process_resident_memory_bytes', {})).toBeGreaterThan(0);
});

test('recurring work tells when it ran, how it ended and when it is due', async () => {
  const url = await metricsUrl(await startBonin(MEASURED));
  const figureOf = async (name: string, labels: Readonly<Record<string, string>> = {}) =>
    sumOf(await scrape(url), `bonin_job_${name}`, { job: 'sweep', ...labels });
  await expect.poll(() => figureOf('runs_total', { outcome: 'done' })).toBe(1);
  expect(await figureOf('runs_total', { outcome: 'failed' })).toBe(0);
  const [lastRun, nextRun] = [
    await figureOf('last_run_timestamp_seconds', { outcome: 'done' }),
    await figureOf('next_run_timestamp_seconds'),
  ];
  expect(nextRun - lastRun).toBeCloseTo(30);
  expect(await figureOf('last_run_timestamp_seconds', { outcome: 'failed' })).toBe(0);
});

test('the page counts what a provider refuses once, and the last wrong code as such', async () => {
  const bonin = await startBonin(MEASURED);
  const { shopOf, Visitor, CONSENT, SIMCHEONG_FORM } = await import('../page/shop.ts');
  const visitor = new Visitor();
  await visitor.open((await shopOf(bonin).start()).url);
  for (const form of [{ carrier: 'KT' }, CONSENT, { method: 'SMS' }, SIMCHEONG_FORM])
    await visitor.send(form);
  for (let tries = 0; tries < 5; tries++) await visitor.send({ otp: '000000' });
  const child = new Visitor();
  await child.open((await shopOf(bonin).start({ min_age: 99 })).url);
  for (const form of [{ carrier: 'KT' }, CONSENT, { method: 'SMS' }, SIMCHEONG_FORM]) await child.send(form);

  const samples = await scrape(await metricsUrl(bonin));
  const otp = (outcome: string) => sumOf(samples, 'bonin_otp_total', { surface: 'page', outcome });
  expect([otp('otp_wrong'), otp('otp_tries_spent'), otp('under_age')]).toEqual([4, 1, 1]);
  const ended = (end: string) => sumOf(samples, 'bonin_page_attempts_ended_total', { end });
  expect([ended('OTP_LIMIT'), ended('UNDER_AGE')]).toEqual([1, 1]);
});

test('whatever anybody sends, the number of series stays the same', async () => {
  const bonin = await startBonin(MEASURED);
  await makeTraffic(bonin.url);
  const word = () => randomBytes(6).toString('hex');
  const client = new Client(bonin.url);
  const { token } = await client.token(KEY_A, SECRET_A);
  const throwAtIt = async (count: number) => {
    for (let index = 0; index < count; index++) {
      await Promise.all([
        client.call('GET', `/${word()}/${word()}?${word()}=${word()}`),
        client.call('POST', `/certifications/${word()}`),
        client.call('PROPFIND', `/certifications/${word()}`),
        client.call('GET', `/certifications/${word()}`, { headers: { authorization: word() } }),
        client.lookup(token, word()),
        client.call('POST', '/users/getToken', { json: { imp_key: word(), imp_secret: word() } }),
        client.call('POST', '/page/start', { json: { user_code: word(), channel_key: word() } }),
        client.call('GET', `/page/${word()}`),
        client.call('GET', `/page/s/${word()}?lang=${word()}`),
        client.call('POST', `/certifications/otp/confirm/${word()}`, {
          headers: { authorization: token },
          json: { otp: '123456' },
        }),
        client.call('POST', '/certifications/otp/request', {
          headers: { authorization: token },
          json: { ...SIMCHEONG, merchant_uid: word(), channel_key: word(), carrier: word() },
        }),
      ]);
      await exchange(bonin.port, `${word().toUpperCase()} /${word()} HTTP/1.1\r\nHost: a\r\n\r\n`);
    }
  };
  const series = async () => {
    const samples = await scrape(await metricsUrl(bonin));
    // The process tells of its own resources by kind: those come and go.
    const names = samples
      .filter(({ name }) => !/^(?:nodejs|process)_/.test(name))
      .map(({ name, labels }) => `${name}${JSON.stringify(labels)}`);
    return names.sort();
  };
  await throwAtIt(1);
  const before = await series();
  await throwAtIt(300);
  expect(await series()).toEqual(before);
  expect(before.length).toBeGreaterThan(100);
  client.close();
});

test('the metrics contain no person, key, id, token or code', async () => {
  const bonin = await startBonin(MEASURED);
  const ids = await makeTraffic(bonin.url);
  const client = new Client(bonin.url);
  const { token } = await client.token(KEY_A, SECRET_A);
  client.close();
  const text = await (await fetch(await metricsUrl(bonin))).text();
  const samples = readSamples(text);
  expect(samples.length).toBeGreaterThan(100);
  const canaries = [
    ...ids,
    token,
    KEY_A,
    SECRET_A,
    SIMCHEONG.name,
    SIMCHEONG.phone,
    SIMCHEONG.birth,
    '2004-02-29',
    '123456',
    '샌드박스',
    'imp00000000',
  ];
  // Among the digits of what is measured any six may stand by chance: there a canary would be the whole number.
  const words = text.replace(/^([^#\n].*) \S+$/gm, '$1');
  for (const canary of canaries) expect(words.includes(canary), canary).toBe(false);
  const numbers = new Set(samples.filter(({ name }) => name.startsWith('bonin_')).map(({ value }) => value));
  for (const canary of canaries) expect(numbers.has(Number(canary)), canary).toBe(false);
});

test('the pool of a PostgreSQL node is shown, and a store that fails', async () => {
  const url = await server.newDatabase();
  const bonin = await startBonin([
    '--data',
    temporaryFolder(),
    '--database-url',
    url,
    '--metrics',
    '127.0.0.1:0',
    '--log-level',
    'silent',
  ]);
  await makeTraffic(bonin.url);
  const before = await scrape(await metricsUrl(bonin));
  expect(sumOf(before, 'bonin_pool_limit')).toBeGreaterThan(0);
  expect(sumOf(before, 'bonin_pool_connections')).toBeGreaterThan(0);
  expect(sumOf(before, 'bonin_pool_waiting')).toBe(0);
  expect(sumOf(before, 'bonin_store_call_duration_seconds_count', { engine: 'postgresql' })).toBeGreaterThan(
    0,
  );
  expect(sumOf(before, 'bonin_ready')).toBe(1);

  const client = new Client(bonin.url);
  const { token } = await client.token(KEY_A, SECRET_A);
  // Whoever holds the table lets calls wait, until connections are all taken and more calls queue for one.
  const holder = new PgClient({ connectionString: url });
  await holder.connect();
  await holder.query('BEGIN; LOCK TABLE certifications');
  const limit = sumOf(before, 'bonin_pool_limit');
  // Erasures, since lookups of one turn would wait as one; and for as long as it takes to see them.
  let isSeen = false;
  const erasures = Array.from({ length: 3 * limit }, () => new Client(bonin.url, 1)).map(async (each) => {
    while (!isSeen) await each.erase(token, 'imp_000000000001');
    each.close();
  });
  const queued = await eventually(
    async () => sumOf(await scrape(await metricsUrl(bonin)), 'bonin_pool_waiting') > 0,
    30_000,
  );
  isSeen = true;
  await holder.end();
  await Promise.all(erasures);
  expect(queued).toBe(true);

  await server.stop();
  await client.lookup(token, 'imp_000000000001');
  const after = await scrape(await metricsUrl(bonin));
  await server.start();
  expect(sumOf(after, 'bonin_ready')).toBe(0);
  expect(sumOf(after, 'bonin_store_errors_total', { code: 'store_unavailable' })).toBeGreaterThan(0);
  client.close();
});

test('the port of the metrics shows nothing else, and the port of the API no metrics', async () => {
  const bonin = await startBonin(MEASURED);
  const url = await metricsUrl(bonin);
  const status = async (target: string, method = 'GET') => (await fetch(target, { method })).status;
  expect((await fetch(url)).headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await status(url, 'HEAD')).toBe(200);
  expect(await status(url, 'POST')).toBe(405);
  for (const path of ['/', '/livez', '/sandbox', '/certifications/imp_000000000001', '/metrics/x'])
    expect(await status(new URL(path, url).href)).toBe(404);
  expect(await status(`${bonin.url}/metrics`)).toBe(404);
  const { code } = await bonin.stop();
  expect(code).toBe(0);
  await expect(fetch(url)).rejects.toThrow();
});

test('every address of the machine, with a free port, is `:0`', async () => {
  const bonin = await startBonin(['--memory', '--metrics', ':0']);
  const { port } = new URL(await metricsUrl(bonin));
  expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(200);
});

test('a port that is taken refuses the start with one sentence, and leaves nothing running', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { port: number };
  const { code, stderr, stdout } = await runBonin(
    ['dev', '--memory', '--port', '0', '--metrics', `127.0.0.1:${port}`],
    { killAfter: 30_000 },
  );
  taken.close();
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toBe(
    `bonin: no metrics can be served: port ${port} on 127.0.0.1 is in use; port 0 takes a free one\n`,
  );
});

test.each(['9464', 'localhost', '127.0.0.1:99999', 'http://127.0.0.1:9464', '::1:9464', ''])(
  '--metrics %j is refused as a wrong setting',
  async (value) => {
    const { code, stderr } = await runBonin(['dev', '--memory', '--port', '0', `--metrics=${value}`], {
      killAfter: 30_000,
    });
    expect(code).toBe(2);
    expect(stderr).toContain('--metrics must look like 127.0.0.1:9464');
  },
);

/** Says on standard error which modules are loaded. */
const TELL_MODULES = `data:text/javascript,${encodeURIComponent(
  `import { registerHooks } from 'node:module';
   import { writeSync } from 'node:fs';
   registerHooks({ load(url, context, next) { writeSync(2, 'LOADED ' + url + '\\n'); return next(url, context); } });`,
)}`;

test('what measures is loaded only when somebody asks for it', async () => {
  const loaded = async (words: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const bonin: Bonin = await startBonin(['--memory', ...words], {
      env: { ...env, NODE_OPTIONS: `--import ${TELL_MODULES}` },
    });
    await fetch(`${bonin.url}/livez`);
    await bonin.stop();
    return [/prom-client/, /@opentelemetry/].map((name) => name.test(bonin.stderr()));
  };
  expect(await loaded([])).toEqual([false, false]);
  // prom-client itself names the types of OpenTelemetry's API.
  expect((await loaded(['--metrics', '127.0.0.1:0']))[0]).toBe(true);
  expect(await loaded([], { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })).toEqual([false, true]);
});
