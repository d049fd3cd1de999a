import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { REQUEST_LIMITS } from '../core/limits.ts';
import { loadDatabaseConfig, loadDevConfig, loadHealthConfig, loadServeConfig } from './command-config.ts';
import { SETTINGS } from './settings.ts';

describe('settings of dev', () => {
  it('have defaults', () => {
    const loaded = loadDevConfig({}, {});
    expect(loaded).toMatchObject({
      config: { port: 8282, host: '127.0.0.1', hostGiven: false, seed: null, basePath: '', logLevel: 'warn' },
    });
  });

  it('come from the environment, and from options first', () => {
    const loaded = loadDevConfig({ port: '1', memory: true }, { BONIN_PORT: '2', BONIN_HOST: '::1' });
    expect(loaded).toMatchObject({
      config: { port: 1, host: '::1', hostGiven: true, keeping: { kind: 'memory' } },
    });
  });

  it('are not given by an empty variable', () => {
    const empty = Object.fromEntries(Object.values(SETTINGS).map(({ env }) => [env, '']));
    expect(loadDevConfig({}, empty)).toEqual(loadDevConfig({}, {}));
    expect(loadServeConfig({}, empty)).toEqual(loadServeConfig({}, {}));
    expect(loadDevConfig({ data: '' }, {})).toEqual({ problems: ['--data must not be empty'] });
  });

  it('that do not parse are all reported at once, under the name they were given by', () => {
    const loaded = loadDevConfig(
      { port: '70000', 'log-level': 'loud' },
      { BONIN_MEMORY: 'perhaps', BONIN_BASE_PATH: 'x/' },
    );
    expect(loaded).toEqual({
      problems: [
        '--port must be a number from 0 to 65535',
        'BONIN_MEMORY must be true or false',
        'BONIN_BASE_PATH must be empty or look like /iamport',
        '--log-level must be one of debug, info, warn, error, silent',
      ],
    });
  });

  it('keep data in a folder of any name', () => {
    const read = loadDevConfig({ data: '/a #1/b?c=%41/가' }, {});
    expect(read).toMatchObject({
      config: { keeping: { databaseUrl: 'sqlite:/a%20%231/b%3Fc=%2541/%EA%B0%80/bonin.db' } },
    });
  });

  it('refuse a folder together with keeping nothing', () => {
    expect(loadDevConfig({ memory: true, data: 'x' }, {})).toEqual({
      problems: ['--memory and --data exclude each other'],
    });
  });

  it('take a database elsewhere, and never quote its address', () => {
    const url = 'postgres://someone:Geheim-1@db.example/bonin';
    expect(loadDevConfig({}, { BONIN_DATABASE_URL: url })).toMatchObject({
      config: { keeping: { kind: 'folder', databaseUrl: url, databaseFile: null } },
    });
    expect(loadDevConfig({ 'database-url': 'sqlite:/srv/bonin/a.db' }, {})).toMatchObject({
      config: { keeping: { databaseUrl: 'sqlite:/srv/bonin/a.db', databaseFile: '/srv/bonin/a.db' } },
    });
    expect(loadDevConfig({ memory: true }, { BONIN_DATABASE_URL: url })).toEqual({
      problems: ['--memory and --database-url exclude each other'],
    });
    for (const wrong of [
      'mysql://a:Geheim-1@b/c',
      'postgres://a:Geheim-1@b:x/c',
      'Geheim-1',
      'sqlite:',
      'sqlite:%',
    ])
      expect(loadDevConfig({}, { BONIN_DATABASE_URL: wrong })).toEqual({
        problems: ['BONIN_DATABASE_URL must be a URL that begins with sqlite:, postgres: or postgresql:'],
      });
  });
});

describe('settings of serve', () => {
  it('have defaults, which are not all those of dev', () => {
    expect(loadServeConfig({ data: '/srv/bonin' }, {})).toEqual({
      config: {
        port: 8282,
        host: '127.0.0.1',
        database: {
          databaseUrl: 'sqlite:/srv/bonin/bonin.db',
          databaseFile: '/srv/bonin/bonin.db',
          masterKeys: '/srv/bonin/master.keys',
        },
        basePath: '',
        publicUrl: null,
        trustedProxies: [],
        maxConnections: 10_000,
        metrics: null,
        logLevel: 'info',
        corsOrigins: [],
        limits: REQUEST_LIMITS,
        keepUnverified: 30 * 86_400_000,
        keepOpened: 30_000,
        workers: 1,
      },
    });
  });

  it('take limits as counts and seconds, and say what is none', () => {
    const loaded = loadServeConfig({ 'limit-phone': '3/60, 10/3600' }, { BONIN_LIMIT_ADDRESS: '7/1' });
    expect('config' in loaded && loaded.config.limits).toMatchObject({
      phone: [
        { count: 3, window: 60_000 },
        { count: 10, window: 3_600_000 },
      ],
      address: [{ count: 7, window: 1_000 }],
    });
    for (const text of ['', '0/60', '5', '5/0', '5/86401', '5/600;20/60', '-1/60', '5/600,', 'many'])
      expect(loadServeConfig({ 'limit-merchant': text }, {}), text).toEqual({
        problems: [expect.stringMatching(/^--limit-merchant must be COUNT\/SECONDS/)],
      });
    for (const text of ['0', '-1', '1.5', '10000', 'ever'])
      expect(loadServeConfig({ 'keep-unverified': text }, {}), text).toHaveProperty('problems');
  });

  it('leave those of dev unread', () => {
    expect(loadServeConfig({}, { BONIN_MEMORY: 'perhaps', BONIN_SEED: '' })).toHaveProperty('config');
    expect(loadDevConfig({}, { BONIN_WORKERS: 'many' })).toHaveProperty('config');
  });

  it('take the key and the database from different places, as bonin merchants does', () => {
    const environment = {
      BONIN_DATABASE_URL: 'postgres://db.example/bonin',
      BONIN_MASTER_KEYS: '/etc/bonin/own.keys',
    };
    const database = {
      databaseUrl: 'postgres://db.example/bonin',
      databaseFile: null,
      masterKeys: '/etc/bonin/own.keys',
    };
    expect(loadServeConfig({}, environment)).toMatchObject({ config: { database } });
    expect(loadDatabaseConfig('merchants', {}, environment)).toEqual({ config: database });
  });

  it('refuse a database that forgets', () => {
    const problems = ['--database-url must name a file or a server, not memory'];
    const environment = { BONIN_DATABASE_URL: 'sqlite::memory:' };
    expect(loadServeConfig({}, environment)).toEqual({ problems });
    for (const command of ['merchants', 'export', 'import', 'backup', 'restore'] as const)
      expect(loadDatabaseConfig(command, {}, environment)).toEqual({ problems });
  });

  it('take a number of workers, or as many as there are processors', () => {
    const workers = (text: string) => loadServeConfig({ workers: text }, {});
    expect(workers('7')).toMatchObject({ config: { workers: 7 } });
    expect(workers('auto')).toMatchObject({ config: { workers: availableParallelism() } });
    for (const wrong of ['', '0', '-1', '1.5', '1000', 'all'])
      expect(workers(wrong)).toHaveProperty('problems');
  });

  it('take the proxies whose word on a client is believed', () => {
    for (const load of [loadServeConfig, loadDevConfig]) {
      const proxies = (text: string) => load({}, { BONIN_TRUSTED_PROXIES: text });
      expect(proxies('10.0.0.0/8, ::1')).toMatchObject({ config: { trustedProxies: ['10.0.0.0/8', '::1'] } });
      for (const wrong of [',', '10.0.0.1,', 'localhost', '10.0.0.0/99', '*'])
        expect(proxies(wrong)).toEqual({
          problems: [
            'BONIN_TRUSTED_PROXIES must be addresses or blocks as in 10.0.0.0/8, separated by commas',
          ],
        });
    }
  });

  it('take a number of connections', () => {
    for (const load of [loadServeConfig, loadDevConfig]) {
      const connections = (text: string) => load({ 'max-connections': text }, {});
      expect(connections('4000')).toMatchObject({ config: { maxConnections: 4000 } });
      for (const wrong of ['', '0', '-1', '1.5', 'many', '10000000'])
        expect(connections(wrong)).toEqual({
          problems: ['--max-connections must be a number from 1 to 9999999'],
        });
    }
  });

  it('take the origin that browsers know', () => {
    for (const load of [loadServeConfig, loadDevConfig]) {
      const publicUrl = (text: string) => load({}, { BONIN_PUBLIC_URL: text });
      expect(publicUrl('https://id.example')).toMatchObject({ config: { publicUrl: 'https://id.example' } });
      for (const wrong of [
        'id.example',
        'https://id.example/',
        'https://id.example/iamport',
        'ftp://id.example',
      ])
        expect(publicUrl(wrong)).toEqual({
          problems: ['BONIN_PUBLIC_URL must be an origin as in https://id.example.com'],
        });
    }
  });

  it('let serve have no address under which no agency could send people back', () => {
    const room = 128 - '/page/back/'.length - 22 - '/back'.length;
    const load = (length: number, basePath = '') =>
      loadServeConfig(
        { 'public-url': `https://${'x'.repeat(length - 8 - basePath.length)}`, 'base-path': basePath },
        {},
      );
    for (const basePath of ['', '/iamport']) {
      expect(load(room, basePath)).toHaveProperty('config');
      expect(load(room + 3, basePath)).toEqual({
        problems: [
          '--public-url and --base-path together must have at most 90 bytes: agencies send people back to addresses of at most 128 bytes',
        ],
      });
    }
  });

  it('take origins as browsers write them, and nothing that would never match', () => {
    const origins = (text: string) => loadServeConfig({ 'cors-origins': text }, {});
    expect(origins('https://a.example,http://b.example:3000 , http://[::1]:8')).toMatchObject({
      config: { corsOrigins: ['https://a.example', 'http://b.example:3000', 'http://[::1]:8'] },
    });
    for (const wrong of [
      '',
      '*',
      'null',
      'a.example',
      'https://a.example/',
      'https://A.example',
      'https://a.example:443',
      'https://a.example,',
      'ftp://a.example',
      'https://u@a.example',
    ])
      expect(origins(wrong), wrong).toHaveProperty('problems');
  });
});

describe('the file of the database URL', () => {
  const load = (text: string, more = {}) => {
    const folder = mkdtempSync(join(tmpdir(), 'bonin-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'url');
    writeFileSync(file, text, { mode: 0o600 });
    return { file, loaded: loadServeConfig({}, { BONIN_DATABASE_URL_FILE: file, ...more }) };
  };

  it('gives the URL, without its line end', () => {
    const url = 'postgres://someone:Geheim-1@db.example/bonin';
    const database = { databaseUrl: url, databaseFile: null };
    expect(load(`${url}\n`).loaded).toMatchObject({ config: { database } });
  });

  it('is refused together with the URL, with another content, and when it is not there', () => {
    const both = load('sqlite:a.db', { BONIN_DATABASE_URL: 'sqlite:b.db' });
    expect(both.loaded).toEqual({ problems: ['--database-url and --database-url-file exclude each other'] });
    const wrong = load('Geheim-1');
    expect(wrong.loaded).toEqual({
      problems: [`${wrong.file} must be a URL that begins with sqlite:, postgres: or postgresql:`],
    });
    expect(loadServeConfig({ 'database-url-file': '/nowhere/url' }, {})).toEqual({
      problems: ['/nowhere/url: does not exist'],
    });
    const url = { 'database-url-file': wrong.file, memory: true };
    expect(loadDevConfig(url, {})).toHaveProperty('problems');
  });
});

describe('settings of health', () => {
  it('are where the server listens', () => {
    expect(loadHealthConfig({}, {})).toEqual({ config: { host: '127.0.0.1', port: 8282 } });
    expect(loadHealthConfig({ port: '0' }, {})).toHaveProperty('problems');
  });
});
