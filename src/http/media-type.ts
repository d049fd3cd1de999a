import type { IncomingHttpHeaders } from 'node:http';

/** The format of a body. */
export type BodyFormat = 'json' | 'form' | 'multipart';

/** The media type of a body: in lower case, without its parameters; empty when none is named. */
export function mediaTypeOf(headers: IncomingHttpHeaders): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Null for a media type whose bodies are not read. */
export function bodyFormatOf(headers: IncomingHttpHeaders): BodyFormat | null {
  const mediaType = mediaTypeOf(headers);
  if (mediaType === 'application/json' || /^application\/[^/]*\+json$/.test(mediaType)) return 'json';
  if (mediaType === 'application/x-www-form-urlencoded') return 'form';
  return mediaType === 'multipart/form-data' ? 'multipart' : null;
}

/**
 * The media type of a body that is not read, for the log; null when it is read. A text that is no media type becomes
 * `malformed`: it may be a secret in the wrong place.
 */
export function unreadMediaType(headers: IncomingHttpHeaders): string | null {
  if (bodyFormatOf(headers) !== null) return null;
  const mediaType = mediaTypeOf(headers);
  if (mediaType === '') return 'none';
  return /^[a-z]{1,20}\/[a-z0-9.+-]{1,60}$/.test(mediaType) ? mediaType : 'malformed';
}
