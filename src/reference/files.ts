import { createHash } from 'node:crypto';
import type { HeaderList, PageAnswer } from '../http/answers.ts';
import type { ApiRequest } from '../http/routes.ts';

/** Bytes that change only with the release, and the headers they go out with. */
export interface StaticFile {
  readonly body: Uint8Array;
  /** With the quotes. */
  readonly etag: string;
  readonly headers: HeaderList;
}

/** Makes a file of bytes or of a text in UTF-8; `headers` are added to its type and its tag. */
export function staticFile(type: string, content: string | Uint8Array, headers: HeaderList): StaticFile {
  const body = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { body, etag, headers: ['Content-Type', type, 'ETag', etag, ...headers] };
}

const NOTHING = Buffer.alloc(0);

/** The file, or 304 for who has it already. */
export function answerFile({ headers }: Pick<ApiRequest, 'headers'>, file: StaticFile): PageAnswer {
  const known = (headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return known.includes(file.etag) || known.includes('*')
    ? { status: 304, headers: file.headers, body: NOTHING }
    : { status: 200, headers: file.headers, body: file.body };
}

/** Computes a value when it is first asked for, and keeps it. */
export function once<T>(compute: () => T): () => T {
  let kept: { readonly value: T } | null = null;
  return () => {
    kept ??= { value: compute() };
    return kept.value;
  };
}
