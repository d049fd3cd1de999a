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

  it('gives both readmes the same commands, one to start and one to test', () => {
    const commands = (file: string) =>
      [...read(file).matchAll(/```\n([\s\S]*?)```/g)].map(([, block]) => block);
    expect(commands('README.ko.md')).toEqual(commands('README.md'));
    expect(commands('README.md')[0]).toBe('npm ci && npm start\n');
    expect(commands('README.md').at(-1)).toBe('npm ci && npm test\n');
    expect(read('.ci/run')).toContain('npm ci && npm test\n');
  });
});
