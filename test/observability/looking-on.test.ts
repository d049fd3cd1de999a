import { describe, expect, onTestFinished, test } from 'vitest';
import { AppError } from '../../src/errors.ts';
import type { Observer } from '../../src/http/observer.ts';
import { HttpServer, type HttpServerOptions } from '../../src/http/server.ts';
import type { Logger } from '../../src/log.ts';
import { withFaults } from '../../src/sandbox/faults.ts';
import { formatOf } from '../support/answer-format.ts';
import { exchange, RawConnection, readAnswers } from '../support/raw-exchange.ts';

const fail = (what: string) => () => {
  throw new Error(`${what} failed`);
};

/** A log that remembers what it was told. */
function listen() {
  const lines: { level: string; message: string; fields: Readonly<Record<string, unknown>> }[] = [];
  const write = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) =>
    void lines.push({ level, message, fields });
  const log: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
  return { log, errors: () => lines.filter(({ level }) => level === 'error') };
}

/** What escapes would end a process: the test runner's own listeners must not hide it. */
function catchEscapes(): () => readonly unknown[] {
  const escaped: unknown[] = [];
  const note = (error: unknown) => void escaped.push(error);
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, note);
    onTestFinished(() => void process.off(event, note));
  }
  return () => escaped;
}

async function start(options: Partial<HttpServerOptions>) {
  const escapes = catchEscapes();
  const server = new HttpServer({
    surfaces: [
      {
        basePath: '',
        routes: [
          {
            path: '/',
            methods: {
              GET: async () => '"right"',
              POST: async ({ body }) => JSON.stringify(body.toString()),
            },
          },
          {
            path: '/refused',
            methods: { GET: async () => Promise.reject(new AppError('certification_not_found')) },
          },
          { path: '/thrown', methods: { GET: fail('handler') } },
          { path: '/stream', methods: { GET: async () => ({ headers: [], open: fail('opening') }) } },
          {
            path: '/ending',
            methods: {
              GET: async () => ({
                headers: [],
                open(write) {
                  write('begun');
                  return fail('closing');
                },
              }),
            },
          },
        ],
      },
    ],
    cors: { kind: 'any' },
    format: formatOf(({ code }) => ({ status: code === 'internal' ? 500 : 404, body: JSON.stringify(code) })),
    log: listen().log,
    ...options,
  });
  const { port } = await server.listen(0, '127.0.0.1');
  onTestFinished(() => server.close(0));
  const ask = async (request: string) => {
    const { status, body } = await exchange(port, request);
    return [status, body.toString()];
  };
  /** Every way through the server, and the right answers. */
  const walk = async () => {
    expect(await ask('GET / HTTP/1.1\r\n\r\n')).toEqual([200, '"right"']);
    expect(await ask('POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab')).toEqual([200, '"ab"']);
    expect(await ask('GET /refused HTTP/1.1\r\n\r\n')).toEqual([404, '"certification_not_found"']);
    expect(await ask('GET /thrown HTTP/1.1\r\n\r\n')).toEqual([500, '"internal"']);
    expect(await ask('GET /nowhere HTTP/1.1\r\n\r\n')).toEqual([404, '"route_unknown"']);
    expect(await ask('OPTIONS / HTTP/1.1\r\n\r\n')).toEqual([204, '']);
    expect(await ask('garbage\r\n\r\n')).toEqual([404, '"request_malformed"']);
    await new Promise(setImmediate);
    expect(escapes()).toEqual([]);
  };
  return { port, walk, ask, escapes };
}

const OBSERVATION = { run: <T>(handle: () => Promise<T>) => handle(), end: () => {} };
const OBSERVERS: Readonly<Record<string, Observer>> = {
  'when a request begins': { begin: fail('begin'), refused: () => {} },
  'instead of running it': { begin: () => ({ ...OBSERVATION, run: fail('run') }), refused: () => {} },
  'after running it': {
    begin: () => ({
      ...OBSERVATION,
      run(handle) {
        void handle().catch(() => {});
        throw new Error('run failed');
      },
    }),
    refused: () => {},
  },
  'later, while it runs': {
    begin: () => ({ ...OBSERVATION, run: async (handle) => handle().then(fail('run')) }),
    refused: () => {},
  },
  'when it has ended': { begin: () => ({ ...OBSERVATION, end: fail('end') }), refused: () => {} },
  'at what is no request': { begin: () => OBSERVATION, refused: fail('refused') },
};

describe('an observer that throws', () => {
  test.for(Object.keys(OBSERVERS))('%s changes no answer, and is reported once', async (when) => {
    const { log, errors } = listen();
    const { walk } = await start({ observers: [OBSERVERS[when] as Observer], log });
    await walk();
    await walk();
    expect(errors().filter(({ fields }) => fields['who'] === 'observer')).toHaveLength(1);
  });

  test('does not blind another one', async () => {
    const ended: unknown[] = [];
    const seeing: Observer = {
      begin: () => ({ ...OBSERVATION, end: ({ status }) => void ended.push(status) }),
      refused: ({ status }) => void ended.push(status),
    };
    for (const failing of Object.values(OBSERVERS)) {
      const { walk } = await start({ observers: [failing, seeing, failing] });
      ended.length = 0;
      await walk();
      expect(ended).toEqual([200, 200, 404, 500, 404, 204, 404]);
    }
  });

  test('runs a handler once, however often it calls it', async () => {
    let count = 0;
    const { ask } = await start({
      observers: [
        {
          begin: () => ({
            ...OBSERVATION,
            async run(handle) {
              await handle();
              return handle();
            },
          }),
          refused: () => {},
        },
      ],
      surfaces: [{ basePath: '', routes: [{ path: '/', methods: { GET: async () => String(++count) } }] }],
    });
    expect(await ask('GET / HTTP/1.1\r\n\r\n')).toEqual([200, '1']);
    expect(count).toBe(1);
  });
});

describe('faults of the sandbox that cannot be looked for', () => {
  test('change no answer, and are reported once', async () => {
    const reported: unknown[] = [];
    const never = new AbortController().signal;
    const routes = withFaults(
      [{ path: '/', methods: { GET: async () => '"right"' } }],
      { hit: fail('faults') },
      never,
      (error) => reported.push(error),
    );
    const { ask } = await start({ surfaces: [{ basePath: '', routes }] });
    expect(await ask('GET / HTTP/1.1\r\n\r\n')).toEqual([200, '"right"']);
    expect(reported).toEqual([new Error('faults failed')]);
  });
});

test('a log that throws changes no answer', async () => {
  const broken = { debug: fail('debug'), info: fail('info'), warn: fail('warn'), error: fail('error') };
  const { walk } = await start({
    log: broken,
    observers: [OBSERVERS['when it has ended'] as Observer],
  });
  await walk();
});

describe('a stream that throws', () => {
  test('while it opens is cut off, and not left open', async () => {
    const { port, escapes } = await start({});
    const connection = await RawConnection.open(port);
    connection.write('GET /stream HTTP/1.1\r\n\r\n');
    await connection.closed;
    expect(escapes()).toEqual([]);
  });

  test('while it closes is reported, and ends nothing else', async () => {
    const { log, errors } = listen();
    const { port, walk } = await start({ log });
    for (let count = 0; count < 2; count++) {
      const connection = await RawConnection.open(port);
      connection.write('GET /ending HTTP/1.1\r\n\r\n');
      await connection.receive((received) => received.includes('begun'));
      connection.destroy();
    }
    await expect.poll(() => errors().filter(({ fields }) => fields['who'] === 'stream')).toHaveLength(1);
    await walk();
  });
});

test('what fails outside of every handler is answered, and the process goes on', async () => {
  const { port, escapes } = await start({ format: formatOf(fail('rendering')) });
  const connection = await RawConnection.open(port);
  connection.write('GET /nowhere HTTP/1.1\r\n\r\n');
  await connection.closed;
  expect(readAnswers(connection.received).answers.map(({ status }) => status)).toEqual([500]);
  const other = await RawConnection.open(port);
  other.write('garbage\r\n\r\n');
  await other.closed;
  expect(await exchange(port, 'GET / HTTP/1.1\r\n\r\n')).toMatchObject({ status: 200 });
  expect(escapes()).toEqual([]);
});
