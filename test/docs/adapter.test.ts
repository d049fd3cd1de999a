import { spawn } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PostcardAgency } from '../../examples/adapter/agency.ts';
import { launchBrowser } from '../page/browser.ts';
import { shopOf } from '../page/shop.ts';
import { Client } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ROOT = join(import.meta.dirname, '../..');
const LONGEST = 80;
const SECRET = 'SecretOfPostcard1234';
const PERSON = { name: '까나리아', birthday: '1991-02-03', phone: '01000007531', ci: 'C'.repeat(88) };
const MERCHANT = {
  user_code: 'imp00000001',
  imp_key: 'key_of_a_shop_1',
  imp_secret: 'kV7dQ2mXw9RzT4bNs8HpLc3YfJ6gAe5U',
  page: { return_hosts: ['shop.example'] },
};

/** The adapter of the documentation, as it stands in `src/providers/`. */
const adapterFile = () =>
  readFileSync(join(ROOT, 'examples/adapter/postcard.ts'), 'utf8').replaceAll("'../../src/", "'../");

describe('the adapter of the documentation', () => {
  it('stands there as it is in the examples, and is short', () => {
    const page = readFileSync(join(ROOT, 'docs/providers/writing-one.md'), 'utf8');
    expect(page).toContain(`\`\`\`ts\n${adapterFile()}\`\`\``);
    expect(adapterFile().split('\n').length).toBeLessThan(LONGEST);
  });

  it('is one file and one line away from certifying people with bonin serve', async () => {
    const folder = temporaryFolder();
    cpSync(join(ROOT, 'src'), join(folder, 'src'), { recursive: true });
    cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'src/providers/postcard.ts'), adapterFile());
    const registry = join(folder, 'src/providers/index.ts');
    const before = readFileSync(registry, 'utf8');
    const after = before
      .replace('const ADAPTERS = {', 'const ADAPTERS = { postcard: createPostcard,')
      .replace('\n\n', "\nimport { createPostcard } from './postcard.ts';\n\n");
    expect(after).not.toBe(before);
    writeFileSync(registry, after);

    const agency = await PostcardAgency.open(SECRET, PERSON);
    onTestFinished(() => agency.close());
    const run = (...words: readonly string[]) => {
      const child = spawn(process.execPath, [join(folder, 'src/cli/main.ts'), ...words], {
        env: { PATH: process.env['PATH'], HOME: folder },
      });
      let printed = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => {
          printed += text;
        });
      onTestFinished(() => void child.kill('SIGKILL'));
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
      return { ended, printed: () => printed };
    };
    const data = ['--data', join(folder, 'data')];
    const bring = async (channel: object) => {
      const channels = [{ channel_key: 'c', pg_provider: 'kcp_v2', pg_id: 'S1', ...channel }];
      const file = join(folder, 'merchants.json');
      writeFileSync(file, JSON.stringify({ merchants: [{ ...MERCHANT, channels }] }), { mode: 0o600 });
      const { ended, printed } = run('merchants', file, ...data);
      return [await ended, printed()] as const;
    };
    const right = { url: agency.url, secret: SECRET };
    const refusals = [
      [
        { adapter: 'postcrad', settings: right },
        'channel c: there is no adapter postcrad here; known: postcard',
      ],
      [{ adapter: 'postcard' }, 'channel c: settings.url must be the origin of the agency'],
      [{ adapter: 'postcard', settings: { ...right, secert: 'x' } }, 'channel c: settings.secert is unknown'],
      [
        { adapter: 'postcard', settings: right, pg_provider: 'danal' },
        'channel c: the adapter postcard shows pg_provider kcp_v2 only',
      ],
    ] as const;
    for (const [channel, sentence] of refusals) {
      const [code, printed] = await bring(channel);
      expect(printed).toContain(sentence);
      expect(printed).not.toContain(SECRET);
      expect(code).toBe(1);
    }
    expect(await bring({ adapter: 'postcard', settings: right })).toEqual([
      0,
      expect.stringContaining('1 channels'),
    ]);
    for (const file of readdirSync(join(folder, 'data')))
      expect(readFileSync(join(folder, 'data', file)).includes(SECRET), file).toBe(false);

    const entry = {
      channel_key: 'd',
      pg_provider: 'kcp_v2',
      pg_id: 'S1',
      adapter: 'postcard',
      settings: right,
    };
    const file = join(folder, 'channel.json');
    writeFileSync(file, JSON.stringify(entry), { mode: 0o600 });
    for (const [words, said] of [
      [['add', MERCHANT.user_code, file], 'd is added'],
      [['list'], '  d  postcard  kcp_v2  simulator-tested'],
      [['show', 'd'], 'settings          secret, url'],
      [['test', 'd'], 'd  the settings are complete; the agency was not asked'],
      [['remove', 'd'], 'd is removed'],
    ] as const) {
      const { ended, printed } = run('channels', ...words, ...data);
      expect(await ended, printed()).toBe(0);
      expect(printed()).toContain(said);
      expect(printed()).not.toContain(SECRET);
    }

    const serve = run('serve', '--port', '0', ...data);
    await eventually(() => /http:\/\/127\.0\.0\.1:\d+/.test(serve.printed()));
    expect(serve.printed()).toContain('http://127.0.0.1:');
    const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(serve.printed()) ?? [];
    const started = await shopOf({ url }).start({
      user_code: MERCHANT.user_code,
      window: 'redirect',
      m_redirect_url: 'https://shop.example/done',
    });
    const browser = await launchBrowser();
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    await page.route('https://shop.example/**', (route) => route.fulfill({ body: 'shop' }));
    await page.goto(started.url);
    await page.locator('button[value=approved]').click();
    await page.waitForURL('https://shop.example/done?*');
    expect(new URL(page.url()).searchParams.get('success')).toBe('true');

    const client = new Client(url);
    onTestFinished(() => client.close());
    const { token } = await client.token(MERCHANT.imp_key, MERCHANT.imp_secret);
    const { response } = await client.lookup(token, started.imp_uid);
    expect(response).toMatchObject({
      certified: true,
      name: PERSON.name,
      birthday: PERSON.birthday,
      phone: PERSON.phone,
      unique_key: PERSON.ci,
      pg_provider: 'kcp_v2',
    });
    expect(serve.printed()).not.toMatch(/까나리아|1991-02-03|01000007531/);
  });
});
