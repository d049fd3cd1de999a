import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { HeaderList, OwnAnswer } from './answers.ts';
import { hasBody } from './body.ts';

/** How much of a refused body is still read, so that the client can read the refusal. */
const DRAIN_LIMIT = 1024 * 1024;
const DRAIN_TIMEOUT = 1_000;
/** Events that end a stream. */
const ENDS = ['end', 'error', 'close'];

/** Answers in one write. If that closes the connection, the rest of the request is read for a moment. */
export function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: string | Uint8Array,
  headers: HeaderList,
): void {
  response.writeHead(status, headers as string[]);
  if (response.shouldKeepAlive || request.complete || !hasBody(request)) {
    // Node writes a one-byte string together with the head, in one write and without a copy.
    response.end(body, 'latin1');
    return;
  }
  response.flushHeaders();
  if (body.length > 0) response.write(body, 'latin1');
  drain(request, () => response.end());
}

/** Cuts the connection instead of answering. */
export const CUT: OwnAnswer = {
  write(request) {
    request.socket.destroy();
    return 0;
  },
};

/**
 * Reads on for a moment after an answer that was sent before the request had fully arrived: closing a socket with
 * unread bytes resets the connection, and a client that is still writing would lose the answer.
 */
export function drain(source: Readable, finish: () => void): void {
  if (source.readableEnded || source.destroyed) {
    finish();
    return;
  }
  let drained = 0;
  const timer = setTimeout(done, DRAIN_TIMEOUT);
  function done(): void {
    clearTimeout(timer);
    for (const event of ENDS) source.off(event, done);
    source.off('data', count);
    finish();
  }
  function count(chunk: Buffer): void {
    drained += chunk.length;
    if (drained > DRAIN_LIMIT) done();
  }
  for (const event of ENDS) source.once(event, done);
  source.on('data', count);
  source.resume();
}
