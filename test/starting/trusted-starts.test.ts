import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newAuthority, toPem } from '../../src/sandbox/tls/certificates.ts';
import { DEFAULT_SEED } from '../../src/server/dev.ts';
import { filledFolder, snapshot } from '../support/damage.ts';
import { bringMerchants, MERCHANTS, newSite } from '../support/production.ts';
import { runBonin, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Every command reads what it believes through the one check, which `trusted-file.test.ts` tries in all its cases. */

const IS_ROOT = process.getuid?.() === 0;
const NEEDS_ROOT = IS_ROOT ? '' : ' (NOT RUN: needs root)';
const STRANGER = 12_345;
const modeOf = (file: string) => (statSync(file).mode & 0o7777).toString(8);

/** A command must say one sentence, end, and have changed nothing. */
async function expectRefusal(
  words: readonly string[],
  says: RegExp,
  { folder, env = {} }: { folder: string; env?: Readonly<Record<string, string>> },
): Promise<void> {
  const before = snapshot(folder);
  const { code, stdout, stderr } = await runBonin(words, { env, killAfter: 30_000 });
  expect(stderr).toMatch(/^bonin: [^\n]+\n$/);
  expect(stderr).toMatch(says);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(snapshot(folder)).toEqual(before);
}

const dev = (folder: string, ...more: readonly string[]) => [
  ...['dev', '--port', '0', '--data', folder],
  ...more,
];

/** A folder in which `serve` has what it needs. */
async function servedFolder(): Promise<string> {
  const site = newSite();
  expect((await bringMerchants(site, { merchants: MERCHANTS })).code).toBe(0);
  return site.words[1] ?? '';
}

describe('the files of a database', () => {
  test.for(['dev', 'serve'] as const)(
    'are for their owner only, the side files too (%s)',
    async (command) => {
      const folder = join(temporaryFolder(), 'deep', 'data');
      const bonin = await startBonin(['--data', folder], { command });
      expect(modeOf(folder)).toBe('700');
      const names = readdirSync(folder);
      const lock = command === 'dev' ? ['dev.lock'] : [];
      expect(names.toSorted()).toEqual(['bonin.db', 'bonin.db-shm', 'bonin.db-wal', ...lock, 'master.keys']);
      for (const name of names) expect(modeOf(join(folder, name)), name).toBe('600');
      await bonin.stop();
    },
  );

  test('that others may read are refused by serve, and taken by dev', async () => {
    const folder = await servedFolder();
    chmodSync(join(folder, 'bonin.db'), 0o644);
    const words = ['serve', '--port', '0', '--data', folder];
    await expectRefusal(words, /bonin\.db: may be read by others; run chmod 600 on it$/m, { folder });
    chmodSync(join(folder, 'bonin.db'), 0o640);
    await (await startBonin(['--data', folder], { command: 'serve' })).stop();

    const sandbox = await filledFolder();
    chmodSync(join(sandbox, 'bonin.db'), 0o644);
    await (await startBonin(['--data', sandbox])).stop();
  });

  test.for(['', '-wal', '-shm', '-journal'])(
    'that others may change are refused (bonin.db%s)',
    async (name) => {
      const folder = await filledFolder();
      const file = join(folder, `bonin.db${name}`);
      if (!existsSync(file)) writeFileSync(file, '');
      chmodSync(file, 0o606);
      const says = new RegExp(`bonin\\.db${name}: may be changed by others; run chmod go-w on it$`, 'm');
      await expectRefusal(dev(folder), says, { folder });
    },
  );

  test('are not made where others may put files beside them', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o777);
    await expectRefusal(dev(folder), /may be changed by others; run chmod go-w on it$/m, { folder });
    const sticky = await filledFolder();
    chmodSync(sticky, 0o1777);
    await expectRefusal(dev(sticky), /is shared with others; take a folder inside it$/m, { folder: sticky });
  });

  test('are made for their owner only where the keys lie elsewhere, and nowhere that is open', async () => {
    const keys = join(await servedFolder(), 'master.keys');
    const folder = join(temporaryFolder(), 'deep', 'data');
    const words = (data: string) => ['--data', data, '--master-keys', keys];
    const bonin = await startBonin(words(folder), { command: 'serve' });
    expect([folder, join(folder, 'bonin.db')].map(modeOf)).toEqual(['700', '600']);
    await bonin.stop();
    const open = temporaryFolder();
    chmodSync(open, 0o777);
    const says = /may be changed by others; run chmod go-w on it$/m;
    await expectRefusal(['serve', '--port', '0', ...words(open)], says, { folder: open });
  });

  test.runIf(IS_ROOT)(`of somebody else are refused${NEEDS_ROOT}`, async () => {
    for (const name of ['bonin.db', 'bonin.db-journal', 'master.keys']) {
      const folder = await filledFolder();
      if (!existsSync(join(folder, name))) writeFileSync(join(folder, name), '');
      chownSync(join(folder, name), STRANGER, STRANGER);
      const says = new RegExp(
        `${name}: belongs to the user 12345, whom root must not trust; run chown root on it`,
      );
      await expectRefusal(dev(folder), says, { folder });
    }
  });
});

describe('what else a start reads', () => {
  test('the master keys of serve may be a link, as Kubernetes has it, but into no open folder', async () => {
    const [folder, keys] = [await servedFolder(), temporaryFolder()];
    mkdirSync(join(keys, '..1'));
    writeFileSync(join(keys, '..1/own.keys'), readFileSync(join(folder, 'master.keys')), { mode: 0o440 });
    symlinkSync('..1', join(keys, '..data'));
    symlinkSync('..data/own.keys', join(keys, 'own.keys'));
    chmodSync(keys, 0o1777);
    const words = ['--data', folder, '--master-keys', join(keys, 'own.keys')];
    await (await startBonin(words, { command: 'serve' })).stop();
    chmodSync(join(keys, '..1'), 0o777);
    const says = /own\.keys: the folder \/\S+\/\.\.1 may be changed by others; run chmod go-w on it$/m;
    await expectRefusal(['serve', '--port', '0', ...words], says, { folder });
  });

  test('people that others may change are refused; those of the umask 0002 are taken', async () => {
    const [folder, place] = [await filledFolder(), temporaryFolder()];
    const file = join(place, 'people.json');
    writeFileSync(file, JSON.stringify(DEFAULT_SEED));
    chmodSync(file, 0o666);
    const words = dev(folder, '--seed', file);
    await expectRefusal(words, /people\.json: may be changed by others; run chmod go-w on it$/m, { folder });
    chmodSync(file, 0o664);
    chmodSync(place, 0o775);
    await (await startBonin(words.slice(3))).stop();
  });

  test.runIf(IS_ROOT)(`people of somebody else are refused to root${NEEDS_ROOT}`, async () => {
    const [folder, file] = [await filledFolder(), join(temporaryFolder(), 'people.json')];
    writeFileSync(file, JSON.stringify(DEFAULT_SEED));
    chownSync(file, STRANGER, STRANGER);
    const says = /people\.json: belongs to the user 12345, whom root must not trust; run chown root on it/;
    await expectRefusal(dev(folder, '--seed', file), says, { folder });
  });

  test('merchants that others may change are refused', async () => {
    const [folder, file] = [await servedFolder(), join(temporaryFolder(), 'merchants.json')];
    writeFileSync(file, JSON.stringify({ merchants: MERCHANTS }));
    for (const mode of [0o602, 0o620, 0o666]) {
      chmodSync(file, mode);
      const says = /merchants\.json: may be changed by others; run chmod go-w on it$/m;
      await expectRefusal(['merchants', file, '--data', folder], says, { folder });
    }
  });

  test('an authority that others may change is refused, and none is made where others could exchange it', async () => {
    const folder = await filledFolder();
    const { key, issuer, root } = newAuthority(Date.now());
    writeFileSync(join(folder, 'authority.key'), toPem(key) + issuer + root, { mode: 0o600 });
    writeFileSync(join(folder, 'authority.crt'), root);
    chmodSync(join(folder, 'authority.crt'), 0o646);
    const crt = /authority\.crt: may be changed by others; run chmod go-w on it$/m;
    await expectRefusal(dev(folder, '--tls'), crt, { folder });
    chmodSync(join(folder, 'authority.crt'), 0o644);
    chmodSync(join(folder, 'authority.key'), 0o620);
    const says = /authority\.key: may be changed by others; run chmod 600 on it$/m;
    await expectRefusal(dev(folder, '--tls'), says, { folder });

    const TMPDIR = temporaryFolder();
    chmodSync(TMPDIR, 0o777);
    const words = ['dev', '--port', '0', '--memory', '--tls'];
    await expectRefusal(words, /may be changed by others/, { folder: TMPDIR, env: { TMPDIR } });
  });

  test('a certificate for PostgreSQL that others may change is refused', async () => {
    const [folder, file] = [await filledFolder(), join(temporaryFolder(), 'root.crt')];
    writeFileSync(file, newAuthority(Date.now()).root);
    chmodSync(file, 0o666);
    const BONIN_DATABASE_URL = `postgres://localhost:1/bonin?sslmode=verify-full&sslrootcert=${file}`;
    const says = /root\.crt: may be changed by others; run chmod go-w on it$/m;
    await expectRefusal(dev(folder), says, { folder, env: { BONIN_DATABASE_URL } });
  });
});

describe('compiled code', () => {
  /** A home of its own, and the folder of compiled code in it. */
  const newHome = () => {
    const HOME = temporaryFolder();
    return { HOME, caches: join(HOME, '.cache'), folder: join(HOME, '.cache/bonin/compile-cache') };
  };
  const run = async (env: Readonly<Record<string, string>>) => {
    expect(await runBonin(['--version'], { env })).toMatchObject({ code: 0, stderr: '' });
  };

  test('is kept in a folder that only its user may enter, and not in the temporary one', async () => {
    const [{ HOME, folder }, TMPDIR] = [newHome(), temporaryFolder()];
    await run({ HOME, TMPDIR });
    expect(modeOf(folder)).toBe('700');
    expect(readdirSync(folder)).not.toEqual([]);
    expect(readdirSync(TMPDIR)).toEqual([]);
    // What is asked for in the environment comes first; a path that is not absolute counts as none.
    const [other, XDG_CACHE_HOME] = [newHome(), temporaryFolder()];
    await run({ HOME: other.HOME, XDG_CACHE_HOME, TMPDIR });
    expect(readdirSync(join(XDG_CACHE_HOME, 'bonin/compile-cache'))).not.toEqual([]);
    expect(readdirSync(other.HOME)).toEqual([]);
    await run({ HOME: other.HOME, XDG_CACHE_HOME: 'caches', TMPDIR });
    expect(readdirSync(other.folder)).not.toEqual([]);
    expect(readdirSync(TMPDIR)).toEqual([]);
  });

  const OPEN: Readonly<Record<string, (home: ReturnType<typeof newHome>) => void>> = {
    'whose folder others may enter': ({ folder }) => chmodSync(folder, 0o755),
    'whose folder others may write to': ({ folder }) => chmodSync(folder, 0o777),
    'below a folder that others may write to': ({ caches }) => chmodSync(caches, 0o777),
    'below a home that a group may write to': ({ HOME }) => chmodSync(HOME, 0o770),
  };
  const OF_OTHERS: typeof OPEN = {
    'whose folder is somebody else’s': ({ folder }) => chownSync(folder, STRANGER, STRANGER),
    'below a home that is somebody else’s': ({ HOME }) => chownSync(HOME, STRANGER, STRANGER),
  };
  test.runIf(IS_ROOT)(`leaves nothing in a home of another user${NEEDS_ROOT}`, async () => {
    const { HOME } = newHome();
    chownSync(HOME, STRANGER, STRANGER);
    await run({ HOME, TMPDIR: temporaryFolder() });
    expect(readdirSync(HOME)).toEqual([]);
  });

  const expectNone = async (open: (home: ReturnType<typeof newHome>) => void) => {
    const [home, TMPDIR] = [newHome(), temporaryFolder()];
    mkdirSync(home.folder, { recursive: true, mode: 0o700 });
    open(home);
    await run({ HOME: home.HOME, TMPDIR });
    expect(readdirSync(home.folder)).toEqual([]);
    expect(readdirSync(TMPDIR)).toEqual([]);
  };

  test.for(Object.entries(OPEN))('is not kept where there is some %s', ([, open]) => expectNone(open));

  describe.runIf(IS_ROOT)(`of another user${NEEDS_ROOT}`, () => {
    test.for(Object.entries(OF_OTHERS))('is not kept where there is some %s', ([, open]) => expectNone(open));
  });

  test('is not kept behind a link, nor where no folder can be made', async () => {
    const [{ HOME, caches, folder }, target] = [newHome(), temporaryFolder()];
    const TMPDIR = temporaryFolder();
    mkdirSync(join(caches, 'bonin'), { recursive: true });
    symlinkSync(target, folder);
    await run({ HOME, TMPDIR });
    expect(readdirSync(target)).toEqual([]);
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    await run({ HOME: file, TMPDIR });
    expect(readdirSync(TMPDIR)).toEqual([]);
  });

  test('is taken from where NODE_COMPILE_CACHE says, unless others may write there', async () => {
    const [{ HOME }, chosen] = [newHome(), temporaryFolder()];
    await run({ HOME, NODE_COMPILE_CACHE: chosen });
    expect(readdirSync(chosen)).not.toEqual([]);
    expect(readdirSync(HOME)).toEqual([]);
    chmodSync(chosen, 0o777);
    const refused = await runBonin(['--version'], { env: { HOME, NODE_COMPILE_CACHE: chosen } });
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /^bonin: NODE_COMPILE_CACHE is not to be trusted: [^\n]+ may be changed by others; run chmod go-w on it\n$/,
    );
  });
});
