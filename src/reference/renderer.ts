import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { AppError } from '../errors.ts';

const BUNDLE = 'redoc.standalone.js';

/**
 * The script that draws the reference. A published package has it beside this file; the sources find it among the
 * development packages. Throws `route_unknown` where neither is installed, and the page then says where the document
 * is.
 */
export function readRenderer(): Uint8Array {
  const copied = new URL(`./assets/${BUNDLE}`, import.meta.url);
  if (existsSync(copied)) return readFileSync(copied);
  try {
    return readFileSync(createRequire(import.meta.url).resolve(`redoc/bundles/${BUNDLE}`));
  } catch (cause) {
    throw new AppError('route_unknown', { detail: 'the renderer of the reference is not installed', cause });
  }
}

/** A file of the page that comes along. */
export function readAsset(name: string): Uint8Array {
  return readFileSync(new URL(`./assets/${name}`, import.meta.url));
}
