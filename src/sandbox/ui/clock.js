// @ts-check
/* The sandbox's clock on the page, and all times that depend on it. */

import { copy, find, language, make, say, setText } from './parts.js';

const ZONE = { timeZone: 'Asia/Seoul' };

export const time = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hourCycle: 'h23', ...ZONE });
const shortTime = new Intl.DateTimeFormat('en', { timeStyle: 'short', hourCycle: 'h23', ...ZONE });
const day = new Intl.DateTimeFormat(language, { dateStyle: 'full', ...ZONE });
const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'narrow' });

let clock = { now: Date.now() / 1000, standing: false, ahead: 0, heardAt: Date.now() };

/** By the sandbox's clock, in seconds. */
export function now() {
  return clock.standing ? clock.now : clock.now + (Date.now() - clock.heardAt) / 1000;
}

/** The two largest units of a span. @param {number} seconds */
function formatSpan(seconds) {
  let left = Math.abs(Math.round(seconds));
  const parts = [];
  for (const [unit, size] of /** @type {const} */ ([
    ['d', 86400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ])) {
    if (left >= size) parts.push(Math.floor(left / size) + (copy[`unit_${unit}`] ?? ''));
    left %= size;
  }
  return parts.slice(0, 2).join(' ');
}

/** @param {number} at */
function formatAgo(at) {
  const ago = Math.round(now() - at);
  if (Math.abs(ago) < 5) return copy.just_now ?? '';
  if (Math.abs(ago) < 60) return relative.format(-ago, 'second');
  if (Math.abs(ago) < 3600) return relative.format(-Math.trunc(ago / 60), 'minute');
  if (Math.abs(ago) < 86400) return relative.format(-Math.trunc(ago / 3600), 'hour');
  return relative.format(-Math.trunc(ago / 86400), 'day');
}

/** @param {number} at */
export function ago(at) {
  const date = new Date(at * 1000);
  return make(
    'time',
    { 'data-at': at, dateTime: date.toISOString(), title: time.format(date) },
    formatAgo(at),
  );
}

export function tick() {
  const date = new Date(now() * 1000);
  setText(find('now'), time.format(date));
  find('now').dateTime = date.toISOString();
  setText(find('today'), day.format(date));
  setText(find('phone-time'), shortTime.format(date));
  for (const element of document.querySelectorAll('time[data-at]'))
    setText(element, formatAgo(Number(element.getAttribute('data-at'))));
}

/** @param {{ now: number, standing: boolean, ahead: number }} told */
export function showClock(told) {
  clock = { ...told, heardAt: Date.now() };
  const away = Math.abs(told.ahead) > 1;
  const difference = say(told.ahead > 0 ? 'ahead' : 'behind', { time: formatSpan(told.ahead) });
  setText(
    find('clock-state'),
    [told.standing ? copy.standing : '', away ? difference : ''].filter(Boolean).join(', ') ||
      (copy.real_time ?? ''),
  );
  find('clock').classList.toggle('moved', away || told.standing);
  tick();
}
