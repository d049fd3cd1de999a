import fc from 'fast-check';
import {
  authorization,
  body,
  chunkedGarbage,
  contentType,
  garbage,
  HANGUL,
  host,
  oddFraming,
  oddHeader,
  oddMethod,
  oftenPlain,
  plainHeader,
  plainMethod,
  target,
} from './hostile-words.ts';

/** What is done to a server over one connection. Texts stand for bytes (ISO-8859-1). */
export interface HostileExchange {
  /** Written one after the other, with so many milliseconds in between. */
  readonly pieces: readonly string[];
  readonly pause: number;
  readonly ending: 'wait' | 'end' | 'reset';
  /** Methods of the requests in order, as far as they are ones. */
  readonly methods: readonly string[];
  /**
   * How many answers must come, or fewer of which the last closes the connection; null where the framing is
   * broken and none may.
   */
  readonly answers: number | null;
}

interface Request {
  readonly method: string;
  readonly text: string;
}

/** A request whose framing is right, whatever else is wrong with it: exactly one answer must come. */
const framedRequest: fc.Arbitrary<Request> = fc
  .record({
    method: plainMethod,
    target,
    host,
    authorization,
    headers: fc.array(plainHeader, { maxLength: 3 }),
    contentType: fc.option(contentType),
    body: fc.oneof(fc.constant(''), body),
    framing: fc.constantFrom('length', 'chunks', 'small chunks'),
    version: fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'),
    expects: fc.constantFrom('', '', '', 'Expect: 100-continue', 'Expect: a miracle'),
  })
  .map((parts) => {
    // HTTP/1.0 knows no chunks.
    const isChunked = parts.framing !== 'length' && parts.version === 'HTTP/1.1' && parts.body !== '';
    const size = parts.framing === 'chunks' ? 40_000 : Math.max(7, Math.ceil(parts.body.length / 50));
    const head = [
      `${parts.method} ${parts.target} ${parts.version}`,
      `Host: ${parts.host}`,
      parts.authorization,
      ...parts.headers,
      parts.contentType === null ? '' : `Content-Type: ${parts.contentType}`,
      parts.expects,
      isChunked
        ? 'Transfer-Encoding: chunked'
        : parts.body === ''
          ? ''
          : `Content-Length: ${parts.body.length}`,
    ].filter((line) => line !== '');
    return {
      method: parts.method,
      text: `${head.join('\r\n')}\r\n\r\n${isChunked ? toChunks(parts.body, size) : parts.body}`,
    };
  });

function toChunks(text: string, size: number): string {
  let chunked = '';
  for (let at = 0; at < text.length; at += size) {
    const chunk = text.slice(at, at + size);
    chunked += `${chunk.length.toString(16)}\r\n${chunk}\r\n`;
  }
  return `${chunked}0\r\n\r\n`;
}

/** A request that breaks the grammar of HTTP somewhere, or may. */
const brokenRequest: fc.Arbitrary<Request> = fc
  .record({
    method: oftenPlain(plainMethod, oddMethod),
    target: fc.oneof(target, fc.constantFrom('', ' ', '/a b', '/\x01', '/\x7f', '/\0', 'livez', HANGUL)),
    version: fc.constantFrom(
      'HTTP/1.1',
      'HTTP/1.1',
      'HTTP/1.0',
      'HTTP/0.9',
      'HTTP/2.0',
      'HTTP/1.',
      'http/1.1',
      '',
      'X',
    ),
    lineEnd: fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r'),
    headers: fc.array(fc.oneof(oddHeader, plainHeader, oddFraming, authorization), { maxLength: 4 }),
    framing: fc.option(oddFraming),
    body: fc.oneof(body, chunkedGarbage),
  })
  .map(({ method, target: path, version, lineEnd, headers, framing, body: content }) => ({
    method,
    text: [
      `${method} ${path} ${version}`,
      ...headers,
      ...(framing === null ? [] : [framing]),
      '',
      content,
    ].join(lineEnd),
  }));

const single = framedRequest.map(
  ({ method, text }): HostileExchange => ({
    pieces: [text],
    pause: 0,
    ending: 'wait',
    methods: [method],
    answers: 1,
  }),
);

const broken = fc
  .record({ request: brokenRequest, ending: fc.constantFrom('wait', 'wait', 'end', 'reset') })
  .map(
    ({ request: { method, text }, ending }): HostileExchange => ({
      pieces: [text],
      pause: 0,
      ending: ending as HostileExchange['ending'],
      methods: [method],
      answers: null,
    }),
  );

const cutOff = fc
  .record({
    request: framedRequest,
    where: fc.double({ min: 0, max: 1, noNaN: true }),
    isReset: fc.boolean(),
  })
  .map(
    ({ request: { method, text }, where, isReset }): HostileExchange => ({
      pieces: [text.slice(0, Math.floor(text.length * where))],
      pause: 1,
      ending: isReset ? 'reset' : 'end',
      methods: [method],
      answers: null,
    }),
  );

const dripping = fc
  .record({ request: framedRequest, drops: fc.integer({ min: 2, max: 40 }) })
  .map(({ request: { method, text }, drops }): HostileExchange => {
    const size = Math.ceil(text.length / drops);
    const pieces = Array.from({ length: drops }, (_, n) => text.slice(n * size, (n + 1) * size));
    return {
      pieces: pieces.filter((piece) => piece !== ''),
      pause: 1,
      ending: 'wait',
      methods: [method],
      answers: 1,
    };
  });

/** Requests in one write, the last of which may be nothing but noise. What closes the connection ends the row. */
const pipelined = fc
  .record({ requests: fc.array(framedRequest, { minLength: 2, maxLength: 6 }), tail: fc.option(garbage) })
  .map(
    ({ requests, tail }): HostileExchange => ({
      pieces: [requests.map(({ text }) => text).join('') + (tail ?? '')],
      pause: 0,
      ending: 'wait',
      methods: requests.map(({ method }) => method),
      // NOTE node:http drops what comes in the same packet behind a request that asks for another protocol.
      answers:
        tail === null && !requests.some(({ text }) => /^upgrade:/im.test(text)) ? requests.length : null,
    }),
  );

const noise = fc.record({ bytes: garbage, isEnd: fc.boolean() }).map(
  ({ bytes, isEnd }): HostileExchange => ({
    pieces: [bytes],
    pause: 0,
    ending: isEnd ? 'end' : 'wait',
    methods: [],
    answers: null,
  }),
);

export const hostileExchange: fc.Arbitrary<HostileExchange> = fc.oneof(
  { weight: 50, arbitrary: single },
  { weight: 20, arbitrary: broken },
  { weight: 10, arbitrary: cutOff },
  { weight: 5, arbitrary: dripping },
  { weight: 10, arbitrary: pipelined },
  { weight: 5, arbitrary: noise },
);
