import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Bonin } from './bonin.js';
import { joinPage, membersPage, plainPage } from './pages.js';
import { isCsrfToken, Sessions } from './sessions.js';
import { SignUp } from './sign-up.js';

const { env } = process;
const settings = {
  boninUrl: (env.BONIN_URL || 'http://127.0.0.1:8282').replace(/\/+$/, ''),
  userCode: env.BONIN_USER_CODE || 'imp00000000',
  channelKey: env.BONIN_CHANNEL_KEY || 'channel-danal',
};
const boninOrigin = new URL(settings.boninUrl).origin;

const bonin = new Bonin({
  url: settings.boninUrl,
  // The pair of the sandbox. It opens nothing else, so it may stand here; a real one may not.
  impKey: env.BONIN_IMP_KEY || 'imp_apikey',
  impSecret:
    env.BONIN_IMP_SECRET ||
    'ekKoeW8RyKuT0zgaZsUtXXTLQ4AhPFW3ZGseDA6bkA5lamv9OqDMnxyeB9wqOsuO9W3Mx9YSJ4dTqJ3f',
  patience: Number(env.BONIN_PATIENCE_MS || 5_000),
  log: (sentence, error) => log(`${sentence} (${error.code ?? error.name})`),
});
// Members live as long as the process, so a key of the same length of life will do. A shop with a database needs one
// that stays, kept apart from the database.
const signUp = new SignUp({ bonin, pepper: env.CI_PEPPER || randomBytes(32) });
const sessions = new Sessions();

const ASSETS = {
  '/shop.js': ['text/javascript; charset=utf-8', readFileSync(new URL('public/shop.js', import.meta.url))],
  '/shop.css': ['text/css; charset=utf-8', readFileSync(new URL('public/shop.css', import.meta.url))],
};

const ROUTES = {
  'GET /': (request, response) => {
    page(response, 200, joinPage(sessions.of(request, response), settings));
  },

  // On a phone the page has left, and comes back with the result in the query. It changes what the session is allowed
  // to do, and needs no CSRF token: a result of anybody else does not carry this session's number.
  'GET /verified': async (request, response, query) => {
    await takeResult(sessions.of(request, response), query);
    redirect(response, '/');
  },

  // Elsewhere the callback sends the same members as a form.
  'POST /verified': async (request, response) => {
    const session = sessions.of(request, response);
    const form = await readForm(request);
    if (!isCsrfToken(session, form.get('csrf'))) return stale(session, response);
    await takeResult(session, form);
    redirect(response, '/');
  },

  'POST /verified/again': async (request, response) => {
    const session = sessions.of(request, response);
    const form = await readForm(request);
    if (!isCsrfToken(session, form.get('csrf'))) return stale(session, response);
    if (session.waiting !== null) await judge(session, session.waiting);
    redirect(response, '/');
  },

  'GET /members': (_request, response) => {
    page(response, 200, membersPage(signUp.members));
  },

  'POST /members': async (request, response) => {
    const session = sessions.of(request, response);
    const form = await readForm(request);
    if (!isCsrfToken(session, form.get('csrf'))) return stale(session, response);
    const values = {
      email: (form.get('email') ?? '').trim().toLowerCase(),
      nickname: (form.get('nickname') ?? '').normalize('NFC').trim(),
    };
    const problems = problemsOf(values);
    const outcome = Object.keys(problems).length === 0 ? signUp.join(session, values) : 'problems';
    if (outcome === 'email_taken') problems.email = '이미 사용 중인 이메일입니다.';
    if (outcome === 'email_taken' || outcome === 'problems')
      return page(response, 422, joinPage(session, settings, { values, problems }));
    if (outcome !== 'joined') session.notice = outcome;
    redirect(response, '/');
  },
};

/** What came back from the verification, by form or by query. */
async function takeResult(session, members) {
  const impUid = members.get('imp_uid') ?? '';
  const reason = members.get('error_reason') ?? '';
  // A failure is believed, since it opens no door. Only when the browser could not find out how it ended is it worth
  // asking.
  if (members.get('success') === 'true' || (reason === 'NETWORK_ERROR' && impUid !== '')) {
    await judge(session, impUid);
    if (session.notice === 'not_certified' && reason !== '') session.notice = reason;
  } else {
    session.notice = reason.slice(0, 40) || 'UNKNOWN';
  }
}

async function judge(session, impUid) {
  const outcome = await signUp.verify(session, impUid);
  session.notice = outcome === 'verified' ? null : outcome;
}

function problemsOf({ email, nickname }) {
  const problems = {};
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email) || email.length > 254)
    problems.email = '이메일 주소를 확인해 주세요. 예: moon@example.com';
  if (!/^[\p{L}\p{N} _-]{2,20}$/u.test(nickname))
    problems.nickname = '별명은 글자와 숫자로 2자에서 20자까지 입력해 주세요.';
  return problems;
}

/** Another site's form, or one of a session that is over. */
function stale(session, response) {
  session.notice = 'form_expired';
  redirect(response, '/');
}

async function readForm(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > 10_000) throw Object.assign(new Error('too large'), { status: 413 });
  }
  return new URLSearchParams(text);
}

function page(response, status, text) {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    // Bonin's origin in these three, and nothing else, is what the verification needs of a strict policy.
    'content-security-policy': `default-src 'none'; script-src 'self' ${boninOrigin}; connect-src ${boninOrigin}; frame-src ${boninOrigin}; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    // Not `same-origin`: it would cut the popup off from this page.
    'cross-origin-opener-policy': 'same-origin-allow-popups',
    'referrer-policy': 'strict-origin-when-cross-origin',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  response.end(text);
}

function redirect(response, location) {
  response.writeHead(303, { location, 'cache-control': 'no-store' });
  response.end();
}

/** One line, and never a query, a form, an `imp_uid` or an answer: they are about people. */
function log(line) {
  process.stderr.write(`${line}\n`);
}

async function answer(request, response) {
  const url = new URL(request.url, 'http://shop');
  const [type, asset] = ASSETS[url.pathname] ?? [];
  if (asset !== undefined) {
    response.writeHead(200, { 'content-type': type, 'x-content-type-options': 'nosniff' });
    response.end(asset);
    return;
  }
  const route = ROUTES[`${request.method} ${url.pathname}`];
  if (route === undefined) page(response, 404, plainPage('없는 화면입니다', '주소를 확인해 주세요.'));
  else await route(request, response, url.searchParams);
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    log(`Unforeseen: ${error.name}${error.code ? ` ${error.code}` : ''}`);
    if (response.headersSent) return response.destroy();
    page(
      response,
      error.status ?? 500,
      plainPage('오류가 났습니다', '잠시 후 다시 시도해 주세요. 가입은 두 번 되지 않습니다.'),
    );
  });
});
server.listen(Number(env.PORT || 3000), '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${server.address().port}\n`);
});
