import type { IncomingMessage } from 'node:http';
import { AppError } from '../errors.ts';

/** Longest body of a request, in bytes. */
export const BODY_LIMIT = 65_536;

/** Whether a request announces a body. Most lookups do not, and need not wait for one. */
export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return (length !== undefined && length !== '0') || request.headers['transfer-encoding'] !== undefined;
}

/** Whether the announced length alone is over the limit. */
export function announcesTooMuch(request: IncomingMessage): boolean {
  return Number(request.headers['content-length'] ?? 0) > BODY_LIMIT;
}

/**
 * Reads the whole body; rejects with `body_too_large` above `BODY_LIMIT` bytes. Resolves to null when the client left
 * before the end.
 */
export function readBody(request: IncomingMessage): Promise<Buffer | null> {
  if (announcesTooMuch(request)) return Promise.reject(new AppError('body_too_large'));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= BODY_LIMIT) chunks.push(chunk);
      else reject(new AppError('body_too_large'));
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    // Before `end` these events mean that the body is cut off; after it they have no effect.
    request.on('error', () => resolve(null));
    request.on('close', () => resolve(null));
  });
}
