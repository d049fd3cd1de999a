import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONSENT, Visitor } from './shop.ts';
import { type Headers, type Shop, Stage, screenOf, walkTo } from './stage.ts';

/* Shops whose page lets in only what agrees to it: a layer that does not would stay blank. */

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

const SHOPS: readonly [name: string, headers: Headers][] = [
  ['require-corp', { 'Cross-Origin-Embedder-Policy': 'require-corp' }],
  ['credentialless', { 'Cross-Origin-Embedder-Policy': 'credentialless' }],
  [
    'require-corp, isolated',
    { 'Cross-Origin-Embedder-Policy': 'require-corp', 'Cross-Origin-Opener-Policy': 'same-origin' },
  ],
  ['none', {}],
];

describe.each(SHOPS)('a layer in a page with Cross-Origin-Embedder-Policy %s', (_name, headers) => {
  const layerOf = (shop: Shop) => shop.page.frameLocator('.imp-dialog iframe');

  it('verifies on a phone', async () => {
    await using shop = await stage.visitByPhone({}, headers);
    await shop.certify();
    await walkTo(layerOf(shop), 'success');
    expect(await shop.result()).toMatchObject({ success: true });
  });

  it('verifies where popups are blocked, also past errors and another language', async () => {
    await using shop = await stage.visit({}, headers);
    await shop.page.evaluate('window.open = () => null');
    await shop.certify();
    const layer = layerOf(shop);
    await layer.locator('button[value=next]').click();
    await layer.getByRole('alert').waitFor();
    await layer.locator('.lang').click();
    await layer.locator('html[lang=en]').waitFor();
    await walkTo(layer, 'success');
    expect(await shop.result()).toMatchObject({ success: true });
  });

  it('cancels on a phone', async () => {
    await using shop = await stage.visitByPhone({}, headers);
    await shop.certify();
    await screenOf(layerOf(shop), 'carrier').waitFor();
    await layerOf(shop).locator('button[value=cancel]').click();
    expect(await shop.result()).toMatchObject({ success: false, error_code: 'USER_CANCEL' });
  });
});

describe('the policies of a screen', () => {
  const OURS = ['cross-origin-embedder-policy', 'cross-origin-resource-policy', 'cross-origin-opener-policy'];
  const policiesOf = ({ headers }: Response) => OURS.map((name) => headers.get(name));

  it.each([
    ['layer', {}, ['require-corp', 'cross-origin', null]],
    ['popup', {}, [null, null, null]],
    ['redirect', { m_redirect_url: 'https://shop.example/' }, [null, null, null]],
  ])('agree to be framed in a %s only where it is one', async (window, more, policies) => {
    const { url } = await stage.call.start({ window, ...more });
    const visitor = new Visitor();
    await visitor.open(url);
    expect(policiesOf(await fetch(visitor.address))).toEqual(policies);
    const send = (form: object, step = visitor.step) =>
      fetch(visitor.address, {
        method: 'POST',
        body: new URLSearchParams({ step, do: 'next', ...form }),
        redirect: 'manual',
      });
    expect(policiesOf(await send({}))).toEqual(policies);
    expect(policiesOf(await send({ carrier: 'KT' }))).toEqual(policies);
    expect(policiesOf(await send(CONSENT, '0'))).toEqual(policies);
  });
});
