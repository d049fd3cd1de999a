import { describe, expect, it } from 'vitest';
import { AppError } from '../../errors.ts';
import { type Check, failed, ok, type ReadyContext, runChecks, same, warning } from './check.ts';
import { createCheckContext } from './context.ts';
import { CHECKS } from './index.ts';
import { checkClock } from './machine.ts';
import { checkPublicUrl } from './reach.ts';

const check = (id: string, run: Check['run'], needs: readonly string[] = []): Check => ({
  id,
  what: same(id),
  mend: same(''),
  atStart: null,
  needs,
  run,
});
const context = createCheckContext({ problems: [] });

async function run(...checks: readonly Check[]): Promise<readonly string[]> {
  return (await runChecks(checks, context)).map((each) => `${each.check.id} ${each.state} ${each.detail.en}`);
}

describe('checks', () => {
  it('all run, and those that need one that failed are left out, also at second hand', async () => {
    const said = await run(
      check('a', () => failed(same('A'))),
      check('b', () => ok(same('B')), ['a']),
      check('c', () => ok(same('C')), ['b']),
      check('d', () => warning(same('D'))),
      check('e', () => ok(same('E')), ['d']),
    );
    expect(said).toEqual([
      'a failed A',
      'b skipped not checked, because it needs: a',
      'c skipped not checked, because it needs: b',
      'd warning D',
      'e ok E',
    ]);
  });

  it('fail with the sentence of a refusal, and hide no defect', async () => {
    const refuse = () => {
      throw new AppError('start_refused', { detail: 'x.keys: is empty' });
    };
    expect(await run(check('a', refuse))).toEqual(['a failed x.keys: is empty']);
    const defect = () => {
      throw new TypeError('a defect');
    };
    await expect(run(check('a', defect))).rejects.toThrow('a defect');
  });
});

describe('the table of checks', () => {
  it('names each check once, in both languages, and needs only what comes before', () => {
    const ids = CHECKS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [at, { needs, what, mend }] of CHECKS.entries()) {
      expect(needs.filter((id) => !ids.slice(0, at).includes(id))).toEqual([]);
      for (const { en, ko } of [what, mend]) {
        expect(en).not.toMatch(/^$|[가-힣]/);
        expect(ko).toMatch(/[가-힣]/);
      }
    }
  });

  it('reads settings only behind the check that they are right', () => {
    const after = (id: string): readonly string[] => {
      const needs = CHECKS.find((each) => each.id === id)?.needs ?? [];
      return [...needs, ...needs.flatMap(after)];
    };
    for (const { id } of CHECKS)
      if (id !== 'runtime' && id !== 'settings') expect(after(id), id).toContain('settings');
  });
});

describe('single checks', () => {
  const withConfig = (config: object, more: object = {}) => ({ config, ...more }) as unknown as ReadyContext;

  it.each([
    [0, 'ok'],
    [4000, 'ok'],
    [-4000, 'ok'],
    [60_000, 'warning'],
    [-60_000, 'warning'],
  ])('a database whose clock is %i ms ahead: %s', async (clockAhead, state) => {
    const inspect = async () => ({ ring: [], stepsMissing: 0, clockAhead });
    expect(await checkClock(withConfig({ database: { databaseFile: null } }, { inspect }))).toMatchObject({
      state,
    });
  });

  it.each([
    [null, [], 'ok'],
    [null, ['10.0.0.1'], 'warning'],
    ['https://id.example', [], 'warning'],
    ['https://id.example', ['10.0.0.1'], 'ok'],
    ['http://id.example', ['10.0.0.1'], 'warning'],
    ['http://127.0.0.1:8282', ['10.0.0.1'], 'ok'],
  ])('the public URL %s with the proxies %o: %s', (publicUrl, trustedProxies, state) => {
    expect(checkPublicUrl(withConfig({ publicUrl, trustedProxies }))).toMatchObject({ state });
  });
});
