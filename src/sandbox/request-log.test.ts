import { describe, expect, it } from 'vitest';
import { Feed } from './feed.ts';
import { RequestLog } from './request-log.ts';
import type { LoggedRequest } from './testing-types.ts';

/** Names that every object inherits. */
const INHERITED = [
  ...Object.getOwnPropertyNames(Object.prototype),
  ...Object.getOwnPropertyNames(Array.prototype),
  ...Object.getOwnPropertyNames(Map.prototype),
];
const SECRET = 'Geheim-1/Kanarienvogel';

function logged(contentType: string, body: string): LoggedRequest {
  const log = new RequestLog(new Feed(() => {}));
  log.add(
    {
      requestId: 'x',
      method: 'POST',
      target: '/users/getToken',
      route: '/users/getToken',
      headers: { 'content-type': contentType },
      body: Buffer.from(body),
      status: 400,
    },
    0,
  );
  return log.list()[0] as LoggedRequest;
}

describe('the request log', () => {
  it.each(INHERITED)('shows nothing of what a member called %s holds', (name) => {
    const json = `{${JSON.stringify(name)}:${JSON.stringify(SECRET)}}`;
    for (const [type, body] of [
      ['application/json', json],
      ['application/x-www-form-urlencoded', `${name}=${encodeURIComponent(SECRET)}`],
    ] as const) {
      const shown = logged(type, body).body ?? {};
      expect(Object.values(shown), type).toEqual([`(${SECRET.length} characters)`]);
      expect(JSON.stringify(shown)).not.toContain(SECRET);
    }
  });
});
