import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../src/config/settings.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

describe('the documentation', () => {
  it('of the settings is what the program prints of them', () => {
    const printed = execFileSync(process.execPath, [join(ROOT, 'src/cli/main.ts'), 'settings'], {
      encoding: 'utf8',
    });
    expect(read('docs/configuration.md')).toBe(printed);
  });

  it('names every setting in .env.example, with its default, and none that does not exist', () => {
    const lines = read('.env.example').matchAll(/^#?(BONIN_[A-Z_]+)=(.*)$/gm);
    const named = new Map([...lines].map(([, name, value]) => [name, value]));
    for (const { env, fallback } of Object.values(SETTINGS)) {
      expect(named.has(env), env).toBe(true);
      const preset = String(fallback ?? '');
      if (preset !== '') expect(named.get(env)).toBe(preset);
      named.delete(env);
    }
    expect([...named.keys()].sort()).toEqual(['BONIN_IMP_KEY', 'BONIN_IMP_SECRET', 'BONIN_URL']);
  });

  it('names the one command that tests everything, which CI runs', () => {
    for (const page of ['README.md', 'README.ko.md', 'CONTRIBUTING.md'])
      expect(read(page), page).toContain('`npm ci && npm test`');
    expect(read('.ci/run')).toContain('npm ci && npm test\n');
  });

  it('fits on two screens where everybody begins', () => {
    for (const page of ['README.md', 'README.ko.md'])
      expect(read(page).split('\n').length, page).toBeLessThanOrEqual(92);
  });
});
