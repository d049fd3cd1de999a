import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test } from 'vitest';
import { newMasterKey } from '../../src/config/master-keys.ts';
import { createLog } from '../../src/log.ts';
import { createDevApp } from '../../src/server/dev.ts';
import { type PostgresServer, startPostgres } from '../contract/postgres-server.ts';
import { startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { shopOf, Visitor } from './shop.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.close());

const ENGINES: Readonly<Record<string, () => Promise<string>>> = {
  SQLite: async () => `sqlite:${join(temporaryFolder(), 'bonin.db')}`,
  PostgreSQL: () => server.newDatabase(),
};
const WAIT = { status: 200, state: 'pending', wait: true };
const CANCELLED = { state: 'done', result: { success: false, error_code: 'USER_CANCEL' } };

/** Two servers on one database; their clock is this machine's, moved on. */
async function startBoth(databaseUrl: string) {
  let ahead = 0;
  const masterKeys = [newMasterKey()];
  const urls: string[] = [];
  for (const _each of [1, 2]) {
    const clock = { now: () => Date.now() + ahead };
    const app = await createDevApp({ databaseUrl, masterKeys, log: createLog('silent'), clock });
    onTestFinished(() => app.close());
    urls.push((await app.listen(0, '127.0.0.1')).url);
  }
  const [here = '', there = ''] = urls;
  const shop = shopOf({ url: here });
  return {
    shop,
    /** A script that finds its popup closed. */
    looksClosed: (handle: string) => shopOf({ url: there }).call('close', { handle }),
    say: async (visitor: Visitor, state: string, report: number) => {
      const body = new URLSearchParams({ state, number: String(firstReport(visitor) + report) });
      const { pathname } = new URL(visitor.address);
      return (await fetch(`${here}${pathname}/presence`, { method: 'POST', body })).status;
    },
    pass: (milliseconds: number) => {
      ahead += milliseconds;
    },
  };
}

const firstReport = ({ html }: Visitor) => Number(/data-report="(\d+)"/.exec(html)?.[1]);

describe.each(Object.entries(ENGINES))(
  'a window of one server, asked about at another, on %s',
  (_name, newUrl) => {
    it('is there until it says that it goes, and no screen has come since', async () => {
      const { shop, looksClosed, say } = await startBoth(await newUrl());
      const { url, handle } = await shop.start();
      const visitor = new Visitor();
      await visitor.open(url);
      expect(await looksClosed(handle)).toEqual(WAIT);
      expect(await say(visitor, 'visible', 1)).toBe(204);
      expect(await looksClosed(handle)).toEqual(WAIT);
      const old = new Visitor();
      old.html = visitor.html;
      old.address = visitor.address;
      await visitor.reload();
      expect(firstReport(visitor)).toBeGreaterThan(firstReport(old));
      // The reloaded the last report comes after its successor was asked for.
      expect(await say(old, 'gone', 2)).toBe(204);
      expect(await looksClosed(handle)).toEqual(WAIT);
      expect(await say(visitor, 'gone', 2)).toBe(204);
      expect(await say(visitor, 'hidden', 1)).toBe(204);
      expect(await looksClosed(handle)).toMatchObject(CANCELLED);
      expect(await say(visitor, 'visible', 3)).toBe(410);
    });

    it('has gone when it was seen ten seconds ago, and not when it was hidden', async () => {
      const { shop, looksClosed, say, pass } = await startBoth(await newUrl());
      const { url, handle } = await shop.start();
      const visitor = new Visitor();
      await visitor.open(url);
      await say(visitor, 'hidden', 1);
      pass(60_000);
      expect(await looksClosed(handle)).toEqual(WAIT);
      await say(visitor, 'visible', 2);
      pass(9_000);
      expect(await looksClosed(handle)).toEqual(WAIT);
      pass(1_000);
      expect(await looksClosed(handle)).toMatchObject(CANCELLED);
    });

    it('is either closed or shown, when both happen at once', async () => {
      const { shop, looksClosed, say } = await startBoth(await newUrl());
      const { url, handle } = await shop.start();
      const visitor = new Visitor();
      await visitor.open(url);
      for (let round = 0; round < 30; round++) {
        await say(visitor, 'gone', 1);
        const [, closed] = await Promise.all([visitor.reload(), looksClosed(handle)]);
        if (closed.state === 'done') break;
        expect(closed).toEqual(WAIT);
        expect(visitor.screen).toBe('carrier');
        expect(await looksClosed(handle)).toEqual(WAIT);
      }
      await say(visitor, 'gone', 2);
      expect(await looksClosed(handle)).toMatchObject(CANCELLED);
    });
  },
);

test('of a window that comes back and of a script that finds it closed, at two processes, one wins', async () => {
  const words = ['--data', temporaryFolder(), '--database-url', await server.newDatabase()];
  const [here, there] = [await startBonin(words), await startBonin(words)];
  const ended: boolean[] = [];
  const haveMet = () => ended.includes(true) && ended.includes(false);
  for (let each = 0; each < 40 || (!haveMet() && each < 400); each++) {
    const { url, handle } = await shopOf(here).start();
    const visitor = new Visitor();
    await visitor.open(url);
    const body = new URLSearchParams({ state: 'gone', number: String(firstReport(visitor) + 1) });
    await fetch(`${visitor.address}/presence`, { method: 'POST', body });
    const looks = Array.from({ length: 4 }, (_, at) =>
      shopOf(at % 2 ? here : there).call('close', { handle }),
    );
    const [, ...closed] = await Promise.all([visitor.reload(), ...looks]);
    const last = await shopOf(there).call('close', { handle });
    const isShown = visitor.html.includes('data-report=');
    // A screen that was shown since the window went keeps the attempt going, whoever had found it closed before.
    if (isShown) expect(last).toEqual(WAIT);
    else expect(last).toMatchObject(CANCELLED);
    for (const { state } of closed) if (state === 'done') expect(isShown).toBe(false);
    ended.push(!isShown);
  }
  // Else one was always first, and nothing has been shown.
  expect(haveMet()).toBe(true);
  for (const bonin of [here, there]) expect(await bonin.stop()).toEqual({ code: 0, signal: null });
});

describe('the end of an attempt by its script', () => {
  let both: Awaited<ReturnType<typeof startBoth>>;
  let handle: string;
  const begin = async (more: object) => {
    both = await startBoth('sqlite::memory:');
    const started = await both.shop.start(more);
    handle = started.handle;
    const visitor = new Visitor();
    await visitor.open(started.url);
    return visitor;
  };

  it.each([
    ['layer', {}],
    ['redirect', { m_redirect_url: 'https://shop.example/' }],
  ])('needs no word of a %s, which is asked for none', async (window, more) => {
    const visitor = await begin({ window, ...more });
    expect(visitor.html).not.toContain('data-report=');
    expect(await both.shop.call('close', { handle })).toMatchObject(CANCELLED);
  });

  it.each([{ force: true }, { reason: 'REPLACED' }])('needs none when it says so: %j', async (why) => {
    await begin({ window: 'popup' });
    const closed = await both.shop.call('close', { handle, ...why });
    expect(closed.state).toBe('done');
  });

  it.each(['true', 1, null, {}])('needs one of a popup, whatever force is: %j', async (force) => {
    await begin({ window: 'popup' });
    expect(await both.shop.call('close', { handle, force })).toEqual(WAIT);
  });

  it('takes a popup that has shown nothing yet for closed', async () => {
    both = await startBoth('sqlite::memory:');
    const started = await both.shop.start();
    expect(await both.shop.call('close', { handle: started.handle })).toMatchObject(CANCELLED);
  });

  it.each([
    ['state=gone'],
    ['state=&number=5'],
    ['state=closed&number=5'],
    ['state=gone&number=1e400'],
    ['state=gone&number=x'],
    ['state=gone&number=5.5'],
    [''],
  ])('hears nothing of a word that is none: %s', async (text) => {
    const visitor = await begin({ window: 'popup' });
    const { status } = await fetch(`${visitor.address}/presence`, {
      method: 'POST',
      body: text,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(status).toBe(400);
    expect(await both.shop.call('close', { handle })).toEqual(WAIT);
  });

  it('is not moved by a number that no screen has', async () => {
    const visitor = await begin({ window: 'popup' });
    for (const number of [Number.MAX_SAFE_INTEGER, 2 ** 52, -5]) {
      expect(await both.say(visitor, 'gone', number - firstReport(visitor))).toBe(204);
      await visitor.reload();
      expect([visitor.status, visitor.screen]).toEqual([200, 'carrier']);
      expect(await both.shop.call('close', { handle })).toEqual(WAIT);
    }
  });

  it('tells a word of an unknown session nothing', async () => {
    const visitor = await begin({ window: 'popup' });
    const address = visitor.address.replace(/.{43}$/, 'A'.repeat(43));
    const body = new URLSearchParams({ state: 'gone', number: '5' });
    expect((await fetch(`${address}/presence`, { method: 'POST', body })).status).toBe(410);
  });
});
