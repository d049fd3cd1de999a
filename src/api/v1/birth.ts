import type { JsonText } from '../../ascii-json.ts';

/*
 * `birth` on the wire: the first instant of a birthday in Asia/Seoul, from the IANA tz database of the runtime. Between
 * 1908 and 1988 Seoul changed its offset and skipped midnights, so +9 is not always right.
 */

const DAY = 86_400_000;
/** In these years Seoul was 9 hours ahead of UTC. So the time zone database, which takes 10 MB, is not loaded. */
const STEADY = { from: '1989-01-01', until: '2025-01-01', ahead: 9 * 3_600_000 } as const;
const cache = new Map<string, number>();
let seoul: Intl.DateTimeFormat | undefined;

/** Seconds since the epoch when a birthday, as JSON text (`"YYYY-MM-DD"`), began in Seoul. Cached for each birthday. */
export function birthInstant(birthday: JsonText): number {
  let seconds = cache.get(birthday);
  if (seconds === undefined) {
    seconds = computeBirthInstant(birthday.slice(1, -1));
    cache.set(birthday, seconds);
  }
  return seconds;
}

function computeBirthInstant(birthday: string): number {
  const midnight = Date.parse(`${birthday}T00:00:00Z`);
  if (birthday >= STEADY.from && birthday < STEADY.until) return (midnight - STEADY.ahead) / 1000;
  // The offset of the evening before. Seoul never changed its offset between 21:00 and midnight.
  const evening = midnight - seoulOffset(midnight - DAY / 2);
  // If the clock was put back at midnight, the day began later, at the new offset.
  const begun = evening + seoulOffset(evening) >= midnight;
  return (begun ? evening : midnight - seoulOffset(evening)) / 1000;
}

/** How many milliseconds Seoul was ahead of UTC at an instant. */
function seoulOffset(instant: number): number {
  seoul ??= new Intl.DateTimeFormat('en-US', {
    timeZone: 'Asia/Seoul',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const parts: Record<string, number> = {};
  for (const { type, value } of seoul.formatToParts(instant)) parts[type] = Number(value);
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - instant;
}
