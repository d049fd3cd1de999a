import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { V1_FORMAT } from '../../src/api/v1/errors.ts';
import type { PageAnswer } from '../../src/http/answers.ts';
import type { Answer, ApiRequest, Route } from '../../src/http/routes.ts';
import { CUT } from '../../src/http/send.ts';
import { HttpServer } from '../../src/http/server.ts';
import { createLog } from '../../src/log.ts';
import { scriptRoutes } from '../../src/page/scripts.ts';

/*
 * The other side of the browser script's own protocol, doing what a test tells it to: it knows no person and no
 * rule. Beside it stands a merchant's site, which is another origin.
 */

export const IMP_UID = 'imp_000000000777';
export const CANCELLED = failure('USER_CANCEL', '본인인증이 취소되었습니다.');

/**
 * What one address says: an object with 200, an object with a status, nothing at all (`cut`, `silence`), or one of
 * those once it is known.
 */
export type Reply = object | { readonly status: number; readonly body: object } | string | Promise<object>;

export interface Asked {
  readonly path: string;
  readonly body: Record<string, unknown>;
}

export interface ScriptedPageServer {
  /** The server of the script, and the same under another name, which is another origin. */
  readonly url: string;
  readonly otherUrl: string;
  /** The merchant's site; each of its paths is the same page. */
  readonly shop: string;
  readonly asked: Asked[];
  /** How many of those have no answer and get none for now: `silence`, and what is not known yet. */
  unanswered(): number;
  /** How the next requests are answered; the last one stays. */
  script(path: 'start' | 'result' | 'close', ...replies: Reply[]): void;
  /** The page of the merchant's site. */
  setShop(html: string, headers?: Record<string, string>): void;
  /** Back to a server on which all goes well and nothing ends by itself. */
  reset(): void;
  close(): Promise<void>;
}

export function success(impUid: string = IMP_UID): object {
  return {
    success: true,
    imp_success: true,
    imp_uid: impUid,
    merchant_uid: 'order-1',
    pg_provider: 'danal',
    pg_type: 'certification',
  };
}

export function failure(reason: string, text: string, code: string = reason): object {
  return {
    success: false,
    imp_success: false,
    imp_uid: IMP_UID,
    merchant_uid: 'order-1',
    error_code: code,
    error_msg: text,
    error_reason: reason,
    pg_provider: 'danal',
    pg_type: 'certification',
  };
}

/** A page that says what the test has it say. */
const TICKET = `<!doctype html><html lang="ko"><title>page</title><h1 tabindex="-1">page</h1><button>in</button><script>
function say(message, target) {
  // In a task of its own: it may be the end of this page, and whoever has it speak is to be answered before.
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () =>
    (opener || parent).postMessage(typeof message === 'string' ? message : JSON.stringify(message), target || '*');
  port2.postMessage(null);
}
</script></html>`;

export async function startScriptedPageServer(): Promise<ScriptedPageServer> {
  const asked: Asked[] = [];
  const replies = new Map<string, Reply[]>();
  let waiting = new Set<object>();
  let shopHtml = '';
  let shopHeaders: Record<string, string> = {};

  /** Silence lasts: how long a browser puts up with it is up to the browser. */
  async function keepWaiting(reply: Promise<object> | 'silence'): Promise<object> {
    const mark = {};
    const among = waiting;
    among.add(mark);
    const known = await (reply === 'silence' ? new Promise<never>(() => {}) : reply);
    among.delete(mark);
    return known;
  }

  const call =
    (name: string) =>
    async ({ body }: ApiRequest): Promise<Answer> => {
      const planned = replies.get(name) ?? [];
      if (planned[0] === 'cut') {
        if (planned.length > 1) void planned.shift();
        return CUT;
      }
      asked.push({ path: name, body: JSON.parse(body.toString()) as Record<string, unknown> });
      const next = planned.length > 1 ? planned.shift() : planned[0];
      const reply = await (next === 'silence' || next instanceof Promise ? keepWaiting(next) : next);
      if (reply === undefined || reply === 'cut') return json(502, null);
      if (typeof reply === 'string') throw new Error(`no reply of the name ${reply}`);
      return 'status' in reply && 'body' in reply
        ? json(reply.status as number, reply.body as object)
        : json(200, reply);
    };
  const post = (name: string): Route => ({
    path: `/page/${name}`,
    methods: { POST: call(name) },
    public: true,
  });
  const ticket: Route = {
    path: '/page/{ticket}',
    methods: { GET: async () => html(TICKET) },
  };
  const server = new HttpServer({
    surfaces: [
      { basePath: '', routes: [...scriptRoutes(), post('start'), post('result'), post('close'), ticket] },
      { basePath: '/base', routes: scriptRoutes() },
    ],
    cors: { kind: 'listed', origins: [] },
    format: V1_FORMAT,
    log: createLog('silent'),
  });
  const { port } = await server.listen(0, '127.0.0.1');
  const url = `http://127.0.0.1:${port}`;

  const shop = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', ...shopHeaders });
    response.end(shopHtml);
  });
  const shopUrl = await listen(shop);

  const scripted: ScriptedPageServer = {
    url,
    otherUrl: `http://localhost:${port}`,
    shop: shopUrl,
    asked,
    unanswered: () => waiting.size,
    script: (path, ...planned) => void replies.set(path, planned),
    setShop(page, headers = {}) {
      shopHtml = page;
      shopHeaders = headers;
    },
    reset() {
      asked.length = 0;
      waiting = new Set();
      scripted.script('start', started(url));
      scripted.script('result', { state: 'pending' });
      scripted.script('close', { state: 'done', result: CANCELLED });
      scripted.setShop(shopPage(url));
    },
    async close() {
      shop.closeAllConnections();
      await Promise.all([server.close(0), new Promise((resolve) => shop.close(resolve))]);
    },
  };
  scripted.reset();
  return scripted;
}

/** The answer to a start on which all goes well. */
export function started(url: string, more: object = {}): object {
  return {
    ok: true,
    imp_uid: IMP_UID,
    merchant_uid: 'order-1',
    pg_provider: 'danal',
    url: `${url}/page/ticket`,
    handle: 'handle-1',
    expires_at: 1_800_000_000,
    ...more,
  };
}

/** A start that is refused. */
export function refusal(reason: string, text: string, warning?: string): object {
  return { ok: false, error_code: reason, error_reason: reason, error_msg: text, warning };
}

/** A merchant's page: the script, a button, and a record of what the callback got. */
export function shopPage(url: string, path = '/v1/iamport.js'): string {
  return `<!doctype html><html lang="ko"><title>shop</title><body><button id="go">go</button>
<script src="${url}${path}"></script><script>${RECORD}</script></body></html>`;
}

/** Keeps the results that came, and notices a callback inside the call. */
export const RECORD = `var results = [], inside = false;
function verify(param, userCode) {
  IMP.init(userCode === undefined ? 'imp00000001' : userCode);
  inside = true;
  var returned = IMP.certification(param, function (result) { results.push(inside ? 'inside' : result); });
  inside = false;
  return returned === undefined;
}`;

function json(status: number, body: object | null): PageAnswer {
  const text = body === null ? '<h1>Bad Gateway</h1>' : JSON.stringify(body);
  return {
    status,
    headers: ['Content-Type', 'application/json; charset=UTF-8', 'Cache-Control', 'no-store'],
    body: Buffer.from(text),
  };
}

function html(text: string): PageAnswer {
  return { status: 200, headers: ['Content-Type', 'text/html; charset=utf-8'], body: Buffer.from(text) };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}
