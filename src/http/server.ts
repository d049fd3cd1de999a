import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AppError, type ErrorCode, isAlarm, toAppError } from '../errors.ts';
import { guardLog, type Logger } from '../log.ts';
import {
  type AnswerFormat,
  type CorsPolicy,
  corsHeaders,
  type HeaderList,
  type PageAnswer,
  preflightHeaders,
  rawAnswer,
} from './answers.ts';
import { announcesTooMuch, hasBody, readBody } from './body.ts';
import { type AddressReader, createAddressReader } from './client-address.ts';
import { Connections, MOST_CONNECTIONS, WRITE_TIMEOUT } from './connections.ts';
import { guardObserver } from './guards.ts';
import { listenOn } from './listening.ts';
import { unreadMediaType } from './media-type.ts';
import { createServer } from './node-http.ts';
import { joinObservers, type Observer } from './observer.ts';
import { newRequestIds } from './request-ids.ts';
import { createRouter, type Handler, type Match, type Method, type Route, type Surface } from './routes.ts';
import { drain, send } from './send.ts';
import { Streams } from './streams.ts';
import { createTlsServer, type TlsOptions, trackHandshakes } from './tls.ts';
import { afterAnswers, takeTurn } from './turns.ts';

export interface HttpServerOptions {
  readonly surfaces: readonly Surface[];
  readonly cors: CorsPolicy;
  /** Of surfaces that have none, and of requests that meet no route. */
  readonly format: AnswerFormat;
  readonly log: Logger;
  /** The first one sees a request first and its end last. Default: none. */
  readonly observers?: readonly Observer[] | undefined;
  /** Speaks TLS, 1.2 or later, with this certificate. Default: plain HTTP. */
  readonly tls?: TlsOptions | undefined;
  /** Addresses and blocks of proxies that may name the client's address. Default: none. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** Connections at once; half as many may be unfinished. Default: `MOST_CONNECTIONS`. */
  readonly maxConnections?: number | undefined;
  /** How long an answer may be left unread, in milliseconds. Default: `WRITE_TIMEOUT`. */
  readonly writeTimeout?: number | undefined;
}

/** How long a request may take to arrive, in milliseconds: the head, and the whole of it. */
const HEAD_TIMEOUT = 15_000;
const REQUEST_TIMEOUT = 30_000;
/** Longer than the usual 60 s of a balancer, so that the balancer closes the connection first. */
const KEEP_ALIVE_TIMEOUT = 72_000;

const SERVER_OPTIONS = {
  requireHostHeader: false,
  noDelay: true,
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
  headersTimeout: HEAD_TIMEOUT,
  requestTimeout: REQUEST_TIMEOUT,
  connectionsCheckingInterval: 5_000,
  // Saves the body stream's events on requests that have none.
  optimizeEmptyRequests: true,
};

/** Marks a connection whose bytes the parser has refused; it reports every further piece again. */
const REFUSED = Symbol('refused');
type Connection = Duplex & { [REFUSED]?: true };

/** A request in progress, and what its answer has in any case. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly match: Match | null;
  readonly format: AnswerFormat;
  readonly cors: HeaderList;
}

const NONE: HeaderList = [];
const NO_BODY = Buffer.alloc(0);
const NO_SNIFFING: HeaderList = ['X-Content-Type-Options', 'nosniff'];
/** Errors after which the connection is closed. */
const ENDING: readonly ErrorCode[] = ['body_too_large', 'request_malformed'];
/** Errors with a 5xx status that are no defect; logged as information. */
const EXPECTED: readonly ErrorCode[] = ['not_ready'];

/**
 * The REST transport on `node:http`: finds the route by the raw target, reads the body, answers in one write.
 * The order of its checks is the contract's: syntax, route, OPTIONS, method, size; the rest is the handler's.
 */
export class HttpServer {
  readonly #server: Server | TlsServer;
  readonly #options: HttpServerOptions;
  readonly #log: Logger;
  readonly #observer: Observer | undefined;
  readonly #route: (rawTarget: string) => Match | null;
  readonly #addressOf: AddressReader;
  readonly #nextRequestId = newRequestIds();
  readonly #streams: Streams;
  readonly #connections: Connections;
  #isStopping = false;
  /** Closes connections whose TLS handshake is not done. */
  #dropHandshakes = (): void => {};

  constructor(options: HttpServerOptions) {
    this.#options = options;
    const log = guardLog(options.log);
    this.#log = log;
    this.#observer = joinObservers(options.observers?.map((each) => guardObserver(each, log)) ?? []);
    this.#streams = new Streams(log);
    this.#route = createRouter(options.surfaces);
    this.#addressOf = createAddressReader(options.trustedProxies ?? []);
    const { tls, maxConnections: most = MOST_CONNECTIONS, writeTimeout = WRITE_TIMEOUT } = options;
    if (tls === undefined) {
      this.#server = createServer(SERVER_OPTIONS);
    } else {
      const server = createTlsServer({ ...SERVER_OPTIONS, handshakeTimeout: HEAD_TIMEOUT }, tls);
      this.#dropHandshakes = trackHandshakes(server, most / 2);
      // Comes before node's own listener, which would treat it as a malformed request and answer in HTTP.
      server.prependListener('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
        (socket as Connection)[REFUSED] = true;
        socket.destroy();
        log.info({ reason: error.code ?? 'unknown' }, 'handshake refused');
      });
      this.#server = server;
    }
    this.#connections = new Connections(this.#server, { most, writeTimeout }, log);
    this.#server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) =>
      this.#connections.add(socket),
    );
    this.#server.on('request', (request, response) => this.#take(request, response));
    this.#server.on('checkContinue', (request, response) => this.#take(request, response, true));
    this.#server.on('checkExpectation', (request, response) => this.#take(request, response));
    this.#server.on('clientError', (error, socket) => this.#refuseSyntax(error, socket));
    this.#server.on('connect', (_request, socket) => this.#refuse(new AppError('route_unknown'), socket));
  }

  /** Starts to listen; port 0 takes a free one. Rejects with `start_refused`. */
  listen(port: number, host: string): Promise<AddressInfo> {
    return listenOn(this.#server, port, host);
  }

  /** Answers requests in flight, ends streams, refuses new requests, and resolves when every connection is closed. */
  close(patience: number): Promise<void> {
    this.#isStopping = true;
    this.#dropHandshakes();
    this.#streams.end();
    return new Promise((resolve) => {
      const force = setTimeout(() => this.#server.closeAllConnections(), patience);
      this.#server.close(() => {
        clearTimeout(force);
        resolve();
      });
    });
  }

  /** An error of one request must not end the process. */
  #take(request: IncomingMessage, response: ServerResponse, waitsForLeave = false): void {
    takeTurn(request, response, () => {
      if (waitsForLeave && !announcesTooMuch(request)) response.writeContinue();
      this.#serve(request, response).catch((error: unknown) => {
        this.#log.error({ error }, 'a request could not be answered');
        if (response.headersSent || response.destroyed) {
          response.destroy();
          return;
        }
        response.shouldKeepAlive = false;
        send(request, response, 500, '', [...this.#options.format.bareHeaders, 'Content-Length', '0']);
      });
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = this.#nextRequestId();
    const { method = '', url = '/', headers } = request;
    const address = this.#addressOf(request.socket.remoteAddress, headers);
    const isAmbiguous = namesHostTwice(request);
    const match = isAmbiguous ? null : this.#route(url);
    const leave = this.#connections.begin(request, hasBody(request));
    const route = match?.route.path ?? null;
    const observed = this.#observer?.begin({
      requestId,
      method,
      route,
      traceparent: headers['traceparent'],
      target: url,
      headers,
    });
    const cors = corsHeaders(this.#options.cors, headers.origin, match?.route);
    const format = match?.format ?? this.#options.format;
    const exchange = { request, response, requestId, match, format, cors };
    let body: Buffer | null = NO_BODY;
    let status = 200;
    let refusal: ErrorCode | null = null;
    let isStream = false;
    try {
      if (isAmbiguous) throw new AppError('request_malformed');
      if (this.#isStopping) throw new AppError('not_ready');
      if (match === null) throw new AppError('route_unknown');
      match.route.guard?.({ method, headers });
      if (method === 'OPTIONS') {
        status = 204;
        this.#answerOptions(exchange, match);
        return;
      }
      const handler = handlerOf(match.route, method);
      if (hasBody(request)) {
        body = await readBody(request);
        this.#connections.arrived(request);
      }
      if (body === null) {
        status = 0;
        return;
      }
      const { parameters, query } = match;
      const asked = { method, headers, requestId, address, parameters, query, body };
      const answer = await (observed === undefined ? handler(asked) : observed.run(() => handler(asked)));
      if (typeof answer === 'string') {
        this.#write(exchange, 200, answer);
      } else if ('open' in answer) {
        isStream = true;
        const all = [...answer.headers, ...NO_SNIFFING, 'X-Request-Id', requestId, ...cors];
        this.#streams.start(response, answer, all, method === 'HEAD');
      } else if ('write' in answer) {
        if (this.#isStopping) response.shouldKeepAlive = false;
        status = answer.write(request, response, [...format.textHeaders, 'X-Request-Id', requestId, ...cors]);
      } else {
        status = answer.status;
        this.#writePage(exchange, answer);
      }
    } catch (thrown) {
      const error = toAppError(thrown);
      refusal = error.code;
      status = this.#answerError(exchange, error);
    } finally {
      if (isStream) response.once('close', leave);
      else leave();
      observed?.end({ status, error: refusal });
    }
  }

  #write(exchange: Exchange, status: number, text: string, more: HeaderList = NONE): void {
    const { requestId, format, cors } = exchange;
    this.#send(exchange, status, text, [
      ...format.textHeaders,
      'Content-Length',
      String(text.length),
      'X-Request-Id',
      requestId,
      ...cors,
      ...more,
    ]);
  }

  #writePage(exchange: Exchange, { status, headers, body }: PageAnswer, more: HeaderList = NONE): void {
    const { requestId, cors } = exchange;
    this.#send(exchange, status, body, [
      ...headers,
      // A length of 0 on a 304 would mean that the page is now empty.
      ...(status === 304 ? [] : ['Content-Length', String(body.length)]),
      ...NO_SNIFFING,
      'X-Request-Id',
      requestId,
      ...cors,
      ...more,
    ]);
  }

  #send(
    { request, response }: Exchange,
    status: number,
    body: string | Uint8Array,
    headers: HeaderList,
  ): void {
    if (this.#isStopping) response.shouldKeepAlive = false;
    send(request, response, status, body, headers);
  }

  #answerOptions(exchange: Exchange, { allow }: Match): void {
    const { request, requestId, format, cors } = exchange;
    const isPreflight = request.headers['access-control-request-method'] !== undefined;
    const welcome = cors.includes('Access-Control-Allow-Origin');
    this.#send(exchange, 204, '', [
      'Allow',
      allow,
      ...format.bareHeaders,
      ...cors,
      'X-Request-Id',
      requestId,
      ...(isPreflight && welcome ? preflightHeaders(allow, format.allowedHeaders) : []),
    ]);
  }

  #answerError(exchange: Exchange, error: AppError): number {
    const { request, response, requestId, match, format } = exchange;
    const page = match?.route.renderError?.(error) ?? null;
    const answer = page === null ? format.renderError(error) : null;
    const status = (page ?? answer)?.status ?? 500;
    const mediaType = hasBody(request) ? unreadMediaType(request.headers) : null;
    this.#note(error, status, {
      requestId,
      method: request.method,
      route: match?.route.path ?? null,
      mediaType,
    });
    if (response.headersSent || response.destroyed) return status;
    if (ENDING.includes(error.code)) response.shouldKeepAlive = false;
    const allow = error.code === 'method_not_allowed' && match !== null ? ['Allow', match.allow] : NONE;
    if (page !== null) this.#writePage(exchange, page, allow);
    else if (answer !== null)
      this.#write(exchange, status, answer.body, [...allow, ...(answer.headers ?? NONE)]);
    return status;
  }

  /** A request that the parser refuses, or that does not arrive in time. */
  #refuseSyntax(cause: NodeJS.ErrnoException, socket: Connection): void {
    if (socket[REFUSED]) return;
    socket[REFUSED] = true;
    const tooLarge = cause.code === 'HPE_HEADER_OVERFLOW';
    const error = new AppError(tooLarge ? 'request_head_too_large' : 'request_malformed');
    afterAnswers(socket, () => this.#refuse(error, socket));
  }

  #refuse(error: AppError, socket: Duplex): void {
    if (socket.destroyed || !socket.writable) {
      socket.destroy();
      return;
    }
    const requestId = this.#nextRequestId();
    socket.on('error', () => socket.destroy());
    try {
      const { renderError, textHeaders } = this.#options.format;
      const answer = renderError(error);
      this.#observer?.refused({ status: answer.status, error: error.code });
      this.#note(error, answer.status, { requestId });
      const cors = corsHeaders(this.#options.cors, undefined);
      socket.end(rawAnswer(answer, [...textHeaders, ...cors, 'X-Request-Id', requestId]), 'latin1', () =>
        drain(socket, () => socket.destroy()),
      );
    } catch (cause) {
      this.#log.error({ error: cause }, 'a refusal could not be said');
      socket.destroy();
    }
  }

  #note(
    error: AppError,
    status: number,
    {
      mediaType = null,
      ...request
    }: {
      readonly requestId: string;
      readonly method?: string | undefined;
      readonly route?: string | null;
      /** The media type of a body that no route reads. */
      readonly mediaType?: string | null;
    },
  ): void {
    const level = status >= 500 && !EXPECTED.includes(error.code) ? 'error' : 'info';
    const alarm = isAlarm(error) ? { alarm: true } : {};
    const unread = mediaType === null ? {} : { unreadMediaType: mediaType };
    this.#log[level]({ ...request, ...unread, status, ...alarm, error }, 'refused');
  }
}

/** Two servers that read different values would see two different requests; node silently reads the first one. */
function namesHostTwice({ rawHeaders }: IncomingMessage): boolean {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') count++;
  }
  return count > 1;
}

function handlerOf({ methods }: Route, word: string): Handler {
  const method = (word === 'HEAD' ? 'GET' : word) as Method;
  const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (handler === undefined) throw new AppError('method_not_allowed');
  return handler;
}
