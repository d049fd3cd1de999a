import { describe, expect, it } from 'vitest';
import { Feed } from './feed.ts';

describe('the feed', () => {
  it('tells the others when one who listens throws, and says so once', () => {
    const reported: unknown[] = [];
    const feed = new Feed((error) => reported.push(error));
    const heard: unknown[] = [];
    feed.subscribe(() => {
      throw new Error('first');
    });
    feed.subscribe((event, data) => heard.push([event, data]));
    feed.publish('clock', () => 1);
    feed.publish('faults', () => 2);
    expect(heard).toEqual([
      ['clock', 1],
      ['faults', 2],
    ]);
    expect(reported).toEqual([expect.objectContaining({ message: 'first' })]);
  });

  it('tells nobody what cannot be read, and goes on', () => {
    const reported: unknown[] = [];
    const feed = new Feed((error) => reported.push(error));
    const heard: unknown[] = [];
    feed.subscribe((event) => heard.push(event));
    feed.publish('request', () => {
      throw new Error('unreadable');
    });
    feed.publish('clock', () => 1);
    expect(heard).toEqual(['clock']);
    expect(reported).toHaveLength(1);
  });

  it('bears a reporter that throws, and one who leaves while being told', () => {
    const feed = new Feed(() => {
      throw new Error('reporter');
    });
    const leave = feed.subscribe(() => {
      leave();
      throw new Error('listener');
    });
    expect(() => feed.publish('clock', () => 1)).not.toThrow();
    expect(feed.listeners).toBe(0);
  });
});
