import type { ServerResponse } from 'node:http';
import type { Logger } from '../log.ts';
import type { HeaderList, StreamAnswer } from './answers.ts';
import { reportOnce } from './guards.ts';

/** Bytes that may wait for a slow client; a client that is further behind is disconnected. */
const MOST_WAITING = 1024 * 1024;

/** The open streams. Each has a connection of its own, which is closed with it. */
export class Streams {
  readonly #ends = new Set<() => void>();
  readonly #report: (error: unknown) => void;
  #ended = false;

  constructor(log: Logger) {
    this.#report = reportOnce(log, 'stream');
  }

  /** Writes the head, then what the answer writes, until either side closes it. */
  start(response: ServerResponse, answer: StreamAnswer, headers: HeaderList, headOnly: boolean): void {
    response.shouldKeepAlive = false;
    response.writeHead(200, headers as string[]);
    if (headOnly || this.#ended || response.destroyed) {
      response.end();
      return;
    }
    response.flushHeaders();
    const end = () => {
      if (response.writableNeedDrain) response.destroy();
      else response.end();
    };
    const close = this.#open(response, answer, end);
    this.#ends.add(end);
    response.once('close', () => {
      this.#ends.delete(end);
      try {
        close();
      } catch (error) {
        this.#report(error);
      }
    });
  }

  #open(response: ServerResponse, answer: StreamAnswer, end: () => void): () => void {
    try {
      return answer.open((text) => {
        // A write between the end and the `close` event would be an unhandled error.
        if (response.destroyed || response.writableEnded) return;
        response.write(text);
        if (response.writableLength > MOST_WAITING) response.destroy();
      }, end);
    } catch (error) {
      // The head has been sent, so no error can be answered any more.
      response.destroy();
      throw error;
    }
  }

  /** Ends all streams; one that begins later ends after its head. */
  end(): void {
    this.#ended = true;
    for (const end of this.#ends) end();
  }
}
