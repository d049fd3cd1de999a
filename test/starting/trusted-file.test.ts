import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  lchownSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  readTrustedFile,
  readTrustedText,
  requireTrustedFile,
  requireTrustedFolder,
  type Trust,
} from '../../src/files/trusted-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Other users can only be played by root, as whom CI runs this. */
const IS_ROOT = process.getuid?.() === 0;
const NEEDS_ROOT = IS_ROOT ? '' : ' (NOT RUN: needs root)';
/** Whom Bonin runs as when it is not root, and somebody else on the machine. */
const [SERVICE, STRANGER] = [65_534, 12_345];
const TEXT = 'what is believed';

interface Node {
  /** A text for a file, a link's target, or nothing for a folder. */
  readonly text?: string;
  readonly link?: string;
  readonly mode?: number;
  readonly owner?: number;
  readonly group?: number;
}

/** Makes folders, files and links in a new folder that everybody may enter, in this order; owners come last. */
function layOut(nodes: Readonly<Record<string, Node>>): string {
  const root = temporaryFolder();
  chmodSync(root, 0o755);
  for (const [name, { text, link, mode }] of Object.entries(nodes)) {
    const path = join(root, name);
    if (link !== undefined) symlinkSync(link, path);
    else if (text !== undefined) writeFileSync(path, text);
    else mkdirSync(path);
    if (link === undefined) chmodSync(path, mode ?? (text === undefined ? 0o755 : 0o600));
  }
  for (const [name, { owner, group, link, mode }] of Object.entries(nodes)) {
    if (owner === undefined && group === undefined) continue;
    lchownSync(join(root, name), owner ?? 0, group ?? 0);
    // A change of owner takes special bits away.
    if (link === undefined && mode !== undefined) chmodSync(join(root, name), mode);
  }
  return root;
}

/** Does something as another user, as a service does that was not started by root. */
function as<T>(user: number | undefined, groups: readonly number[], work: () => T): T {
  if (user === undefined) return work();
  const before = process.getgroups?.() ?? [];
  process.setgroups?.([...groups]);
  process.setegid?.(user);
  process.seteuid?.(user);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
    process.setgroups?.(before);
  }
}

interface Case {
  readonly nodes: Readonly<Record<string, Node>>;
  readonly file?: string;
  readonly trust?: Trust;
  /** Default: whoever runs the test. */
  readonly user?: number;
  readonly groups?: readonly number[];
  /** What is said; without it the file is read. */
  readonly refused?: RegExp;
}

const KEY = { secret: true };
const DEV = { dev: true };
const file = (mode: number, more: Node = {}): Case['nodes'] => ({ 'a.key': { text: TEXT, mode, ...more } });
const inFolder = (folder: Node, more: Node = {}): Case['nodes'] => ({
  d: folder,
  'd/a.key': { text: TEXT, ...more },
});

const BY_ANYBODY: Readonly<Record<string, Case>> = {
  'a file of mode 600': { nodes: file(0o600), trust: KEY },
  'a file of mode 644': { nodes: file(0o644) },
  'a file that can only be read': { nodes: file(0o400), trust: KEY },
  'a key that its group may read': { nodes: file(0o640), trust: KEY },
  'a key that others may read': {
    nodes: file(0o644),
    trust: KEY,
    refused: /a\.key: may be read by others; run chmod 600 on it$/,
  },
  'a key that its group may change': {
    nodes: file(0o660),
    trust: KEY,
    refused: /may be changed by others; run chmod 600 on it$/,
  },
  'a key that its group may change, in dev': {
    nodes: file(0o660),
    trust: { ...KEY, ...DEV },
    refused: /600/,
  },
  'a file that others may change': {
    nodes: file(0o646),
    refused: /may be changed by others; run chmod go-w on it$/,
  },
  'a file that others may change, in dev': {
    nodes: file(0o646),
    trust: DEV,
    refused: /run chmod go-w on it$/,
  },
  'a file that others may only write to': { nodes: file(0o602), refused: /may be changed by others/ },
  'a file that its group may change': { nodes: file(0o664), refused: /run chmod go-w on it$/ },
  'a file of the umask 0002, in dev': { nodes: inFolder({ mode: 0o775 }, { mode: 0o664 }), trust: DEV },
  'a folder that others may change': {
    nodes: inFolder({ mode: 0o757 }),
    refused: /a\.key: the folder \/\S+\/d may be changed by others; run chmod go-w on it$/,
  },
  'a folder that others may change, in dev': {
    nodes: inFolder({ mode: 0o777 }),
    trust: DEV,
    refused: /the folder \/\S+\/d may be changed by others/,
  },
  'a folder that its group may change': {
    nodes: inFolder({ mode: 0o775 }),
    refused: /the folder \/\S+\/d may be changed by its group; run chmod g-w on it$/,
  },
  'a folder that others may change, further up': {
    nodes: { d: { mode: 0o777 }, 'd/e': {}, 'd/e/a.key': { text: TEXT } },
    file: 'd/e/a.key',
    refused: /the folder \/\S+\/d may be changed by others/,
  },
  'a shared folder in which nobody removes what is not theirs': { nodes: inFolder({ mode: 0o1777 }) },
  'the same for a file that gets companions': {
    nodes: inFolder({ mode: 0o1777 }),
    trust: { hasCompanions: true },
    refused: /the folder \/\S+\/d is shared with others; take a folder inside it$/,
  },
  'a link to a file': { nodes: { ...file(0o600), l: { link: 'a.key' } }, file: 'l', trust: KEY },
  'a link through a folder above': {
    nodes: { ...file(0o600), d: {}, 'd/l': { link: '../d/.././a.key' } },
    file: 'd/l',
  },
  'a link to a file that others may read': {
    nodes: { ...file(0o644), l: { link: 'a.key' } },
    file: 'l',
    trust: KEY,
    refused: /\/l: \/\S+\/a\.key may be read by others/,
  },
  'a link out of a folder that others may change': {
    nodes: { ...file(0o600), d: { mode: 0o777 }, 'd/l': { link: '../a.key' } },
    file: 'd/l',
    refused: /the folder \/\S+\/d may be changed by others/,
  },
  'a link into a folder that others may change': {
    nodes: { ...inFolder({ mode: 0o777 }), l: { link: 'd/a.key' } },
    file: 'l',
    refused: /the folder \/\S+\/d may be changed by others/,
  },
  'links in a circle': {
    nodes: { l: { link: 'm' }, m: { link: 'l' } },
    file: 'l',
    refused: /leads through too many links/,
  },
  'a folder in the place of a file': { nodes: { 'a.key': {} }, refused: /is a folder/ },
  // As the kubelet lays a secret out, with `defaultMode: 0400` or 0440.
  'a secret of Kubernetes': {
    nodes: {
      k: { mode: 0o1777 },
      'k/..2026_01_01': { mode: 0o755 },
      'k/..2026_01_01/a.key': { text: TEXT, mode: 0o440 },
      'k/..data': { link: '..2026_01_01' },
      'k/a.key': { link: '..data/a.key' },
    },
    file: 'k/a.key',
    trust: KEY,
  },
  'a credential of systemd': {
    nodes: { c: { mode: 0o700 }, 'c/a.key': { text: TEXT, mode: 0o400 } },
    file: 'c/a.key',
    trust: KEY,
  },
};

const BY_ROOT: Readonly<Record<string, Case>> = {
  "somebody's file, as root": {
    nodes: file(0o600, { owner: STRANGER }),
    refused:
      /a\.key: belongs to the user 12345, whom root must not trust; run chown root on it, or Bonin as that user$/,
  },
  "somebody's file, as root, in dev": {
    nodes: file(0o644, { owner: STRANGER }),
    trust: DEV,
    refused: /run chown root on it/,
  },
  "somebody's file": {
    nodes: file(0o644, { owner: STRANGER }),
    user: SERVICE,
    refused: /belongs to the user 12345, and Bonin runs as the user 65534; run chown 65534 on it$/,
  },
  'the own file of a service': { nodes: file(0o600, { owner: SERVICE }), user: SERVICE, trust: KEY },
  "root's file": { nodes: file(0o644), user: SERVICE },
  "a key of root's that the own group may read": {
    nodes: file(0o640, { group: SERVICE }),
    user: SERVICE,
    trust: KEY,
  },
  "a key of root's that everybody may read": {
    nodes: file(0o644, { group: SERVICE }),
    user: SERVICE,
    trust: KEY,
    refused: /may be read by others; run chmod 640 on it$/,
  },
  "a key of root's that the own group may change": {
    nodes: file(0o660, { group: SERVICE }),
    user: SERVICE,
    trust: KEY,
    refused: /may be changed by others; run chmod 640 on it$/,
  },
  "a people file of root's that a group of others may change, in dev": {
    nodes: file(0o664, { group: STRANGER }),
    trust: DEV,
    refused: /may be changed by others/,
  },
  "somebody's folder": {
    nodes: inFolder({ owner: STRANGER }),
    refused: /a\.key: the folder \/\S+\/d belongs to the user 12345, whom root must not trust/,
  },
  "somebody's folder, in dev": { nodes: inFolder({ owner: STRANGER }), trust: DEV, refused: /the folder/ },
  "somebody's folder further up": {
    nodes: { d: { owner: STRANGER }, 'd/e': {}, 'd/e/a.key': { text: TEXT } },
    file: 'd/e/a.key',
    refused: /the folder \/\S+\/d belongs to the user 12345/,
  },
  "somebody's folder further up, in dev": {
    nodes: { d: { owner: STRANGER, mode: 0o775 }, 'd/e': {}, 'd/e/a.key': { text: TEXT } },
    file: 'd/e/a.key',
    trust: DEV,
  },
  "somebody's folder inside a shared one": {
    nodes: { t: { mode: 0o1777 }, 't/d': { owner: STRANGER }, 't/d/a.key': { text: TEXT } },
    file: 't/d/a.key',
    refused: /the folder \/\S+\/t\/d belongs to the user 12345/,
  },
  "a link into somebody's folder": {
    nodes: { ...inFolder({ owner: STRANGER }), l: { link: 'd/a.key' } },
    file: 'l',
    trust: KEY,
    refused: /\/l: the folder \/\S+\/d belongs to the user 12345/,
  },
  "a link out of somebody's folder": {
    nodes: { ...file(0o600), d: { owner: STRANGER }, 'd/l': { link: '../a.key' } },
    file: 'd/l',
    refused: /the folder \/\S+\/d belongs to the user 12345/,
  },
  "somebody's link": {
    nodes: { ...file(0o600), t: { mode: 0o1777 }, 't/l': { link: '../a.key', owner: STRANGER } },
    file: 't/l',
    refused:
      /the link \/\S+\/t\/l belongs to the user 12345, whom root must not trust; run chown -h root on it/,
  },
  // As with `fsGroup`, and `defaultMode: 0440`.
  'a secret of Kubernetes, as another user': {
    nodes: {
      k: { mode: 0o3777, group: SERVICE },
      'k/..2026_01_01': { mode: 0o2755, group: SERVICE },
      'k/..2026_01_01/a.key': { text: TEXT, mode: 0o440, group: SERVICE },
      'k/..data': { link: '..2026_01_01' },
      'k/a.key': { link: '..data/a.key' },
    },
    file: 'k/a.key',
    trust: KEY,
    user: SERVICE,
  },
  'a volume of Kubernetes, whose group is one of ours': {
    nodes: { v: { mode: 0o2775, group: 777 }, 'v/a.key': { text: TEXT, owner: SERVICE } },
    file: 'v/a.key',
    trust: { ...KEY, hasCompanions: true },
    user: SERVICE,
    groups: [777],
  },
  "the same when the folder is not root's": {
    nodes: { v: { mode: 0o2775, owner: SERVICE, group: 777 }, 'v/a.key': { text: TEXT, owner: SERVICE } },
    file: 'v/a.key',
    trust: KEY,
    user: SERVICE,
    groups: [777],
    refused: /the folder \/\S+\/v may be changed by its group/,
  },
  'the same when we are not in the group': {
    nodes: { v: { mode: 0o2775, group: 778 }, 'v/a.key': { text: TEXT, owner: SERVICE } },
    file: 'v/a.key',
    trust: KEY,
    user: SERVICE,
    groups: [777],
    refused: /the folder \/\S+\/v may be changed by its group/,
  },
  'a credential of systemd, as another user': {
    nodes: { c: { mode: 0o500, owner: SERVICE }, 'c/a.key': { text: TEXT, mode: 0o400, owner: SERVICE } },
    file: 'c/a.key',
    trust: KEY,
    user: SERVICE,
  },
  // Where an ACL lets the user in, its mask stands in the place of the group.
  'a credential of systemd that belongs to root': {
    nodes: { c: { mode: 0o550, group: SERVICE }, 'c/a.key': { text: TEXT, mode: 0o440, group: SERVICE } },
    file: 'c/a.key',
    trust: KEY,
    user: SERVICE,
  },
};

function check({ nodes, file: name, trust, user, groups = [], refused }: Case): void {
  const path = join(layOut(nodes), name ?? (nodes['d'] === undefined ? 'a.key' : 'd/a.key'));
  const found = [
    () => String(readTrustedFile(path, trust)),
    () => readTrustedText(path, trust),
    () => readFileSync(requireTrustedFile(path, trust), 'utf8'),
  ].map((read) => () => as(user, groups, read));
  for (const read of found) {
    if (refused === undefined) expect(read()).toBe(TEXT);
    else
      expect(read).toThrow(
        expect.objectContaining({ code: 'start_refused', message: expect.stringMatching(refused) }),
      );
  }
}

describe('a file whose content is believed', () => {
  test.for(Object.entries(BY_ANYBODY))('%s', ([, each]) => check(each));

  describe.runIf(IS_ROOT)(`that is of another user${NEEDS_ROOT}`, () => {
    test.for(Object.entries(BY_ROOT))('%s', ([, each]) => check(each));
  });

  test('a pipe in its place is refused and not waited for', () => {
    const path = join(temporaryFolder(), 'a.key');
    execFileSync('mkfifo', ['-m', '600', path]);
    expect(() => readTrustedFile(path)).toThrow(/is not a file/);
  });

  test('what was handed over open is read as it is, by whatever name', () => {
    const path = join(layOut(file(0o666)), 'a.key');
    expect(() => readTrustedFile(path)).toThrow(/changed by others/);
    for (const name of ['/dev/fd/', '/proc/self/fd/']) {
      const descriptor = openSync(path, 'r');
      expect(readTrustedText(name + descriptor, KEY)).toBe(TEXT);
      closeSync(descriptor);
    }
  });

  test('of a text the byte order mark is left out, and what is not UTF-8 is refused', () => {
    const path = join(temporaryFolder(), 'a.txt');
    writeFileSync(path, '\ufeffBonin');
    expect(readTrustedText(path)).toBe('Bonin');
    writeFileSync(path, Buffer.from([0x42, 0xed, 0xa0, 0x80]));
    expect(() => readTrustedText(path)).toThrow(/a\.txt: is not UTF-8, as line 1 shows; save it as UTF-8$/);
  });

  test('one that is not there fails as the system says', () => {
    const path = join(temporaryFolder(), 'none');
    for (const read of [readTrustedFile, requireTrustedFile])
      expect(() => read(path)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});

describe('a folder for such a file', () => {
  test('may be there or not, and nobody else may change what is there', () => {
    const root = layOut({ mine: {}, open: { mode: 0o777 }, shared: { mode: 0o1777 }, l: { link: 'open' } });
    const check = (name: string, trust?: Trust) => () => requireTrustedFolder(join(root, name), trust);
    for (const name of ['mine', 'mine/a/b', 'shared', 'shared/a']) expect(check(name)).not.toThrow();
    for (const name of ['open', 'open/a/b', 'l', 'l/a'])
      expect(check(name)).toThrow(/open:? may be changed by others; run chmod go-w on it$/);
    expect(check('open')).toThrow(/\/open: may be changed by others/);
    expect(check('shared', { hasCompanions: true })).toThrow(/\/shared: is shared with others/);
    expect(check('shared/a', { hasCompanions: true })).not.toThrow();
  });

  test.runIf(IS_ROOT)(`is not somebody else's, nor below one in serve${NEEDS_ROOT}`, () => {
    const root = layOut({ d: { owner: STRANGER } });
    expect(() => requireTrustedFolder(join(root, 'd/data'))).toThrow(/d belongs to the user 12345/);
    expect(() => requireTrustedFolder(join(root, 'd'), DEV)).toThrow(/d: belongs to the user 12345/);
    expect(() => requireTrustedFolder(join(root, 'd/data'), DEV)).not.toThrow();
  });
});
