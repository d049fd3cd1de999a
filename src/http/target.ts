/** A parsed request target: decoded path segments and the raw query. */
export interface Target {
  readonly segments: readonly string[];
  readonly query: string;
}

const SCHEME_AND_AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i;

/**
 * Parses the raw target of the request line by hand: a URL parser would read `//users/getToken` as a host name and
 * resolve dots. Removes scheme and authority of the absolute form, repeated and trailing slashes; decodes each segment
 * once.
 */
export function splitTarget(raw: string): Target {
  const target = raw.startsWith('/') ? raw : raw.replace(SCHEME_AND_AUTHORITY, '');
  const queryAt = target.indexOf('?');
  const end = queryAt === -1 ? target.length : queryAt;
  const segments: string[] = [];
  for (let start = 0; start < end; ) {
    const slash = target.indexOf('/', start);
    const stop = slash === -1 || slash > end ? end : slash;
    if (stop > start) segments.push(decodeSegment(target.slice(start, stop)));
    start = stop + 1;
  }
  return { segments, query: queryAt === -1 ? '' : target.slice(queryAt + 1) };
}

function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
