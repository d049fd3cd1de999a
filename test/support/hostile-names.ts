import fc from 'fast-check';

/*
 * Names that tables have without anybody having put them there, and texts that are none, at every place of a request.
 * Texts stand for bytes (ISO-8859-1).
 */

const latin1 = (text: string) => Buffer.from(text).toString('latin1');

/** Names that every object has without having been given them, and one that functions have. */
const INHERITED = [
  ...['__proto__', 'constructor', 'toString', 'toLocaleString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf'],
  ...['propertyIsEnumerable', '__defineGetter__', '__defineSetter__', '__lookupGetter__', '__lookupSetter__'],
  'prototype',
] as const;
/** Halves of characters, which are no text, as bytes that pretend to be UTF-8. */
const HALVES = ['\xed\xa0\x80', '\xed\xbf\xbf', '\xed\xa0\x80\xed\xb0\x80x'] as const;
const inherited = fc.constantFrom(...INHERITED);

/** Where a name from outside stands in a path or a query. */
export const inheritedPath = fc
  .tuple(inherited, inherited)
  .chain(([name, other]) =>
    fc.constantFrom(
      ...[`/${name}`, `/users/${name}`, `/users/pg/${name}`, `/certifications/${name}`, `/sandbox/${name}`],
      ...[
        `/certifications/otp/confirm/${name}`,
        `/page/${name}`,
        `/page/s/${name}`,
        `/docs/${name}`,
        `/v1/${name}`,
      ],
      ...[
        `/users/getToken?${name}=${other}`,
        `/docs?lang=${name}`,
        `/sandbox?lang=${name}`,
        `/page/s/x?lang=${name}`,
      ],
      ...[`/sandbox/messages?${name}=1&phone=${other}`, `/certifications/x?_token=${name}&_token=${other}`],
      `/sandbox/messages?after=${name}`,
    ),
  );
export const pagePath = fc.constantFrom(
  ...[
    '/page/start',
    '/page/result',
    '/page/close',
    '/page/x',
    '/page/s/x',
    '/v1/iamport.js',
    '/docs',
    '/docs/page.js',
  ],
  ...[
    '/openapi.json',
    '/js/iamport.payment-1.2.0.js',
    '/sandbox',
    '/sandbox/page.js',
    '/sandbox/faults',
    '/sandbox/requests',
  ],
  ...[
    '/certifications/%ed%a0%80',
    '/users/pg/%ed%b0%80',
    '/page/%ed%a0%80',
    '/sandbox/messages?phone=%ed%a0%80',
  ],
);

export const inheritedHeader = fc
  .tuple(inherited, inherited)
  .chain(([name, other]) =>
    fc.constantFrom(
      ...[
        `${name}: ${other}`,
        `${name}: 1\r\n${name}: 2`,
        `X-ImpTokenHeader: ${name}`,
        `Authorization: ${name}`,
      ],
      ...[
        `Authorization: Bearer ${name}`,
        `Origin: ${name}`,
        `Last-Event-ID: ${name}-${other}`,
        `Tier: ${name}`,
      ],
      ...[`Cookie: ${name}=${other}`, `X-Forwarded-For: ${name}`, `Forwarded: for=${name};${other}=x`],
      ...[
        `traceparent: ${name}`,
        `Accept-Encoding: ${name}`,
        `If-None-Match: ${name}`,
        `Connection: ${name}`,
      ],
    ),
  );

/** Members that no table has, with values that name the same. */
export const inheritedBody = fc
  .tuple(inherited, inherited, fc.constantFrom('"x"', '1', 'true', 'null', '{}', '[]'))
  .chain(([name, other, value]) =>
    fc.constantFrom(
      ...[
        `{"${name}":${value}}`,
        `{"${name}":{"${other}":${value}}}`,
        `{"${name}":"SECRET","${other}":"SECRET"}`,
      ],
      ...[`{"imp_key":"${name}","imp_secret":"${other}"}`, `imp_key=${name}&imp_secret=${other}`],
      ...[
        `${name}=x`,
        `${name}`,
        `${name}=x&${other}=y`,
        `${name}[${other}]=x`,
        `${encodeURIComponent(name)}=%00`,
      ],
      ...[
        `{"channel_key":"${name}","carrier":"${other}"}`,
        `{"name":"${name}","gender":"${other}","carrier":"${name}"}`,
      ],
      ...[
        `[{"route":"${name}","${other}":${value}}]`,
        `{"faults":[{"${name}":${value}}]}`,
        `{"now":{"${name}":1}}`,
      ],
      ...[`{"user_code":"${name}","pg":"${other}","sandbox":{"${name}":${value},"outcome":"${other}"}}`],
      `{"name":"홍길동","phone":"01000000001","birth":"900131","gender_digit":"1","carrier":"${name}","pg":"${other}"}`,
    ),
  )
  .map(latin1);
export const halfBody = fc
  .tuple(fc.constantFrom(...HALVES, '\\ud800', '\\udfff', '\\udc00\\ud800'), inherited)
  .chain(([half, name]) =>
    fc.constantFrom(
      ...[`{"imp_key":"${half}","imp_secret":"${half}"}`, `{"${half}":"${half}"}`, `{"${name}":"${half}"}`],
      ...[
        `{"merchant_uid":"${half}"}`,
        `{"name":"${half}"}`,
        `{"user_code":"${half}","page":"https://${half}/"}`,
      ],
      ...[`imp_key=${half}&imp_secret=x`, `imp_key=%ed%a0%80&imp_secret=%ed%b0%80`, `%ed%a0%80=x`],
      `{"imp_uid":"${half}","approve":true}`,
    ),
  );
