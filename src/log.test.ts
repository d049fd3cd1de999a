import { describe, expect, it } from 'vitest';
import { AppError } from './errors.ts';
import { createLog } from './log.ts';

const SECRET = 'Geheim-1';

/** A log, and its output. */
function listen() {
  const lines: string[] = [];
  return { log: createLog('debug', { write: (line) => void lines.push(line) }), text: () => lines.join('') };
}

/** What a log writes for an error. */
function written(error: unknown): { line: string; error: Record<string, unknown> } {
  const { log, text } = listen();
  log.error({ error }, 'refused');
  const line = text();
  return { line, error: (JSON.parse(line) as { error: Record<string, unknown> }).error };
}

/** An error of a parser that quotes what it could not read. */
function foreign(): unknown {
  try {
    return JSON.parse(`{"imp_secret":"${SECRET}"`);
  } catch (error) {
    return error;
  }
}

describe('the log', () => {
  it('says of our own error its code, its detail and what it came from', () => {
    const { error } = written(new AppError('store_failed', { detail: 'the disk is full', cause: foreign() }));
    expect(error).toEqual({
      code: 'store_failed',
      detail: 'the disk is full',
      cause: { code: 'SyntaxError', at: expect.any(Array) },
    });
  });

  it('names the kind of a foreign error and where it came from', () => {
    const { error } = written(Object.assign(new TypeError('x'), { code: 'ERR_INVALID_ARG_TYPE' }));
    expect(error['code']).toBe('TypeError ERR_INVALID_ARG_TYPE');
    expect((error['at'] as string[])[0]).toMatch(/log\.test\.ts/);
  });

  const renamed = new Error(SECRET);
  renamed.name = `Error ${SECRET}`;
  const changed = new Error('harmless');
  changed.message = `${SECRET}\n    at ${SECRET} (file.ts:1:1)`;
  const early = new Error(`x\n    at ${SECRET} (file.ts:1:1)`);
  it.each([
    ['a parser', foreign()],
    ['anybody', new Error(SECRET)],
    ['anybody, under a cause', new AppError('internal', { cause: new Error(SECRET) })],
    [
      'anybody, deep down',
      new AppError('internal', { cause: new AppError('internal', { cause: foreign() }) }),
    ],
    ['anybody, with a cause of its own', new Error('x', { cause: new Error(SECRET) })],
    ['many', new AggregateError([new Error(SECRET)], SECRET)],
    ['a message of several lines that look like places', early],
    ['a message that was changed later', changed],
    ['a name', renamed],
    ['a code', Object.assign(new Error('x'), { code: `cannot read ${SECRET}` })],
    ['a member', Object.assign(new Error('x'), { input: SECRET, detail: SECRET })],
    ['a text', SECRET],
    ['an object', { message: SECRET, stack: SECRET, code: SECRET }],
  ])('says nothing that stands in the error of %s', (_name, error) => {
    expect(written(error).line).not.toContain(SECRET);
    expect(JSON.parse(written(error).line)).toMatchObject({ level: 50, msg: 'refused' });
  });

  it('says nothing of an error that is given under the name that pino knows, or instead of fields', () => {
    const { log, text } = listen();
    log.warn({ err: new Error(SECRET) }, 'one');
    log.warn(new Error(SECRET) as unknown as Record<string, unknown>, 'two');
    expect(text()).toContain('"two"');
    expect(text()).not.toContain(SECRET);
  });

  it('writes only its level and those above it, one line for each', () => {
    const lines: string[] = [];
    const log = createLog('warn', { write: (line) => void lines.push(line) });
    for (const level of ['debug', 'info', 'warn', 'error'] as const)
      log[level]({ name: level }, `of ${level}`);
    const { pid } = process;
    const time = expect.any(Number);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: 40, time, pid, name: 'warn', msg: 'of warn' },
      { level: 50, time, pid, name: 'error', msg: 'of error' },
    ]);
    createLog('silent', { write: (line) => void lines.push(line) }).error({}, 'x');
    expect(lines).toHaveLength(2);
    expect(lines.join('')).toMatch(/^(\{.*\}\n){2}$/);
  });

  it('keeps the message when its fields cannot be written', () => {
    const { log, text } = listen();
    const fields = {
      get name(): string {
        throw new Error(SECRET);
      },
    };
    log.error(fields, 'refused');
    expect(JSON.parse(text())).toMatchObject({ level: 50, msg: 'refused', pid: process.pid });
    expect(text()).not.toContain(SECRET);
  });

  it('bears what cannot be written', () => {
    const circle = new AppError('internal');
    Object.assign(circle, { cause: circle });
    const hostile = {
      get name(): string {
        throw new Error(SECRET);
      },
    };
    for (const fields of [
      { error: circle },
      { error: Object.defineProperty(new Error(SECRET), 'stack', { get: () => JSON.parse('{') }) },
      { hostile },
      { hostile: { toJSON: () => JSON.parse('{') } },
      { big: 1n },
    ])
      expect(() => createLog('debug', { write: () => {} }).error(fields, 'x')).not.toThrow();
    const broken = createLog('debug', {
      write() {
        throw new Error('no room');
      },
    });
    expect(() => broken.error({}, 'x')).not.toThrow();
  });
});
