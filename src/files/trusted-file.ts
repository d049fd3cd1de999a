import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  type Stats,
} from 'node:fs';
import { isAbsolute, join, parse, resolve } from 'node:path';
import { AppError } from '../errors.ts';
import { JsonFault, parseJson } from '../validation/json-text.ts';
import { decodeBytes, TextFault } from '../validation/text-bytes.ts';

/*
 * Files that Bonin trusts: keys, certificates, merchants, databases and their copies. A user who can write to one, or
 * replace it, controls Bonin. So such a file must belong to the user that runs Bonin, or to root, and nobody else may
 * write to it or to a folder above it.
 */

/** What is required of a trusted file. By default everybody may read it, and the strict rules of production apply. */
export interface Trust {
  /** Other users may not read it either; its group may. */
  readonly secret?: boolean;
  /**
   * On a developer's machine, where the umask may let the user's own group write, and a folder further up may be
   * another user's, as in a container that mounts the sources.
   */
  readonly dev?: boolean;
  /** Other files may be created beside it at any time, so nobody else may write to its folder. */
  readonly hasCompanions?: boolean;
}

/**
 * Opens a file for reading. Throws `start_refused` when it is not to be trusted, and what the system says when it
 * fails.
 */
export function openTrustedFile(file: string, trust: Trust = {}): number {
  const me = whoAmI();
  // An open file was chosen by the user who started this process, as standard input is.
  if (me === null || HANDED_OVER.test(file)) return openSync(file, 'r');
  const { path, folder } = follow(file, trust, me);
  requireFolder(file, folder, 'nearest', trust, me);
  // Non-blocking: a pipe in its place would block the start.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    // An open file cannot be replaced any more.
    requireFile(file, { path, stat: fstatSync(descriptor) }, trust, me);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Reads a file whole; throws as `openTrustedFile` does. */
export function readTrustedFile(file: string, trust: Trust = {}): Buffer {
  const descriptor = openTrustedFile(file, trust);
  try {
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The same for a text, without a byte order mark; throws `start_refused` with the cause of everything that fails. */
export function readTrustedText(file: string, trust: Trust = {}): string {
  let bytes: Buffer;
  try {
    bytes = readTrustedFile(file, trust);
  } catch (error) {
    throw explainUnreadable(file, error);
  }
  return decodeText(file, bytes);
}

/** The same for JSON. No sentence quotes the text: it may hold secrets. */
export function readTrustedJson(file: string, trust: Trust = {}): unknown {
  return decodeJson(file, readTrustedText(file, trust));
}

/** A text without the byte order mark that some editors put at its beginning; `start_refused` for what is not UTF-8. */
export function decodeText(file: string, bytes: Uint8Array): string {
  try {
    return decodeBytes(bytes);
  } catch (error) {
    throw error instanceof TextFault ? refuse(file, error.message) : error;
  }
}

/** The value of a JSON text; `start_refused` with line and cause. */
export function decodeJson(file: string, text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw error instanceof JsonFault ? refuse(file, error.message) : error;
  }
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist: something on the way to it is not a folder',
  EISDIR: 'is a folder',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
  ELOOP: 'leads through too many links',
};

/** What the system says of a file that cannot be read, in words; what was refused already stays as it is. */
export function explainUnreadable(file: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return refuse(file, CAUSES[code] ?? `cannot be read (${code})`, error);
}

/**
 * The same check for a file that something else opens by its name, as SQLite does. Nobody untrusted can put another
 * file there afterwards, since no folder on the way is theirs to write. Returns the path without links.
 */
export function requireTrustedFile(file: string, trust: Trust = {}): string {
  const me = whoAmI();
  if (me === null) return resolve(file);
  const { path, folder } = follow(file, trust, me);
  requireFolder(file, folder, 'nearest', trust, me);
  requireFile(file, { path, stat: lstatSync(path) }, trust, me);
  return path;
}

/** Checks a folder in which a trusted file is to be made. Of one that is not there yet, what is there of its path. */
export function requireTrustedFolder(folder: string, trust: Trust = {}): void {
  const me = whoAmI();
  if (me === null) return;
  const { path, found, isWhole } = follow(folder, trust, me, true);
  if (isWhole) requireFolder(folder, { path, stat: found }, 'nearest', trust, me);
}

const HANDED_OVER = /^\/(?:dev\/stdin|(?:dev|proc\/self)\/fd\/\d+)$/;
const ROOT = 0;
const MOST_LINKS = 40;
const STICKY = 0o1000;
const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
const OTHERS_ACCESS = 0o007;

interface Me {
  readonly user: number;
  readonly group: number;
  readonly groups: readonly number[];
}

interface Place {
  readonly path: string;
  readonly stat: Stats;
}

/** Null where the system knows no such owners. */
function whoAmI(): Me | null {
  const user = process.geteuid?.();
  const group = process.getegid?.();
  return user === undefined || group === undefined
    ? null
    : { user, group, groups: [group, ...(process.getgroups?.() ?? [])] };
}

interface Way {
  /** Without links. */
  readonly path: string;
  readonly found: Stats;
  /** The last folder before it. */
  readonly folder: Place;
  /** False when only the beginning of the path is there. */
  readonly isWhole: boolean;
}

/**
 * Goes from the root to a file, folder by folder and link by link, and refuses what somebody else could redirect. With
 * `mayEndEarly` it stops at the first name that is not there.
 */
function follow(file: string, trust: Trust, me: Me, mayEndEarly = false): Way {
  const whole = resolve(file);
  const { root } = parse(whole);
  const top = { path: root, stat: lstatSync(root) };
  requireFolder(file, top, 'further up', trust, me);
  let folders: Place[] = [top];
  let names = namesOf(whole);
  for (let links = 0; names.length > 0; ) {
    const [name = '', ...rest] = names;
    const folder = folders.at(-1) ?? top;
    names = rest;
    if (name === '..') {
      if (folders.length > 1) folders.pop();
      continue;
    }
    const path = join(folder.path, name);
    const stat = mayEndEarly ? lstatSync(path, { throwIfNoEntry: false }) : lstatSync(path);
    if (stat === undefined) return { path: folder.path, found: folder.stat, folder, isWhole: false };
    if (stat.isSymbolicLink()) {
      if (++links > MOST_LINKS) throw refuse(file, 'leads through too many links');
      if (!isTrustedOwner(stat, me))
        throw refuse(file, `the link ${path} ${ofSomebodyElse(stat, me).replace('chown', 'chown -h')}`);
      const target = readlinkSync(path);
      if (isAbsolute(target)) folders = [top];
      names = [...namesOf(target), ...rest];
      continue;
    }
    if (names.length === 0) return { path, found: stat, folder, isWhole: true };
    if (stat.isDirectory()) requireFolder(file, { path, stat }, 'further up', trust, me);
    folders.push({ path, stat });
  }
  const end = folders.at(-1) ?? top;
  return { path: end.path, found: end.stat, folder: folders.at(-2) ?? end, isWhole: true };
}

function namesOf(path: string): string[] {
  return path
    .slice(parse(path).root.length)
    .split('/')
    .filter((name) => name !== '' && name !== '.');
}

function requireFolder(
  file: string,
  { path, stat }: Place,
  position: 'nearest' | 'further up',
  { dev = false, hasCompanions = false }: Trust,
  me: Me,
): void {
  const isNearest = position === 'nearest';
  const name = path === resolve(file) ? '' : `the folder ${path} `;
  if (!isTrustedOwner(stat, me) && (isNearest || !dev)) throw refuse(file, name + ofSomebodyElse(stat, me));
  if ((stat.mode & STICKY) !== 0) {
    // Nobody moves or removes there what is not theirs; but they may add to it.
    if (isNearest && hasCompanions && (stat.mode & (OTHERS_WRITE | GROUP_WRITES)) !== 0)
      throw refuse(file, `${name}is shared with others; take a folder inside it`);
    return;
  }
  if ((stat.mode & OTHERS_WRITE) !== 0)
    throw refuse(file, `${name}may be changed by others; run chmod go-w on it`);
  if ((stat.mode & GROUP_WRITES) === 0 || isTrustedGroup(stat, me)) return;
  if (dev && (!isNearest || stat.gid === me.group)) return;
  throw refuse(file, `${name}may be changed by its group; run chmod g-w on it`);
}

/** Kubernetes gives a volume to root and to a group of the container's own; nobody in there could change that. */
function isTrustedGroup(stat: Stats, { user, groups }: Me): boolean {
  return user !== ROOT && stat.uid === ROOT && groups.includes(stat.gid);
}

function requireFile(
  file: string,
  { path, stat }: Place,
  { secret = false, dev = false }: Trust,
  me: Me,
): void {
  const name = path === resolve(file) ? '' : `${path} `;
  const refuseFile = (reason: string) => refuse(file, name + reason);
  // A group that root lets read is there for that, as in the secrets of Kubernetes.
  const secretMode = stat.uid === me.user ? '600' : '640';
  if (!isTrustedOwner(stat, me)) throw refuseFile(ofSomebodyElse(stat, me));
  if (!stat.isFile()) throw refuseFile(stat.isDirectory() ? 'is a folder' : 'is not a file');
  const isOwnGroup = dev && !secret && stat.gid === me.group;
  if ((stat.mode & (isOwnGroup ? OTHERS_WRITE : OTHERS_WRITE | GROUP_WRITES)) !== 0)
    throw refuseFile(`may be changed by others; run chmod ${secret ? secretMode : 'go-w'} on it`);
  if (secret && (stat.mode & OTHERS_ACCESS) !== 0)
    throw refuseFile(`may be read by others; run chmod ${secretMode} on it`);
}

function isTrustedOwner({ uid }: Stats, { user }: Me): boolean {
  return uid === user || uid === ROOT;
}

function ofSomebodyElse({ uid }: Stats, { user }: Me): string {
  return user === ROOT
    ? `belongs to the user ${uid}, whom root must not trust; run chown root on it, or Bonin as that user`
    : `belongs to the user ${uid}, and Bonin runs as the user ${user}; run chown ${user} on it`;
}

function refuse(file: string, reason: string, cause?: unknown): AppError {
  return new AppError('start_refused', { detail: `${file}: ${reason}`, cause });
}
