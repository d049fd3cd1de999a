import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { Client } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { bringMerchants, MERCHANTS, newSite } from '../support/production.ts';
import { metricsUrl, scrape, sumOf } from '../support/scrape.ts';
import { runBonin, startBonin } from '../support/start-bonin.ts';

const CLUSTER = fileURLToPath(new URL('../support/counting-cluster.ts', import.meta.url));

interface Said {
  readonly url: string;
  readonly port: number;
  readonly workers: readonly [number, number];
}

/** Starts the cluster and gives what it says of itself. */
async function startCluster(): Promise<Said> {
  const primary = spawn(process.execPath, [CLUSTER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(primary, 'exit');
  let said = '';
  primary.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const parse = (): Said | null => (said.endsWith('\n') ? (JSON.parse(said) as Said) : null);
  onTestFinished(async () => {
    for (const worker of parse()?.workers ?? []) kill(worker, 'SIGKILL');
    primary.kill('SIGKILL');
    await ended;
  });
  if (!(await eventually(() => parse() !== null, 30_000))) throw new Error('the cluster did not start');
  return parse() as Said;
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already.
  }
}

/** As many requests, each on a connection of its own, so that the workers take turns. */
async function ask(port: number, times: number): Promise<void> {
  for (let count = 0; count < times; count++) {
    const client = new Client(`http://127.0.0.1:${port}`, 1);
    await client.call('GET', '/livez');
    client.close();
  }
}

const asked = async (url: string) =>
  sumOf(await scrape(url), 'bonin_http_requests_total', { route: '/livez', status: '200' });

test('the primary shows the sum of its workers, and once what is the same in all', async () => {
  const { url, port } = await startCluster();
  await ask(port, 10);
  const samples = await scrape(url);
  expect(sumOf(samples, 'bonin_http_requests_total', { route: '/livez' })).toBe(10);
  expect(sumOf(samples, 'bonin_http_request_duration_seconds_bucket', { route: '/livez', le: '+Inf' })).toBe(
    10,
  );
  // Both have seeded their own store.
  expect(sumOf(samples, 'bonin_store_call_duration_seconds_count', { verb: 'saveMerchant' })).toBe(4);
  expect(sumOf(samples, 'bonin_build_info')).toBe(1);
  expect(sumOf(samples, 'bonin_processes')).toBe(2);
  expect(sumOf(samples, 'bonin_ready')).toBe(1);
  expect(new Set(samples.map(({ name, labels }) => name + JSON.stringify(labels))).size).toBe(samples.length);
});

test('what a worker had counted stays in the sum when it ends', async () => {
  const { url, port, workers } = await startCluster();
  await ask(port, 10);
  expect(await asked(url)).toBe(10);
  kill(workers[0], 'SIGKILL');
  const isGone = async () => sumOf(await scrape(url), 'bonin_processes') === 1;
  expect(await eventually(isGone)).toBe(true);
  expect(await asked(url)).toBe(10);
  await ask(port, 5);
  expect(await asked(url)).toBe(15);
});

test('a worker that does not answer counts with what it said last, and holds nobody up for long', async () => {
  const { url, port, workers } = await startCluster();
  await ask(port, 10);
  expect(await asked(url)).toBe(10);
  kill(workers[0], 'SIGSTOP');
  const both = await Promise.all([asked(url), asked(url)]);
  kill(workers[0], 'SIGCONT');
  expect(both).toEqual([10, 10]);
  await ask(port, 4);
  // What it was asked while it stood still is answered now as well, and is not taken for what it is asked now.
  expect(await asked(url)).toBe(14);
});

test.each([
  ['1', 1],
  ['2', 2],
])('bonin serve with --workers %s shows them all at one address', async (workers, processes) => {
  const site = newSite();
  expect((await bringMerchants(site, { merchants: MERCHANTS })).code).toBe(0);
  const words = [...site.words, '--workers', workers, '--metrics', '127.0.0.1:0'];
  const bonin = await startBonin(words, { command: 'serve', env: site.env });
  await ask(bonin.port, 10);
  const [merchant] = MERCHANTS;
  const client = new Client(bonin.url);
  const { token } = await client.token(merchant.imp_key, merchant.imp_secret);
  await client.lookup(token, 'imp_000000000009');
  client.close();
  const url = await metricsUrl(bonin);
  const samples = await scrape(url);
  const requests = (route: string) => sumOf(samples, 'bonin_http_requests_total', { route });
  expect([requests('/livez'), requests('/certifications/{imp_uid}')]).toEqual([10, 1]);
  expect(sumOf(samples, 'bonin_tokens_total', { outcome: 'issued' })).toBe(1);
  expect(sumOf(samples, 'bonin_processes')).toBe(processes);
  expect(sumOf(samples, 'bonin_build_info', { mode: 'serve' })).toBe(1);
  const text = await (await fetch(url)).text();
  for (const { imp_key, name, user_code } of MERCHANTS)
    for (const canary of [imp_key, name, user_code]) expect(text.includes(canary), canary).toBe(false);
  expect((await bonin.stop()).code).toBe(0);
  await expect(fetch(url)).rejects.toThrow();
});

test('a port for metrics that is taken refuses the start before any worker is there', async () => {
  const site = newSite();
  await bringMerchants(site, { merchants: MERCHANTS });
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { port: number };
  const words = ['serve', '--port', '0', ...site.words, '--workers', '2', '--metrics', `127.0.0.1:${port}`];
  const { code, stderr, stdout } = await runBonin(words, { env: site.env, killAfter: 30_000 });
  taken.close();
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(`bonin: no metrics can be served: port ${port} on 127.0.0.1 is in use`);
});
