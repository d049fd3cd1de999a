import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_SEED } from '../src/sandbox/people-file.ts';
import type { BenchPostgres } from './postgres.ts';
import { figureIfKnown, figureOf, type Group } from './report.ts';
import { call, findCli, getToken, readProcessorTime, startServer } from './servers.ts';

/** Verifications under way at one moment. */
const AT_ONCE = 32;
const WARM_UP = 200;
const EACH_ROUND = 1000;

interface Round {
  readonly perSecond: number;
  /** Microseconds for each verification: of Bonin, of the database server. */
  readonly processorTime: number;
  readonly databaseTime: number;
}

/**
 * Whole verifications by OTP, with the sandbox's provider: request, confirmation, lookup. Three requests and, on
 * either engine, four durable transactions.
 */
export async function measureVerifications(rounds: number, postgres: BenchPostgres): Promise<Group> {
  const sqlite = await measureOn(null, postgres, rounds);
  const inPostgres = await measureOn(await postgres.newDatabase('verifications'), postgres, rounds);
  const figures = (engine: string, results: readonly Round[]) => [
    figureOf(
      `verification on ${engine}, per second`,
      results.map(({ perSecond }) => perSecond),
      { digits: 0 },
    ),
    ...figureIfKnown(
      `verification on ${engine}, processor time`,
      results.map(({ processorTime }) => processorTime),
      { digits: 0, unit: ' µs' },
    ),
    ...(engine === 'SQLite'
      ? []
      : figureIfKnown(
          `verification on ${engine}, the database server's in addition`,
          results.map(({ databaseTime }) => databaseTime),
          { digits: 0, unit: ' µs' },
        )),
  ];
  return {
    title: `Verifications: OTP request, confirmation and lookup, ${AT_ONCE} at once`,
    figures: [...figures('SQLite', sqlite), ...figures('PostgreSQL', inPostgres)],
  };
}

async function measureOn(
  databaseUrl: string | null,
  postgres: BenchPostgres,
  rounds: number,
): Promise<Round[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bonin-bench-'));
  const environment = databaseUrl === null ? {} : { BONIN_DATABASE_URL: databaseUrl };
  const server = await startServer([findCli(), 'dev', '--data', folder, '--port', '0'], { environment });
  const [merchant] = DEFAULT_SEED.merchants;
  const token = await getToken(server.url, merchant?.imp_key ?? '', merchant?.imp_secret ?? '');
  await verify(server.url, token, WARM_UP);
  const results: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = readProcessorTime(server.pid);
    const databaseBefore = readProcessorTime(postgres.pid);
    const startedAt = performance.now();
    await verify(server.url, token, EACH_ROUND);
    const seconds = (performance.now() - startedAt) / 1000;
    results.push({
      perSecond: EACH_ROUND / seconds,
      processorTime: (readProcessorTime(server.pid) - before) / EACH_ROUND,
      databaseTime: (readProcessorTime(postgres.pid) - databaseBefore) / EACH_ROUND,
    });
  }
  await server.stop();
  rmSync(folder, { recursive: true });
  return results;
}

async function verify(url: string, token: string, times: number): Promise<void> {
  let left = times;
  const work = async () => {
    while (left-- > 0) await verifyOnce(url, token);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function verifyOnce(url: string, token: string): Promise<void> {
  const headers = { Authorization: token };
  const phone = `0100000${String(Math.floor(Math.random() * 10_000)).padStart(4, '0')}`;
  const requested = await call(`${url}/certifications/otp/request`, headers, {
    name: '심청',
    phone,
    birth: '900131',
    gender_digit: '2',
    carrier: 'SKT',
  });
  const impUid = /"imp_uid":"(imp_\d{12})"/.exec(requested.text)?.[1] ?? '';
  const confirmed = await call(`${url}/certifications/otp/confirm/${impUid}`, headers, { otp: '123456' });
  // Another request for the same phone may have come in between.
  if (confirmed.status === 400 && confirmed.text.includes('\\uc0c8 \\uc778\\uc99d\\ubc88\\ud638')) return;
  const found = await call(`${url}/certifications/${impUid}`, headers);
  if (confirmed.status !== 200 || !found.text.includes('"certified":true'))
    throw new Error(`a verification went wrong: ${requested.text} ${confirmed.text} ${found.text}`);
}
