import { Agent, type IncomingHttpHeaders, request } from 'node:http';

export const KEY_A = 'imp_apikey';
export const SECRET_A = 'ekKoeW8RyKuT0zgaZsUtXXTLQ4AhPFW3ZGseDA6bkA5lamv9OqDMnxyeB9wqOsuO9W3Mx9YSJ4dTqJ3f';
export const KEY_B = 'imp_apikey_b';
export const SECRET_B = 'sandbox_secret_b';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The envelope's members; empty when the body is not JSON. */
  readonly message: string | null;
  readonly response: Readonly<Record<string, unknown>> | null;
}

export interface Token {
  readonly token: string;
  readonly expiresAt: number;
}

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: string | Buffer;
}

/** Calls one server over connections of its own, which it keeps and never repeats a request on. */
export class Client {
  readonly #url: string;
  readonly #agent: Agent;

  constructor(url: string, connections = 8) {
    this.#url = url;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'fifo' });
  }

  call(method: string, path: string, { headers = {}, json, body }: Sent = {}): Promise<Answer> {
    const bytes = json === undefined ? (body ?? '') : JSON.stringify(json);
    const sent: Record<string, string> = { ...headers };
    if (json !== undefined) sent['content-type'] = 'application/json';
    if (bytes.length > 0) sent['content-length'] = String(Buffer.byteLength(bytes));
    return new Promise((resolve, reject) => {
      const call = request(`${this.#url}${path}`, { method, headers: sent, agent: this.#agent }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          if (!answer.complete) return reject(new Error('the answer was cut off'));
          const text = Buffer.concat(chunks).toString('latin1');
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            text,
            ...readEnvelope(text),
          });
        });
      });
      call.on('error', reject);
      call.end(bytes);
    });
  }

  lookup(token: string, impUid: string): Promise<Answer> {
    return this.call('GET', `/certifications/${impUid}`, { headers: { authorization: token } });
  }

  erase(token: string, impUid: string): Promise<Answer> {
    return this.call('DELETE', `/certifications/${impUid}`, { headers: { authorization: token } });
  }

  /** Makes a certification and returns its `imp_uid`. */
  async create(body: object = {}): Promise<string> {
    const answer = await this.call('POST', '/sandbox/certifications', { json: body });
    return textOf(expectOk(answer), 'imp_uid');
  }

  async token(impKey = KEY_A, impSecret = SECRET_A): Promise<Token> {
    const answer = await this.call('POST', '/users/getToken', {
      json: { imp_key: impKey, imp_secret: impSecret },
    });
    const response = expectOk(answer);
    return { token: textOf(response, 'access_token'), expiresAt: Number(response['expired_at']) };
  }

  close(): void {
    this.#agent.destroy();
  }
}

function readEnvelope(text: string): Pick<Answer, 'message' | 'response'> {
  try {
    const { message, response } = JSON.parse(text) as Pick<Answer, 'message' | 'response'>;
    return { message, response };
  } catch {
    return { message: null, response: null };
  }
}

function expectOk(answer: Answer): Readonly<Record<string, unknown>> {
  if (answer.status !== 200 || answer.response === null)
    throw new Error(`the server answered ${answer.status}: ${answer.text}`);
  return answer.response;
}

/** A member that must be a text. */
export function textOf(response: Readonly<Record<string, unknown>> | null, name: string): string {
  const value = response?.[name];
  if (typeof value !== 'string') throw new Error(`${name} is not a text in ${JSON.stringify(response)}`);
  return value;
}
