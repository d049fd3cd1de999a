import fc from 'fast-check';
import { halfBody, inheritedBody, inheritedHeader, inheritedPath, pagePath } from './hostile-names.ts';

/*
 * What hostile requests are made of: right and wrong pieces of the grammar of HTTP and of the contract. Texts stand
 * for bytes (ISO-8859-1).
 */

/** Stands in generated texts for a live access token, which is not known yet. */
export const TOKEN = '@LIVE-TOKEN@';

const latin1 = (text: string) => Buffer.from(text).toString('latin1');
export const HANGUL = latin1('홍길동');
const EUC_KR = '\xc8\xab\xb1\xe6\xb5\xbf';
const CREDENTIALS = { imp_key: 'imp_apikey_b', imp_secret: 'sandbox_secret_b' };

export const oftenPlain = <T>(plain: fc.Arbitrary<T>, odd: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: plain }, { weight: 2, arbitrary: odd });

export const plainMethod = fc.constantFrom('GET', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PUT', 'PATCH');
export const oddMethod = fc.constantFrom(
  ...['TRACE', 'CONNECT', 'PROPFIND', 'M-SEARCH', 'PURGE', 'QUERY', 'PRI'],
  ...['GETT', 'get', 'G@T', '__proto__', 'constructor', 'toString', '', 'X'.repeat(300), HANGUL],
);

const knownPath = fc.constantFrom(
  ...['/users/getToken', '/certifications/imp_000000000001', '/certifications/imp_000000000002', '/livez'],
  ...['/certifications', '/certifications/otp/request', '/certifications/otp', '/readyz', '/'],
  ...['/sandbox/certifications', '/sandbox/clock', '/certifications/imp_999999999999'],
  ...[
    '/certifications/otp/confirm/imp_000000000009',
    '/certifications/otp/confirm/x',
    '/users/pg/imp00000000',
  ],
  ...['/users/pg/%00', '/sandbox/messages?phone=%ff&after=x', '/sandbox/approvals'],
);
const pathPiece = fc.constantFrom(
  ...[
    '/',
    '//',
    '/..',
    '/.',
    '/%2e%2e',
    '%2F',
    '%',
    '%zz',
    '%ff',
    '%00',
    '%ed%a0%80',
    '%u0041',
    ';',
    '#x',
    '@',
  ],
  ...[
    '?',
    '??',
    '&',
    '?_token=',
    `?_token=${TOKEN}`,
    '?_token=a&_token=b',
    '?_token=%zz',
    '?__proto__=1',
    '?x=%',
  ],
  ...[
    '\\',
    '"',
    '<',
    '{imp_uid}',
    '__proto__',
    'imp_',
    '0',
    '-1',
    HANGUL,
    EUC_KR,
    '\xff',
    '%EC%98',
    '+',
    '|',
  ],
);
const longPath = fc.constantFrom(
  `/certifications/${'a'.repeat(5000)}`,
  `/certifications/imp_${'9'.repeat(400)}`,
  `/${'a/'.repeat(2000)}`,
  `/certifications/${'%41'.repeat(3000)}`,
  `/livez?${'x=1&'.repeat(2500)}`,
  `/${'b'.repeat(20_000)}`,
);
const mutatedPath = fc
  .tuple(fc.array(pathPiece, { maxLength: 2 }), knownPath, fc.array(pathPiece, { maxLength: 3 }))
  .map(([before, path, after]) => [...before, path, ...after].join(''));
const oddTarget = fc.oneof(
  mutatedPath,
  longPath,
  inheritedPath,
  pagePath,
  knownPath.map((path) => `http://evil.example:99${path}`),
  fc.constantFrom(
    '*',
    'http://',
    'http:///livez',
    'HTTP://a@b/livez',
    'x:',
    'evil.example:443',
    '//evil/livez',
  ),
);
export const target = oftenPlain(knownPath, oddTarget);

export const authorization = fc.constantFrom(
  ...['', `Authorization: ${TOKEN}`, `Authorization: Bearer ${TOKEN}`, `authorization: bEARER   ${TOKEN}  `],
  ...['Authorization: Bearer', 'Authorization:', 'Authorization: Basic dTpw', `Authorization: "${TOKEN}"`],
  ...[`Authorization: ${TOKEN}${TOKEN}`, `Authorization: x\r\nAuthorization: ${TOKEN}`],
  ...[`Authorization: ${TOKEN}\r\nX-ImpTokenHeader: wrong`, `X-ImpTokenHeader: ${TOKEN}`],
  ...[`X-ImpTokenHeader: a\r\nX-ImpTokenHeader: ${TOKEN}`, `Authorization: ${'f'.repeat(9000)}`],
  ...[`Authorization: ${HANGUL}`, `Authorization: Bearer\t${TOKEN}`, `Authorization: ${'0'.repeat(40)}`],
);
const oftenSeenHeader = fc.constantFrom(
  ...[
    'Accept: */*',
    'Tier: a',
    'Origin: null',
    'Range: bytes=0-1',
    'If-None-Match: *',
    'Accept-Encoding: gzip',
  ],
  ...['Access-Control-Request-Method: DELETE', 'Connection: close', 'Connection: keep-alive', 'Cookie: a=b'],
  ...['Connection: upgrade\r\nUpgrade: websocket', 'Upgrade: h2c', 'X-Forwarded-For: 1.1.1.1', 'Via: 9.9 x'],
  ...[`X-Name: ${HANGUL}`, `X-Long: ${'y'.repeat(3000)}`, '__proto__: 1', 'X-HTTP-Method-Override: DELETE'],
);
export const plainHeader = fc.oneof(
  { weight: 8, arbitrary: oftenSeenHeader },
  { weight: 3, arbitrary: inheritedHeader },
  // Right in its framing, wrong in its meaning: exactly one answer, and the end.
  { weight: 1, arbitrary: fc.constantFrom('Host: second.example', 'hOST: second.example', 'HOST:') },
);
export const oddHeader = fc.constantFrom(
  ...['No colon at all', ': no name', 'X Y: blank in name', 'X-Nul: a\0b', 'X-Cr: a\rb', ' X-Folded: 1'],
  ...['X-A: 1\r\n  folded', 'Authorization : x', `X-Huge: ${'z'.repeat(20_000)}`, `${'n'.repeat(17_000)}: 1`],
  ...[Array.from({ length: 2500 }, (_, n) => `h${n}: 1`).join('\r\n'), 'Host: a\r\nHost: b', '\x80\x81: 1'],
);

export const contentType = fc.constantFrom(
  ...['application/json', 'application/json; charset=EUC-KR', 'APPLICATION/JSON', 'application/vnd.x+json'],
  ...[
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    '',
    ';;;',
    HANGUL,
  ],
  ...[
    'application/json, text/plain',
    'application/__proto__+json',
    'application/x-www-form-urlencoded;charset=x',
  ],
);
const jsonText = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc
    .record({ imp_key: fc.jsonValue({ maxDepth: 2 }), imp_secret: fc.jsonValue({ maxDepth: 2 }) })
    .map((value) => JSON.stringify(value)),
  fc
    .dictionary(
      fc.constantFrom(
        'name',
        'birthday',
        'gender',
        'phone',
        'carrier',
        'foreigner',
        'merchant_uid',
        'certified',
      ),
      fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.string({ unit: 'binary' })),
    )
    .map((value) => JSON.stringify(value)),
);
const oddBody = fc.constantFrom(
  ...['', ' ', 'null', '[]', '"x"', '7', '{', '{"imp_key":', '[1,2', 'NaN', '{"a":1e999}', "{'imp_key':'x'}"],
  ...['{"__proto__":{"imp_key":"x"},"constructor":1}', '{"imp_key":"a","imp_key":"b","imp_secret":"c"}'],
  ...['['.repeat(30_000), '{"a":'.repeat(12_000), `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
  ...[
    `{"imp_key":"${EUC_KR}","imp_secret":"x"}`,
    `imp_key=${EUC_KR}&imp_secret=x`,
    '\xff\xfe\0{',
    '\xef\xbb\xbf{}',
  ],
  ...[
    '{"imp_key":"\xed\xa0\x80"}',
    '{"imp_key":"\\ud800","imp_secret":"\\udc00"}',
    '\xc0\xaf',
    '\xf8\x88\x80\x80',
  ],
  ...[
    'imp_key=%zz&imp_secret=1',
    'imp_key=%ff',
    '%',
    '&&&&',
    '=',
    '&=&',
    'imp_key&imp_secret',
    '__proto__=1&x=2',
  ],
  ...[
    `imp_key=${'a'.repeat(60_000)}&imp_secret=b`,
    '&'.repeat(65_000),
    'a=b&'.repeat(16_000),
    `{"imp_key":1e400}`,
  ],
  ...[
    'x'.repeat(65_536),
    'x'.repeat(65_537),
    'x'.repeat(150_000),
    '{"imp_key":12345678901234567890123,"imp_secret":0.1}',
  ],
  ...[
    JSON.stringify(CREDENTIALS),
    new URLSearchParams(CREDENTIALS).toString(),
    '{"now":-1}',
    '{"advance":1e300}',
  ],
);
const oddValue = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.string({ unit: 'binary' }));
/** Members of the OTP calls, each right more often than not, so that the later checks are reached too. */
const otpText = fc
  .record(
    {
      name: oftenPlain<unknown>(fc.constantFrom('홍길동', '불일치'), oddValue),
      phone: oftenPlain<unknown>(fc.constantFrom('01000000001', '+82 10-0000-0002'), oddValue),
      birth: oftenPlain<unknown>(fc.constantFrom('900131', '1990-01-31', 900131), oddValue),
      gender_digit: oftenPlain<unknown>(fc.constantFrom('1', 2), oddValue),
      carrier: oftenPlain<unknown>(fc.constantFrom('SKT', 'lgu+', 'MVNO'), oddValue),
      is_mvno: oddValue,
      channel_key: oddValue,
      bypass: oddValue,
      otp: oftenPlain<unknown>(fc.constantFrom('123456', 123), oddValue),
      imp_uid: oddValue,
      approve: oddValue,
    },
    { requiredKeys: ['name', 'phone', 'birth', 'gender_digit', 'carrier'] },
  )
  .map((value) => JSON.stringify(value));
export const body = fc.oneof(jsonText.map(latin1), otpText.map(latin1), oddBody, inheritedBody, halfBody);

export const host = fc.constantFrom('127.0.0.1', 'localhost:1', 'api.iamport.kr', 'evil.example', '', HANGUL);

export const oddFraming = fc.constantFrom(
  ...['Content-Length: 5', 'Content-Length: 1000000', 'Content-Length: -1', 'Content-Length: abc'],
  ...['Content-Length: 0x10', 'Content-Length: +5', 'Content-Length: 1e3', 'Content-Length: 5, 5'],
  ...['Content-Length: 5\r\nContent-Length: 6', 'Content-Length: 99999999999999999999999', 'Content-Length:'],
  ...['Content-Length: 3\r\nTransfer-Encoding: chunked', 'Transfer-Encoding: chunked\r\nContent-Length: 3'],
  ...['Transfer-Encoding: gzip', 'Transfer-Encoding: identity', 'Transfer-Encoding: chunked, chunked'],
  ...['Transfer-Encoding: xchunked', 'Transfer-Encoding: gzip, chunked', 'Transfer-Encoding: chunked, gzip'],
  ...['Transfer-Encoding:\tchunked', 'Transfer-Encoding: "chunked"', 'Transfer-Encoding : chunked'],
  ...['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity'],
);
export const chunkedGarbage = fc.constantFrom(
  ...[
    'zz\r\nabc\r\n0\r\n\r\n',
    'FFFFFFFFFFFFFFFFF\r\na',
    '-1\r\na\r\n',
    '5\r\nabc\r\n0\r\n\r\n',
    '3\nabc\n0\n\n',
  ],
  ...[
    '3;x=y\r\nabc\r\n0\r\nTrailer: 1\r\n\r\n',
    `1;${'e'.repeat(20_000)}\r\na\r\n0\r\n\r\n`,
    '0\r\n',
    '',
    '\r\n\r\n',
  ],
  ...[
    '3\r\nabcX\r\n0\r\n\r\n',
    '0x3\r\nabc\r\n0\r\n\r\n',
    ' 3\r\nabc\r\n0\r\n\r\n',
    `0\r\n${'T: 1\r\n'.repeat(4000)}\r\n`,
  ],
);

export const garbage = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc.constantFrom(
    ...[
      '\r\n\r\n\r\n',
      '\0'.repeat(100),
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03',
    ],
    ...['HTTP/1.1 200 OK\r\n\r\n', 'QUIT\r\n', 'A'.repeat(100_000), '\r\n'.repeat(10_000), 'GET'],
  ),
);
