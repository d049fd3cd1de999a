import { isDeepStrictEqual } from 'node:util';
import { createProgress } from '../../src/cli/progress.ts';
import { toAppError } from '../../src/errors.ts';
import { type Change, changesOfColumns, changesOfRows } from './changes.ts';
import type { Engine, Row } from './engine.ts';
import { forgeries, type Kept } from './forgeries.ts';
import { anyTraceOf } from './people.ts';
import { type Findings, Prober, SCOPES, type Scope } from './probes.ts';
import type { Report } from './report.ts';
import { Rows } from './rows.ts';
import { type Server, startServer } from './server.ts';
import { judge, type Outcome } from './verdict.ts';
import { buildWorld, nameOf, USER_CODES, type World } from './world.ts';

/** What is asked after a change of a table; everything after one that goes over several. */
const SCOPES_OF: Readonly<Record<string, readonly Scope[]>> = {
  merchants: ['people', 'keys', 'public', 'starts'],
  channels: SCOPES,
  api_keys: ['people', 'keys'],
  access_tokens: ['people', 'keys'],
  certifications: ['people', 'attempts', 'codes', 'forms', 'erasures'],
  other_ids: ['people', 'erasures'],
  erasures: ['people', 'erasures'],
  otps: ['codes'],
  counted_requests: ['starts'],
  used_transactions: ['forms'],
  attempts: ['attempts', 'forms'],
  stamp: ['people', 'starts'],
  turns: ['starts'],
  data_keys: ['people', 'starts'],
  jobs: ['people'],
};
/** Tables that a server reads when it starts. */
const READ_AT_START = ['stamp', 'data_keys'];
/** Those that do something: after most changes one of the two servers is asked, in turn. */
const ACTS: readonly Scope[] = ['starts', 'codes', 'forms', 'erasures'];

/**
 * Builds a world in an empty database, alters it in every way, and asks after each change what there is to be asked.
 */
export async function tamper(
  engine: Engine,
  pick: (change: Change) => boolean = () => true,
): Promise<Report> {
  const kept: { -readonly [Name in keyof Kept]: Kept[Name] } = { olderCode: null };
  const world = await buildWorld(engine.databaseUrl, async (impUid) => {
    const row = (await engine.read()).get('attempts')?.find(({ id }) => id === Number(impUid.slice(4)));
    kept.olderCode = row?.['code_digest'] ?? null;
  });
  await engine.remember();
  const rows = new Rows(await engine.read(), world);
  const changes = [
    ...changesOfColumns(engine, rows),
    ...changesOfRows(engine, rows),
    ...forgeries(rows, kept),
  ];
  const run = await Run.begin(engine, world);
  try {
    const chosen = changes.filter(pick);
    const progress = createProgress(`Altering ${engine.name}`, chosen.length, 'changes');
    for (const [done, change] of chosen.entries()) {
      await run.try(change);
      progress(done + 1);
    }
    return await run.report();
  } finally {
    await run.stop();
  }
}

/** What it means that a server does not start. */
const START_OUTCOMES = new Map<string, Outcome>([
  ['start_refused', 'refused'],
  ['sealed_data_unreadable', 'alarmed'],
]);

/** A server that has run since before anything was altered, and one that starts now. */
type Which = 'running' | 'fresh';

class Run {
  readonly #engine: Engine;
  readonly #world: World;
  readonly #people: RegExp;
  readonly #counts = { harmless: 0, refused: 0, alarmed: 0 };
  readonly #violations: string[] = [];
  readonly #altered = new Set<string>();
  #changes = 0;
  #refusedByDatabase = 0;
  /** Has run since before anything was altered. */
  readonly #running: Server;
  /** What was answered then. */
  readonly #before: Findings;

  readonly #dataKeys: readonly Row[] | undefined;

  private constructor(
    engine: Engine,
    world: World,
    running: Server,
    before: Findings,
    dataKeys: readonly Row[] | undefined,
  ) {
    this.#dataKeys = dataKeys;
    this.#engine = engine;
    this.#world = world;
    this.#people = anyTraceOf(world.people);
    this.#running = running;
    this.#before = before;
  }

  static async begin(engine: Engine, world: World): Promise<Run> {
    const running = await startOn(engine, world);
    // First so that what is remembered of rows that are read often is remembered.
    await ask(running, world, SCOPES, []);
    await engine.restore();
    const before = await ask(running, world, SCOPES, []);
    await engine.restore();
    const run = new Run(engine, world, running, before, (await engine.read()).get('data_keys'));
    for (const which of ['running', 'fresh'] as const)
      if ((await run.#probe(which, { name: 'nothing', table: null, edits: [] })) !== 'harmless')
        run.#violations.push(`${which}: a world that nobody has altered is not the same twice`);
    return run;
  }

  stop(): Promise<void> {
    return this.#running.stop();
  }

  async try(change: Change): Promise<void> {
    this.#changes++;
    const outcomes: Outcome[] = [];
    for (const which of this.#serversFor(change)) {
      if (!(await this.#engine.alter(change.edits))) {
        this.#refusedByDatabase++;
        return;
      }
      outcomes.push(await this.#probe(which, change));
    }
    for (const { table, from, to } of change.edits)
      for (const [column, cell] of Object.entries(to ?? {}))
        if (from !== undefined && from[column] !== cell) this.#altered.add(`${table}.${column}`);
    this.#counts[worstOf(outcomes)]++;
  }

  /** One that has just started where that can make a difference, and now and then all the same. */
  #serversFor({ table }: Change): readonly Which[] {
    const isFreshAsked =
      this.#engine.isCached || table === null || READ_AT_START.includes(table) || this.#isThorough();
    return isFreshAsked ? ['running', 'fresh'] : ['running'];
  }

  /** Whether all is asked, so that nothing is left out that would have had something to do with a change after all. */
  #isThorough(): boolean {
    return this.#changes % 10 === 0;
  }

  /** Asks a server about a database that was altered, and puts it right again. */
  async #probe(which: Which, change: Change): Promise<Outcome> {
    try {
      const server = which === 'running' ? this.#running : await startOn(this.#engine, this.#world);
      const outcomes = [
        await this.#judge(server, `${change.name}: ${which}`, this.#scopesFor(which, change), change),
      ];
      if (change.edits.some(({ table }) => table === 'merchants')) {
        await saveAnew(server);
        outcomes.push(await this.#judge(server, `${change.name}: saved anew`, ['keys', 'public'], change));
      }
      if (which === 'fresh') await server.stop();
      if (which === 'fresh' && change.table === 'data_keys' && (await this.#hasOtherKeys()))
        this.#violations.push(`${change.name}: a server starts with data keys that were altered`);
      return worstOf(outcomes);
    } catch (error) {
      // A server may refuse to start.
      const outcome = START_OUTCOMES.get(toAppError(error).code);
      if (which === 'running' || outcome === undefined) throw error;
      return outcome;
    } finally {
      await this.#engine.restore();
    }
  }

  /** SQLite gives a row without a number the next one, which may be the number that it had. */
  async #hasOtherKeys(): Promise<boolean> {
    return !isDeepStrictEqual((await this.#engine.read()).get('data_keys'), this.#dataKeys);
  }

  async #judge(server: Server, name: string, scopes: readonly Scope[], change: Change): Promise<Outcome> {
    const known = [...this.#world.ids.values()];
    const newIds = idsOf(change).filter((id) => !known.includes(id));
    const findings = await ask(server, this.#world, scopes, newIds);
    const { outcome, violations } = judge(this.#before, findings, server.alarms, this.#people);
    for (const each of [...violations, ...server.failedSweeps.splice(0)])
      this.#violations.push(`${name}: ${each}`);
    server.alarms.clear();
    return outcome;
  }

  #scopesFor(which: Which, change: Change): readonly Scope[] {
    const scopes = this.#isThorough() ? SCOPES : (SCOPES_OF[change.table ?? ''] ?? SCOPES);
    const servers = this.#serversFor(change);
    const isItsTurn = which === servers[this.#changes % servers.length] || this.#isThorough();
    return isItsTurn ? scopes : scopes.filter((scope) => !ACTS.includes(scope));
  }

  async report(): Promise<Report> {
    const columns = [...(await this.#engine.columns())].flatMap(([table, all]) =>
      all.map((column) => `${table}.${column}`),
    );
    return {
      changes: this.#changes,
      refusedByDatabase: this.#refusedByDatabase,
      counts: this.#counts,
      untouched: columns.filter((column) => !this.#altered.has(column)),
      violations: this.#violations,
    };
  }
}

function startOn({ databaseUrl }: Engine, { options }: World): Promise<Server> {
  return startServer({ ...options, databaseUrl });
}

async function ask(
  { caller }: Server,
  world: World,
  scopes: readonly Scope[],
  newIds: readonly string[],
): Promise<Findings> {
  const prober = new Prober(caller, world);
  await prober.ask(scopes, newIds);
  return prober.findings;
}

function worstOf(outcomes: readonly Outcome[]): Outcome {
  return (['alarmed', 'refused'] as const).find((each) => outcomes.includes(each)) ?? 'harmless';
}

/** What an operator does who brings the merchants up to date: an altered row is not made a right one by that. */
async function saveAnew({ merchants }: Server): Promise<void> {
  for (const [name, userCode] of Object.entries(USER_CODES))
    try {
      await merchants.save({ name: nameOf(name), userCode, keys: [], channels: [] });
    } catch (error) {
      if (toAppError(error).code !== 'sealed_data_unreadable') throw error;
    }
}

/** Ids that a change has made, as they are asked for. */
function idsOf({ edits }: Change): readonly string[] {
  return edits.flatMap(({ table, from, to }) => {
    const [column] = table === 'other_ids' ? ['imp_uid'] : ['id'];
    const made = to?.[column ?? ''];
    if (made === undefined || made === from?.[column ?? '']) return [];
    if (table === 'other_ids' && typeof made === 'string' && made !== '' && made.length < 100)
      return [encodeURIComponent(made)];
    if (table !== 'certifications' || Number(made) < 0 || Number(made) >= 10 ** 12) return [];
    return [`imp_${String(made).padStart(12, '0')}`];
  });
}
