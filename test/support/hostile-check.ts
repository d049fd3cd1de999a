import { equal, match, ok } from 'node:assert/strict';
import { STATUS_CODES } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostileExchange } from './hostile-requests.ts';
import { TOKEN } from './hostile-words.ts';
import { type RawAnswer, RawConnection, readAnswers } from './raw-exchange.ts';

/** How long a broken request is left alone, in milliseconds, before the client gives up on it. */
const QUIET = 120;

/** Does one exchange and gives the answers to it, each of which was found to be of the contract. */
export async function commitHostile(
  port: number,
  token: string,
  exchange: HostileExchange,
): Promise<readonly RawAnswer[]> {
  const connection = await RawConnection.open(port);
  const isHead = (index: number) => exchange.methods[index] === 'HEAD';
  const finals = () =>
    readAnswers(connection.received, isHead).answers.filter(({ status }) => status >= 200).length;
  try {
    for (const [at, piece] of exchange.pieces.entries()) {
      if (at > 0) await sleep(exchange.pause);
      connection.write(Buffer.from(piece.replaceAll(TOKEN, token), 'latin1'));
    }
    if (exchange.ending === 'reset') {
      await sleep(exchange.pause);
      connection.reset();
      return [];
    }
    if (exchange.ending === 'wait') await waitForAnswers(connection, exchange.answers, finals);
    connection.end();
    await connection.receive(() => false, 8_000);
    if (!connection.isClosed) throw new Error('the server keeps a connection whose client has ended');

    const { answers, rest } = readAnswers(connection.received, isHead);
    const isCutShort = finals() > 0 && answers.at(-1)?.headers.get('connection')?.[0] === 'close';
    if (exchange.answers !== null && !isCutShort) equal(finals(), exchange.answers, 'answers');
    equal(rest.toString('latin1'), '', 'what follows the last answer');
    let index = 0;
    for (const answer of answers) {
      checkAnswer(answer, isHead(index));
      if (answer.status >= 200) index++;
    }
    return answers;
  } catch (cause) {
    const shown = JSON.stringify(exchange, (_key, value: unknown) =>
      typeof value === 'string' && value.length > 600 ? `${value.slice(0, 600)}… (${value.length})` : value,
    );
    const received = connection.received.toString('latin1').slice(0, 2000);
    throw new Error(`${String(cause)}\nfor ${shown}\nreceived ${JSON.stringify(received)}`, { cause });
  } finally {
    connection.destroy();
  }
}

/** Until all that must come has come; where nobody knows how much that is, until nothing more comes for a while. */
async function waitForAnswers(
  connection: RawConnection,
  wanted: number | null,
  finals: () => number,
): Promise<void> {
  if (wanted !== null) {
    await connection.receive(() => finals() >= wanted, 10_000);
    return;
  }
  for (let length = -1; connection.received.length > length && !connection.isClosed; ) {
    length = connection.received.length;
    await connection.receive((received) => received.length > length, QUIET);
  }
}

/** The description of the API. */
const PUBLISHED = /^\{\s*"openapi":/;
/** `/users/pg/{userCode}` has an envelope of its own. */
const CHANNEL_LIST = /^\{"code":(?:0|-1),"msg":"[ -~]+","data":\[[ -~]*\]\}$/;
const ENVELOPE =
  /^\{"code":(?<code>0|-1),"message":(?<message>null|"[ -~]+"),"response":(?<response>[ -~]+)\}$/;

const STATUSES: readonly number[] = [200, 204, 303, 304, 400, 401, 403, 404, 405, 410, 413, 429, 431];

function checkAnswer(answer: RawAnswer, isHead: boolean): void {
  const { status, reason, headers } = answer;
  const text = answer.body.toString('latin1');
  const header = (name: string) => headers.get(name)?.join(' | ');
  if (status === 100) return;
  ok(STATUSES.includes(status), `status ${status} with ${text}`);
  equal(reason, STATUS_CODES[status]);
  equal(header('transfer-encoding'), undefined);
  equal(header('x-content-type-options'), 'nosniff');
  match(header('x-request-id') ?? '', /^[0-9a-f]{12}-[0-9a-f]{12}$/);
  ok([undefined, '*'].includes(header('access-control-allow-origin')));
  equal(header('server') ?? header('x-powered-by'), undefined);
  if (status === 401) equal(header('www-authenticate'), 'Bearer realm="bonin"');
  if (status === 405 || status === 204) match(header('allow') ?? '', /OPTIONS$/);
  if (status === 413) equal(header('connection'), 'close');
  if (status === 204 || status === 304) {
    equal(text, '');
    return;
  }
  // Only a request that could not be parsed may get a body in answer to HEAD, as the last of its connection.
  if (isHead && text !== '') match(`${status} ${header('connection')}`, /^(?:400|431) close$/);
  if (isHead && text === '') ok(status === 303 || Number(header('content-length')) > 0);
  else equal(header('content-length'), String(text.length));
  // The page and what belongs to it; everything else is the API's.
  if (!/^application\/json/.test(header('content-type') ?? '')) {
    match(header('content-type') ?? 'none', /^(?:text\/(?:html|plain|css|javascript)|none)/);
    return;
  }
  match(header('content-type') ?? '', /^application\/json; charset=UTF-8$/);
  if (isHead && text === '') return;
  if (status !== 200 || !PUBLISHED.test(text)) equal(header('cache-control'), 'no-store');
  const value: unknown = JSON.parse(text);
  if (status === 200 && (CHANNEL_LIST.test(text) || PUBLISHED.test(text))) return;
  if (
    typeof value === 'object' &&
    value !== null &&
    (Object.hasOwn(value, 'ok') || Object.hasOwn(value, 'state'))
  )
    return;
  const { code, message, response } = ENVELOPE.exec(text)?.groups ?? {};
  equal(code, status === 200 ? '0' : '-1', text);
  equal(status === 200 ? message : response, 'null', text);
}
