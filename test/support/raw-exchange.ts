import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const OPENING_BRACE = 0x7b;

/** One answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly reason: string;
  /** Names in lower case; the values of a repeated header in a list. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: Buffer;
}

/**
 * Takes bytes apart into answers; `isHead(n)` says whether the n-th final answer is one to HEAD. A body is read
 * there all the same when one stands in its place: a request that could not be parsed has no method.
 */
export function readAnswers(
  bytes: Buffer,
  isHead: (index: number) => boolean = () => false,
): { readonly answers: readonly RawAnswer[]; readonly rest: Buffer } {
  const answers: RawAnswer[] = [];
  let rest = bytes;
  for (let finals = 0; ; ) {
    const headEnd = rest.indexOf('\r\n\r\n');
    if (headEnd === -1) return { answers, rest };
    const [statusLine = '', ...lines] = rest.toString('latin1', 0, headEnd).split('\r\n');
    const [, status = '', reason = ''] = /^HTTP\/1\.1 (\d{3}) (.+)$/.exec(statusLine) ?? [];
    if (status === '') throw new Error(`not a status line: ${JSON.stringify(statusLine)}`);
    const headers = readHeaders(lines);
    const isInterim = status.startsWith('1');
    const announced = Number(headers.get('content-length')?.[0] ?? 0);
    const from = headEnd + 4;
    const isBare = isInterim || status === '204' || (isHead(finals) && rest[from] !== OPENING_BRACE);
    const length = isBare ? 0 : announced;
    if (rest.length < from + length) return { answers, rest };
    answers.push({ status: Number(status), reason, headers, body: rest.subarray(from, from + length) });
    rest = rest.subarray(from + length);
    if (!isInterim) finals++;
  }
}

function readHeaders(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  return headers;
}

/** A bare connection: what is written goes out as it is, what comes back is kept. */
export class RawConnection {
  readonly #socket: Socket;
  readonly #closed: Promise<void>;
  #received = Buffer.alloc(0);
  #isClosed = false;
  readonly #localPort: number;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#localPort = socket.localPort ?? 0;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    // A reset is one of the ways a connection may end; what came before it counts.
    socket.on('error', () => {});
    this.#closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isClosed = true;
        resolve();
        this.#wake();
      });
    });
  }

  static open(port: number, host = '127.0.0.1'): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host, allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawConnection(socket));
      });
      // Half open, so the other side's end must be answered by hand.
      socket.once('end', () => socket.end());
    });
  }

  get received(): Buffer {
    return this.#received;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The client's own port, by which the other end knows the connection. */
  get localPort(): number {
    return this.#localPort;
  }

  get closed(): Promise<void> {
    return this.#closed;
  }

  write(bytes: string | Buffer): void {
    if (!this.#socket.destroyed && this.#socket.writable) this.#socket.write(bytes);
  }

  end(): void {
    this.#socket.end();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Waits until `enough` of what came, the connection's end, or so many milliseconds of patience. */
  async receive(enough: (received: Buffer) => boolean, patience = 30_000): Promise<boolean> {
    const end = Date.now() + patience;
    while (!enough(this.#received)) {
      const left = end - Date.now();
      if (this.#isClosed || left <= 0) return false;
      const abort = new AbortController();
      await Promise.race([
        new Promise<void>((resolve) => {
          this.#wake = resolve;
        }),
        sleep(left, undefined, { signal: abort.signal }).catch(() => {}),
      ]);
      abort.abort();
    }
    return true;
  }
}

/** Sends one request as it stands and gives the first answer to it. */
export async function exchange(port: number, bytes: string | Buffer, host?: string): Promise<RawAnswer> {
  const connection = await RawConnection.open(port, host);
  const isHead = bytes.toString('latin1').startsWith('HEAD ');
  try {
    connection.write(bytes);
    await connection.receive((received) => readAnswers(received, () => isHead).answers.length > 0);
    const [answer] = readAnswers(connection.received, () => isHead).answers;
    if (answer === undefined) throw new Error(`no answer to ${JSON.stringify(bytes.slice(0, 200))}`);
    return answer;
  } finally {
    connection.destroy();
  }
}
