import type { JsonText } from '../../ascii-json.ts';

/*
 * `birth` on the wire: the first instant of a birthday in Asia/Seoul. Between 1908 and 1988 Seoul changed its offset and
 * skipped midnights, so +9 is not always right.
 */

const MINUTE = 60_000;
const DAY = 86_400_000;

/**
 * When Seoul changed its offset (epoch seconds), and how many minutes it was ahead of UTC from then on: the IANA tz
 * database as a table. A test compares it with the runtime's, which takes 10 MB of memory and four microseconds a day.
 */
const OFFSETS: readonly (readonly [from: number, minutes: number])[] = [
  [592333200, 540],
  [579027600, 600],
  [560883600, 540],
  [547578000, 600],
  [-264933000, 540],
  [-293103000, 510],
  [-305195400, 570],
  [-324552600, 510],
  [-336645000, 570],
  [-356002200, 510],
  [-368094600, 570],
  [-387451800, 510],
  [-399544200, 570],
  [-418296600, 510],
  [-429784200, 570],
  [-451733400, 510],
  [-462702600, 570],
  [-498128400, 510],
  [-577965600, 540],
  [-588848400, 600],
  [-609415200, 540],
  [-623408400, 600],
  [-640864800, 540],
  [-654771600, 600],
  [-672228000, 540],
  [-681210000, 600],
  [-1830414600, 540],
  [-1948782472, 510],
];
/** Local mean time, before Seoul had an offset: 8:27:52. */
const LOCAL_MEAN_TIME = 30_472_000;

/** Seconds since the epoch when a birthday, as JSON text (`"YYYY-MM-DD"`), began in Seoul. */
export function birthInstant(birthday: JsonText): number {
  const numberAt = (from: number, to: number) => {
    let value = 0;
    for (let at = from; at < to; at++) value = value * 10 + birthday.charCodeAt(at) - 48;
    return value;
  };
  const midnight = Date.UTC(numberAt(1, 5), numberAt(6, 8) - 1, numberAt(9, 11));
  // The offset of the evening before. Seoul never changed its offset between 21:00 and midnight.
  const evening = midnight - seoulOffset(midnight - DAY / 2);
  // If the clock was put back at midnight, the day began later, at the new offset.
  const begun = evening + seoulOffset(evening) >= midnight;
  return (begun ? evening : midnight - seoulOffset(evening)) / 1000;
}

/** How many milliseconds Seoul was ahead of UTC at an instant. */
function seoulOffset(instant: number): number {
  for (const [from, minutes] of OFFSETS) if (instant >= from * 1000) return minutes * MINUTE;
  return LOCAL_MEAN_TIME;
}
