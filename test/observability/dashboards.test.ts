import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { Client, KEY_A, SECRET_A } from '../support/client.ts';
import { metricsUrl, type Sample, scrape } from '../support/scrape.ts';
import { startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeTraffic } from '../support/traffic.ts';

const FOLDER = join(import.meta.dirname, '../../docs/dashboards');

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

interface Dashboard {
  readonly title: string;
  readonly uid: string;
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
  readonly panels: readonly Panel[];
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const dashboard = JSON.parse(readFileSync(join(FOLDER, 'bonin.json'), 'utf8')) as Dashboard;
const alerts = parse(readFileSync(join(FOLDER, 'alerts.yaml'), 'utf8')) as {
  groups: { name: string; rules: Rule[] }[];
};
const rules = alerts.groups.flatMap((group) => group.rules);
const queries = [
  ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ of: title, expr }))),
  ...rules.map(({ alert, expr }) => ({ of: alert, expr })),
];

/** What Prometheus adds to every sample, or makes of a scrape itself. */
const OF_THE_SCRAPE = { labels: ['instance', 'job', 'le'], metrics: ['up'] };

let samples: readonly Sample[];
let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

test('Bonin on PostgreSQL exports what the queries are about, once everything has happened once', async () => {
  const words = ['--data', temporaryFolder(), '--database-url', await server.newDatabase()];
  const bonin = await startBonin([...words, '--metrics', '127.0.0.1:0', '--log-level', 'silent']);
  await makeTraffic(bonin.url);
  const client = new Client(bonin.url);
  const { token } = await client.token(KEY_A, SECRET_A);
  await server.stop();
  await client.lookup(token, 'imp_000000000001');
  samples = await scrape(await metricsUrl(bonin));
  client.close();

  const exported = new Set(samples.map(({ name }) => name));
  const asked = new Set(queries.flatMap(({ expr }) => metricsIn(expr)));
  expect(asked.size).toBeGreaterThan(15);
  expect([...asked].filter((name) => !exported.has(name) && !OF_THE_SCRAPE.metrics.includes(name))).toEqual(
    [],
  );
  // The other way round: whatever Bonin counts of itself is drawn somewhere.
  const own = [...exported].filter((name) => /^bonin_/.test(name) && !/_(?:sum|count)$/.test(name));
  expect(own.filter((name) => !asked.has(name))).toEqual([]);
});

test('the queries name labels that their metrics have, and values that the code knows', () => {
  for (const { of, expr } of queries)
    for (const { metric, labels } of selectorsIn(expr)) {
      const ofMetric = samples.filter(({ name }) => name === metric);
      const known = new Set([
        ...ofMetric.flatMap((each) => Object.keys(each.labels)),
        ...OF_THE_SCRAPE.labels,
      ]);
      for (const label of labels)
        expect(known.has(label), `${of}: ${metric} has no label ${label}`).toBe(true);
    }
  const routes = queries.flatMap(({ expr }) =>
    [...expr.matchAll(/route!?="([^"]+)"/g)].map(([, route]) => route),
  );
  expect(routes.length).toBeGreaterThan(1);
  const known = new Set(samples.map(({ labels }) => labels['route']));
  expect(routes.filter((route) => !known.has(route))).toEqual([]);
});

test('what the queries name is counted from zero, before anything has happened', async () => {
  const bonin = await startBonin(['--memory', '--metrics', '127.0.0.1:0']);
  const fresh = await scrape(await metricsUrl(bonin));
  const missing = queries.flatMap(({ of, expr }) =>
    selectorsIn(expr)
      .filter(({ metric }) => /^bonin_\w+_total$/.test(metric) && !metric.startsWith('bonin_pool'))
      .flatMap(({ metric, named }) =>
        named
          .filter(
            ({ label, value }) =>
              !fresh.some(({ name, labels }) => name === metric && labels[label] === value),
          )
          .map(({ label, value }) => `${of}: ${metric}{${label}="${value}"}`),
      ),
  );
  expect(missing).toEqual([]);
  const zeros = fresh.filter(({ name }) => name === 'bonin_otp_total');
  expect(zeros.every(({ value }) => value === 0)).toBe(true);
  for (const surface of ['api', 'page'])
    for (const outcome of ['requested', 'certified', 'provider_unavailable'])
      expect(zeros.map(({ labels }) => labels)).toContainEqual({ surface, outcome });
});

test('a provider that refuses a person is no provider that fails', () => {
  const rule = rules.find(({ alert }) => alert === 'BoninProviderFails');
  expect(rule?.expr).toContain('provider_unavailable');
  expect(rule?.expr).not.toContain('provider_refused');
});

test('the dashboard is one that Grafana imports: a data source to choose, panels that do not overlap', () => {
  expect(dashboard).toMatchObject({ uid: 'bonin', title: 'Bonin · 본인인증' });
  expect(dashboard.schemaVersion).toBeGreaterThan(30);
  expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toEqual([
    ['datasource', 'datasource'],
    ['instance', 'query'],
  ]);
  const { panels } = dashboard;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const panel of panels) {
    // In Korean and in English.
    if (!/^p\d\d /.test(panel.title)) expect(panel.title).toMatch(/^[^·]+ · [A-Z0-9]/);
    if (panel.type === 'row') continue;
    expect(panel.datasource?.type).toBe('prometheus');
    expect(panel.datasource?.uid).toMatch(/^\$\{datasource\}$/);
    expect(panel.targets?.length, panel.title).toBeGreaterThan(0);
    const { x, y, w, h } = panel.gridPos;
    expect(x + w).toBeLessThanOrEqual(24);
    const over = panels.filter(
      ({ id, gridPos: other }) =>
        id !== panel.id &&
        x < other.x + other.w &&
        other.x < x + w &&
        y < other.y + other.h &&
        other.y < y + h,
    );
    expect(
      over.map(({ title }) => title),
      panel.title,
    ).toEqual([]);
  }
});

test('every alert says for how long, how bad and what', () => {
  expect(rules.length).toBeGreaterThan(4);
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  for (const rule of rules) {
    expect(rule.alert).toMatch(/^Bonin[A-Z]/);
    expect(rule.for).toMatch(/^\d+m$/);
    expect(['critical', 'warning']).toContain(rule.labels['severity']);
    expect(rule.annotations['summary']).toMatch(/\p{Script=Hangul}.*\([^)]*[a-z]/u);
  }
});

function metricsIn(expr: string): string[] {
  const bare = expr.replace(/"[^"]*"/g, '""');
  return bare.match(/\b(?:bonin|nodejs|process)_\w+|\bup\b/g) ?? [];
}

/** Selectors with the names of the labels in them, and the values that are named without a pattern. */
function selectorsIn(expr: string) {
  return [...expr.matchAll(/(\w+)\{((?:[^"}]|"[^"]*")*)\}/g)].map(([, metric = '', inside = '']) => {
    const parts = [...inside.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)];
    return {
      metric,
      labels: parts.map(([, label = '']) => label),
      named: parts
        .filter(
          ([, label, sign, text]) =>
            label !== 'instance' && sign?.startsWith('=') && /^[\w/{}|]+$/.test(text ?? ''),
        )
        .flatMap(([, label = '', , text = '']) => text.split('|').map((value) => ({ label, value }))),
    };
  });
}
