import { expect, test } from 'vitest';
import { RawConnection, readAnswers } from '../support/raw-exchange.ts';
import { type Bonin, type SpawnOptions, startBonin } from '../support/start-bonin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Refusals whose lines in the log are more than a pipe and the queue before it hold together. */
const CONNECTIONS = 8;
const EACH = 4_000;
const MOST_AT_ONCE = 100;
const REFUSALS = CONNECTIONS * EACH;
const REQUEST = 'GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n';
const LAST_REQUEST = 'GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const LEAST_LINE = 150;

function serve(options: SpawnOptions): Promise<Bonin> {
  return startBonin(['--data', temporaryFolder()], { command: 'serve', ...options });
}

/** Has so many requests refused, each of which is a line in the log. */
async function provoke(bonin: Bonin, each = EACH): Promise<void> {
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      // No more at once than may wait on one connection.
      for (let sent = 0; sent < each; sent += MOST_AT_ONCE) {
        const count = Math.min(MOST_AT_ONCE, each - sent);
        const connection = await RawConnection.open(bonin.port);
        connection.write(REQUEST.repeat(count - 1) + LAST_REQUEST);
        await connection.closed;
        expect(readAnswers(connection.received).answers).toHaveLength(count);
      }
    }),
  );
}

const records = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { msg: string; lines?: number });

test('a reader of the log that stops reading stops nothing; lost lines are counted', async () => {
  const bonin = await serve({ unread: true });
  await provoke(bonin);
  expect(REFUSALS * LEAST_LINE).toBeGreaterThan(4.5 * 1024 * 1024);
  expect((await fetch(`${bonin.url}/livez`)).status).toBe(200);

  bonin.readStderr();
  const lost = () => records(bonin.stderr()).find(({ lines }) => lines !== undefined)?.lines ?? 0;
  await expect.poll(lost).toBeGreaterThan(0);
  await fetch(`${bonin.url}/nowhere`);
  const refused = () => records(bonin.stderr()).filter(({ msg }) => msg === 'refused').length;
  await expect.poll(() => refused() + lost()).toBe(REFUSALS + 1);
  // More than the pipe held was kept, and came.
  expect(refused() * LEAST_LINE).toBeGreaterThan(3 * 1024 * 1024);
  expect(await bonin.stop()).toEqual({ code: 0, signal: null });
});

test('a reader of the log that stops reading does not delay the end', async () => {
  const bonin = await serve({ unread: true });
  await provoke(bonin);
  const stopped = bonin.stop();
  // Node itself tells of an exit only when the pipes are closed.
  await expect.poll(() => isAlive(bonin.pid)).toBe(false);
  bonin.closeStderr();
  expect(await stopped).toEqual({ code: 0, signal: null });
});

test('a reader of the log that goes away ends nothing', async () => {
  const bonin = await serve({ unread: true });
  bonin.closeStderr();
  await provoke(bonin);
  expect((await fetch(`${bonin.url}/livez`)).status).toBe(200);
  expect(await bonin.stop()).toEqual({ code: 0, signal: null });
});

test('a reader of the log that reads gets every line, those of the last moment too', async () => {
  const bonin = await serve({});
  await provoke(bonin, 500);
  expect(await bonin.stop()).toEqual({ code: 0, signal: null });
  const all = records(bonin.stderr());
  expect(all.filter(({ msg }) => msg === 'refused')).toHaveLength(CONNECTIONS * 500);
  expect(all.some(({ lines }) => lines !== undefined)).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
