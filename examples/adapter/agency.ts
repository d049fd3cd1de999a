import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A person whom the imaginary agency knows. */
export interface Person {
  readonly name: string;
  readonly birthday: string;
  readonly phone: string;
  readonly ci: string;
}

/** How an answer to a server can go wrong. */
export type Deviation = 'silent' | 'reset' | 'cut' | 'huge' | 'redirect' | 'garbage' | 'empty' | 'status';

interface Visit {
  readonly id: string;
  readonly back: string;
  state: 'open' | 'approved' | 'refused' | 'cancelled';
}

/** The agency Postcard: its window for people, and what it tells the servers of its customers. */
export class PostcardAgency {
  readonly url: string;
  /** What was asked server to server, as in `POST /results`. */
  readonly asked: string[] = [];
  /** What goes wrong with the answers to servers; null for nothing. */
  deviation: Deviation | null = null;
  /** Answers about results wait for it. */
  ready: Promise<void> = Promise.resolve();
  readonly #server: Server;
  readonly #visits = new Map<string, Visit>();

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async open(secret: string, person: Person): Promise<PostcardAgency> {
    const server = createServer((request, response) => {
      void agency.#answer(request, response, secret, person);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const agency = new PostcardAgency(server);
    return agency;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse, secret: string, person: Person) {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://agency');
    if (pathname.startsWith('/window/')) return this.#showWindow(response, pathname.slice(8), searchParams);
    this.asked.push(`${request.method} ${pathname}`);
    if (this.deviation !== null) return deviate(request, response, this.deviation);
    if (request.headers.authorization !== `Bearer ${secret}`) return void response.writeHead(401).end();
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString()) as Record<string, string>;
    if (pathname === '/visits') {
      const visit = randomUUID();
      this.#visits.set(visit, { id: body['id'] ?? '', back: body['back'] ?? '', state: 'open' });
      return void response.end(JSON.stringify({ visit, state: 'open' }));
    }
    await this.ready;
    const visit = this.#visits.get(body['visit'] ?? '');
    if (visit === undefined || visit.id !== body['id']) return void response.writeHead(404).end();
    const { state } = visit;
    const told = { visit: body['visit'], state, ...(state === 'approved' && { person }) };
    response.end(JSON.stringify(told));
  }

  /** The person's window: one button for each outcome, which leads back to the customer. */
  #showWindow(response: ServerResponse, name: string, query: URLSearchParams): void {
    const visit = this.#visits.get(name);
    if (visit === undefined) return void response.writeHead(404).end();
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    const state = (['approved', 'refused', 'cancelled'] as const).find((each) => each === query.get('state'));
    if (state !== undefined) {
      visit.state = state;
      return void response.end(`<!doctype html><html lang="ko"><title>포스트카드 본인인증</title>
        <form method="post" action="${visit.back}"><input type="hidden" name="visit" value="${name}">
        <input type="hidden" name="result" value="${state}"><button>돌아가기</button></form>
        <script>document.forms[0].submit()</script></html>`);
    }
    response.end(`<!doctype html><html lang="ko"><title>포스트카드 본인인증</title><h1>포스트카드 본인인증</h1>
      <form><button name="state" value="approved">본인이 맞습니다</button>
      <button name="state" value="refused">본인이 아닙니다</button>
      <button name="state" value="cancelled">취소</button></form></html>`);
  }
}

function deviate(request: IncomingMessage, response: ServerResponse, how: Deviation): void {
  switch (how) {
    case 'silent':
      return;
    case 'reset':
      return void request.socket.destroy();
    case 'cut':
      response.writeHead(200, { 'Content-Length': 1000 });
      return void response.write('{"visit":', () => request.socket.destroy());
    case 'huge':
      return void response.end(`{"visit":"${'x'.repeat(70_000)}"}`);
    case 'redirect':
      return void response.writeHead(307, { Location: '/visits' }).end();
    case 'garbage':
      return void response.end('\0\xff{"visit"');
    case 'empty':
      return void response.end();
    case 'status':
      return void response.writeHead(502).end('{"visit":"1","state":"approved"}');
  }
}
