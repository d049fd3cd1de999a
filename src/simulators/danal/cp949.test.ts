import iconv from 'iconv-lite';
import { expect, it } from 'vitest';
import { decodeCp949, encodeCp949 } from './cp949.ts';

it('writes and reads every syllable and every sign of KS X 1001 as another library does', () => {
  const syllables = Array.from({ length: 11_172 }, (_, at) => String.fromCharCode(0xac00 + at));
  const signs = [...'ABC ~€®①ㄱ漢字ｱア가힣'].filter((each) => iconv.encode(each, 'cp949').toString() !== '?');
  for (const text of [...syllables, ...signs]) {
    const bytes = iconv.encode(text, 'cp949');
    expect(encodeCp949(text)).toEqual(bytes);
    expect(decodeCp949(bytes)).toBe(text);
  }
  expect(encodeCp949('a😀b').toString()).toBe('a?b');
  expect(decodeCp949(Buffer.from('c8ff', 'hex'))).toBe('\ufffd');
});
