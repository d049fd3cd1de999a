import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A request whose bytes are sent exactly as given: nothing parses, sorts or completes it. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Null sends neither a body nor a length. */
  readonly body: Buffer | null;
  readonly chunked: boolean;
  /** Lets the connection stay open, so that `Connection: close` in an answer is the server's own decision. */
  readonly stayOpen: boolean;
}

/** The address of a server. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Prefix of every path: empty, or segments with a slash before each. */
  readonly basePath: string;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

const PATIENCE = 5_000;
/** How long to wait for extra bytes after a complete answer on a connection that stays open, in milliseconds. */
const SURPLUS_WAIT = 30;
const END_OF_HEAD = '\r\n\r\n';

/** All values of a header as one text, in any letter case; null when it is absent. */
export function headerOf({ headers }: Pick<RawAnswer, 'headers'>, name: string): string | null {
  const values = headers
    .filter(([one]) => one.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value);
  return values.length === 0 ? null : values.join(', ');
}

/** Sends a request and reads everything until the connection ends. */
export function exchange(target: Target, request: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = open(target);
    let received: Buffer = Buffer.alloc(0);
    let surplusTimer: NodeJS.Timeout | undefined;
    const patience = setTimeout(
      () => finish(`no whole answer within ${PATIENCE / 1000} s; so far: ${excerpt(received)}`),
      PATIENCE,
    );

    function finish(problem?: string): void {
      clearTimeout(patience);
      clearTimeout(surplusTimer);
      socket.destroy();
      const answer = problem === undefined ? parseAnswer(received) : null;
      if (answer === null) reject(new Error(problem ?? `not an answer of HTTP: ${excerpt(received)}`));
      else resolve(answer);
    }

    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (!request.stayOpen || !isComplete(parseAnswer(received), request.method)) return;
      clearTimeout(surplusTimer);
      surplusTimer = setTimeout(finish, SURPLUS_WAIT);
    });
    socket.on('end', () => finish());
    // The server may refuse while the body is still being sent. Then writing fails, but the answer is complete.
    socket.on('error', (error) => {
      if (isComplete(parseAnswer(received), request.method)) finish();
      else finish(`${error.message}; so far: ${excerpt(received)}`);
    });
    socket.write(requestHead(target, request));
    for (const piece of requestBody(request)) socket.write(piece);
  });
}

function open({ host, port, tls }: Target): Socket {
  return tls
    ? connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }) }).setNoDelay()
    : connectTcp({ host, port, noDelay: true });
}

function hostHeader({ host, port, tls }: Target): string {
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return port === (tls ? 443 : 80) ? name : `${name}:${port}`;
}

function requestHead(target: Target, request: RawRequest): string {
  const { headers, body, chunked, stayOpen } = request;
  const lines = [`${request.method} ${request.path} HTTP/1.1`];
  const add = (name: string, value: string) => {
    if (headerOf(request, name) === null) lines.push(`${name}: ${value}`);
  };
  add('Host', hostHeader(target));
  if (!stayOpen) add('Connection', 'close');
  if (chunked) add('Transfer-Encoding', 'chunked');
  else if (body !== null) add('Content-Length', String(body.length));
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  return `${lines.join('\r\n')}${END_OF_HEAD}`;
}

function requestBody({ body, chunked }: RawRequest): readonly Buffer[] {
  if (body === null) return [];
  if (!chunked) return [body];
  const size = Math.max(1, Math.min(16_384, Math.ceil(body.length / 3)));
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const piece = body.subarray(at, at + size);
    pieces.push(Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]));
  }
  return [...pieces, Buffer.from('0\r\n\r\n')];
}

/** Parses an answer without its interim answers; null when the head of the final answer is not complete. */
function parseAnswer(bytes: Buffer): RawAnswer | null {
  const end = bytes.indexOf(END_OF_HEAD);
  if (end === -1) return null;
  const body = bytes.subarray(end + END_OF_HEAD.length);
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})(?: |$)/.exec(statusLine)?.[1]);
  if (Number.isNaN(status)) return null;
  if (status < 200) return parseAnswer(body);
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  const isChunked = /chunked/i.test(headerOf({ headers }, 'transfer-encoding') ?? '');
  return { status, headers, body: isChunked ? (joinChunks(body) ?? body) : body };
}

/** The content of a chunked body; null when it is not complete. */
function joinChunks(bytes: Buffer): Buffer | null {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, Math.max(at, lineEnd)), 16);
    if (lineEnd === -1 || Number.isNaN(size) || lineEnd + 2 + size > bytes.length) return null;
    if (size === 0) return Buffer.concat(pieces);
    pieces.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

function isComplete(answer: RawAnswer | null, method: string): boolean {
  if (answer === null) return false;
  if (method === 'HEAD' || answer.status === 204 || answer.status === 304) return true;
  // Without a length, the answer ends with the connection.
  const length = headerOf(answer, 'content-length');
  return length !== null && answer.body.length >= Number(length);
}

function excerpt(bytes: Buffer): string {
  return bytes.length === 0 ? 'nothing' : JSON.stringify(bytes.subarray(0, 200).toString('latin1'));
}
