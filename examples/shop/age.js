/**
 * Full years (만 나이) on the day that it is in Seoul now. `birthday` is `YYYY-MM-DD`; null when it is not.
 *
 * Days are compared as text, never as moments: `birth` of the API is midnight in Seoul and still the day before in
 * UTC, and a difference of years divided by 365.25 is wrong around every birthday. Whoever was born on 29 February
 * has the birthday on 1 March of other years.
 */
export function ageInSeoul(birthday, now) {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(birthday ?? '')) return null;
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Seoul' }).format(now);
  const years = Number(today.slice(0, 4)) - Number(birthday.slice(0, 4));
  return today.slice(5) < birthday.slice(5) ? years - 1 : years;
}
