import { connect, type Socket } from 'node:net';

/** Requests that arrive at one moment: every connection stands before the first byte is written. */
export class Volley {
  readonly #sockets: readonly Socket[];

  private constructor(sockets: readonly Socket[]) {
    this.#sockets = sockets;
  }

  /** Opens so many connections, to one server after the other. */
  static async open(urls: readonly string[], count: number): Promise<Volley> {
    const sockets: Socket[] = [];
    // In crowds that a server's queue of new connections holds.
    for (let at = 0; at < count; at += 100)
      sockets.push(
        ...(await Promise.all(
          Array.from({ length: Math.min(100, count - at) }, (_, n) =>
            connected(urls[(at + n) % urls.length] ?? ''),
          ),
        )),
      );
    return new Volley(sockets);
  }

  /**
   * Posts a form on each connection and gives the answers, each with all its bytes but those that are its own alone.
   */
  async post(path: string, bodies: readonly string[]): Promise<readonly string[]> {
    const answers = bodies.map((_, at) => answerOf(this.#sockets[at] as Socket));
    for (const [at, body] of bodies.entries()) {
      const socket = this.#sockets[at] as Socket;
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: ${socket.remoteAddress}:${socket.remotePort}\r\n` +
          'Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n' +
          `Content-Length: ${body.length}\r\n\r\n${body}`,
      );
    }
    return Promise.all(answers);
  }
}

function connected(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

function answerOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('end', () => {
      const text = Buffer.concat(chunks).toString('latin1');
      resolve(text.replace(/^(?:Date|X-Request-Id): .*\r\n/gm, ''));
    });
  });
}
