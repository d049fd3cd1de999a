import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { API_ROUTES } from '../../src/sandbox/api-routes.ts';
import { CONTROLS } from '../../src/sandbox/control-schemas.ts';
import { jsonSchemaOf } from '../../src/validation/json-schema.ts';
import { ROOT } from './blocks.ts';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const READMES = ['README.md', 'README.ko.md'];

/** Everything that is written for readers: the pages at the top, of `docs/` and of the examples. */
function listPages(): readonly string[] {
  const inside = ['docs', 'examples'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter(({ name, parentPath }) => name.endsWith('.md') && !parentPath.includes('node_modules'))
      .map(({ name, parentPath }) => relative(ROOT, join(parentPath, name))),
  );
  return [...READMES, 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', ...inside];
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(file: string): readonly string[] {
  const text = read(file).replaceAll(/^```.*?^```$/gms, '');
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The members of an object's schema, also of the objects inside its lists. */
function membersOf(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) => [
    ...(key === 'properties' ? Object.keys(value) : []),
    ...membersOf(value),
  ]);
}

describe('the pages', () => {
  it('link to files and headings that exist', () => {
    const dead = listPages().flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
        if (/^[a-z]+:/.test(target)) return [];
        const [path = '', anchor] = target.split('#', 2);
        const file = path === '' ? page : join(dirname(page), path);
        const isThere =
          existsSync(join(ROOT, file)) && (anchor === undefined || anchorsOf(file).includes(anchor));
        return isThere ? [] : [`${page}: ${target}`];
      }),
    );
    expect(dead).toEqual([]);
  });

  it('of the sandbox name every route, member, merchant and channel', () => {
    const page = read('docs/sandbox.md');
    const paths = [...Object.keys(CONTROLS).map((route) => route.split(' ')[1]), ...Object.keys(API_ROUTES)];
    const members = Object.values(CONTROLS).flatMap((control) =>
      Object.values(control).flatMap((part) => membersOf(jsonSchemaOf(part))),
    );
    const { merchants, certifications } = JSON.parse(read('src/sandbox/people.json'));
    const [first, ...others] = merchants;
    const keys = [first, ...others].flatMap(({ user_code, imp_key }) => [user_code, imp_key]);
    const channels = first.channels.map(({ channel_key }: { channel_key: string }) => channel_key);
    const words = page.split(/[`?="{}:\s]+/);
    const missing = [...members, ...keys, ...channels, certifications.at(-1).imp_uid]
      .filter((word) => !words.includes(word))
      .concat(paths.filter((path = '') => !page.includes(path)));
    expect(missing).toEqual([]);
  });

  it('of the clients name the versions that the tests use, and every language of the replays', () => {
    const page = read('docs/clients.md');
    for (const name of ['iamport', 'iamporter', 'iamport-rest-client-nodejs', 'iamport-server-api'])
      expect(page).toContain(`\`${name}\` ${JSON.parse(read(`node_modules/${name}/package.json`)).version}`);
    const sections = [...page.matchAll(/^## \.?(\w+)$/gm)].map(([, title = '']) => title.toLowerCase());
    const languages = readdirSync(join(ROOT, 'test/clients/replays'))
      .filter((file) => file.endsWith('.txt') && file !== 'curl.txt')
      .map((file) => file.replace('.txt', ''));
    expect(languages.length).toBeGreaterThan(5);
    expect(sections).toEqual(expect.arrayContaining(languages));
    for (const [, address = ''] of page.matchAll(/http:\/\/(127[^/`')"\s]*)/g))
      expect(address).toBe('127.0.0.1:8282');
  });

  it('at the top are honest about the agencies', () => {
    const [, registry = ''] =
      /const ADAPTERS = \{(.*?)\} satisfies/s.exec(read('src/providers/index.ts')) ?? [];
    const names = [...registry.matchAll(/^\s*'?([\w-]+)'?:/gm)].map(([, name = '']) => name);
    for (const readme of READMES) {
      const status = /^\*\*(?:Status|현재 상태)\.\*\* .+$/m.exec(read(readme))?.[0] ?? '';
      const claimsNone = /Agencies: none yet|인증기관 연동은 아직 없습니다/.test(status);
      expect(claimsNone, readme).toBe(names.length === 0);
      for (const name of names) expect(status).toContain(name);
    }
  });
});
