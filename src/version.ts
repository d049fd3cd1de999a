import { readFileSync } from 'node:fs';

/** The version of this package. */
export function readVersion(): string {
  return readManifest().version;
}

/** The lowest version of Node that this package runs on, as in `24` or `22.18.0`. */
export function readNeededNode(): string {
  return /\d+(?:\.\d+)*/.exec(readManifest().engines.node)?.[0] ?? '0';
}

/** Whether a version is another one or newer; parts that are left out are zero. */
export function isAtLeast(version: string, least: string): boolean {
  const [found, needed] = [version, least].map((each) =>
    each.split('.').map((part) => Number.parseInt(part, 10)),
  );
  for (let at = 0; at < 3; at++) {
    const difference = (found?.[at] ?? 0) - (needed?.[at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function readManifest(): { readonly version: string; readonly engines: { readonly node: string } } {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
}
