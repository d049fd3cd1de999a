import { AppError, type FailureCode, rowOf, type TransportCode } from '../../errors.ts';
import type { AnswerFormat } from '../../http/answers.ts';
import { HttpServer } from '../../http/server.ts';
import type { Logger } from '../../log.ts';

/** Where the metrics are served. */
export interface MetricsAddress {
  /** Empty for every address of this machine. */
  readonly host: string;
  /** 0 chooses a free port. */
  readonly port: number;
}

export interface MetricsListener {
  /** Address of `/metrics`. */
  readonly url: string;
  close(): Promise<void>;
}

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const STATUS = {
  request_malformed: 400,
  request_head_too_large: 400,
  body_too_large: 400,
  route_unknown: 404,
  method_not_allowed: 405,
  not_ready: 503,
  sealed_data_unreadable: 500,
  invented_person: 500,
  store_failed: 500,
  store_unavailable: 500,
  start_refused: 500,
  internal: 500,
} satisfies Record<TransportCode | FailureCode, number>;
const PATIENCE = 1000;

/**
 * Serves `GET /metrics` and nothing else. It is a separate listener, because metrics are for the operator, while the
 * API's port may be public.
 */
export async function listenForScrapes(
  { host, port }: MetricsAddress,
  text: () => Promise<string>,
  log: Logger,
): Promise<MetricsListener> {
  const server = new HttpServer({
    surfaces: [
      {
        basePath: '',
        routes: [
          {
            path: '/metrics',
            methods: {
              GET: async () => ({
                status: 200,
                headers: ['Content-Type', CONTENT_TYPE, 'Cache-Control', 'no-store'],
                body: Buffer.from(await text()),
              }),
            },
          },
        ],
      },
    ],
    cors: { kind: 'listed', origins: [] },
    format: FORMAT,
    log,
  });
  try {
    const address = await server.listen(port, host);
    const name = address.address.includes(':') ? `[${address.address}]` : address.address;
    const url = `http://${name}:${address.port}/metrics`;
    log.info({ url }, 'metrics can be read');
    return { url, close: () => server.close(PATIENCE) };
  } catch (cause) {
    throw new AppError('start_refused', {
      detail: `no metrics can be served: ${cause instanceof AppError ? cause.detail : 'cannot listen'}`,
      cause,
    });
  }
}

const BARE_HEADERS = ['Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff'];
const FORMAT: AnswerFormat = {
  textHeaders: ['Content-Type', 'application/json; charset=UTF-8', ...BARE_HEADERS],
  bareHeaders: BARE_HEADERS,
  allowedHeaders: '',
  renderError: ({ code }) => ({ status: rowOf<number>(STATUS, code), body: JSON.stringify({ code }) }),
};
