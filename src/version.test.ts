import { expect, it } from 'vitest';
import { isAtLeast, readNeededNode } from './version.ts';

it.each([
  ['26.10.0', '24', true],
  ['24.0.0', '24', true],
  ['22.18.0', '22.18.0', true],
  ['22.18.1', '22.18', true],
  ['23.0.0', '22.18.0', true],
  ['22.17.9', '22.18.0', false],
  ['20.19.0', '24', false],
  ['9.0.0', '10', false],
])('Node %s is enough for %s: %s', (version, least, isEnough) => {
  expect(isAtLeast(version, least)).toBe(isEnough);
});

it('the manifest says which Node is needed', () => {
  expect(readNeededNode()).toMatch(/^\d+(?:\.\d+)*$/);
  expect(isAtLeast(process.versions.node, readNeededNode())).toBe(true);
});
