import { execFileSync } from 'node:child_process';
import { chownSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readMasterKeys } from '../src/config/master-keys.ts';
import { createLog } from '../src/log.ts';
import { createApp } from '../src/server/mount.ts';
import { SERVE_POLICY } from '../src/server/policy.ts';
import { Client } from '../test/support/client.ts';
import { type Inside, inspectProcess, type MountedImage } from './mounted-image.ts';
import type { Verdict } from './verdict.ts';

/** The most megabytes of an image, and the most seconds until it has stopped. */
const LARGEST = 300;
const LONGEST_STOP = 3;
/** How long the image may take to be healthy, in milliseconds, and the pause between two questions. */
const PATIENCE = 30_000;
const PAUSE = 100;
const IMP_UID = 'imp_000000000042';
const MERCHANT = {
  user_code: 'imp10000001',
  name: '가상상점',
  imp_key: 'drill_key',
  imp_secret: 'DrillSecretOfTheShop/1',
  channels: [{ channel_key: 'drill-danal', pg_provider: 'danal', pg_id: 'P1' }],
} as const;
const PERSON = {
  name: '허난설헌',
  birthday: '1991-02-03',
  gender: 'female',
  foreigner: false,
  phone: '01000000042',
  carrier: 'KT',
  mvno: false,
  ci: 'ci-of-drill',
  di: 'di-of-drill',
} as const;

/** Runs the image as sandbox and as server. */
export async function rehearseImage(verdict: Verdict, image: MountedImage): Promise<void> {
  const size = Number(execFileSync('du', ['-sb', image.root], { encoding: 'utf8' }).split('\t')[0]) / 1e6;
  verdict.check('the image is small enough', size <= LARGEST, `${Math.round(size)} MB, at most ${LARGEST}`);
  giveData(image, image.user, image.group);
  await rehearseDev(verdict, image);
  await rehearseServe(verdict, image);
}

/** The sandbox, with nothing on disk: the first lookup of the image. */
async function rehearseDev(verdict: Verdict, image: MountedImage): Promise<void> {
  const dev = await startHealthy(verdict, image, ['dev', '--memory', '--json']);
  const { imp_key, imp_secret, imp_uid } = JSON.parse(dev.inside.output.stdout) as Record<string, string>;
  const key = { imp_key: imp_key ?? '', imp_secret: imp_secret ?? '' };
  await checkLookup(verdict, 'dev', dev.port, key, imp_uid ?? '');
  await checkStop(verdict, 'dev', image, dev);
}

/** What an operator does: migrate, merchants, serve. The data folder is the only one that can be written. */
async function rehearseServe(verdict: Verdict, image: MountedImage): Promise<void> {
  const migrated = await image.run(['migrate']);
  verdict.check(
    'migrate creates the database',
    migrated.code === 0,
    migrated.stdout.trim() || migrated.stderr,
  );
  const merchants = JSON.stringify({ merchants: [MERCHANT] });
  const brought = await image.run(['merchants', '-'], {}, merchants);
  verdict.check(
    'merchants reads standard input',
    brought.code === 0,
    brought.stdout.trim() || brought.stderr,
  );
  giveData(image, 0, 0);
  await keepCertification(image.dataFolder);
  giveData(image, image.user, image.group);
  const serve = await startHealthy(verdict, image, image.config.Cmd);
  await checkLookup(verdict, 'serve', serve.port, MERCHANT, IMP_UID);
  await checkStop(verdict, 'serve', image, serve);
}

interface Started {
  readonly inside: Inside;
  readonly port: number;
  readonly variables: Readonly<Record<string, string>>;
}

/** Starts a command and asks the image's own health check until it is content. */
async function startHealthy(
  verdict: Verdict,
  image: MountedImage,
  words: readonly string[],
): Promise<Started> {
  const port = await findFreePort();
  const variables = { BONIN_PORT: String(port) };
  const inside = image.start(words, variables);
  const end = Date.now() + PATIENCE;
  let checked = await image.checkHealth(variables);
  while (checked.code !== 0 && inside.child.exitCode === null && Date.now() < end) {
    await sleep(PAUSE);
    checked = await image.checkHealth(variables);
  }
  const said = checked.code === 0 ? checked.stdout : checked.stderr + inside.output.stderr;
  verdict.check(`${words[0]} becomes healthy by the image's own check`, checked.code === 0, said.trim());
  const found = inspectProcess(inside.pid());
  verdict.check(
    `${words[0]} runs as the image's user, without capabilities, as first process, on a read-only root`,
    found.user === String(image.user) &&
      found.user !== '0' &&
      found.group === String(image.group) &&
      /^0+$/.test(found.capabilities) &&
      found.gainsNoPrivileges &&
      found.isFirst &&
      found.rootIsReadOnly,
    JSON.stringify(found),
  );
  return { inside, port, variables };
}

async function checkLookup(
  verdict: Verdict,
  who: string,
  port: number,
  key: { readonly imp_key: string; readonly imp_secret: string },
  impUid: string,
): Promise<void> {
  const client = new Client(`http://127.0.0.1:${port}`);
  try {
    const { token } = await client.token(key.imp_key, key.imp_secret);
    const { status, response } = await client.lookup(token, impUid);
    const isRight = status === 200 && response?.['imp_uid'] === impUid && response['certified'] === true;
    verdict.check(`${who} answers the first lookup`, isRight, `${status}, ${impUid}`);
  } finally {
    client.close();
  }
}

/** Stops it by the image's signal while a client keeps a connection; afterwards it is unhealthy. */
async function checkStop(
  verdict: Verdict,
  who: string,
  image: MountedImage,
  { inside, port, variables }: Started,
): Promise<void> {
  const client = new Client(`http://127.0.0.1:${port}`);
  await client.call('GET', '/livez');
  const from = performance.now();
  process.kill(inside.pid(), image.config.StopSignal);
  const { code, stderr } = await inside.ended;
  const seconds = (performance.now() - from) / 1000;
  client.close();
  verdict.check(
    `${who} stops at ${image.config.StopSignal} in under ${LONGEST_STOP} s`,
    code === 0 && seconds < LONGEST_STOP,
    `exit code ${code}, ${seconds.toFixed(2)} s${code === 0 ? '' : `: ${stderr.trim()}`}`,
  );
  const { code: health } = await image.checkHealth(variables);
  verdict.check(`${who} is unhealthy afterwards`, health === 1, `exit code ${health}`);
}

/** A result as an agency would bring it; no agency is connected yet. */
async function keepCertification(folder: string): Promise<void> {
  const app = await createApp({
    policy: SERVE_POLICY,
    databaseUrl: `sqlite:${join(folder, 'bonin.db')}`,
    masterKeys: readMasterKeys(join(folder, 'master.keys'), false),
    log: createLog('silent'),
  });
  try {
    const channel = await app.merchants.findChannel(MERCHANT.channels[0].channel_key);
    if (channel === null) throw new Error('the merchant has no channel');
    await app.certifications.keepAs(IMP_UID, {
      channel,
      merchantUid: 'order-of-drill',
      pageUrl: null,
      state: 'certified',
      requestedAt: Date.now(),
      certifiedAt: Date.now(),
      providerTid: 'tid-of-drill',
      identity: PERSON,
    });
  } finally {
    await app.close();
  }
}

/** Bonin trusts no files of another user. */
function giveData({ dataFolder }: MountedImage, user: number, group: number): void {
  for (const name of ['.', ...readdirSync(dataFolder)]) chownSync(join(dataFolder, name), user, group);
}

/** A port of 127.0.0.1 on which nothing listens. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
