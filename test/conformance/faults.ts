import type { Answer, Fault } from './faulty-server.ts';

/* Servers that are wrong in one rule each, as fakes, gateways and frameworks tend to be. */

const always =
  (change: (answer: Answer) => Answer | null): Fault =>
  (answer) =>
    change(answer);

/** Only answers to requests that the pattern matches. */
const to =
  (pattern: RegExp, change: (answer: Answer) => Answer | null): Fault =>
  (answer, request) =>
    pattern.test(request) ? change(answer) : null;

const body = (change: (text: string) => string) => (answer: Answer) =>
  answer.body === '' ? null : { ...answer, body: change(answer.body) };

const header = (name: string, value: string | null) => (answer: Answer) => ({
  ...answer,
  headers: [
    ...answer.headers.filter(([one]) => one.toLowerCase() !== name.toLowerCase()),
    ...(value === null ? [] : [[name, value] as const]),
  ],
});

const when = (status: number, change: (answer: Answer) => Answer | null) => (answer: Answer) =>
  answer.status === status ? change(answer) : null;

const status = (code: number) => (answer: Answer) => ({ ...answer, status: code });

/** An answer in the envelope that says no. */
const refuse = (code: number, message: string) => (answer: Answer) => ({
  ...answer,
  status: code,
  body: `{"code":-1,"message":"${message}","response":null}`,
});

const succeed = (response: string) => (answer: Answer) => ({
  ...answer,
  status: 200,
  body: `{"code":0,"message":null,"response":${response}}`,
});

const plainJson = (text: string) => Buffer.from(JSON.stringify(JSON.parse(text))).toString('latin1');

const TOKEN = /^POST \/+users\/getToken/;
const LOOKUP = /^GET \/certifications\//;
const OTP = /^POST \/certifications\/otp\/request/;
const A_TOKEN = `{"access_token":"${'0123456789'.repeat(4)}","now":${Math.floor(Date.now() / 1000)},"expired_at":${Math.floor(Date.now() / 1000) + 1800}}`;
const MISSING =
  'imp_key, imp_secret \\ud30c\\ub77c\\uba54\\ud130\\uac00 \\ub204\\ub77d\\ub418\\uc5c8\\uc2b5\\ub2c8\\ub2e4.';

/** Found by the cases that only read. */
export const READING_FAULTS: Readonly<Record<string, Fault>> = {
  'no charset': always(header('Content-Type', 'application/json')),
  'HTML for an unknown route': to(/^GET \/payments/, (answer) => ({
    ...header('Content-Type', 'text/html')(answer),
    body: '<h1>Not Found</h1>',
  })),
  'chunks instead of a length': (answer) =>
    answer.body === ''
      ? null
      : {
          ...header('Content-Length', null)(header('Transfer-Encoding', 'chunked')(answer)),
          body: `${answer.body.length.toString(16)}\r\n${answer.body}\r\n0\r\n\r\n`,
        },
  'a content encoding': always(header('Content-Encoding', 'identity')),
  'Hangul as it is': always(body(plainJson)),
  'a line end behind the JSON': always(body((text) => `${text}\n`)),
  'indented JSON': always(body((text) => text.replace('{"code":', '{ "code": '))),
  'another order of members': always(
    body((text) => text.replace(/^\{("code":-?\d),("message":(?:null|"[^"]*")),/, '{$2,$1,')),
  ),
  'a member too many': always(body((text) => text.replace('{"code"', '{"success":true,"code"'))),
  'code 1 for a failure': always(body((text) => text.replace('"code":-1', '"code":1'))),
  'status 200 for a failure': (answer) => (answer.status >= 400 ? status(200)(answer) : null),
  'an empty object where null is due': always(
    body((text) => text.replace('"response":null', '"response":{}')),
  ),
  'may be cached': always(header('Cache-Control', null)),
  'the type may be guessed': always(header('X-Content-Type-Options', null)),
  'the framework tells its name': always(header('X-Powered-By', 'Express')),
  'no challenge': when(401, header('WWW-Authenticate', null)),
  'a double slash is another path': to(/^POST \/\/users/, refuse(404, 'no such path')),
  'paths in any letter case': to(/^POST \/users\/gettoken/, succeed(A_TOKEN)),
  'an unknown route is a server error': to(/^GET \/payments/, status(500)),
  'a wrong method is an unknown route': when(405, status(404)),
  'no list of methods': when(405, header('Allow', null)),
  'HEAD gets a body': to(/^HEAD /, (answer) => ({ ...answer, body: '{}' })),
  'OPTIONS is an unknown route': to(/^OPTIONS /, status(404)),
  'closed to other origins': always(header('Access-Control-Allow-Origin', null)),
  'lets credentials through': always(header('Access-Control-Allow-Credentials', 'true')),
  'no limit': when(413, refuse(400, 'no')),
  'stays open after too large a body': when(413, header('Connection', 'keep-alive')),
  'a form is not read': to(/^POST \/users\/getToken[\s\S]*urlencoded/i, refuse(400, MISSING)),
  'a blank before a name counts': to(/& imp_secret/, refuse(400, MISSING)),
  'the first of two values counts': to(/imp_key=wrong&/, refuse(401, 'no')),
  'a byte order mark is refused': to(/\xef\xbb\xbf\{/, refuse(400, 'no')),
  'broken JSON is a server error': to(/\r\n\r\n\{"imp_key":"imp_apikey",$/, status(500)),
  'the query is read too': to(/^POST \/users\/getToken\?imp_key/, succeed(A_TOKEN)),
  'missing words are an authentication error': to(TOKEN, when(400, status(401))),
  'a wrong secret is a bad request': to(TOKEN, when(401, status(400))),
  'a wrong secret in other words': to(TOKEN, when(401, refuse(401, 'Unauthorized'))),
  'a token of 32 digits': to(
    TOKEN,
    body((text) => text.replace(/"([0-9a-f]{40})"/, (_, token: string) => `"${token.slice(8)}"`)),
  ),
  'a token in capital letters': to(
    TOKEN,
    body((text) => text.replace(/"([0-9a-f]{40})"/, (_, token: string) => `"${token.toUpperCase()}"`)),
  ),
  milliseconds: to(
    TOKEN,
    body((text) => text.replace(/("(?:now|expired_at)":\d+)/g, '$1000')),
  ),
  'the time as text': to(
    TOKEN,
    body((text) => text.replace(/"now":(\d+)/, '"now":"$1"')),
  ),
  'a token lives for an hour': to(
    TOKEN,
    body((text) =>
      text.replace(/"expired_at":(\d+)/, (_, at: string) => `"expired_at":${Number(at) + 1800}`),
    ),
  ),
  'a new token every time': to(
    TOKEN,
    body((text) =>
      text.replace(/"[0-9a-f]{40}"/, `"${Math.random().toString(16).slice(2, 10).padEnd(40, '0')}"`),
    ),
  ),
  'no token is forbidden': to(LOOKUP, when(401, status(403))),
  'looked up before the token is read': to(LOOKUP, when(401, refuse(404, 'no'))),
  'quotes around a token are dropped': to(/Authorization: Bearer "/, refuse(404, 'no')),
  'the query rescues a wrong header': to(/\?_token=[0-9a-f]{40}/, refuse(404, 'no')),
  'an unknown id is a success without a person': to(LOOKUP, when(404, succeed('null'))),
  'an unknown id in other words': to(LOOKUP, when(404, refuse(404, 'not found'))),
  'decoded twice': to(/%255F/, succeed('{}')),
  'the list in the ordinary envelope': to(
    /^GET \/users\/pg\//,
    body((text) => text.replace('"msg"', '"message"').replace('"data"', '"response"')),
  ),
  'an unknown shop is not found': to(/^GET \/users\/pg\//, status(404)),
};

/** Found only by the cases that may write. */
export const WRITING_FAULTS: Readonly<Record<string, Fault>> = {
  'an imp_uid of another shape': to(
    OTP,
    body((text) => text.replace('"imp_uid":"imp_', '"imp_uid":"imps_')),
  ),
  'answers the whole certification': to(
    OTP,
    body((text) => text.replace(/("imp_uid":"imp_\d{12}")/, '$1,"certified":false')),
  ),
  'missing words one by one': to(
    OTP,
    body((text) => text.replace('name, phone, birth, gender_digit, carrier ', 'name ')),
  ),
  'a month 13': to(/"birth": "901301"/, succeed('{"imp_uid":"imp_000000000000"}')),
  'a gender digit 9': to(/"gender_digit": "9"/, succeed('{"imp_uid":"imp_000000000000"}')),
  'a carrier nobody knows': to(/"carrier": "XYZ"/, succeed('{"imp_uid":"imp_000000000000"}')),
  'a landline': to(/02-0000-0000/, succeed('{"imp_uid":"imp_000000000000"}')),
  'text/plain is read as JSON': to(
    /^POST \/certifications[\s\S]*text\/plain/,
    succeed('{"imp_uid":"imp_000000000000"}'),
  ),
  'an unknown id is a wrong OTP': to(/^POST \/certifications\/otp\/confirm/, when(404, status(400))),
  'deleting what is not there succeeds': to(/^DELETE /, when(404, succeed('{}'))),
};
