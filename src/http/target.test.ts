import { describe, expect, it } from 'vitest';
import { createRouter, type Route } from './routes.ts';
import { splitTarget } from './target.ts';

describe('a raw request target', () => {
  it.each([
    ['/a/b', ['a', 'b'], ''],
    ['//users/getToken', ['users', 'getToken'], ''],
    ['///a///b//', ['a', 'b'], ''],
    ['/', [], ''],
    ['', [], ''],
    ['*', ['*'], ''],
    ['http://host.example:80/a?x=/y', ['a'], 'x=/y'],
    ['HTTPS://host.example', [], ''],
    ['http://host.example?x', [], 'x'],
    ['/a?x=1?y=2', ['a'], 'x=1?y=2'],
    ['/a%2Fb/c', ['a/b', 'c'], ''],
    ['/a%252Fb', ['a%2Fb'], ''],
    ['/%zz', ['%zz'], ''],
    ['/%ED%99%8D', ['홍'], ''],
    ['/./../a', ['.', '..', 'a'], ''],
  ])('%s splits into %j', (raw, segments, query) => {
    expect(splitTarget(raw)).toEqual({ segments, query });
  });
});

describe('the router', () => {
  const route = (path: string): Route => ({ path, methods: { GET: async () => path } });
  const find = createRouter([
    { basePath: '/base', routes: ['/c/{id}', '/c/otp/request', '/c/otp/confirm/{id}'].map(route) },
  ]);
  const pathOf = (target: string) => find(target)?.route.path ?? null;

  it('prefers a fixed segment and falls back to the parameter', () => {
    expect(pathOf('/base/c/otp/request')).toBe('/c/otp/request');
    expect(pathOf('/base/c/otp')).toBe('/c/{id}');
    expect(find('/base/c/otp')?.parameters).toEqual({ id: 'otp' });
    expect(find('/base/c/otp/confirm/x')?.parameters).toEqual({ id: 'x' });
  });

  it('knows nothing outside its base path, and no segment more or less', () => {
    for (const target of [
      '/c/x',
      '/base',
      '/base/c',
      '/base/c/',
      '/base/c/x/y',
      '/base/c/otp/confirm',
      '/BASE/c/x',
    ])
      expect(pathOf(target)).toBeNull();
  });

  it('says which methods a path allows', () => {
    expect(find('/base/c/x')?.allow).toBe('GET, HEAD, OPTIONS');
  });
});
