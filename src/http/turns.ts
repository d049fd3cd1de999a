import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Requests that may wait for their turn on one connection; what is sent beyond gets no answer. */
const MOST_WAITING = 100;
/** From so many on nobody waits for answers, and the connection is cut at once. */
const FLOOD = 1_000;

/** The newest answer of a connection. */
const NEWEST = Symbol('newest answer');
const QUEUE = Symbol('requests that wait');

interface Queue {
  waiting: number;
  excess: number;
}

type Connection = Duplex & { [NEWEST]?: ServerResponse; [QUEUE]?: Queue };

/**
 * Serves the requests of one connection one after the other. Whoever sends many at once and reads no answer would
 * otherwise have them all made and kept, and everybody else would wait. `serve` is called at once when the answers
 * before are out, else when they are, and never when the connection ends before.
 */
export function takeTurn(request: IncomingMessage, response: ServerResponse, serve: () => void): void {
  const connection = request.socket as Connection;
  const before = connection[NEWEST];
  if (before === undefined || before.closed) {
    connection[NEWEST] = response;
    serve();
    return;
  }
  connection[QUEUE] ??= { waiting: 0, excess: 0 };
  const queue = connection[QUEUE];
  if (queue.excess > 0 || queue.waiting === MOST_WAITING) {
    if (queue.excess++ === 0) endAfter(before, connection);
    if (queue.excess > FLOOD) connection.destroy();
    return;
  }
  connection[NEWEST] = response;
  queue.waiting++;
  before.once('close', () => {
    queue.waiting--;
    if (!connection.destroyed) serve();
  });
}

function endAfter(answer: ServerResponse, connection: Connection): void {
  answer.shouldKeepAlive = false;
  if (answer.headersSent) answer.once('close', () => connection.destroy());
}

/** Calls once the whole requests that came before have their answers; one that broke off has none. */
export function afterAnswers(connection: Duplex, then: () => void): void {
  const newest = (connection as Connection)[NEWEST];
  if (newest?.req.complete && !newest.closed) newest.once('close', then);
  else then();
}
