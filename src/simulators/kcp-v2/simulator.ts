import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { reset, Script, sendAnswer } from '../script.ts';
import type { Site } from './cipher.ts';
import type { Deviation, Step } from './deviations.ts';
import { PEOPLE, type SimulatedPerson } from './people.ts';
import { ACTIONS, Trades, type Unknowns, type WindowAct } from './trades.ts';
import { showError, showReturn, showWindow } from './window.ts';

const { createServer } = process.getBuiltinModule('node:http');

const REGISTER = '/api/reg/certDataReg.do';
const QUERY = '/api/query/getCertData.do';
const WINDOW = '/kcp_cert/certGateway.do';
/** What the window's buttons lead to; and the same for programs, in JSON. */
const ACT = '/kcp_cert/act';
const ACT_JSON = '/simulator/act';

/** What KCP publishes for trying its test server. */
export const PUBLISHED_SITE: Site = {
  code: 'AO7F3',
  encryptionKey: 'c2a22fa3ebe4698075bcac6b433d52e351c881b02fb83488d4283a43385b1f8e',
};

export interface KcpSimulatorOptions extends Partial<Unknowns> {
  /** Default: the published one. */
  readonly sites?: readonly Site[];
  readonly people?: readonly SimulatedPerson[];
  /** Epoch milliseconds. Default: the machine's clock. */
  readonly clock?: () => number;
  /** Default: a free one, on loopback. */
  readonly port?: number;
  /** Speaks TLS with this certificate: then KCP's real host names may lead here. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** What a browser brings back from the window. */
export interface SimulatedReturn {
  readonly address: string;
  readonly fields: Readonly<Record<string, string>>;
  /** As it is posted. */
  readonly body: string;
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** KCP's side of its protocol: its server, and its window with buttons. Holds no state outside of itself. */
export class KcpSimulator {
  readonly url: string;
  /** Everything that was asked, the oldest first. */
  readonly requests: RecordedRequest[] = [];
  readonly trades: Trades;
  readonly #server: Server;
  readonly #options: KcpSimulatorOptions;
  readonly #script = new Script<Step, Deviation>();

  private constructor(server: Server, options: KcpSimulatorOptions) {
    this.#server = server;
    this.#options = options;
    const { sites = [PUBLISHED_SITE], clock = Date.now, ...more } = options;
    this.trades = new Trades(sites, clock, {
      refusesRepeats: more.refusesRepeats ?? true,
      secondQuery: more.secondQuery ?? 'same',
      returnsKey: more.returnsKey ?? true,
      returnsOptions: more.returnsOptions ?? true,
      linkingValues: more.linkingValues ?? 'both',
      hasNumber: more.hasNumber ?? true,
      isTestHost: more.isTestHost ?? false,
    });
    const scheme = options.tls === undefined ? 'http' : 'https';
    this.url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Starts it on loopback. Not in a process that serves real people. */
  static async open(options: KcpSimulatorOptions = {}): Promise<KcpSimulator> {
    if (process.argv[2] === 'serve') throw new Error('no simulator runs in serve');
    const answer = (request: IncomingMessage, response: ServerResponse) => {
      simulator.#answer(request, response).catch(() => reset(request));
    };
    const server =
      options.tls === undefined
        ? createServer(answer)
        : process.getBuiltinModule('node:https').createServer(options.tls, answer);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    const simulator = new KcpSimulator(server, options);
    return simulator;
  }

  get people(): readonly SimulatedPerson[] {
    return this.#options.people ?? PEOPLE;
  }

  /** Does something else at a step, once or `times` times, before what was asked for later. */
  script(step: Step, deviation: Deviation, times = 1): void {
    this.#script.add(step, deviation, times);
  }

  clearScript(): void {
    this.#script.clear();
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** The person acts in the window of a trade. Rejects a trade that is closed. */
  act(key: string, { person = this.people[0], ...act }: WindowAct): SimulatedReturn {
    const back = this.trades.act(key, { ...act, ...(person !== undefined && { person }) });
    return { ...back, body: new URLSearchParams(back.fields).toString() };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray()).toString();
    const { method = '', url: path = '', headers } = request;
    this.requests.push({ method, path, headers, body });
    if (method !== 'POST') return void showPage(response, NOWHERE);
    if (path === REGISTER || path === QUERY) return this.#answerServer(request, response, path, body);
    if (path === ACT_JSON) return this.#actByJson(response, body);
    const form = new URLSearchParams(body);
    const page = path === WINDOW ? this.#openWindow(form) : path === ACT ? this.#takeAct(form) : NOWHERE;
    showPage(response, page);
  }

  async #answerServer(request: IncomingMessage, response: ServerResponse, path: string, body: string) {
    const step: Step = path === REGISTER ? 'register' : 'query';
    const deviation = this.#script.take(step) ?? {};
    if (deviation.breaks === 'before') return reset(request);
    const { headers } = request;
    const site = String(headers['site_cd'] ?? '');
    const scheme = this.#options.tls === undefined ? 'http' : 'https';
    const window = `${scheme}://${headers.host}${WINDOW}`;
    const isJson = headers['content-type'] === 'application/json';
    const told = !isJson
      ? { res_cd: 'S100', res_msg: 'Content-Type' }
      : step === 'register'
        ? await this.trades.register(site, String(headers['rv'] ?? ''), body, window)
        : await this.trades.query(site, body, deviation.payload ?? {});
    const bytes = Buffer.from(deviation.body ?? JSON.stringify({ ...told, ...deviation.members }));
    await sendAnswer(request, response, bytes, {
      contentType: 'application/json;charset=UTF-8',
      ...deviation,
    });
  }

  #openWindow(form: URLSearchParams): Page {
    if (!/^[YN]$/.test(form.get('kcp_page_submit_yn') ?? ''))
      return { html: showError('kcp_page_submit_yn 오류'), status: 400 };
    const trade = this.trades.findOpen(form.get('reg_cert_key') ?? '');
    if (trade === undefined) return CLOSED;
    return { html: showWindow(ACT, trade.key, trade.site.code, this.people), status: 200 };
  }

  #takeAct(form: URLSearchParams): Page {
    const does = ACTIONS.find((each) => each === form.get('do'));
    const person = this.people[Number(form.get('person') ?? 0)];
    const key = form.get('reg_cert_key') ?? '';
    if (does === undefined || person === undefined || this.trades.findOpen(key) === undefined) return CLOSED;
    const { address, fields } = this.act(key, { does, person, code: form.get('code') ?? 'CS12' });
    return { html: showReturn(address, fields), status: 200 };
  }

  /** `{"reg_cert_key", "do", "person", "code"}` → what the browser would post, and where. */
  #actByJson(response: ServerResponse, body: string): void {
    const asked = JSON.parse(body) as Readonly<Record<string, unknown>>;
    const does = ACTIONS.find((each) => each === asked['do']);
    const person = this.people[Number(asked['person'] ?? 0)];
    const key = String(asked['reg_cert_key']);
    if (does === undefined || person === undefined || this.trades.findOpen(key) === undefined)
      return void response.writeHead(409).end();
    const back = this.act(key, { does, person, code: String(asked['code'] ?? 'CS12') });
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(back));
  }
}

interface Page {
  readonly html: string;
  readonly status: number;
}

const NOWHERE: Page = { html: showError('없는 주소입니다.'), status: 404 };
const CLOSED: Page = { html: showError('종료된 거래입니다.'), status: 409 };

function showPage(response: ServerResponse, { html, status }: Page): void {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(html);
}
