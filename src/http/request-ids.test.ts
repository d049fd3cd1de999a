import { expect, it } from 'vitest';
import { newRequestIds } from './request-ids.ts';

it('request ids are all different, and neither their order nor any part of them counts', () => {
  const makers = [newRequestIds(), newRequestIds()];
  const ids = Array.from({ length: 5_000 }, (_, at) => makers[at % 2]?.() ?? '');
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{12}-[0-9a-f]{12}$/);
  // Any eight digits at the same place: a counter or a part that belongs to the process would repeat, or rise.
  for (let from = 0; from <= 16; from += 4) {
    const parts = ids
      .filter((_, at) => at % 2 === 0)
      .map((id) => Number.parseInt(id.replace('-', '').slice(from, from + 8), 16));
    expect(new Set(parts).size).toBeGreaterThan(parts.length * 0.99);
    const rises = parts.filter((part, at) => part > (parts[at - 1] ?? 0)).length;
    expect(rises).toBeGreaterThan(parts.length * 0.4);
    expect(rises).toBeLessThan(parts.length * 0.6);
  }
});
