import { type ClientRequest, get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { eventually } from './eventually.ts';

export interface StreamedEvent {
  readonly event: string;
  readonly id: string | null;
  readonly data: unknown;
}

/** `GET /sandbox/events` as another program reads it. */
export class EventStream {
  /** The bytes that came so far. */
  text = '';
  ended = false;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly #request: ClientRequest;

  constructor(request: ClientRequest, response: IncomingMessage) {
    this.#request = request;
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    response.setEncoding('utf8').on('data', (text: string) => {
      this.text += text;
    });
    response.on('close', () => {
      this.ended = true;
    });
    response.on('error', () => {});
  }

  /** A connection of its own; resolves with the head. */
  static open(url: string, headers: Record<string, string> = {}): Promise<EventStream> {
    return new Promise((resolve, reject) => {
      const request = get(`${url}/sandbox/events`, { headers, agent: false }, (response) =>
        resolve(new EventStream(request, response)),
      );
      request.on('error', reject);
    });
  }

  /** The whole events so far, without comments. */
  events(): readonly StreamedEvent[] {
    const blocks = this.text.split('\n\n').slice(0, -1);
    return blocks.flatMap((block) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? null;
      const event = field('event');
      return event === null ? [] : [{ event, id: field('id'), data: JSON.parse(field('data') ?? '') }];
    });
  }

  named(name: string): readonly StreamedEvent[] {
    return this.events().filter(({ event }) => event === name);
  }

  /** Whether so many events of a name come. */
  has(name: string, count = 1): Promise<boolean> {
    return eventually(() => this.named(name).length >= count, undefined, 10);
  }

  leave(): void {
    this.#request.destroy();
  }
}
