import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { type Manifest, packPackage } from '../support/packed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/* What is published, and nothing else. */

/** Every file of the package is of one of these kinds. */
const ALLOWED: readonly RegExp[] = [
  /^(package\.json|LICENSE|CHANGELOG\.md|README(\.ko)?\.md)$/,
  /^docs\/(?!images\/).*\.(md|json|yaml|svg)$/,
  // The command, the bundles of the server, and the doors for `require`.
  /^dist\/bonin\.cjs$/,
  /^dist\/(main|testing|playwright|[\w.-]+-[A-Z0-9]{8})\.js$/,
  /^dist\/(testing|playwright)\.cjs$/,
  /^dist\/(client|browser)\/index\.c?js$/,
  /^dist\/(testing|playwright|client\/(index|certification)|browser\/index|sandbox\/testing-types)\.d\.c?ts$/,
  // What is read at run time.
  /^dist\/browser\/iamport(\.esm)?\.js$/,
  /^dist\/storage\/(sqlite|postgres)\/migrations\/\d+-[\w-]+\.sql$/,
  /^dist\/conformance\/cases\/v1\/.*\.(json|md)$/,
  /^dist\/(page|reference)\/assets\/[\w.-]+\.(js|css|txt)$/,
  /^dist\/sandbox\/ui\/[\w.-]+\.(js|css)$/,
];

/** Without these the package is not whole. */
const NEEDED = [
  'LICENSE',
  'README.md',
  'README.ko.md',
  'package.json',
  'dist/bonin.cjs',
  'dist/main.js',
  'dist/reference/assets/redoc.LICENSE.txt',
  'dist/reference/assets/redoc.standalone.js.LICENSE.txt',
];

test('npm pack takes what is published and nothing else, with a manifest that brings no runtime', {
  timeout: 300_000,
}, async () => {
  const folder = temporaryFolder();
  const file = await packPackage(folder);
  const list = execFileSync('tar', ['tzf', file], { encoding: 'utf8' }).trim().split('\n');
  const files = list.map((each) => each.replace(/^package\//, ''));
  expect(files.filter((each) => !ALLOWED.some((kind) => kind.test(each)))).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(NEEDED));

  const text = execFileSync('tar', ['xzOf', file, 'package/package.json'], { encoding: 'utf8' });
  const packed = JSON.parse(text) as Manifest;
  expect(Object.keys(packed.dependencies).filter((name) => /^node-|runtime/.test(name))).toEqual([]);
  expect(packed).not.toHaveProperty('optionalDependencies');
  expect(packed).not.toHaveProperty('scripts.install');
  expect(packed).not.toHaveProperty('scripts.postinstall');
  expect(packed).toMatchObject({
    engines: { node: '^22.16.0 || >=24.0.0' },
    license: 'Apache-2.0',
    repository: { type: 'git', url: expect.stringMatching(/^git\+https:/) },
    homepage: expect.stringMatching(/^https:/),
    bugs: expect.stringMatching(/^https:/),
  });
  // Each file that the manifest names is there.
  const named = JSON.stringify([packed['bin'], packed['exports'], packed['typesVersions']]);
  for (const [, path] of named.matchAll(/"(?:\.\/)?(dist\/[^"]+)"/g)) expect(files).toContain(path);
});
