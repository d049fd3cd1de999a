import { randomBytes, randomInt } from 'node:crypto';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { AGENCIES, type InicisMerchant, type Opening, readOpening } from './opening.ts';
import { faultPage, type InicisPerson, type Way, wayPage, windowPage } from './page.ts';
import { seal } from './seed.ts';

export type { InicisMerchant, InicisPerson, Way };

/** Where nobody knows what the real Inicis does, each member chooses between what it may do. */
export interface Readings {
  /** How sex and nationality are told. */
  readonly flags: 'plain' | 'sealed';
  /** What a second question about one transaction gets. */
  readonly again: 'same' | 'refused';
  /** The paths of the window for service 03. */
  readonly entries: readonly string[];
  /** Whether messages are percent-encoded within the form. */
  readonly encodesMessages: boolean;
  /** What the window says of a person who gave up; null for no code at all. */
  readonly cancelCode: string | null;
  /** Agencies that tell no CI. */
  readonly agenciesWithoutCi: readonly string[];
  /** Whether a window that is opened by GET is refused, and not only warned of. */
  readonly refusesGet: boolean;
}

const USUAL: Readings = {
  flags: 'plain',
  again: 'same',
  entries: ['/id/auth', '/auth'],
  encodesMessages: true,
  cancelCode: '9999',
  agenciesWithoutCi: ['KAKAO'],
  refusesGet: false,
};

/** How the answer about a result goes wrong. */
export interface Deviation {
  /** Other members, instead of those of the answer; undefined leaves one out. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Without an answer, or in the middle of it. */
  readonly cut?: 'before' | 'within';
  /** When the answer is sent. Default: at once. */
  readonly ready?: Promise<unknown>;
}

export interface InicisOptions {
  readonly merchants: readonly InicisMerchant[];
  readonly people: readonly InicisPerson[];
  readonly readings?: Partial<Readings>;
  /** Epoch milliseconds. Default: the system's. */
  readonly clock?: () => number;
  /** Default: a free one. */
  readonly port?: number;
  /** Speaks TLS with this certificate. Default: plain HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** The origin of the address where results are asked for. Default: its own. */
  readonly resultOrigin?: string;
}

/** A request as it came. */
export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

interface Visit {
  readonly opening: Opening;
  readonly key: Buffer;
  readonly txId: string;
  readonly openedAt: number;
  confirmed: { readonly agency: string; readonly person: InicisPerson } | null;
  asked: number;
}

const LIFE = 15 * 60_000;
const LONGEST_BODY = 65_536;

/** Inicis's side of 통합인증: the window for people, and the address where merchants ask for results. */
export class InicisSimulator {
  /** The origin of the window. */
  readonly url: string;
  readonly requests: Recorded[] = [];
  /** What a merchant does that the real Inicis may not take. */
  readonly warnings: string[] = [];
  readings: Readings;
  /** Changes what the browser brings back. */
  changeReturn: (fields: Record<string, string>) => Record<string, string> = (fields) => fields;
  readonly #options: InicisOptions;
  readonly #server: Server;
  readonly #visits = new Map<string, Visit>();
  readonly #used = new Set<string>();
  #deviation: { readonly how: Deviation; left: number } | null = null;

  private constructor(options: InicisOptions, server: Server, url: string) {
    this.#options = options;
    this.#server = server;
    this.url = url;
    this.readings = { ...USUAL, ...options.readings };
  }

  /** Starts on a loopback address. */
  static async open(options: InicisOptions): Promise<InicisSimulator> {
    const answer: RequestListener = (request, response) => {
      void simulator.#answer(request, response);
    };
    const server =
      options.tls === undefined
        ? process.getBuiltinModule('node:http').createServer(answer)
        : process.getBuiltinModule('node:https').createServer(options.tls, answer);
    await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const url = `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
    const simulator = new InicisSimulator(options, server, url);
    return simulator;
  }

  /** Lets the next answers about results go wrong; null for none. Default: all of them. */
  deviate(how: Deviation | null, times = Number.POSITIVE_INFINITY): void {
    this.#deviation = how && { how, left: times };
  }

  /** How often a result was asked for. */
  get asked(): number {
    return this.requests.filter(({ path }) => path === '/getResultData').length;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search } = new URL(request.url ?? '/', this.url);
    const body = Buffer.concat(await request.toArray());
    const { method = '', headers } = request;
    this.requests.push({ method, path: pathname + search, headers, body: body.toString('latin1') });
    if (body.length > LONGEST_BODY) return show(response, 413, faultPage('the body is too long'));
    if (pathname === '/auth' || pathname === '/id/auth')
      return this.#open(request, response, pathname, method === 'GET' ? search.slice(1) : body.toString());
    const visit = this.#visits.get(pathname.slice('/window/'.length));
    if (pathname.startsWith('/window/') && method === 'POST' && visit !== undefined)
      return this.#press(request, response, visit, new URLSearchParams(body.toString()));
    if (pathname === '/getResultData' && method === 'POST') return this.#tell(request, response, body);
    show(response, 404, faultPage('there is nothing here'));
  }

  /** STEP1: the merchant's form opens the window. */
  #open(request: IncomingMessage, response: ServerResponse, entry: string, form: string): void {
    const opening =
      this.#findFault(request, entry) ?? readOpening(new URLSearchParams(form), this.#options.merchants);
    const fault = typeof opening === 'string' ? opening : this.#findMisuse(opening, entry);
    if (fault !== null || typeof opening === 'string') {
      this.warnings.push(fault ?? '');
      show(response, 400, faultPage(fault ?? ''));
      return;
    }
    if (!opening.isSealed) this.warnings.push('the person is told in clear');
    const digits = Array.from({ length: 24 }, () => randomInt(10)).join('');
    const visit = {
      opening,
      key: randomBytes(16),
      txId: `INISA_${opening.merchant.mid}${digits}`,
      openedAt: this.#now(),
      confirmed: null,
      asked: 0,
    };
    const name = randomBytes(12).toString('hex');
    this.#visits.set(name, visit);
    show(response, 200, windowPage(`/window/${name}`, opening, this.#options.people));
  }

  /** What is wrong with the way in which the form came. */
  #findFault({ method, headers }: IncomingMessage, entry: string): string | null {
    if (method === 'GET' && !this.readings.refusesGet) this.warnings.push(`GET of ${entry} instead of POST`);
    else if (method !== 'POST') return `${method} instead of POST`;
    else if (
      !/^application\/x-www-form-urlencoded(?:; ?charset=utf-8)?$/i.test(headers['content-type'] ?? '')
    )
      return 'the content type is no form';
    return null;
  }

  #findMisuse({ service, merchant, mTxId }: Opening, entry: string): string | null {
    const entries = service === '03' ? this.readings.entries : ['/auth'];
    if (!entries.includes(entry)) return `service ${service} has another entry`;
    const own = `${merchant.mid} ${mTxId}`;
    if (this.#used.has(own)) return 'mTxId was used before';
    this.#used.add(own);
    return null;
  }

  /** The person presses a button. With `Accept: application/json` the way back is told as JSON. */
  #press({ headers }: IncomingMessage, response: ServerResponse, visit: Visit, form: URLSearchParams): void {
    const person = this.#options.people[Number(form.get('person') ?? 0)];
    const agency = form.get('agency') ?? visit.opening.directAgency ?? 'TOSS';
    const pressed = form.get('do') ?? '';
    if (
      person === undefined ||
      !Object.hasOwn(AGENCIES, agency) ||
      !/^(?:approve|cancel|fail)$/.test(pressed)
    )
      return void show(response, 400, faultPage('the choice is unknown'));
    if (pressed === 'approve') visit.confirmed = { agency, person };
    const code = pressed === 'cancel' ? this.readings.cancelCode : (form.get('code') ?? '9001');
    const way = pressed === 'approve' ? this.#success(visit) : this.#failure(visit, code);
    const back = { ...way, fields: this.changeReturn({ ...way.fields }) };
    if (headers.accept !== 'application/json') return void show(response, 200, wayPage(back));
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(back));
  }

  #success({ opening, txId, key }: Visit): Way {
    const authRequestUrl = `${this.#options.resultOrigin ?? this.url}/getResultData`;
    const resultMsg = this.#message('성공');
    const token = key.toString('base64');
    return {
      address: opening.successUrl,
      fields: { resultCode: '0000', resultMsg, authRequestUrl, txId, token },
    };
  }

  #failure({ opening }: Visit, code: string | null): Way {
    const resultMsg = this.#message('인증 실패');
    return { address: opening.failUrl, fields: { ...(code !== null && { resultCode: code }), resultMsg } };
  }

  #message(text: string): string {
    return this.readings.encodesMessages ? encodeURIComponent(text) : text;
  }

  /** STEP3 and STEP4: the merchant's server asks for the result. */
  async #tell({ headers }: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    const how = this.#nextDeviation();
    await how.ready;
    if (how.cut === 'before') return void response.socket?.destroy();
    const isJson = [headers['content-type'], headers.accept].every((each) => each === 'application/json');
    const told = isJson ? this.#resultOf(body.toString()) : { resultCode: '9001', resultMsg: 'no JSON' };
    const text = how.body ?? JSON.stringify({ ...told, ...how.members });
    response.writeHead(how.status ?? 200, {
      'Content-Type': 'application/json;charset=UTF-8',
      ...how.headers,
    });
    if (how.cut !== 'within') return void response.end(text);
    response.write(text.slice(0, Math.floor(text.length / 2)), () => response.socket?.destroy());
  }

  #resultOf(text: string): Readonly<Record<string, string>> {
    const { mid, txId } = JSON.parse(text) as { mid?: unknown; txId?: unknown };
    const visit = [...this.#visits.values()].find((each) => each.txId === txId);
    if (visit?.confirmed == null || visit.opening.merchant.mid !== mid)
      return { resultCode: '9302', resultMsg: '거래 없음' };
    if (this.#now() - visit.openedAt > LIFE) return { resultCode: '9303', resultMsg: '유효시간 초과' };
    visit.asked += 1;
    if (visit.asked > 1 && this.readings.again === 'refused')
      return { resultCode: '9304', resultMsg: '이미 조회' };
    return this.#person(visit, visit.confirmed);
  }

  #person(
    visit: Visit,
    { agency, person }: NonNullable<Visit['confirmed']>,
  ): Readonly<Record<string, string>> {
    const { service, merchant, mTxId, isSealed, asksForSex } = visit.opening;
    const { flags, agenciesWithoutCi } = this.readings;
    const write = (text: string) => (isSealed && text !== '' ? seal(text, visit.key, merchant.iv) : text);
    const flag = flags === 'sealed' ? write : (text: string) => text;
    const isTyped = asksForSex && (agency === 'KAKAO' || agency === 'NAVER');
    const ci = agenciesWithoutCi.includes(agency) ? '' : person.ci;
    return {
      resultCode: '0000',
      resultMsg: '성공',
      txId: visit.txId,
      mTxId,
      svcCd: service,
      providerDevCd: agency,
      userName: write(person.name),
      userPhone: write(person.phone),
      userBirthday: write(person.birthday),
      userCi: write(ci),
      ...(service === '03' && { userDi: write(person.di), userCi2: write(ci) }),
      ...((service === '03' || isTyped) && {
        userGender: flag(person.gender),
        isForeign: flag(person.isForeign),
      }),
    };
  }

  #nextDeviation(): Deviation {
    const next = this.#deviation;
    if (next === null || next.left <= 0) return {};
    next.left -= 1;
    return next.how;
  }

  #now(): number {
    return (this.#options.clock ?? Date.now)();
  }
}

function show(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(html);
}
