import { describe, expect, it } from 'vitest';
import { birthInstant } from './birth.ts';

/** Vectors of the contract, §8.4. */
const VECTORS: readonly (readonly [string, number, string])[] = [
  ['1902-01-01', -2145947272, 'local mean time, fits 32 bits'],
  ['1949-04-03', -654771600, 'midnight skipped'],
  ['1954-03-21', -498126600, 'first day of +8:30'],
  ['1955-05-05', -462702600, 'midnight skipped, +8:30'],
  ['1955-06-15', -459163800, 'summer time of the +8:30 years'],
  ['1959-05-03', -336645000, 'midnight skipped, +8:30'],
  ['1961-08-09', -265019400, 'last day of +8:30'],
  ['1961-08-10', -264933000, 'midnight skipped, back to +9'],
  ['1961-08-11', -264848400, '+9'],
  ['1969-12-31', -118800, 'negative'],
  ['1970-01-01', -32400, 'negative though 1970'],
  ['1987-05-10', 547570800, 'day of the jump at 02:00'],
  ['1987-05-11', 547653600, 'summer time'],
  ['1987-10-11', 560872800, 'last midnight of summer time'],
  ['1988-05-08', 579020400, 'day of the jump'],
  ['1988-05-09', 579103200, 'summer time'],
  ['1988-06-15', 582300000, 'summer time'],
  ['1988-07-01', 583682400, 'summer time'],
  ['1988-10-09', 592322400, 'last midnight of summer time'],
  ['1988-10-10', 592412400, '+9 again'],
  ['1990-01-31', 633711600, 'ordinary'],
  ['2000-02-29', 951750000, 'leap day'],
  ['2001-12-25', 1009206000, 'ordinary'],
  ['2004-02-29', 1077980400, 'leap day'],
];

describe('birth', () => {
  it.each(VECTORS)('of %s is %i: %s', (birthday, birth) => {
    expect(birthInstant(`"${birthday}"`)).toBe(birth);
  });

  it('is the first second of every day from 1902 to 2030 in Seoul, by the tz database of the runtime', () => {
    const seoul = new Intl.DateTimeFormat('sv-SE', {
      timeZone: 'Asia/Seoul',
      dateStyle: 'short',
      timeStyle: 'medium',
    });
    const wrong: string[] = [];
    for (let day = Date.UTC(1902, 0, 1); day <= Date.UTC(2030, 11, 31); day += 86_400_000) {
      const birthday = new Date(day).toISOString().slice(0, 10);
      const birth = birthInstant(`"${birthday}"`) * 1000;
      const isBegun = seoul.format(birth).startsWith(birthday);
      // The second before is another day; where a midnight was skipped, the day begins later.
      if (!isBegun || seoul.format(birth - 1000).startsWith(birthday)) wrong.push(birthday);
    }
    expect(wrong).toEqual([]);
  });

  it('begins each day after the day before, on every day from 1902 to 2030', () => {
    let previous = Number.NEGATIVE_INFINITY;
    for (let day = Date.UTC(1902, 0, 1); day <= Date.UTC(2030, 11, 31); day += 86_400_000) {
      const birth = birthInstant(`"${new Date(day).toISOString().slice(0, 10)}"`);
      expect(birth).toBeGreaterThan(previous);
      previous = birth;
    }
  });
});
