import { LANGUAGE_NAMES, type Language, otherLanguage } from '../../html/language.ts';
import { ASK_AGAIN, createFile, once, readTexts, type StaticFile } from '../../html/static-file.ts';
import { data, type Html, html } from '../../html/template.ts';
import type { PageAnswer } from '../../http/answers.ts';
import { API_PATHS } from '../api-routes.ts';
import type { Seed, SeedCertification } from '../people-file.ts';
import { SCRIPT_SENTENCES, SENTENCES, type Sentences } from './copy.ts';

/** Allows nothing from other servers, nothing inline, and no frame around the page. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** The paths that a fault may name. */
export const FAULT_ROUTES: readonly string[] = API_PATHS;
const FAULT_STATUSES = [500, 503, 429, 404, 401];
/** In milliseconds. */
const FAULT_DELAYS = [3_000, 10_000];

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='9' fill='%230b6b5d'/%3E%3Cpath d='M8 10h16v10H15l-5 4v-4H8z' fill='%23fff'/%3E%3C/svg%3E";

/** The files of the page, by the last segment of their path. */
export const FILES = {
  'page.js': once(() => createPageFile('text/javascript', ['page.js'])),
  'clock.js': once(() => createPageFile('text/javascript', ['clock.js'])),
  'parts.js': once(() => createPageFile('text/javascript', ['parts.js'])),
  'page.css': once(() => createPageFile('text/css', ['base.css', 'phone.css', 'cards.css'])),
};

function createPageFile(type: string, names: readonly string[]): StaticFile {
  // Lines that only say types are of no use to a browser.
  const text = readTexts(new URL('./', import.meta.url), names).replace(/^ *\/\*\* @.*\*\/\n/gm, '');
  return createFile(`${type}; charset=utf-8`, text, { headers: ASK_AGAIN });
}

/** `GET /sandbox?lang=`: the page of the sandbox. Its script fills in everything that changes. */
export function renderPage(seed: Seed, randomOtp: boolean, language: Language): PageAnswer {
  return {
    status: 200,
    headers: [
      'Content-Type',
      'text/html; charset=utf-8',
      'Cache-Control',
      'no-store',
      'Content-Security-Policy',
      POLICY,
      'Referrer-Policy',
      'no-referrer',
    ],
    body: Buffer.from(renderShell(seed, randomOtp, language).markup),
  };
}

function renderShell(seed: Seed, randomOtp: boolean, language: Language): Html {
  const copy = SENTENCES[language];
  const otp = randomOtp ? copy.otp_random : copy.otp_usual;
  const other = otherLanguage(language);
  const content = {
    language,
    copy: Object.fromEntries(SCRIPT_SENTENCES.map((name) => [name, copy[name]])),
    people: distinctPeople(seed.certifications),
    seeded: seed.certifications.map((row) => ({
      imp_uid: row.imp_uid,
      channel_key: row.channel,
      name: row.certified ? row.name : null,
    })),
    merchants: seed.merchants.map(({ id, name, user_code, imp_key, imp_secret }) => ({
      name: name ?? id,
      user_code,
      imp_key,
      imp_secret,
    })),
  };
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${copy.title}</title>
<link rel="icon" href="${ICON}">
<link rel="stylesheet" href="/sandbox/page.css">
<script type="module" src="/sandbox/page.js"></script>
</head>
<body>
<a class="skip" href="#messages">${copy.skip}</a>
<header>
<h1><span class="mark" aria-hidden="true"></span><span lang="en">Bonin</span> <small>${copy.sandbox}</small></h1>
<p class="ribbon"><strong>${copy.ribbon}</strong> <span>${copy.advice}</span></p>
<div class="tools">
<p id="connection" class="connection">${copy.connecting}</p>
<a class="button quiet" href="/sandbox?lang=${other}" lang="${other}" hreflang="${other}">${LANGUAGE_NAMES[other]}</a>
<button type="button" id="reset">${copy.reset}</button>
</div>
</header>
<noscript><p class="ribbon">${copy.no_script}</p></noscript>
<main>
<section class="phone" aria-labelledby="inbox-title">
<p class="status" aria-hidden="true"><span id="phone-time"></span><span class="island"></span><span class="signal"></span></p>
<div class="title"><h2 id="inbox-title">${copy.inbox}</h2><button type="button" id="empty" class="quiet">${copy.empty_inbox}</button></div>
<div class="thread" id="thread" tabindex="0" role="group" aria-label="${copy.inbox}">
<div class="nothing" id="no-messages"><span class="envelope" aria-hidden="true"></span><p>${copy.no_messages}</p><p>${copy.no_messages_hint}</p></div>
<ol id="messages"></ol>
</div>
</section>
<div class="cards">
${card('clock', copy.clock, renderClock(copy))}
${card('make', copy.make, renderMakeForm(copy, seed))}
${card('requests', copy.requests, html`<p class="hint">${copy.requests_hint}</p><p id="no-requests" class="none">${copy.no_requests}</p><ol id="request-list" class="rows" tabindex="0" aria-labelledby="requests-title"></ol>`)}
${card('certifications', copy.certifications, html`<ul id="certification-list" class="rows"></ul>`)}
${card('faults', copy.faults, renderFaultForm(copy))}
${card('people', copy.people, html`<p class="hint">${copy.people_hint.replace('{otp}', otp)}</p><ul id="people-list" class="rows"></ul>`)}
${card('keys', copy.keys, html`<ul id="key-list" class="rows"></ul>`)}
</div>
</main>
<p id="said" class="toast" role="status"></p>
<p id="arrived" class="unseen" role="status"></p>
<script type="application/json" id="data">${data(content)}</script>
</body>
</html>
`;
}

function card(id: string, title: string, content: Html): Html {
  return html`<section class="card" id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${content}</section>`;
}

function renderClock(copy: Sentences): Html {
  return html`<p class="time"><time id="now"></time></p><p class="hint"><span id="today"></span> · <span id="clock-state"></span></p>
<div class="buttons"><button type="button" data-advance="30">${copy.seconds_30}</button><button type="button" data-advance="180">${copy.minutes_3}</button><button type="button" data-advance="1800">${copy.minutes_30}</button></div>
<div class="buttons"><button type="button" id="stop">${copy.stop}</button><button type="button" id="to-real">${copy.to_real}</button>
<form id="advance"><label class="unseen" for="seconds">${copy.by_seconds}</label><input id="seconds" type="number" min="1" max="315360000" required placeholder="${copy.unit_s.trim()}"><button>${copy.advance}</button></form></div>`;
}

function renderMakeForm(copy: Sentences, seed: Seed): Html {
  const channels = seed.merchants.flatMap(({ id, name, channels: rows }) =>
    rows.map(
      ({ channel_key }) => html`<option value="${channel_key}">${channel_key} · ${name ?? id}</option>`,
    ),
  );
  return html`<form id="make-form" class="fields"><p><label for="person">${copy.person}</label><select id="person"></select></p>
<p><label for="channel">${copy.channel}</label><select id="channel">${channels}</select></p>
<button class="main">${copy.make_button}</button></form><p id="made" class="made"></p>`;
}

function renderFaultForm(copy: Sentences): Html {
  const option = (value: string, text = value) => html`<option value="${value}">${text}</option>`;
  const routes = [option('', copy.every_route), ...FAULT_ROUTES.map((route) => option(route))];
  const outcomes = [
    ...FAULT_STATUSES.map((status) => option(`status ${status}`, String(status))),
    ...FAULT_DELAYS.map((delay) =>
      option(`delay_ms ${delay}`, copy.outcome_delay.replace('{seconds}', String(delay / 1000))),
    ),
    option('page 502', copy.outcome_page),
    option('abort', copy.outcome_abort),
  ];
  return html`<p class="hint">${copy.faults_hint}</p><form id="fault-form" class="fields"><p><label for="route">${copy.route}</label><select id="route">${routes}</select></p>
<p><label for="outcome">${copy.outcome}</label><select id="outcome">${outcomes}</select></p>
<p><label for="times">${copy.times}</label><input id="times" type="number" min="1" max="1000000" placeholder="${copy.every_time}"></p>
<button class="main">${copy.add}</button></form>
<p id="no-faults" class="none">${copy.no_faults}</p><ul id="fault-list" class="rows"></ul><button type="button" id="clear-faults" hidden>${copy.clear_all}</button>`;
}

type Certified = SeedCertification & { readonly certified: true };
type Person = Pick<
  Certified,
  'name' | 'birthday' | 'gender' | 'phone' | 'carrier' | 'foreigner' | 'unique_key' | 'person'
>;

/** Every person once, however many certifications they have. */
function distinctPeople(certifications: Seed['certifications']): readonly Person[] {
  const people = new Map<string, Person>();
  for (const row of certifications) {
    if (!row.certified) continue;
    const { name, birthday, gender = null, phone = null, carrier = null, foreigner = null } = row;
    const { unique_key, person } = row;
    const key = `${name}|${birthday}|${phone}|${unique_key ?? person ?? ''}`;
    const mark = unique_key != null ? { unique_key } : person != null ? { person } : {};
    if (!people.has(key)) people.set(key, { name, birthday, gender, phone, carrier, foreigner, ...mark });
  }
  return [...people.values()];
}
