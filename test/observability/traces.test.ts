import { expect, test } from 'vitest';
import { spellText } from '../support/canaries.ts';
import { Client, KEY_A, SECRET_A } from '../support/client.ts';
import { type Collector, type ReceivedSpan, startCollector } from '../support/collector.ts';
import { SIMCHEONG } from '../support/dev-app.ts';
import { eventually } from '../support/eventually.ts';
import { type Bonin, runBonin, startBonin } from '../support/start-bonin.ts';
import { makeTraffic } from '../support/traffic.ts';

const SERVER = 2;
const CLIENT = 3;
const FAILED = 2;
const SEEDED = 'imp_000000000001';
/** Ids and times of spans: by chance, any six digits stand in one of so many. */
const NUMBERS = /"(?:traceId|spanId|parentSpanId|startTimeUnixNano|endTimeUnixNano)":"[0-9a-f]+"/g;

/** The last export may take as long as a slow machine needs for it: what is given up is not there to be seen. */
const traced = (collector: Pick<Collector, 'url'>, env: Readonly<Record<string, string>> = {}) =>
  startBonin(['--memory'], {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_TIMEOUT: '30000',
      ...env,
    },
  });

/** The spans of whatever `work` asks, once the process has ended in order. */
async function spansOf(
  work: (client: Client, bonin: Bonin) => Promise<unknown>,
  env: Readonly<Record<string, string>> = {},
) {
  const collector = await startCollector();
  const bonin = await traced(collector, env);
  const client = new Client(bonin.url);
  await work(client, bonin);
  client.close();
  // Spans wait up to five seconds to be sent: what is there now was sent at the end.
  expect((await bonin.stop()).code).toBe(0);
  return { collector, bonin, spans: collector.spans() };
}

const requestsTo = (spans: readonly ReceivedSpan[], name: string) =>
  spans.filter((span) => span.kind === SERVER && span.name === name);
const childrenOf = (spans: readonly ReceivedSpan[], parent: ReceivedSpan | undefined) =>
  spans.filter((span) => span.parentSpanId === parent?.spanId && span.traceId === parent?.traceId);

test('a lookup is a span below its caller, with one span below it for each call of the store', async () => {
  const caller = { trace: '4bf92f3577b34da6a3ce929d0e0e4736', span: '00f067aa0ba902b7' };
  const { spans, collector } = await spansOf(async (client) => {
    const { token } = await client.token(KEY_A, SECRET_A);
    const headers = { authorization: token, traceparent: `00-${caller.trace}-${caller.span}-01` };
    const { headers: answered } = await client.call('GET', `/certifications/${SEEDED}`, { headers });
    expect(answered['x-request-id']).toBeDefined();
  });
  const [lookup, ...others] = requestsTo(spans, 'GET /certifications/{imp_uid}');
  expect(others).toEqual([]);
  expect(lookup).toMatchObject({ traceId: caller.trace, parentSpanId: caller.span });
  expect(lookup?.attributes).toEqual({
    'http.request.method': 'GET',
    'http.route': '/certifications/{imp_uid}',
    'http.response.status_code': 200,
    'bonin.request_id': expect.stringMatching(/^[0-9a-f]{12}-\w+$/),
  });
  const children = childrenOf(spans, lookup);
  expect(children.map(({ name, kind }) => [name, kind])).toEqual([['lookUp', CLIENT]]);
  expect(children[0]?.attributes).toEqual({ 'db.system.name': 'sqlite', 'db.operation.name': 'lookUp' });
  const [token] = requestsTo(spans, 'POST /users/getToken');
  expect(token?.parentSpanId ?? '').toBe('');
  expect(token?.traceId).not.toBe(caller.trace);
  // What the start itself asks of the store belongs to nobody's request.
  const ids = new Set(spans.map(({ spanId }) => spanId));
  expect(spans.filter((span) => span.kind === CLIENT && !ids.has(span.parentSpanId ?? ''))).toEqual([]);
  expect(collector.paths.every((path) => path === '/v1/traces')).toBe(true);
  expect(collector.resource()).toMatchObject({ 'service.name': 'bonin', 'service.version': '0.1.0' });
});

test('requests at the same moment keep their calls apart', async () => {
  const { spans } = await spansOf(async (client) => {
    const { token } = await client.token(KEY_A, SECRET_A);
    await Promise.all(Array.from({ length: 40 }, () => client.lookup(token, SEEDED)));
  });
  const lookups = requestsTo(spans, 'GET /certifications/{imp_uid}');
  expect(lookups.length).toBe(40);
  for (const lookup of lookups) expect(childrenOf(spans, lookup).map(({ name }) => name)).toEqual(['lookUp']);
});

test('a refusal is named by its reason, and only a failure of ours is an error', async () => {
  const { spans } = await spansOf(async (client) => {
    await client.lookup('0'.repeat(40), SEEDED);
    await client.call('GET', '/nothing');
    await client.call('PROPFIND', '/nothing');
    const broken = [{ route: '/certifications/{imp_uid}', status: 500 }];
    expect((await client.call('PUT', '/sandbox/faults', { json: broken })).status).toBe(200);
    await client.lookup('0'.repeat(40), SEEDED);
  });
  const [refused, failed] = requestsTo(spans, 'GET /certifications/{imp_uid}');
  expect(refused?.attributes).toMatchObject({
    'http.response.status_code': 401,
    'error.type': 'token_invalid',
  });
  expect(refused?.status.code ?? 0).not.toBe(FAILED);
  expect(failed?.attributes).toMatchObject({ 'http.response.status_code': 500 });
  expect(failed?.status.code).toBe(FAILED);
  expect(requestsTo(spans, 'GET')[0]?.attributes).toMatchObject({ 'error.type': 'route_unknown' });
  expect(requestsTo(spans, 'HTTP')[0]?.attributes).toMatchObject({ 'http.request.method': '_OTHER' });
});

test('nothing of a person, a key, a target, a header or a token leaves in a trace', async () => {
  let ids: readonly string[] = [];
  let token = '';
  const { collector, spans } = await spansOf(async (client, bonin) => {
    ids = await makeTraffic(bonin.url);
    ({ token } = await client.token(KEY_A, SECRET_A));
    await client.call('GET', `/certifications/${SEEDED}?_token=${token}&name=canary-query`, {
      headers: {
        'user-agent': 'canary-agent',
        tracestate: 'canary=state',
        baggage: 'canary=baggage',
        traceparent: '00-canary-traceparent-01',
        'x-forwarded-for': '203.0.113.7',
      },
    });
    await client.call('GET', '/canary-path/심청');
  });
  expect(spans.length).toBeGreaterThan(100);
  const text = Buffer.from(collector.text().replaceAll(NUMBERS, ''));
  for (const canary of [
    ...ids,
    SEEDED,
    token,
    KEY_A,
    SECRET_A,
    SIMCHEONG.name,
    SIMCHEONG.phone,
    SIMCHEONG.birth,
    '2004-02-29',
    '홍길동',
    '123456',
    'canary',
    '203.0.113.7',
    'imp00000000',
  ])
    for (const { encoding, bytes } of spellText(canary))
      expect(text.includes(bytes), `${canary} as ${encoding}`).toBe(false);
  const allowed =
    /^(?:http\.(?:request\.method|route|response\.status_code)|error\.type|bonin\.request_id|db\.(?:system|operation)\.name)$/;
  const names = new Set(spans.flatMap(({ attributes }) => Object.keys(attributes)));
  expect([...names].filter((name) => !allowed.test(name))).toEqual([]);
  expect(spans.filter(({ events, status }) => events.length > 0 || status.message !== undefined)).toEqual([]);
});

test.each([
  ['is not there', null],
  ['never answers', 'silent'],
  ['answers 500', 500],
] as const)(
  'a collector that %s changes no answer, says so once, and lets the end come',
  async (_name, kind) => {
    const collector =
      kind === null ? { url: 'http://127.0.0.1:9' } : await startCollector(kind === 'silent' ? null : kind);
    const bonin = await traced(collector, { OTEL_EXPORTER_OTLP_TIMEOUT: '500' });
    const client = new Client(bonin.url);
    const { token } = await client.token(KEY_A, SECRET_A);
    // More than the queue holds: several exports fail, and spans are dropped.
    for (let round = 0; round < 60; round++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => client.lookup(token, SEEDED)));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    }
    client.close();
    expect(await eventually(() => bonin.stderr().includes('the collector takes no traces'))).toBe(true);
    expect((await bonin.stop()).code).toBe(0);
    const lines = bonin.stderr().trim().split('\n');
    expect(lines.length).toBe(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: 'the collector takes no traces' });
  },
);

test('what a caller does not want sampled, a sampler that keeps none, and a switched-off SDK send nothing', async () => {
  const lookup =
    (headers: Readonly<Record<string, string>> = {}) =>
    async (client: Client) => {
      await client.call('GET', '/livez', { headers });
    };
  const unsampled = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00' };
  const livez = async (...parameters: Parameters<typeof spansOf>) =>
    requestsTo((await spansOf(...parameters)).spans, 'GET /livez').length;
  expect(await livez(lookup())).toBe(1);
  expect(await livez(lookup(unsampled))).toBe(0);
  expect(await livez(lookup(unsampled), { OTEL_TRACES_SAMPLER: 'always_on' })).toBe(1);
  expect(await livez(lookup(), { OTEL_TRACES_SAMPLER: 'always_off' })).toBe(0);
  const none = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' };
  expect(await livez(lookup(), none)).toBe(0);
  expect(await livez(lookup(), { OTEL_SDK_DISABLED: 'true' })).toBe(0);
  expect(await livez(lookup(), { OTEL_TRACES_EXPORTER: 'none' })).toBe(0);
});

test('the standard variables name the service, the endpoint and the headers', async () => {
  const collector = await startCollector();
  const bonin = await startBonin(['--memory'], {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/elsewhere`,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=shop%20one',
      OTEL_SERVICE_NAME: 'identity',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=stage',
    },
  });
  await fetch(`${bonin.url}/livez`);
  await bonin.stop();
  expect(collector.paths[0]).toBe('/elsewhere');
  expect(collector.headers[0]).toMatchObject({ 'x-tenant': 'shop one', 'content-type': 'application/json' });
  expect(collector.resource()).toMatchObject({
    'service.name': 'identity',
    'deployment.environment.name': 'stage',
  });
});

test('wrong variables refuse the start, all at once and without their values', async () => {
  const { code, stderr } = await runBonin(['dev', '--memory', '--port', '0'], {
    killAfter: 30_000,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'user:secret@collector',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_TRACES_SAMPLER: 'sometimes',
      OTEL_TRACES_SAMPLER_ARG: '2',
      OTEL_EXPORTER_OTLP_TIMEOUT: 'soon',
    },
  });
  expect(code).toBe(2);
  expect(Array.from(stderr.matchAll(/^bonin: (OTEL_\w+)/gm), ([, name]) => name)).toEqual([
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'OTEL_EXPORTER_OTLP_PROTOCOL',
    'OTEL_TRACES_SAMPLER',
    'OTEL_TRACES_SAMPLER_ARG',
    'OTEL_EXPORTER_OTLP_TIMEOUT',
  ]);
  expect(stderr).not.toMatch(/:secret|secret@|sometimes|soon/);
});
