import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Throttle } from './throttle.ts';

const clock = { now: () => Date.now() };

describe('the throttle', () => {
  let throttle: Throttle;
  beforeEach(() => {
    vi.useFakeTimers();
    throttle = new Throttle(clock);
  });
  afterEach(() => {
    throttle.close();
    vi.useRealTimers();
  });

  /** Notes a mistake and says how long it was held. */
  async function held(who: string): Promise<number> {
    const from = Date.now();
    let until: number | null = null;
    void throttle.hold(who).then(() => {
      until = Date.now();
    });
    while (until === null) {
      await vi.advanceTimersByTimeAsync(0);
      if (until === null) await vi.advanceTimersByTimeAsync(50);
    }
    return until - from;
  }

  it('lets three mistakes go, and then holds each twice as long as the one before, to 8 s', async () => {
    const waits: number[] = [];
    // Mistakes of one moment: held one after the other, the longest would be past the window.
    const answered = Array.from({ length: 12 }, (_, at) =>
      throttle.hold('who').then(() => {
        waits[at] = Date.now();
      }),
    );
    const from = Date.now();
    await vi.advanceTimersByTimeAsync(60_000);
    await Promise.all(answered);
    expect(waits.map((at) => at - from)).toEqual([
      0, 0, 0, 250, 500, 1000, 2000, 4000, 8000, 8000, 8000, 8000,
    ]);
  });

  it('answers those that wait in the order of their waits', async () => {
    const order: number[] = [];
    const answered = [1, 2, 3, 4, 5, 6].map((each) => throttle.hold('who').then(() => order.push(each)));
    await vi.advanceTimersByTimeAsync(0);
    expect(order).toEqual([1, 2, 3]);
    await vi.runAllTimersAsync();
    await Promise.all(answered);
    expect(order).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('forgets mistakes a minute after the first of them', async () => {
    for (let mistake = 0; mistake < 3; mistake++) expect(await held('who')).toBe(0);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(await held('who')).toBe(250);
    await vi.advanceTimersByTimeAsync(1000);
    for (let mistake = 0; mistake < 3; mistake++) expect(await held('who')).toBe(0);
    expect(await held('who')).toBe(250);
  });

  it('holds nobody for the mistakes of somebody else', async () => {
    for (let mistake = 0; mistake < 6; mistake++) void throttle.hold('who');
    expect(await held('somebody else')).toBe(0);
  });

  it('lets everybody go when it closes, and holds nobody from then on', async () => {
    const answered = Array.from({ length: 10 }, () => throttle.hold('who'));
    throttle.close();
    await Promise.all(answered);
    expect(vi.getTimerCount()).toBe(0);
    await throttle.hold('who');
  });

  it('remembers so many and no more, and forgets first who was wrong first', async () => {
    for (let mistake = 0; mistake < 3; mistake++) await throttle.hold('first');
    for (let mistake = 0; mistake < 3; mistake++) await throttle.hold('second');
    for (let other = 0; other < 9_999; other++) await throttle.hold(`other ${other}`);
    expect(await held('second')).toBe(250);
    expect(await held('first')).toBe(0);
  });
});
