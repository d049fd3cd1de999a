import { test as base, expect } from '@playwright/test';
import { type BoninFixture, boninFixture } from 'bonin/playwright';

const test = base.extend<object, BoninFixture>(boninFixture());
const seen = new Set<string>();

for (const turn of [1, 2])
  test(`reads the sandbox of its worker, ${turn}`, async ({ bonin, request }) => {
    const impUid = await bonin.certify({ name: '심청' });
    expect((await bonin.requests()).length).toBe(0);
    const page = await request.get(`${bonin.url}/sandbox`);
    expect(page.ok()).toBe(true);
    expect(impUid).toMatch(/^imp_/);
    seen.add(bonin.url);
    expect(seen.size).toBe(1);
  });
