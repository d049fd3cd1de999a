import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type AgencyOutcome, NO_HOOKS } from '../core/hooks.ts';
import type { Logger } from '../log.ts';
import { logAgencies } from './agency-log.ts';

let lines: unknown[];
let ask: (adapter: string, ...outcomes: readonly AgencyOutcome[]) => void;
let hooks: ReturnType<typeof logAgencies>;
const counted = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  const write = (level: string) => (fields: object, message: string) => lines.push([level, message, fields]);
  const log: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
  hooks = logAgencies({ ...NO_HOOKS, securityEvent: counted, agencyAsked: () => counted }, log);
  ask = (adapter, ...outcomes) => {
    for (const outcome of outcomes) hooks.agencyAsked(adapter, 'complete')(outcome);
  };
});
afterEach(() => {
  vi.useRealTimers();
  counted.mockClear();
});

const UNREACHABLE = ['warn', 'an agency cannot be reached', { adapter: 'danal' }];

it('tells of an agency that gives no readable answer three times in a row, once until it answers', () => {
  ask('danal', 'provider_unavailable', 'unreadable_answer');
  ask('kcp-v2', 'provider_unavailable');
  expect(lines).toEqual([]);
  ask('danal', 'provider_unavailable', 'provider_unavailable');
  expect(lines).toEqual([UNREACHABLE]);
  ask('danal', 'provider_refused');
  expect(lines.slice(1)).toEqual([['info', 'an agency can be reached again', { adapter: 'danal' }]]);
  ask('danal', 'provider_unavailable', 'provider_unavailable', 'done', 'provider_unavailable');
  expect(lines).toHaveLength(2);
  expect(counted).toHaveBeenCalledTimes(10);
});

it('tells of no agency whose three failures took a minute', () => {
  ask('danal', 'provider_unavailable');
  vi.advanceTimersByTime(30_000);
  ask('danal', 'provider_unavailable');
  vi.advanceTimersByTime(30_000);
  ask('danal', 'provider_unavailable');
  expect(lines).toEqual([]);
  vi.advanceTimersByTime(29_999);
  ask('danal', 'provider_unavailable');
  expect(lines).toEqual([UNREACHABLE]);
});

it('writes what is unclear and what is suspicious, with the address and without a person', () => {
  const about = { adapter: 'danal', attemptId: 'A1' };
  hooks.resultUnclear(about, ['CARRIER']);
  const event = { kind: 'contradicting_return', address: '192.0.2.1', about, why: 'another visit' } as const;
  hooks.securityEvent(event);
  hooks.securityEvent({ kind: 'unknown_return', address: '192.0.2.1', about: null, why: null });
  const named = { adapter: 'danal', attempt: 'A1' };
  const suspicious = {
    security: 'contradicting_return',
    address: '192.0.2.1',
    ...named,
    why: 'another visit',
  };
  expect(lines).toEqual([
    ['warn', 'fields in the answer of an agency are empty or unclear', { ...named, fields: ['CARRIER'] }],
    ['warn', 'security event', suspicious],
    ['warn', 'security event', { security: 'unknown_return', address: '192.0.2.1' }],
  ]);
  expect(counted).toHaveBeenCalledWith(event);
});
