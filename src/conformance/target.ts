/** The segments of a raw request target below the base path, or null if it is not below it. */
export function targetSegments(target: string, basePath: string): readonly string[] | null {
  const [path = ''] = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, '').split('?', 1);
  const segments = splitPath(path);
  const base = splitPath(basePath);
  return base.every((segment, at) => segment === segments[at]) ? segments.slice(base.length) : null;
}

/** Whether a target matches a path, in which `{…}` stands for any one segment. */
export function goesTo(target: string, basePath: string, path: string): boolean {
  const segments = targetSegments(target, basePath);
  const pattern = splitPath(path);
  return (
    segments !== null &&
    segments.length === pattern.length &&
    pattern.every((segment, at) => segment.startsWith('{') || segment === segments[at])
  );
}

function splitPath(path: string): readonly string[] {
  return path
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => {
      try {
        return decodeURIComponent(segment);
      } catch {
        return segment;
      }
    });
}
