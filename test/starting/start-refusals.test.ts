import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readMasterKeys } from '../../src/config/master-keys.ts';
import { createLog } from '../../src/log.ts';
import { DEFAULT_SEED } from '../../src/server/dev.ts';
import { createApp } from '../../src/server/mount.ts';
import { SERVE_POLICY } from '../../src/server/policy.ts';
import { Client, KEY_B, SECRET_B } from '../support/client.ts';
import { alter, cutTo, filledFolder, scribble, snapshot } from '../support/damage.ts';
import { DISK_KINDS, DISKS, fullDisk } from '../support/small-disk.ts';
import { runBonin, type SpawnOptions, startBonin } from '../support/start-bonin.ts';
import { databaseFile, storedIds } from '../support/stored-rows.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The certifications that stand in a new sandbox. */
const SEEDED = DEFAULT_SEED.certifications.map(({ imp_uid }) => imp_uid);
const PAGE = 4096;
const OTHER_KEY = Buffer.alloc(32, 7).toString('base64');

/** What the system reports differs: no room in one case, no leave to grow in the other. */
const FULL_DISK = { mounted: /disk/, limited: /disk|cannot be/ } as const;

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

interface Refusal {
  readonly code: number;
  /** What the one line must tell. */
  readonly says: RegExp;
  readonly words?: readonly string[];
  readonly options?: SpawnOptions;
}

/** `bonin dev` on a folder must say one clear sentence, end, and have changed nothing. */
async function expectRefusal(folder: string, refusal: Refusal): Promise<void> {
  const before = snapshot(folder);
  const { code, signal, stdout, stderr } = await runBonin(
    refusal.words ?? ['dev', '--port', '0', '--data', folder],
    // A start that is not refused would last for ever.
    { killAfter: 30_000, ...refusal.options },
  );
  // Wrong usage also shows the help, in front.
  const said =
    refusal.code === 2 ? stderr.replace(/^(?:Bonin|Usage: bonin) [\s\S]*\n\n(?=bonin: )/, '') : stderr;
  const [line = '', ...rest] = said.split('\n');
  expect(line).toMatch(/^bonin: \S/);
  expect(line).toMatch(refusal.says);
  expect(rest, stderr).toEqual(['']);
  expect({ code, signal, stdout }).toEqual({ code: refusal.code, signal: null, stdout: '' });
  expect(snapshot(folder)).toEqual(before);
}

const DAMAGES: Readonly<Record<string, { do: (folder: string) => void; says: RegExp }>> = {
  'garbage over the whole header': {
    do: (folder) => scribble(folder, 0, 100),
    says: /not a database of Bonin, or its beginning is damaged/,
  },
  'garbage in the header behind its first words': {
    do: (folder) => scribble(folder, 16, 50),
    says: /damaged|not a database/,
  },
  'garbage in the schema': {
    do: (folder) => scribble(folder, 100, PAGE - 100),
    says: /damaged|not a database/,
  },
  'garbage in pages of the middle': {
    do: (folder) => scribble(folder, 30 * PAGE, 6 * PAGE),
    says: /damaged/,
  },
  'half of the file missing': {
    do: (folder) => cutTo(folder, (size) => Math.floor(size / 2 / PAGE) * PAGE),
    says: /damaged|not a database/,
  },
  'an end in the middle of a page': {
    do: (folder) => cutTo(folder, (size) => size - 1000),
    says: /damaged|not a database/,
  },
  'nothing left but the header': { do: (folder) => cutTo(folder, () => 100), says: /damaged|not a database/ },
  'not even the whole header left': {
    do: (folder) => cutTo(folder, () => 50),
    says: /damaged|not a database|another program/,
  },
};

test.for(Object.entries(DAMAGES))('a database with %s is refused', async ([, damage]) => {
  const folder = await filledFolder();
  damage.do(folder);
  await expectRefusal(folder, { code: 1, says: damage.says });
});

const STRANGERS: Readonly<Record<string, { make: (file: string) => void; says: RegExp }>> = {
  'a database of another program': {
    make: (file) =>
      alter(file, 'PRAGMA application_id = 1234567; CREATE TABLE t (a); INSERT INTO t VALUES (1)'),
    says: /is a database of another program/,
  },
  'a database that names no program': {
    make: (file) => alter(file, 'CREATE TABLE merchants (a); PRAGMA journal_mode = WAL'),
    says: /is a database of another program/,
  },
  'a text file': { make: (file) => writeFileSync(file, 'Dear diary,\n'), says: /not a database of Bonin/ },
  'a long text file': {
    make: (file) => writeFileSync(file, 'SQLite format 3 is what I write about.\n'.repeat(1000)),
    says: /not a database of Bonin/,
  },
  'an empty file': { make: (file) => writeFileSync(file, ''), says: /not a database of Bonin/ },
  'a folder': { make: (file) => mkdirSync(file), says: /is not a file$/ },
};

test.for(Object.entries(STRANGERS))('%s in the place of the database is refused', async ([, stranger]) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'master.keys'), `1 ${OTHER_KEY}\n`, { mode: 0o600 });
  stranger.make(databaseFile(folder));
  await expectRefusal(folder, { code: 1, says: stranger.says });
});

test('a text file without a key beside it is refused and gets no key', async () => {
  const folder = temporaryFolder();
  writeFileSync(databaseFile(folder), 'Dear diary,\n');
  await expectRefusal(folder, { code: 1, says: /master\.keys: is missing/ });
});

test('a database of a newer schema is refused', async () => {
  const folder = await filledFolder();
  alter(databaseFile(folder), 'PRAGMA user_version = 99');
  await expectRefusal(folder, { code: 1, says: /made by a newer Bonin \(schema 99/ });
});

test('a database of the mode serve is refused by dev', async () => {
  const folder = temporaryFolder();
  const app = await createApp({
    policy: SERVE_POLICY,
    databaseUrl: `sqlite:${databaseFile(folder)}`,
    masterKeys: readMasterKeys(join(folder, 'master.keys'), true),
    log: createLog('silent'),
  });
  await app.close();
  await expectRefusal(folder, { code: 1, says: /belongs to the mode serve and is never opened by dev/ });
});

test('a read-only database file is refused, to the superuser as well', async () => {
  const folder = await filledFolder();
  chmodSync(databaseFile(folder), 0o444);
  await expectRefusal(folder, { code: 1, says: /bonin\.db: is read-only/ });
});

const KEYS: Readonly<Record<string, { spoil: (file: string) => void; says: RegExp }>> = {
  'is missing': { spoil: (file) => rmSync(file), says: /master\.keys: is missing/ },
  'is that of another database': {
    spoil: (file) => writeFileSync(file, `1 ${OTHER_KEY}\n`),
    says: /sealed with a master key that is not among the keys given/,
  },
  'holds a key of another number': {
    spoil: (file) => writeFileSync(file, `2 ${OTHER_KEY}\n`),
    says: /sealed with a master key that is not among the keys given/,
  },
  'may be read by others': { spoil: (file) => chmodSync(file, 0o644), says: /may be read by others/ },
  'may be changed by the group': {
    spoil: (file) => chmodSync(file, 0o660),
    says: /may be changed by others/,
  },
  'is empty': { spoil: (file) => writeFileSync(file, ''), says: /master\.keys: is empty$/ },
  'is cut off': {
    spoil: (file) => writeFileSync(file, `1 ${OTHER_KEY.slice(0, 30)}`),
    says: /line 1 is not a number from 1 to/,
  },
  'is not text': {
    spoil: (file) => writeFileSync(file, Buffer.alloc(64, 0xff)),
    says: /master\.keys: is not UTF-8, as line 1 shows; save it as UTF-8$/,
  },
  'holds one number twice': {
    spoil: (file) => writeFileSync(file, `1 ${OTHER_KEY}\n${readFileSync(file, 'utf8')}`),
    says: /: line 3 holds a second master key with the number 1$/,
  },
};

test.for(Object.entries(KEYS))('a database whose key file %s is refused', async ([, key]) => {
  const folder = await filledFolder();
  key.spoil(join(folder, 'master.keys'));
  await expectRefusal(folder, { code: 1, says: key.says });
});

test('a file in the place of the data folder is refused', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'data');
  writeFileSync(file, 'here first');
  const words = ['dev', '--port', '0', '--data', file];
  await expectRefusal(folder, { code: 1, says: /data/, words });
});

test('a port in use is refused and nothing of the database changes', async () => {
  const folder = await filledFolder();
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' ? (address?.port ?? 0) : 0);
    });
  });
  const words = ['dev', '--port', String(port), '--data', folder];
  await expectRefusal(folder, { code: 1, says: /port \d+ on 127\.0\.0\.1 is in use/, words });
  server.close();
});

test.for([
  [['dev', '--prot', '1'], /--prot/],
  [['dev', '--port', '70000'], /--port must be a number from 0 to 65535/],
  [['dev', '--port', 'x'], /--port must be a number/],
  [['dev', '--port'], /port/],
  [['dev', '--log-level', 'loud'], /--log-level must be one of/],
  [['dev', '--base-path', 'iamport'], /--base-path must be/],
  [['dev', '--memory', '--data', '/nowhere/at/all'], /exclude each other/],
  [['dev', '--data', ''], /--data must not be empty/],
  [['dev', 'now'], /operand/],
  [['serv'], /there is no command "serv"/],
  [['toString'], /there is no command "toString"/],
] as const)('the words %j are refused as wrong usage', async ([words, says]) => {
  await expectRefusal(temporaryFolder(), { code: 2, says, words });
});

test('a bad setting in the environment is refused by its name', async () => {
  const folder = await filledFolder();
  const words = ['dev', '--data', folder];
  const options = { env: { BONIN_PORT: 'http' } };
  await expectRefusal(folder, { code: 2, says: /BONIN_PORT must be a number/, words, options });
});

const MERCHANT = { id: 'X', user_code: 'imp1', imp_key: 'k', imp_secret: 's', channels: [] };
const CHANNEL = { channel_key: 'c', pg_provider: 'danal', pg_id: 'p' };
const CERTIFICATION = {
  imp_uid: 'imp_000000000009',
  channel: 'c',
  merchant_uid: 'm',
  name: '홍길동',
  birthday: '1990-01-31',
  gender: 'male',
  phone: '01000000001',
  carrier: 'SKT',
  foreigner: false,
  certified: true,
  certified_at: 1_700_000_000,
  origin: null,
};
const withOne = (certification: unknown) => ({
  merchants: [{ ...MERCHANT, channels: [CHANNEL] }],
  certifications: [certification],
});

const WRONG_SEEDS: Readonly<Record<string, unknown>> = {
  'no JSON': '{"merchants": [',
  'a list': [],
  null: 'null',
  'a number': '7',
  'no merchants': { merchants: [], certifications: [] },
  'no certifications': { merchants: [MERCHANT] },
  'a merchant that is null': { merchants: [null], certifications: [] },
  'a merchant that is a text': { merchants: ['A'], certifications: [] },
  'a merchant without secret': { merchants: [{ ...MERCHANT, imp_secret: '' }], certifications: [] },
  'a channel that is null': { merchants: [{ ...MERCHANT, channels: [null] }], certifications: [] },
  'a channel of no provider': {
    merchants: [{ ...MERCHANT, channels: [{ ...CHANNEL, pg_provider: 'toString' }] }],
    certifications: [],
  },
  'a user code that is a number': { merchants: [{ ...MERCHANT, user_code: 7 }], certifications: [] },
  'a merchant without name and id': { merchants: [{ ...MERCHANT, id: undefined }], certifications: [] },
  'a certification that is null': withOne(null),
  'a certification of an unknown channel': withOne({ ...CERTIFICATION, channel: 'd' }),
  'a certification whose id is too long': withOne({ ...CERTIFICATION, imp_uid: 'i'.repeat(101) }),
  'a birthday that is no day': withOne({ ...CERTIFICATION, birthday: '1990-02-30' }),
  'a name of no letter': withOne({ ...CERTIFICATION, name: '12' }),
  'a phone of no network': withOne({ ...CERTIFICATION, phone: '0212345678' }),
  'a phone that is a number': withOne({ ...CERTIFICATION, phone: 1012345678 }),
  'a carrier that is a number': withOne({ ...CERTIFICATION, carrier: 7 }),
  'a gender of its own': withOne({ ...CERTIFICATION, gender: 'none' }),
  'an origin that is a number': withOne({ ...CERTIFICATION, origin: 7 }),
  'a foreigner that is a text': withOne({ ...CERTIFICATION, foreigner: 'yes' }),
  'a carrier approval that is a text': {
    merchants: [{ ...MERCHANT, channels: [{ ...CHANNEL, carrier_approval: 'yes' }] }],
    certifications: [],
  },
  'a time beyond all calendars': withOne({ ...CERTIFICATION, certified_at: 9e15 }),
};

test.for(Object.entries(WRONG_SEEDS))('a people file with %s is refused', async ([, seed]) => {
  const folder = await filledFolder();
  const file = join(folder, 'people.json');
  writeFileSync(file, typeof seed === 'string' ? seed : JSON.stringify(seed));
  const words = ['dev', '--port', '0', '--data', folder, '--seed', file];
  await expectRefusal(folder, { code: 1, says: /people\.json: \S/, words });
});

test('a people file that is not there is refused', async () => {
  const folder = await filledFolder();
  const words = ['dev', '--port', '0', '--data', folder, '--seed', join(folder, 'nobody.json')];
  await expectRefusal(folder, { code: 1, says: /nobody\.json: /, words });
});

test.for(DISK_KINDS)('a new folder on a full disk (%s) is refused', async (kind) => {
  const disk = fullDisk(kind);
  if (kind === 'mounted') disk.fill(0);
  const folder = join(disk.folder, 'data');
  const words = ['dev', '--port', '0', '--data', folder];
  const options = { wrapper: disk.wrapper };
  await expectRefusal(disk.folder, { code: 1, says: FULL_DISK[kind], words, options });
});

test.for(DISK_KINDS)('an old folder on a full disk (%s) is refused', async (kind) => {
  const disk = fullDisk(kind);
  cpSync(await filledFolder(), disk.folder, { recursive: true });
  if (kind === 'mounted') disk.fill(0);
  const words = ['dev', '--port', '0', '--data', disk.folder];
  const options = { wrapper: disk.wrapper };
  await expectRefusal(disk.folder, { code: 1, says: FULL_DISK[kind], words, options });
});

test.for(DISK_KINDS)(
  'on a disk (%s) that fills up while it runs, writes fail whole and lookups go on',
  async (kind) => {
    const disk = DISKS[kind]();
    const bonin = await startBonin(['--data', disk.folder]);
    const client = new Client(bonin.url);
    const { token } = await client.token();
    const kept = await Promise.all(times(20, () => client.create()));

    disk.fill(bonin.pid);
    const refused = await Promise.all([
      ...times(20, () => client.call('POST', '/sandbox/certifications', { json: {} })),
      ...kept.slice(0, 5).map((impUid) => client.erase(token, impUid)),
      client.call('POST', '/users/getToken', { json: { imp_key: KEY_B, imp_secret: SECRET_B } }),
      client.call('POST', '/sandbox/reset', {}),
    ]);
    for (const answer of refused) {
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBe('5');
      expect(answer.text).toMatch(/^\{"code":-1,"message":"[\x20-\x7e]+","response":null\}$/);
    }
    const found = await Promise.all(kept.map((impUid) => client.lookup(token, impUid)));
    expect(found.map(({ status }) => status)).toEqual(kept.map(() => 200));
    expect((await client.token()).token).toBe(token);
    // Whoever cannot write cannot certify: no node for new requests.
    expect((await client.call('GET', '/readyz')).status).toBe(503);

    disk.free(bonin.pid);
    expect((await client.call('GET', '/readyz')).status).toBe(200);
    const after = await Promise.all(times(20, () => client.create()));
    const [first = '', ...others] = kept;
    expect((await client.erase(token, first)).status).toBe(200);
    expect((await client.token(KEY_B, SECRET_B)).token).toMatch(/^[0-9a-f]{40}$/);
    expect(storedIds(disk.folder)).toEqual([...SEEDED, ...others, ...after].toSorted());
    client.close();
    expect(await bonin.stop()).toEqual({ code: 0, signal: null });
    const again = await startBonin(['--data', disk.folder]);
    expect(storedIds(disk.folder)).toEqual([...SEEDED, ...others, ...after].toSorted());
    await again.stop();
  },
);

test.for(DISK_KINDS)(
  'a disk (%s) that fills up right after a deletion does not end the server',
  async (kind) => {
    const disk = DISKS[kind]();
    const bonin = await startBonin(['--data', disk.folder]);
    const client = new Client(bonin.url);
    const { token } = await client.token();
    // Enough that the database must grow when its log is emptied into it.
    const kept = await Promise.all(
      times(200, () => client.create({ origin: `https://shop.example/${'x'.repeat(900)}` })),
    );
    const [first = '', ...others] = kept;
    expect((await client.erase(token, first)).status).toBe(200);
    disk.fill(bonin.pid);
    await sleep(1_000);
    for (const impUid of others) expect((await client.lookup(token, impUid)).status).toBe(200);

    disk.free(bonin.pid);
    const second = await client.create();
    expect(storedIds(disk.folder)).toEqual([...SEEDED, ...others, second].toSorted());
    client.close();
    expect(await bonin.stop()).toEqual({ code: 0, signal: null });
  },
);

test.for(DISK_KINDS)('stopped on a full disk (%s) it ends in order and loses nothing', async (kind) => {
  const disk = DISKS[kind]();
  const bonin = await startBonin(['--data', disk.folder]);
  const client = new Client(bonin.url);
  const kept = await Promise.all(
    times(200, () => client.create({ origin: `https://shop.example/${'x'.repeat(900)}` })),
  );
  client.close();
  disk.fill(bonin.pid);
  expect(await bonin.stop()).toEqual({ code: 0, signal: null });
  expect(bonin.stderr()).toBe('');
  disk.free(process.pid);
  const again = await startBonin(['--data', disk.folder]);
  expect(storedIds(disk.folder)).toEqual([...SEEDED, ...kept].toSorted());
  await again.stop();
});
