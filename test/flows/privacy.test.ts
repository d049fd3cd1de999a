import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  copyLive,
  findCanaries,
  listFiles,
  type Spelling,
  spellBytes,
  spellText,
} from '../support/canaries.ts';
import { Client, textOf } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { exchange } from '../support/raw-exchange.ts';
import { runBonin, sharing, startBonin } from '../support/start-bonin.ts';
import { databaseFile, readSealed } from '../support/stored-rows.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const PEOPLE = [
  { name: '쀍뷁똠캐나리', phone: '01098765432', phoneAsSent: '010-9876-5432' },
  { name: 'Canarina Qwzxbird', phone: '01143215678', phoneAsSent: '011-4321-5678' },
];
const SECRET_OF_A = 'CanarySecretOfMerchantA/7f3k9+Zq';
const SECRET_OF_B = 'CanarySecretOfMerchantB-0w8e5rTy';
const WRONG_SECRET = 'CanaryWrongSecret_4u7i2o';
const WRONG_TOKEN = 'ca4a1eca4a1eca4a1eca4a1eca4a1eca4a1e0bad';
const IN_PATH = 'canaryInAPathXq7';
const IN_QUERY = 'canaryInAQueryXq8';
const IN_HEADER = 'canaryInAHeaderXq9';
const IN_BODY = 'canaryInABrokenBodyXq0';

const SEED = {
  merchants: [
    {
      id: 'A',
      user_code: 'imp70000000',
      imp_key: 'privacy_a',
      imp_secret: SECRET_OF_A,
      channels: [
        {
          channel_key: 'privacy-approved',
          pg_provider: 'danal',
          pg_id: 'P1',
          carrier_approval: true,
          foreigner_addon: true,
        },
        { channel_key: 'privacy-inicis', pg_provider: 'inicis_unified', pg_id: 'P2' },
      ],
    },
    {
      id: 'B',
      user_code: 'imp70000001',
      imp_key: 'privacy_b',
      imp_secret: SECRET_OF_B,
      channels: [{ channel_key: 'privacy-b', pg_provider: 'kcp_v2', pg_id: 'P3' }],
    },
  ],
  certifications: [
    {
      imp_uid: 'imp_000000000077',
      channel: 'privacy-b',
      merchant_uid: 'canary_order_seeded_Zx5',
      name: '씨앗캐나리뷁',
      birthday: '1991-02-03',
      gender: 'female',
      phone: '01055443322',
      carrier: 'KT',
      foreigner: false,
      certified: true,
      certified_at: 1_700_000_000,
      origin: 'https://seeded-canary-shop.example/page',
    },
  ],
};

type Canaries = Map<string, readonly Spelling[]>;

/** What must be found nowhere, by a name that may be shown. */
function knownCanaries(): Canaries {
  const texts: Record<string, string> = {
    'secret of A': SECRET_OF_A,
    'secret of B': SECRET_OF_B,
    'wrong secret': WRONG_SECRET,
    'wrong token': WRONG_TOKEN,
    path: IN_PATH,
    query: IN_QUERY,
    header: IN_HEADER,
    body: IN_BODY,
    'seeded name': '씨앗캐나리뷁',
    'seeded phone': '01055443322',
    'seeded merchant_uid': 'canary_order_seeded_Zx5',
    'seeded origin': 'seeded-canary-shop.example',
  };
  for (const [number, { name, phone, phoneAsSent }] of PEOPLE.entries()) {
    texts[`name ${number}`] = name;
    texts[`phone ${number}`] = phone;
    texts[`phone ${number} as sent`] = phoneAsSent;
  }
  return new Map(Object.entries(texts).map(([label, text]) => [label, spellText(text)]));
}

/** Makes, looks up and deletes people, and does everything wrong that may carry a canary into a log. */
async function exercise(client: Client, port: number, canaries: Canaries): Promise<void> {
  const tokens = {
    a: (await client.token('privacy_a', SECRET_OF_A)).token,
    b: (await client.token('privacy_b', SECRET_OF_B)).token,
  };
  for (const [label, token] of Object.entries(tokens)) canaries.set(`token ${label}`, spellText(token));

  for (const [number, { name, phoneAsSent }] of PEOPLE.entries())
    for (const channel of ['privacy-approved', 'privacy-inicis', 'privacy-b']) {
      const label = `${number} ${channel}`;
      const merchantUid = `canary_order_${number}_${channel}_Vb6`;
      const origin = `https://canary-origin-${number}-${channel}.example/Vb7`;
      canaries.set(`merchant_uid ${label}`, spellText(merchantUid));
      canaries.set(`origin ${label}`, spellText(origin));
      const body = { name, phone: phoneAsSent, channel_key: channel, merchant_uid: merchantUid, origin };
      const token = channel === 'privacy-b' ? tokens.b : tokens.a;
      const kept = await client.create(body);
      const deleted = await client.create(body);
      for (const impUid of [kept, deleted]) {
        const { response } = await client.lookup(token, impUid);
        expect(textOf(response, 'name')).toBe(name);
        canaries.set(`CI ${label}`, spellText(textOf(response, 'unique_key')));
        const di = response?.['unique_in_site'];
        if (typeof di === 'string') canaries.set(`DI ${label}`, spellText(di));
      }
      expect((await client.erase(token, deleted)).status).toBe(200);
    }

  const wrong = [
    client.call('POST', '/users/getToken', { json: { imp_key: 'privacy_a', imp_secret: WRONG_SECRET } }),
    client.call('POST', '/users/getToken', { json: { imp_key: WRONG_SECRET, imp_secret: SECRET_OF_A } }),
    client.call('POST', '/users/getToken', { json: { imp_secret: [SECRET_OF_A] } }),
    client.call('POST', '/users/getToken', {
      headers: { 'content-type': 'application/json' },
      body: `{"imp_key":"privacy_a","imp_secret":"${SECRET_OF_A}","x":"${IN_BODY}`,
    }),
    client.call('POST', '/users/getToken', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `imp_secret=${SECRET_OF_B}&x=${IN_BODY}%zz`,
    }),
    client.call('POST', '/users/getToken', {
      headers: { 'content-type': 'application/json' },
      body: Buffer.concat([Buffer.from(`{"x":"${IN_BODY}`), Buffer.from([0xc8, 0xab, 0xb1, 0xe6])]),
    }),
    client.call('POST', '/sandbox/certifications', { json: { name: `${PEOPLE[0]?.name}<`, phone: IN_BODY } }),
    client.call('POST', '/sandbox/certifications', {
      json: { name: PEOPLE[1]?.name, channel_key: IN_BODY },
    }),
    client.call('PUT', '/sandbox/clock', { json: { now: PEOPLE[0]?.phone } }),
    client.lookup(WRONG_TOKEN, 'imp_000000000077'),
    client.lookup(`Basic ${IN_HEADER}`, IN_PATH),
    client.lookup(tokens.a, encodeURIComponent(PEOPLE[0]?.name ?? '')),
    client.erase(tokens.b, IN_PATH),
    client.call('GET', `/certifications/x?_token=${tokens.a}&q=${IN_QUERY}`),
    client.call('GET', `/certifications/x?_token=${WRONG_TOKEN}`),
    client.call('GET', `/${IN_PATH}/${PEOPLE[1]?.phone}?q=${IN_QUERY}&_token=${tokens.b}`),
    client.call('PUT', `/certifications/${IN_PATH}`, { headers: { 'x-note': IN_HEADER } }),
    client.call('GET', '/readyz', { headers: { origin: `https://${IN_HEADER}`, cookie: tokens.a } }),
    client.call('GET', '/sandbox/clock', { headers: { host: `${IN_HEADER}.example` } }),
    client.call('POST', '/users/getToken', { body: IN_BODY.repeat(4000) }),
    exchange(port, `G@T /${IN_PATH} ${IN_HEADER}\r\n\r\n`),
    exchange(port, `GET /${IN_PATH} HTTP/1.1\r\nHost: x\r\n${IN_HEADER}\r\n\r\n`),
    exchange(port, `GET / HTTP/1.1\r\nHost: x\r\nX-Big: ${IN_HEADER.repeat(2000)}\r\n\r\n`),
    exchange(port, `CONNECT ${IN_PATH}:443 HTTP/1.1\r\nHost: ${IN_HEADER}\r\n\r\n`),
  ];
  for (const answer of await Promise.all(wrong)) {
    const body = 'text' in answer ? answer.text : answer.body.toString('latin1');
    const said = [...canaries].filter(([, spellings]) =>
      spellings.some(({ bytes }) => body.includes(bytes.toString('latin1'))),
    );
    expect(said, `an answer repeats a canary: ${body}`).toEqual([]);
  }
}

/** Breaks one record on the disk, so that a lookup fails on our side and is logged as an error. */
async function exerciseFailure(client: Client, folder: string): Promise<void> {
  const broken = await client.create({ name: PEOPLE[0]?.name, channel_key: 'privacy-b' });
  const database = new DatabaseSync(databaseFile(folder), { timeout: 5_000 });
  database
    .prepare('UPDATE certifications SET sealed = zeroblob(length(sealed)) WHERE id = ?')
    .run(Number(broken.slice(4)));
  database.close();
  const { token } = await client.token('privacy_b', SECRET_OF_B);
  expect((await client.lookup(token, broken)).status).toBe(500);
}

test.for([
  ['stopped', 'SIGTERM'],
  ['killed', 'SIGKILL'],
] as const)(
  'nothing of a person and no secret stands in a file or the log, while it runs and after it was %s',
  async ([, signal]) => {
    const folder = temporaryFolder();
    const [data, logs] = [join(folder, 'data'), join(folder, 'logs')];
    mkdirSync(logs);
    const seedFile = join(folder, 'seed.json');
    writeFileSync(seedFile, JSON.stringify(SEED));
    const bonin = await startBonin(['--data', data, '--seed', seedFile, '--log-level', 'debug'], {
      stderrFile: join(logs, 'stderr.log'),
    });
    const client = new Client(bonin.url);
    const canaries = knownCanaries();

    await exercise(client, bonin.port, canaries);
    await exerciseFailure(client, data);
    const stolen = copyLive(data, join(folder, 'stolen'));
    expect(findCanaries([stolen, logs], canaries)).toEqual([]);
    expect(listFiles(stolen).map((file) => file.slice(stolen.length + 1))).toContain('bonin.db-wal');

    client.close();
    bonin.signal(signal);
    await bonin.exited;
    expect(findCanaries([data, logs], canaries)).toEqual([]);
    // An empty log would prove nothing.
    const log = readFileSync(join(logs, 'stderr.log'), 'utf8');
    for (const code of ['credentials_wrong', 'body_malformed', 'request_malformed', 'sealed_data_unreadable'])
      expect(log).toContain(code);
    expect(canaries.size).toBeGreaterThan(30);
  },
);

test('the search finds a canary planted in each encoding, at any place', () => {
  for (const text of [PEOPLE[0]?.name ?? '', SECRET_OF_A, '01098765432'])
    for (const shift of [0, 1, 2, 3]) {
      const around = (bytes: Buffer) =>
        Buffer.concat([Buffer.alloc(shift, 'x'), bytes, Buffer.alloc(7 - shift, 'y')]);
      const utf16be = Buffer.from(text, 'utf16le').swap16();
      const plants: Record<string, Buffer> = {
        utf8: around(Buffer.from(text)),
        utf16le: around(Buffer.from(text, 'utf16le')),
        utf16be: around(utf16be),
        json: Buffer.from(JSON.stringify({ text: `${'x'.repeat(shift)}${text}` })),
        percent: Buffer.from(encodeURIComponent(`x ${text} y`)),
      };
      for (const [encoding, bytes] of Object.entries(plants)) {
        plants[`${encoding} as base64`] = Buffer.from(bytes.toString('base64'));
        plants[`${encoding} as hex`] = Buffer.from(bytes.toString('hex'));
        plants[`${encoding} as HEX`] = Buffer.from(bytes.toString('hex').toUpperCase());
      }
      // What was escaped and then encoded again is nothing that a program does by accident.
      for (const name of Object.keys(plants)) if (/^(?:json|percent) as/.test(name)) delete plants[name];
      for (const [plant, bytes] of Object.entries(plants)) {
        const folder = temporaryFolder();
        writeFileSync(join(folder, 'planted'), bytes);
        const found = findCanaries([folder], new Map([['planted', spellText(text)]]));
        expect(found.length, `${plant}, shifted by ${shift}`).toBeGreaterThan(0);
      }
    }
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'clean'), 'nothing of the kind');
  expect(findCanaries([folder], new Map([['planted', spellBytes(Buffer.from('canary'))]]))).toEqual([]);
});

test('the sealed bytes of a deleted certification are soon in no file any more', async () => {
  const data = temporaryFolder();
  const bonin = await startBonin(sharing(data));
  const other = await startBonin(sharing(data));
  const client = new Client(bonin.url);
  const otherClient = new Client(other.url);
  const { token } = await client.token();
  const ids = await Promise.all(Array.from({ length: 50 }, () => client.create({ name: PEOPLE[0]?.name })));
  for (const impUid of ids.slice(0, 10)) {
    // The other process has just read it, as it may happen at a busy shop.
    expect((await otherClient.lookup(token, impUid)).status).toBe(200);
    const sealed = readSealed(data, impUid);
    // While they move from the log into the database a search may just miss them: it reads one file after the other.
    const isFound = await eventually(() => findCanaries([data], sealed).length > 1);
    expect(isFound, 'the bytes can be found before').toBe(true);
    expect((await client.erase(token, impUid)).status).toBe(200);
    expect(await eventually(() => findCanaries([data], sealed).length === 0)).toBe(true);
  }
  client.close();
  otherClient.close();
});

test('sealed bytes go as soon as a long reader that kept them has left', async () => {
  const data = temporaryFolder();
  const bonin = await startBonin(['--data', data]);
  const client = new Client(bonin.url);
  const { token } = await client.token();
  const impUid = await client.create({ name: PEOPLE[0]?.name });
  const sealed = readSealed(data, impUid);
  // As a backup does: it reads one state of the database for as long as it takes.
  const reader = new DatabaseSync(databaseFile(data), { readOnly: true });
  reader.exec('BEGIN; SELECT count(*) FROM certifications');
  reader.prepare('SELECT count(*) FROM certifications').get();
  expect((await client.erase(token, impUid)).status).toBe(200);
  // Longer than the server waits for any lock.
  await sleep(6_500);
  expect((await client.lookup(token, impUid)).status).toBe(404);
  reader.exec('COMMIT');
  reader.close();
  expect(await eventually(() => findCanaries([data], sealed).length === 0)).toBe(true);
  client.close();
});

test('lookups go on while a long reader keeps erased bytes from going', async () => {
  const data = temporaryFolder();
  const bonin = await startBonin(['--data', data]);
  const client = new Client(bonin.url);
  const { token } = await client.token();
  const impUid = await client.create();
  const reader = new DatabaseSync(databaseFile(data), { readOnly: true });
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM certifications').get();
  expect((await client.erase(token, impUid)).status).toBe(200);

  const order: string[] = [];
  const leave = sleep(3_000).then(() => {
    order.push('the reader leaves');
    reader.close();
  });
  // By now the server wants to empty its log, and cannot.
  await sleep(500);
  expect((await client.lookup(token, 'imp_000000000001')).status).toBe(200);
  order.push('the lookup is answered');
  await leave;
  expect(order).toEqual(['the lookup is answered', 'the reader leaves']);
  client.close();
});

test('sealed bytes of a deletion right before a kill are gone after the next start', async () => {
  const data = temporaryFolder();
  const first = await startBonin(['--data', data]);
  const client = new Client(first.url);
  const { token } = await client.token();
  const impUid = await client.create({ name: PEOPLE[0]?.name });
  const sealed = readSealed(data, impUid);
  expect((await client.erase(token, impUid)).status).toBe(200);
  await first.kill();
  client.close();
  await startBonin(['--data', data]);
  expect(await eventually(() => findCanaries([data], sealed).length === 0)).toBe(true);
});

test('a people file that is wrong is refused without a word of what it holds', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'seed.json');
  const [person] = SEED.certifications;
  const wrongSeeds = [
    JSON.stringify(SEED).slice(0, -40),
    JSON.stringify(SEED).replace('"imp_key":"privacy_b",', ''),
    JSON.stringify({ ...SEED, certifications: [{ ...person, birthday: PEOPLE[0]?.name }] }),
    JSON.stringify({ ...SEED, certifications: [{ ...person, phone: IN_BODY }] }),
    JSON.stringify({ ...SEED, certifications: [{ ...person, carrier: IN_BODY }] }),
  ];
  for (const text of wrongSeeds) {
    writeFileSync(file, text);
    const { code, stderr } = await runBonin(['dev', '--port', '0', '--memory', '--seed', file]);
    expect(code).toBe(1);
    const said = [...knownCanaries()].filter(([, spellings]) =>
      spellings.some(({ bytes }) => Buffer.from(stderr).includes(bytes)),
    );
    expect(said, stderr).toEqual([]);
  }
});
