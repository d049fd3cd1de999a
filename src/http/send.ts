import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { HeaderList } from './answers.ts';
import { hasBody } from './body.ts';

/** How much of a refused body is still read, so that the client gets to see the refusal. */
const DRAIN_LIMIT = 1024 * 1024;
const DRAIN_TIMEOUT = 1_000;
/** What ends a stream one way or the other. */
const ENDS = ['end', 'error', 'close'];

/** Answers in one write. Where the connection ends with it, what the client is still writing is read on for a moment. */
export function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: string | Uint8Array,
  headers: HeaderList,
): void {
  response.writeHead(status, headers as string[]);
  if (response.shouldKeepAlive || request.complete || !hasBody(request)) {
    // A one-byte string goes out together with the head, in one write and without a copy in between.
    response.end(body, 'latin1');
    return;
  }
  response.flushHeaders();
  if (body.length > 0) response.write(body, 'latin1');
  drain(request, () => response.end());
}

/**
 * Reads on for a moment after an answer that came before its request had arrived: closing a socket with unread
 * bytes in it resets the connection and takes the answer away from a client that is still writing.
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
