import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { reset, Script, sendAnswer } from '../script.ts';
import { bend, type Deviation, type Step } from './deviations.ts';
import { PEOPLE, type SimulatedPerson, WINDOW_CARRIERS } from './people.ts';
import { type Outcome, type Unknowns, Visits } from './visits.ts';
import { ACTIONS, type Action, showError, showReturn, showWindow } from './window.ts';
import {
  charsetOf,
  encodeText,
  type Fields,
  readForm,
  type WireCharset,
  writeAnswer,
  writeForm,
} from './wire.ts';

const { createServer } = process.getBuiltinModule('node:http');

const WINDOWS = ['/Danal/WebAuth/Web/Start.php', '/Danal/WebAuth/Mobile/Start.php'];
const ACT = '/Danal/WebAuth/act';
/** Fields of the window form that are settings of the window; it posts all others back. */
const OWN_FIELDS = ['BackURL', 'IsCharSet', 'BgColor', 'IsUseCI', 'CIURL', 'IsCarrier'];

export interface DanalSimulatorOptions extends Partial<Unknowns> {
  /** Passwords by CPID. */
  readonly merchants: Fields;
  readonly people?: readonly SimulatedPerson[];
  /** Epoch milliseconds. Default: the machine's clock. */
  readonly clock?: () => number;
  /** The character set of answers to servers. Default: what a request asks for, else EUC-KR. */
  readonly answerCharset?: WireCharset;
  /** The character set of the return, whatever `IsCharSet` says. */
  readonly returnCharset?: WireCharset;
  /** Whether the return has `ByPassValue`. Default: true. */
  readonly returnsByPassValue?: boolean;
  /** Default: a free one, on loopback. */
  readonly port?: number;
  /** Speaks TLS with this certificate: then the agency's real host names may lead here. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** What a browser brings back from the window. */
export interface SimulatedReturn {
  readonly address: string;
  readonly fields: Fields;
  /** As it is posted. */
  readonly body: string;
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What a person does in the window. */
export interface WindowAct {
  readonly does: Action;
  readonly person?: SimulatedPerson;
  /** With `fail` and `error`. */
  readonly code?: string;
}

/** Danal's side of its protocol: its server, and its window with buttons. Holds no state outside of itself. */
export class DanalSimulator {
  readonly url: string;
  /** Everything that was asked, the oldest first. */
  readonly requests: RecordedRequest[] = [];
  readonly visits: Visits;
  readonly #server: Server;
  readonly #options: DanalSimulatorOptions;
  readonly #script = new Script<Step, Deviation>();

  private constructor(server: Server, options: DanalSimulatorOptions) {
    this.#server = server;
    this.#options = options;
    const { merchants, clock = Date.now, secondConfirm = 'same', tellsPhone = false } = options;
    const { carrierField = null, foreignerField = null } = options;
    const unknowns = { secondConfirm, tellsPhone, carrierField, foreignerField };
    this.visits = new Visits(merchants, clock, unknowns);
    const scheme = options.tls === undefined ? 'http' : 'https';
    this.url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async open(options: DanalSimulatorOptions): Promise<DanalSimulator> {
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
    const simulator = new DanalSimulator(server, options);
    return simulator;
  }

  /** The addresses of the server and of both windows. */
  get endpoints() {
    const [window = '', mobileWindow = ''] = WINDOWS.map((path) => this.url + path);
    return { server: `${this.url}/uas/`, window, mobileWindow };
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

  /** Opens the window with the fields of its form, as a browser does. Returns why it is refused; null if it is not. */
  openWindow(fields: Fields): string | null {
    const visit = this.visits.find(fields['TID'] ?? '');
    if (visit === undefined || this.visits.isOver(visit) || visit.outcome !== null) return '거래가 없습니다.';
    if (URL.parse(fields['BackURL'] ?? '') === null) return 'BackURL 오류';
    if (!/^(?:0\d|10)?$/.test(fields['BgColor'] ?? '')) return 'BgColor 오류';
    const offered = offeredCarriers(fields);
    if (offered.some((each) => !WINDOW_CARRIERS.some((known) => known === each))) return 'IsCarrier 오류';
    if (!/^(?:01\d-\d{3,4}-\d{4})?$/.test(fields['IsDstAddr'] ?? '')) return 'IsDstAddr 오류';
    visit.window = fields;
    return null;
  }

  /** The person acts in the window of a visit. Rejects what the window does not let them do. */
  act(tid: string, { does, person = this.people[0], code = '2374' }: WindowAct): SimulatedReturn {
    const visit = this.visits.find(tid);
    if (visit?.window == null || person === undefined) throw new Error('there is no such window');
    const { window } = visit;
    visit.outcome = toOutcome(does, person, code, window);
    const { returnsByPassValue = true } = this.#options;
    const kept = Object.entries(window).filter(
      ([name]) => !OWN_FIELDS.includes(name) && (returnsByPassValue || name !== 'ByPassValue'),
    );
    const isBack = does === 'cancel' || does === 'error';
    const address = (isBack ? window['BackURL'] : visit.asked['TARGETURL']) ?? '';
    const fields = {
      ...Object.fromEntries(kept),
      ...(does === 'error' && { RETURNCODE: code, RETURNMSG: '오류' }),
    };
    return { address, fields, body: writeForm(fields, this.#returnCharset(window)) };
  }

  #returnCharset(window: Fields): WireCharset {
    const { returnCharset } = this.#options;
    return returnCharset ?? (window['IsCharSet'] === 'UTF-8' ? 'UTF-8' : 'EUC-KR');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    const { method = '', url: path = '', headers } = request;
    this.requests.push({ method, path, headers, body: body.toString('latin1') });
    const contentType = headers['content-type'] ?? '';
    if (path === '/uas/' && method === 'POST')
      return this.#answerServer(request, response, body, contentType);
    if (method !== 'POST' || !(path === ACT || WINDOWS.includes(path)))
      return void showPage(response, showError('없는 주소입니다.'), 'UTF-8', 404);
    if (path === ACT) return this.#takeAct(response, readForm(body, 'UTF-8'));
    const charset = charsetOf(body, 'IsCharSet', '', 'EUC-KR');
    const fields = readForm(body, charset);
    const refusal = this.openWindow(fields);
    if (refusal !== null) return showPage(response, showError(refusal), 'UTF-8', 400);
    const { asked = {}, tid = '' } = this.visits.find(fields['TID'] ?? '') ?? {};
    const people = this.people.filter((person) => fitsFixed(person, fields));
    showPage(
      response,
      showWindow(ACT, tid, asked['CPTITLE'] ?? '', offeredCarriers(fields), people),
      'UTF-8',
    );
  }

  async #answerServer(request: IncomingMessage, response: ServerResponse, body: Buffer, contentType: string) {
    const charset = charsetOf(body, 'CHARSET', contentType, 'EUC-KR');
    const fields = readForm(body, charset);
    const step: Step = fields['TXTYPE'] === 'CONFIRM' ? 'CONFIRM' : 'ITEMSEND';
    const deviation = this.#script.take(step) ?? {};
    if (deviation.breaks === 'before') return reset(request);
    const told =
      fields['TXTYPE'] === step
        ? this.visits[step === 'CONFIRM' ? 'confirm' : 'itemSend'](fields)
        : { RETURNCODE: '9010', RETURNMSG: 'TXTYPE' };
    const answered = deviation.charset ?? this.#options.answerCharset ?? charset;
    const bytes = Buffer.from(deviation.body ?? writeAnswer(bend(told, deviation), answered));
    await sendAnswer(request, response, bytes, deviation);
  }

  #takeAct(response: ServerResponse, form: Fields): void {
    const does = ACTIONS.find((each) => each === form['do']);
    const visit = this.visits.find(form['TID'] ?? '');
    if (does === undefined || visit?.window == null)
      return void showPage(response, showError('거래가 없습니다.'), 'UTF-8', 400);
    const people = this.people.filter((person) => fitsFixed(person, visit.window ?? {}));
    const person = people[Number(form['person'] ?? 0)];
    const { address, fields } = this.act(visit.tid, {
      does,
      ...(person && { person }),
      ...(form['code'] && { code: form['code'] }),
    });
    const charset = this.#returnCharset(visit.window);
    showPage(response, showReturn(address, fields, charset), charset);
  }
}

function toOutcome(does: Action, person: SimulatedPerson, code: string, window: Fields): Outcome {
  if (does === 'cancel') return { does: 'fail', code: '2376' };
  if (does === 'fail' || does === 'error') return { does: 'fail', code };
  if (does === 'empty') return { does };
  if (!fitsFixed(person, window)) return { does: 'fail', code: '2110' };
  return offeredCarriers(window).includes(person.carrier)
    ? { does, person }
    : { does: 'fail', code: person.carrier === 'MVNO' ? '3039' : '1110' };
}

function offeredCarriers(window: Fields): readonly string[] {
  const chosen = window['IsCarrier'];
  return chosen === undefined ? WINDOW_CARRIERS : chosen.split(';');
}

/** Whether a person can be the one that the merchant fixed. */
function fitsFixed({ name, phone }: SimulatedPerson, window: Fields): boolean {
  const fixedPhone = window['IsDstAddr']?.replaceAll('-', '') ?? phone;
  return (window['IsNAME'] ?? name) === name && fixedPhone === phone;
}

function showPage(response: ServerResponse, html: string, charset: WireCharset, status = 200): void {
  response.statusCode = status;
  response.setHeader('Content-Type', `text/html; charset=${charset}`);
  response.end(encodeText(html, charset));
}
