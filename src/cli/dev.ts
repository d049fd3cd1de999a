import { existsSync } from 'node:fs';
import { loadDevConfig, SETTINGS } from '../config.ts';
import { createDevApp, DEFAULT_SEED, readSeed, type Seed } from '../dev.ts';
import { createLog } from '../log.ts';
import { newMasterKey, readMasterKeys } from '../master-keys.ts';
import { type Command, type CommandOption, EXIT, UsageError } from './command.ts';
import { untilStopped } from './until-stopped.ts';

/** `bonin dev`: the sandbox, on this machine, with nothing set up. */
export const dev: Command = {
  operands: [],
  summary: 'Starts the sandbox: the V1 API with invented people, offline.',
  options: Object.fromEntries(
    Object.values(SETTINGS).map(({ flag, value, about, env, fallback }): [string, CommandOption] => [
      flag,
      {
        type: value === null ? 'boolean' : 'string',
        value,
        about: `${about} (${env}${value === null || fallback === null || fallback === '' ? '' : `, default ${fallback}`})`,
      },
    ]),
  ),

  async run({ options, environment }) {
    const loaded = loadDevConfig(options, environment);
    if ('problems' in loaded) throw new UsageError(loaded.problems);
    const { config } = loaded;
    const { keeping } = config;
    const seed = config.seed === null ? DEFAULT_SEED : readSeed(config.seed);
    const inMemory = keeping.kind === 'memory';
    const app = await createDevApp({
      databaseUrl: inMemory ? 'sqlite::memory:' : `sqlite:${encodeURI(keeping.database)}`,
      masterKeys: inMemory
        ? [newMasterKey()]
        : readMasterKeys(keeping.masterKeys, !existsSync(keeping.database)),
      log: createLog(config.logLevel),
      basePath: config.basePath,
      seed,
      openToAnyHost: config.hostGiven,
      randomOtp: config.randomOtp,
    });
    try {
      const { url } = await app.listen(config.port, config.host);
      greet(url, url + config.basePath, seed);
      await untilStopped();
    } finally {
      await app.close();
    }
    return EXIT.ok;
  },
};

/** What a developer needs for the first lookup. The first line with a URL holds nothing else. */
function greet(url: string, restUrl: string, seed: Seed): void {
  const [merchant] = seed.merchants;
  const example = seed.certifications.find(({ channel }) =>
    merchant?.channels.some(({ channel_key }) => channel_key === channel),
  );
  console.log(`Bonin dev — 본인인증 샌드박스. 여기의 사람은 모두 가상입니다 (nobody here is real).\n`);
  console.log(url);
  console.log(`\n  page        ${url}/sandbox`);
  if (merchant === undefined) return;
  console.log(`  imp_key     ${merchant.imp_key}`);
  console.log(`  imp_secret  ${merchant.imp_secret}`);
  if (example === undefined) return;
  console.log(`  imp_uid     ${example.imp_uid}`);
  const form = `-d 'imp_key=${merchant.imp_key}&imp_secret=${merchant.imp_secret}'`;
  const pick = `sed 's/.*"access_token":"\\([0-9a-f]*\\)".*/\\1/'`;
  console.log('\n토큰을 받아 인증결과를 조회합니다 (get a token, then look up):\n');
  console.log(`TOKEN=$(curl -s ${restUrl}/users/getToken ${form} | ${pick})`);
  console.log(`curl -s ${restUrl}/certifications/${example.imp_uid} -H "Authorization: $TOKEN"\n`);
  console.log('끝내려면 Ctrl+C (Ctrl+C stops).');
}
