import { Agent, request } from 'node:http';

/** How long an answer may take on the busiest machine, in milliseconds; what takes longer hangs. */
const PATIENCE = 30_000;

export interface Answer {
  /** 0 when there was none: the connection was cut, or nothing came. */
  readonly status: number;
  readonly text: string;
  readonly requestId: string;
  /** Path of a redirect. */
  readonly location: string;
}

interface Sent {
  readonly token?: string;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly origin?: string;
}

/** Calls one server, each time as another client: nothing that counts by address meets a limit. */
export class Caller {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2, scheduling: 'fifo' });
  #calls = 0;

  constructor(url: string) {
    this.#url = url;
  }

  get(path: string, sent: Sent = {}): Promise<Answer> {
    return this.#call('GET', path, sent);
  }

  post(path: string, sent: Sent): Promise<Answer> {
    return this.#call('POST', path, sent);
  }

  delete(path: string, sent: Sent): Promise<Answer> {
    return this.#call('DELETE', path, sent);
  }

  close(): void {
    this.#agent.destroy();
  }

  #call(method: string, path: string, { token, json, form, origin }: Sent): Promise<Answer> {
    const number = ++this.#calls;
    const body = json === undefined ? new URLSearchParams(form).toString() : JSON.stringify(json);
    const headers: Record<string, string> = {
      'x-forwarded-for': `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`,
    };
    if (body !== '') {
      headers['content-type'] = json === undefined ? 'application/x-www-form-urlencoded' : 'application/json';
      headers['content-length'] = String(Buffer.byteLength(body));
    }
    if (token !== undefined) headers['authorization'] = token;
    if (origin !== undefined) headers['origin'] = origin;
    return new Promise((resolve) => {
      const fail = (error: Error) => resolve({ status: 0, text: error.message, requestId: '', location: '' });
      const call = request(`${this.#url}${path}`, { method, headers, agent: this.#agent }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', fail);
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            text: readable(Buffer.concat(chunks).toString('utf8')),
            requestId: String(answer.headers['x-request-id']),
            location: answer.headers.location ?? '',
          }),
        );
      });
      call.setTimeout(PATIENCE, () => call.destroy(new Error('nothing came')));
      call.on('error', fail);
      call.end(body);
    });
  }
}

/** JSON is sent in ASCII: its escapes as the characters that they stand for. */
function readable(text: string): string {
  return text.replace(/\\u([0-9a-f]{4})/g, (_escape, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
