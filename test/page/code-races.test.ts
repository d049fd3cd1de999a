import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { type Bonin, sharing, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Volley } from '../support/volley.ts';
import { CONSENT, SIMCHEONG_FORM, shopOf, Visitor } from './shop.ts';

/*
 * Thousands of forms of one step at one moment, each with a code of its own, at several processes on one database: one
 * of them is looked at, and the others hear nothing of their codes.
 */

const FORMS = 2_000;
/** Codes that may be compared in one attempt. */
const TRIES = 5;
const PATIENCE = { timeout: 600_000 };
/** How long writers are held, in milliseconds; were it too short, less would be tried. */
const HOLD = 1000;

/** What the database knows of an attempt's codes. */
interface Counted {
  readonly wrong: number;
  readonly certified: boolean;
}

interface Site {
  readonly nodes: readonly Bonin[];
  /** Keeps every process from writing until the function that it gives is called. */
  hold(): Promise<() => Promise<void>>;
  count(impUid: string): Promise<Counted>;
}

const SQL = 'SELECT a.wrong, c.state FROM attempts a JOIN certifications c ON c.id = a.id WHERE a.id = ';

async function startNodes(count: number, words: readonly string[]): Promise<readonly Bonin[]> {
  const nodes: Bonin[] = [];
  for (let node = 0; node < count; node++) nodes.push(await startBonin([...words, '--random-otp']));
  return nodes;
}

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

const ENGINES: Readonly<Record<string, () => Promise<Site>>> = {
  'two processes on PostgreSQL': async () => {
    const url = await server.newDatabase();
    return {
      nodes: await startNodes(2, ['--data', temporaryFolder(), '--database-url', url]),
      async hold() {
        const client = new pg.Client({ connectionString: url });
        await client.connect();
        await client.query('BEGIN');
        await client.query('LOCK TABLE certifications, attempts IN EXCLUSIVE MODE');
        return () => client.end();
      },
      async count(impUid) {
        const [row] = await ask(url, `${SQL}$1`, [Number(impUid.slice(4))]);
        return toCounted(row);
      },
    };
  },
  'four processes on one SQLite file': async () => {
    const data = temporaryFolder();
    return {
      nodes: await startNodes(4, sharing(data)),
      async hold() {
        const database = new DatabaseSync(join(data, 'bonin.db'), { timeout: 5_000 });
        database.exec('BEGIN IMMEDIATE');
        return async () => database.close();
      },
      async count(impUid) {
        const database = new DatabaseSync(join(data, 'bonin.db'), { readOnly: true, timeout: 5_000 });
        try {
          return toCounted(database.prepare(`${SQL}?`).get(Number(impUid.slice(4))));
        } finally {
          database.close();
        }
      },
    };
  },
};

function toCounted(row: Readonly<Record<string, unknown>> | undefined): Counted {
  return { wrong: Number(row?.['wrong']), certified: row?.['state'] === 'certified' };
}

/** Somebody at the screen of the code, and the code that they were sent. */
async function visit({ nodes }: Site) {
  const [first] = nodes as [Bonin];
  const shop = shopOf(first);
  const started = await shop.start();
  const visitor = new Visitor();
  await visitor.open(started.url);
  for (const form of [{ carrier: 'KT' }, CONSENT, { method: 'SMS' }, SIMCHEONG_FORM])
    await visitor.send(form);
  expect(visitor.screen).toBe('code');
  const code = (await shop.messages()).find(({ imp_uid }) => imp_uid === started.imp_uid)?.otp ?? '';
  expect(code).toMatch(/^\d{6}$/);
  return { ...started, shop, visitor, code };
}

type Place = 'first' | 'in the middle' | 'last' | 'nowhere';

/** So many codes, each another one, with the right one among them or not. */
function crowdOf(right: string, place: Place, round: number): readonly string[] {
  const wrong = Array.from({ length: FORMS + 1 }, (_, at) => String(round * FORMS + at).padStart(6, '0'))
    .filter((code) => code !== right)
    .slice(0, FORMS - (place === 'nowhere' ? 0 : 1));
  const at = { first: 0, 'in the middle': FORMS / 2, last: FORMS - 1, nowhere: FORMS }[place];
  return place === 'nowhere' ? wrong : wrong.toSpliced(at, 0, right);
}

/** Sends a form of one step for each code at one moment, to one process after the other. */
async function sendAll({ nodes, hold }: Site, path: string, step: string, codes: readonly string[]) {
  const urls = nodes.map(({ url }) => url);
  const bodies = codes.map((otp) => new URLSearchParams({ step, do: 'next', otp }).toString());
  const volley = await Volley.open(urls, bodies.length);
  // Each process shall have got as far as it gets before the first of all has written.
  const release = await hold();
  const answers = volley.post(path, bodies);
  await sleep(HOLD);
  await release();
  return answers;
}

/**
 * Attacks an attempt again and again until it has ended; `placeOf` says where the right code stands in each round.
 * Gives back what was compared.
 */
async function attack(site: Site, placeOf: (round: number) => Place) {
  const { visitor, shop, handle, imp_uid, code } = await visit(site);
  const path = new URL(visitor.address).pathname;
  // A form of an older step is the picture of one that came too late.
  const [loser = ''] = await sendAll(site, path, '0', [code]);
  expect(loser).toMatch(/^HTTP\/1.1 303 /);
  let told = 0;
  let wasBusy = false;
  for (let round = 0; visitor.screen === 'code'; round++) {
    const before = round === 0 ? 0 : (await site.count(imp_uid)).wrong;
    const sent = crowdOf(code, placeOf(round), round);
    const answers = await sendAll(site, path, visitor.step, sent);
    // Too many for this machine: says that nothing was done, and nothing of a code.
    const busy = answers.filter((answer) => answer.startsWith('HTTP/1.1 503 '));
    expect(new Set(busy).size).toBeLessThanOrEqual(1);
    // Whoever was looked at and wrong is told so; everybody else, right or wrong, gets one and the same answer.
    const others = sent.filter((_, at) => ![loser, busy[0]].includes(answers[at]));
    expect(others.length, `round ${round}: codes told apart from the others`).toBeLessThanOrEqual(1);
    expect(others).not.toContain(code);
    told += others.length;
    const after = await site.count(imp_uid);
    const compared = after.wrong - before + Number(after.certified);
    wasBusy ||= busy.length > 0;
    // None only where the machine was too slow for whoever took the step.
    expect(compared).toBeLessThanOrEqual(1);
    expect(compared === 1 || wasBusy).toBe(true);
    expect(round).toBeLessThan(10 * TRIES);
    await visitor.reload();
  }
  const counted = await site.count(imp_uid);
  const { result } = await shop.result(handle);
  // Nothing that comes afterwards changes it.
  for (const answer of await sendAll(site, path, visitor.step, [code, '000000'])) expect(answer).toBe(loser);
  expect((await shop.result(handle)).result).toEqual(result);
  return { ...counted, told, result };
}

describe.each(Object.entries(ENGINES))('thousands of codes at one moment, at %s', (_name, start) => {
  it('are one try, and five tries end the attempt', PATIENCE, async () => {
    const site = await start();
    const { wrong, certified, told, result } = await attack(site, () => 'nowhere');
    expect({ wrong, certified, result }).toMatchObject({
      wrong: TRIES,
      certified: false,
      result: { success: false, error_code: 'OTP_LIMIT' },
    });
    expect(told).toBeLessThanOrEqual(TRIES);
    await stop(site);
  });

  it('do not tell the right one among them, wherever it stands', PATIENCE, async () => {
    const site = await start();
    const places: readonly Place[] = ['in the middle', 'last', 'first'];
    const { wrong, certified, result } = await attack(site, (round) => places[round % 3] ?? 'last');
    // By chance the right one is the one that is looked at, as any other might be.
    if (certified) expect([wrong < TRIES, result?.['success']]).toEqual([true, true]);
    else expect([wrong, result?.['error_code']]).toEqual([TRIES, 'OTP_LIMIT']);
    await stop(site);
  });
});

async function stop({ nodes }: Site): Promise<void> {
  for (const node of nodes) expect(await node.stop()).toEqual({ code: 0, signal: null });
}
