import { describe, expect, it } from 'vitest';
import { readAddress } from './address.ts';

const read = (url: string) => readAddress(new URL(url));

describe('the address of a PostgreSQL database', () => {
  it('gives the driver its parts, and people a name without user and password', () => {
    expect(read('postgres://us%40er:p%2Fw@db.example:6432/bo%20nin')).toEqual({
      name: 'db.example:6432/bo nin',
      servers: [{ host: 'db.example', port: 6432 }],
      config: { database: 'bo nin', user: 'us@er', password: 'p/w', ssl: {} },
    });
    expect(read('postgresql://[::1]')).toEqual({
      name: '::1:5432/',
      servers: [{ host: '::1', port: 5432 }],
      config: { ssl: false },
    });
  });

  it('may be a Unix socket', () => {
    expect(read('postgres:///bonin?host=/run/postgresql')).toEqual({
      name: '/run/postgresql:5432/bonin',
      servers: [{ host: '/run/postgresql', port: 5432 }],
      config: { database: 'bonin', ssl: false },
    });
  });

  it('asks for TLS with a checked certificate of any server but this machine', () => {
    const tls = (rest: string) => read(`postgres://${rest}`).config.ssl;
    expect(tls('localhost/d')).toBe(false);
    expect(tls('127.0.0.1/d')).toBe(false);
    expect(tls('10.0.0.1/d')).toEqual({});
    expect(tls('10.0.0.1/d?sslmode=disable')).toBe(false);
    expect(tls('10.0.0.1/d?sslmode=require')).toEqual({ rejectUnauthorized: false });
    expect(tls('10.0.0.1/d?sslmode=verify-ca')).toEqual({ checkServerIdentity: expect.any(Function) });
    expect(tls('localhost/d?sslmode=verify-full')).toEqual({});
    expect(tls('localhost.example/d')).toEqual({});
  });

  it('may name several servers, with a port for all or one for each', () => {
    const servers = (rest: string) => read(`postgres://${rest}`).servers;
    expect(servers('/d?host=a,b&port=1,2&target_session_attrs=read-write')).toEqual([
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ]);
    expect(servers('a,b:6432/d')).toEqual([
      { host: 'a', port: 6432 },
      { host: 'b', port: 6432 },
    ]);
    expect(servers('/d?host=a,b').map(({ port }) => port)).toEqual([5432, 5432]);
    expect(read('postgres:///d?host=localhost,db.example').config.ssl).toEqual({});
    for (const wrong of [
      '/d?host=a,b&port=1,2,3',
      '/d?host=a,,b',
      '/d?host=a&port=x',
      '/d?host=a&port=70000',
      'a/d?target_session_attrs=any',
    ])
      expect(() => servers(wrong), wrong).toThrow(expect.objectContaining({ code: 'start_refused' }));
  });
});
