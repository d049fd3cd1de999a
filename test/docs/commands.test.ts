import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Block, readBlocks } from './blocks.ts';
import { cloneRepository, installPackage, openShell, type Shell } from './stranger.ts';

/** The commands that serve until they are stopped: where they are typed. */
const STARTS = { 'npm ci --omit=dev && npm start\n': 'clone', 'npx bonin dev\n': 'project' } as const;

const isStart = ({ text }: Block) => Object.hasOwn(STARTS, text);

/** The readers' own code in the sample of a test. */
const SIGN_UP = `import { Client } from 'bonin/client';
export async function signUp(impUid, { url, impKey, impSecret }) {
  const client = new Client({ impKey, impSecret, baseUrl: url });
  const { certified, name } = await client.getCertification(impUid);
  return certified ? { member: name } : {};
}
`;

/** What is printed; `…` in a page stands for anything. */
function patternOf(text: string): RegExp {
  const parts = text.trimEnd().split('…');
  return new RegExp(
    `^${parts.map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('.*')}\\s*$`,
    's',
  );
}

describe('the commands and samples of the pages', { timeout: 600_000 }, () => {
  /** Runs everything on a page, in order. A kind of block that is not known here fails. */
  async function runPage(file: string, project: string, shell: Shell): Promise<void> {
    let printed: string | null = null;
    for (const block of readBlocks(file)) {
      if (block.language === 'sh' && isStart(block)) continue;
      switch (block.language) {
        case 'sh':
          printed = await shell.run(block.text);
          expect(printed, block.place).not.toBe('');
          for (const [code] of printed.matchAll(/\{"code":[^,]*/g))
            expect(code, block.place).toBe('{"code":0');
          break;
        case '':
          expect(printed, `${block.place} is printed by the command above it`).toMatch(patternOf(block.text));
          printed = null;
          break;
        case 'js':
          writeFileSync(join(project, 'sign-up.js'), SIGN_UP);
          writeFileSync(join(project, 'sample.test.js'), block.text);
          expect(
            await shell.run('node node_modules/vitest/vitest.mjs run --test-timeout=120000'),
            block.place,
          ).toMatch(/Tests\s+1 passed \(1\)/);
          break;
        default:
          expect.fail(`${block.place}: nothing here runs a block of ${block.language}`);
      }
    }
  }

  it('do what README.md and docs/sandbox.md say, with the published package', async () => {
    const project = await installPackage();
    const shell = await openShell(project, process.execPath);
    await shell.serve('npx bonin dev');
    await runPage('README.md', project, shell);
    await runPage('docs/sandbox.md', project, shell);
  });

  it('start the sandbox in a clone, and look up there', async () => {
    const clone = await openShell(cloneRepository());
    const address = await clone.serve('npm ci --omit=dev && npm start');
    expect((await fetch(`${address}/readyz`)).status).toBe(200);
    const asked = readBlocks('README.md').filter(
      (block) => block.text.includes('npx bonin') && !isStart(block),
    );
    expect(asked.length).toBeGreaterThan(1);
    for (const { text, place } of asked)
      expect(await clone.run(text.replaceAll('npx bonin', 'node src/cli/bonin.cjs')), place).toContain(
        'imp_000000000001',
      );
  });

  it('are the same in both languages, and name each way to start once', () => {
    const english = readBlocks('README.md');
    const plain = ({ language, text }: Block) => ({ language, text });
    expect(readBlocks('README.ko.md').map(plain)).toEqual(english.map(plain));
    expect(english.filter(isStart).map(({ text }) => text)).toEqual(Object.keys(STARTS));
  });
});
