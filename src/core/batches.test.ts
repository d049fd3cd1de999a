import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { Batches } from './batches.ts';

/** Batches that double numbers, and what was asked together. */
function doubling(most?: number) {
  const asked: (readonly number[])[] = [];
  const batches = new Batches<number, number>(async (numbers) => {
    asked.push(numbers);
    if (numbers.includes(0)) throw new Error('zero');
    await nextTurn();
    return numbers.map((number) => number * 2);
  }, most);
  return { batches, asked };
}

describe('questions in batches', () => {
  it('are asked together when they come up in one turn, and each gets its own answer', async () => {
    const { batches, asked } = doubling();
    expect(await Promise.all([3, 1, 3, 2].map((number) => batches.ask(number)))).toEqual([6, 2, 6, 4]);
    expect(await batches.ask(5)).toBe(10);
    expect(asked).toEqual([[3, 1, 3, 2], [5]]);
  });

  it('do not wait for a batch that is on its way', async () => {
    const { batches, asked } = doubling();
    const first = batches.ask(1);
    await nextTurn();
    const second = batches.ask(2);
    await Promise.resolve();
    expect(await Promise.all([first, second])).toEqual([2, 4]);
    expect(asked).toEqual([[1], [2]]);
  });

  it('go in several statements when there are too many for one', async () => {
    const { batches, asked } = doubling(2);
    expect(await Promise.all([1, 2, 3, 4, 5].map((number) => batches.ask(number)))).toEqual([2, 4, 6, 8, 10]);
    expect(asked).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('fail alone when an error stands in the place of their answer', async () => {
    const batches = new Batches<number, number>(async (numbers) =>
      numbers.map((number) => (number === 0 ? new AppError('token_invalid') : number)),
    );
    const together = await Promise.allSettled([batches.ask(0), batches.ask(1)]);
    expect(together).toMatchObject([
      { status: 'rejected', reason: { code: 'token_invalid' } },
      { status: 'fulfilled', value: 1 },
    ]);
  });

  it('fail with those that they were asked with, and with no other', async () => {
    const { batches } = doubling();
    const together = await Promise.allSettled([batches.ask(0), batches.ask(1)]);
    expect(together.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await batches.ask(1)).toBe(2);
  });
});
