// @ts-check
/*
 * The script of the sandbox page. It shows everything from outside with `textContent` and never makes markup from
 * text.
 */

import { ago, now, showClock, tick, time } from './clock.js';
import {
  announce,
  call,
  copy,
  copyable,
  copyButton,
  find,
  formatPhone,
  make,
  merchants,
  people,
  say,
  seeded,
  setText,
} from './parts.js';

/** @typedef {{ id: string, phone: string, text: string, otp: string, imp_uid: string, sent_at: number }} Message */
/** @typedef {{ imp_uid: string, channel_key: string, masked_name: string, method: string | null, service: string | null, state: string, at: number }} Recent */
/** @typedef {{ request_id: string, method: string, path: string, route: string | null, token: string | null, unread_media_type: string | null, body: Record<string, unknown> | null, status: number, at: number }} Seen */
/** @typedef {{ route: string | null, times: number | null, probability: number, delay_ms: number, status: number | null, abort: boolean, body?: string, headers?: Record<string, string> }} Rule */
const GATEWAY_PAGE = {
  status: 502,
  headers: { 'Content-Type': 'text/html' },
  body: '<h1>502 Bad Gateway</h1>',
};
/** Most rows of each kind on the page. */
const KEPT = 50;
/** Whether events are new; before that, they repeat what happened before this page was opened. */
let live = false;
/** @type {Rule[]} */
let rules = [];
/** @type {Seen[]} */
let waiting = [];
/** Ids of the requests on the page. */
const shown = new Set();
/** Rows of the phone and of the certifications, by id. @type {Map<string, HTMLElement>} */
const onPhone = new Map();
/** @type {Map<string, HTMLElement>} */
const rows = new Map();

/** Adds something to the phone in order of time, and scrolls to it if it is new. @param {string} id @param {number} at @param {any} element */
function putOnPhone(id, at, element) {
  element.dataset.at = String(at);
  const list = find('messages');
  const old = onPhone.get(id);
  onPhone.set(id, element);
  if (old) old.replaceWith(element);
  else {
    let before = list.lastElementChild;
    while (before && Number(before.dataset.at) > at) before = before.previousElementSibling;
    if (before) before.after(element);
    else list.prepend(element);
  }
  for (const [known, row] of onPhone) {
    if (onPhone.size <= 2 * KEPT) break;
    onPhone.delete(known);
    row.remove();
  }
  find('no-messages').hidden = true;
  if (old) return;
  const sought = onPhone.get(location.hash.slice(1));
  if (!live && sought) sought.scrollIntoView({ block: 'nearest' });
  else find('thread').scrollTop = find('thread').scrollHeight;
}

/** @param {Message} message */
function showMessage({ id, phone, text, otp, imp_uid, sent_at }) {
  const [words, ...rest] = text.split(/\n(?=@)/);
  const sought = location.hash.slice(1) === imp_uid;
  const digits = make(
    'p',
    { className: 'digits' },
    make('strong', {}, otp.slice(0, 3), make('span', { className: 'gap' }), otp.slice(3)),
    copyButton(otp, copy.code ?? ''),
  );
  const bubble = make(
    'div',
    { className: 'bubble' },
    make('p', { lang: 'ko' }, words ?? ''),
    rest.length > 0 ? make('p', { className: 'bound' }, rest.join('\n')) : null,
    digits,
  );
  putOnPhone(
    sought ? imp_uid : id,
    sent_at,
    make(
      'li',
      { className: sought ? 'item sought' : 'item' },
      make('p', { className: 'to' }, make('span', {}, formatPhone(phone)), ' · ', ago(sent_at)),
      bubble,
      make('p', { className: 'uid' }, copyable(imp_uid, 'imp_uid')),
    ),
  );
  if (live)
    setText(find('arrived'), say('new_message', { phone: formatPhone(phone), otp: [...otp].join(' ') }));
}

/** @param {Recent} row */
function showPrompt({ imp_uid, masked_name, service, state, at }) {
  const decide = (/** @type {boolean} */ approve) => () => call('POST', 'approvals', { imp_uid, approve });
  const button = (/** @type {string} */ name, /** @type {boolean} */ approve) => {
    const element = make(
      'button',
      { type: 'button', className: approve ? 'main' : '', 'aria-label': `${copy[name]} ${imp_uid}` },
      copy[name] ?? '',
    );
    element.addEventListener('click', decide(approve));
    return element;
  };
  const known = onPhone.has(imp_uid);
  const inside = onPhone.get(imp_uid)?.contains(document.activeElement);
  const bubble = make(
    'div',
    { className: 'bubble prompt', tabIndex: -1 },
    make('p', { className: 'kind' }, copy.app_request ?? ''),
    make('p', {}, say('app_question', { service: service ?? '', name: masked_name })),
    state === 'waiting'
      ? make('div', { className: 'decision' }, button('approve', true), button('turn_down', false))
      : stateText(state),
  );
  putOnPhone(
    imp_uid,
    at,
    make(
      'li',
      { className: 'item' },
      make('p', { className: 'to' }, ago(at)),
      bubble,
      make('p', { className: 'uid' }, copyable(imp_uid, 'imp_uid')),
    ),
  );
  // The pressed button is removed; the keyboard focus must stay here.
  if (inside) bubble.focus();
  if (live && !known) setText(find('arrived'), say('new_prompt', { name: masked_name }));
  else if (live) setText(find('arrived'), `${imp_uid} ${copy[`state_${state}`]}`);
}

/** @param {string} state */
const stateText = (state) => make('span', { className: `state ${state}` }, copy[`state_${state}`] ?? state);

/** @param {string} name @param {string} detail @param {string} [state] */
function who(name, detail, state) {
  const about = make('span', { className: 'detail' }, detail);
  return make('span', { className: 'who' }, make('b', {}, name), state ? stateText(state) : null, about);
}

/** @param {string} imp_uid @param {string} name @param {string} detail @param {string} [state] */
function showRow(imp_uid, name, detail, state) {
  const row = make('li', {}, who(name, detail, state), copyable(imp_uid, 'imp_uid'));
  const old = rows.get(imp_uid);
  rows.set(imp_uid, row);
  if (old) old.replaceWith(row);
  else find('certification-list').prepend(row);
}

/** @param {Recent} row */
function showCertification(row) {
  const how = row.method ?? copy.method_null;
  showRow(
    row.imp_uid,
    row.masked_name || (copy.pending_person ?? ''),
    `${row.channel_key} · ${how}`,
    row.state,
  );
  if (row.method === 'APP') showPrompt(row);
}

function showSeeded() {
  for (const { imp_uid, channel_key, name } of seeded.toReversed())
    showRow(imp_uid, name ?? copy.pending_person ?? '', channel_key);
}

/** @param {Seen} request */
function requestRow({ method, path, route, token, unread_media_type: unread, body, status, at }) {
  const line = [
    make('span', { className: 'method' }, method),
    make('span', { className: 'path' }, path),
    make(
      'span',
      { className: `answer s${Math.floor(status / 100)}` },
      status === 0 ? (copy.cut ?? '') : String(status),
    ),
    make('time', { className: 'at', dateTime: new Date(at * 1000).toISOString() }, time.format(at * 1000)),
  ];
  const facts = [
    route === null ? copy.nowhere : route === path ? '' : route,
    token === null ? '' : `${copy.token_at} ${token}`,
    unread === null ? '' : `${copy.body_unread} ${unread}`,
    body === null ? '' : JSON.stringify(body, null, 1).slice(2, -2),
  ].filter(Boolean);
  return facts.length === 0
    ? make('li', {}, make('p', { className: 'line' }, ...line))
    : make(
        'li',
        {},
        make(
          'details',
          {},
          make('summary', { className: 'line' }, ...line),
          make('pre', {}, facts.join('\n')),
        ),
      );
}

/** Draws all requests since the last frame together. */
function showRequests() {
  const list = find('request-list');
  for (const request of waiting.splice(0).slice(-KEPT)) {
    if (shown.has(request.request_id)) continue;
    shown.add(request.request_id);
    list.prepend(requestRow(request));
  }
  while (list.children.length > KEPT) list.lastElementChild.remove();
  find('no-requests').hidden = list.children.length > 0;
}

/** @param {Seen} request */
function queueRequest(request) {
  if (waiting.length === 0) setTimeout(showRequests, 50);
  waiting.push(request);
  if (waiting.length > 4 * KEPT) waiting.splice(0, 2 * KEPT);
}

/** @param {readonly Rule[]} list */
const putRules = (list) =>
  call(
    'PUT',
    'faults',
    list.filter(({ times }) => times !== 0),
  );

/** @param {Rule[]} list */
function showFaults(list) {
  rules = list;
  find('fault-list').replaceChildren(
    ...list.map((rule, at) => {
      const { route, times, delay_ms, status, abort, probability, body } = rule;
      const outcome = [
        abort ? copy.outcome_abort : (status ?? ''),
        body && 'body',
        delay_ms > 0 ? say('outcome_delay', { seconds: delay_ms / 1000 }) : '',
        probability < 1 ? `${Math.round(probability * 100)} %` : '',
      ];
      const left = times === null ? copy.every_time : times === 0 ? copy.spent : say('times_left', { times });
      const words = outcome.filter(Boolean).join(', ');
      const remove = make(
        'button',
        { type: 'button', 'aria-label': `${copy.remove} ${words} ${route ?? copy.every_route}` },
        copy.remove ?? '',
      );
      remove.addEventListener('click', async () => {
        await putRules(rules.filter((_, other) => other !== at));
        find('faults-title').focus();
      });
      return make('li', {}, who(words, `${route ?? copy.every_route} · ${left}`), remove);
    }),
  );
  find('no-faults').hidden = list.length > 0;
  find('clear-faults').hidden = list.length === 0;
}

/** @param {'all' | 'messages'} what */
function forget(what) {
  if (what === 'all') {
    live = false;
    waiting = [];
    shown.clear();
    rows.clear();
    for (const id of ['request-list', 'certification-list']) find(id).replaceChildren();
    showSeeded();
    showRequests();
    showFaults([]);
    setText(find('made'), '');
  }
  for (const [id, row] of onPhone) {
    if (what === 'messages' && row.querySelector('.prompt')) continue;
    onPhone.delete(id);
    row.remove();
  }
  find('no-messages').hidden = onPhone.size > 0;
}

function showPeople() {
  find('person').append(
    ...people.map(({ name, birthday }, at) => make('option', { value: at }, `${name} · ${birthday}`)),
  );
  find('people-list').append(
    ...people.map(({ name, birthday, gender, phone, carrier, foreigner }) => {
      const facts = [birthday, gender && copy[gender], carrier, foreigner && copy.foreigner];
      return make(
        'li',
        {},
        who(name, facts.filter(Boolean).join(' · ')),
        phone === null ? null : copyable(phone, `${name} ${copy.phone}`),
      );
    }),
  );
  find('key-list').append(
    ...merchants.map(({ name, ...keys }) =>
      make(
        'li',
        { className: 'tall' },
        make('b', {}, name ?? ''),
        ...Object.entries(keys).map(([key, value]) =>
          make(
            'span',
            { className: 'key' },
            make('span', { className: 'detail' }, key),
            copyable(value, key),
          ),
        ),
      ),
    ),
  );
}

/** @param {string} id @param {() => unknown} act */
const onClick = (id, act) => find(id).addEventListener('click', act);

/** @param {string} id @param {() => unknown} act */
function onSubmit(id, act) {
  find(id).addEventListener('submit', (/** @type {Event} */ event) => {
    event.preventDefault();
    act();
  });
}

onClick('reset', async () => {
  if (confirm(copy.reset_question) && (await call('POST', 'reset'))) announce(say('reset_done'));
});
onClick('empty', async () => {
  if (await call('DELETE', 'messages')) announce(say('inbox_emptied'));
});
onClick('stop', () => call('PUT', 'clock', { now: Math.floor(now()) }));
onClick('to-real', () => call('PUT', 'clock', {}));
onClick('clear-faults', async () => {
  await call('DELETE', 'faults');
  find('faults-title').focus();
});
for (const button of document.querySelectorAll('[data-advance]'))
  button.addEventListener('click', () =>
    call('PUT', 'clock', { advance: Number(button.getAttribute('data-advance')) }),
  );
onSubmit('advance', () => call('PUT', 'clock', { advance: Number(find('seconds').value) }));
onSubmit('make-form', async () => {
  const made = await call('POST', 'certifications', {
    ...people[find('person').value],
    channel_key: find('channel').value,
  });
  if (made === null) return;
  find('made').replaceChildren(copyable(made.imp_uid, 'imp_uid'));
  announce(say('made', made));
});
onSubmit('fault-form', () => {
  const [kind = '', value] = find('outcome').value.split(' ');
  const times = find('times').value;
  return putRules([
    ...rules,
    /** @type {Rule} */ ({
      route: find('route').value || null,
      times: times === '' ? null : Number(times),
      ...(kind === 'page' ? GATEWAY_PAGE : { [kind]: kind === 'abort' ? true : Number(value) }),
    }),
  ]);
});

find('faults-title').tabIndex = -1;
showPeople();
showSeeded();
tick();
setInterval(tick, 1000);

const source = new EventSource('/sandbox/events');
/** @param {string} name @param {(data: any) => void} act */
const on = (name, act) => source.addEventListener(name, (event) => act(JSON.parse(event.data)));
on('message', showMessage);
on('certification', showCertification);
on('request', queueRequest);
on('faults', showFaults);
on('reset', ({ what }) => forget(what));
on('clock', (told) => {
  showClock(told);
  live = true;
});
/** @param {string} state */
function showConnection(state) {
  setText(find('connection'), copy[state] ?? state);
  find('connection').className = `connection ${state}`;
}
source.addEventListener('open', () => showConnection('connected'));
source.addEventListener('error', () => {
  showConnection('disconnected');
  // After a refusal an EventSource does not reconnect.
  if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 10_000);
});
