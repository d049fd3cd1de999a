import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeText, html, isSafeAddress, raw, shorten } from './template.ts';

describe('a template', () => {
  it('escapes texts and numbers, leaves markup, and writes nothing for what is absent', () => {
    const text = `<b a="1" b='2'>&`;
    expect(html`<p title="${text}">${text}${7}${null}${undefined}${false}</p>`.markup).toBe(
      '<p title="&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;">&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;7</p>',
    );
    expect(html`${[html`<i>${'<'}</i>`, raw('<br>'), ['>']]}`.markup).toBe('<i>&lt;</i><br>&gt;');
  });

  it('leaves nothing of any text that could begin a tag or end an attribute', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/[<>"']/.test(escapeText(text))));
  });

  it('takes an object that looks like markup for a text', () => {
    const forged = JSON.parse('{"markup":"<script>"}') as string;
    expect(() => html`${forged}`.markup).toThrow();
  });
});

describe('a foreign text', () => {
  it('is cut by characters, not in the middle of one', () => {
    expect(shorten('가'.repeat(41), 40)).toBe(`${'가'.repeat(39)}…`);
    expect(shorten('😀'.repeat(41), 40)).toBe(`${'😀'.repeat(39)}…`);
    expect(shorten('가'.repeat(40), 40)).toBe('가'.repeat(40));
    expect(shorten('ㄱㅏㄴ', 40)).toBe('ㄱㅏㄴ');
  });

  it('stays on one line and cannot turn the direction of what follows', () => {
    expect(shorten('  가\u202e나\n다\u0000라\u2028마\ufeff ', 40)).toBe('가 나 다 라 마');
  });
});

describe('an address', () => {
  it.each([
    'javascript:alert(1)',
    ' JavaScript:alert(1)',
    'java\nscript:alert(1)',
    '\u0001javascript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'blob:https://shop.example/1',
    'file:///etc/passwd',
    'about:blank',
    'http://[',
  ])('%j leads nobody anywhere', (address) => {
    expect(isSafeAddress(address)).toBe(false);
  });

  it.each([
    'https://shop.example/a?b#c',
    'http://detectchangingwebview/iamport/rn',
    'myshop://done',
    '/inbox',
  ])('%s may be gone to', (address) => {
    expect(isSafeAddress(address)).toBe(true);
  });
});
