import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { HeaderList, PageAnswer } from '../http/answers.ts';
import type { ApiRequest, Handler } from '../http/routes.ts';

/** Bytes that change only with the release, and the headers they are sent with. */
export interface StaticFile {
  readonly body: Uint8Array;
  /** The bytes in gzip; null for a file that is always sent as it is. */
  readonly zipped: Uint8Array | null;
  /** Of the bytes, 22 characters of base64url: part of the entity tag, and of addresses that change with the bytes. */
  readonly hash: string;
  /** Without the entity tag. */
  readonly headers: HeaderList;
}

export interface FileOptions {
  /** Added to `Content-Type`, `ETag` and, with `gzip`, `Vary`. */
  readonly headers: HeaderList;
  /** Sends the file in gzip to clients that accept it. Default: false. */
  readonly gzip?: boolean;
}

/** Asked again before each use, and then mostly answered with 304. */
export const ASK_AGAIN: HeaderList = ['Cache-Control', 'no-cache'];

/** Makes a file of bytes, or of a text in UTF-8. */
export function createFile(
  type: string,
  content: string | Uint8Array,
  { headers, gzip = false }: FileOptions,
): StaticFile {
  const body = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  return {
    body,
    // Loaded with the first file.
    zipped: gzip ? process.getBuiltinModule('node:zlib').gzipSync(body, { level: 9 }) : null,
    hash: createHash('sha256').update(body).digest('base64url').slice(0, 22),
    headers: ['Content-Type', type, ...(gzip ? ['Vary', 'Accept-Encoding'] : []), ...headers],
  };
}

/** The texts of several files of a folder, one after the other. `folder` ends with a slash. */
export function readTexts(folder: URL, names: readonly string[]): string {
  return names.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('');
}

const NOTHING = Buffer.alloc(0);

/** The file, or 304 for a client that has it, in either coding. */
export function answerFile({ headers }: Pick<ApiRequest, 'headers'>, file: StaticFile): PageAnswer {
  const zips = file.zipped !== null && acceptsGzip(headers['accept-encoding']);
  const tags = file.zipped === null ? [`"${file.hash}"`] : [`"${file.hash}"`, `"${file.hash}-gzip"`];
  const answerHeaders = [...file.headers, 'ETag', `"${file.hash}${zips ? '-gzip' : ''}"`];
  const known = (headers['if-none-match'] ?? '').match(/\*|"[^"]*"/g) ?? [];
  if (known.some((tag) => tag === '*' || tags.includes(tag)))
    return { status: 304, headers: answerHeaders, body: NOTHING };
  return zips && file.zipped !== null
    ? { status: 200, headers: [...answerHeaders, 'Content-Encoding', 'gzip'], body: file.zipped }
    : { status: 200, headers: answerHeaders, body: file.body };
}

/** Answers GET with a file that is made at the first request. */
export function serveFile(file: () => StaticFile): Handler {
  return async (request) => answerFile(request, file());
}

function acceptsGzip(accepted: string | string[] | undefined): boolean {
  return String(accepted ?? '')
    .split(',')
    .some((coding) => /^\s*(gzip|\*)\s*(;\s*q=(1|0\.\d*[1-9]).*)?$/i.test(coding));
}

/** Computes a value when it is first asked for, and keeps it. What throws is tried again. */
export function once<T>(compute: () => T): () => T {
  let kept: { readonly value: T } | null = null;
  return () => {
    kept ??= { value: compute() };
    return kept.value;
  };
}
