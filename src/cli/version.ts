import { readVersion } from '../version.ts';
import { type Command, EXIT } from './command.ts';

/** `bonin version`: the version alone on its line. */
export const version: Command = {
  name: 'version',
  operands: [],
  summary: { en: 'Prints the version.', ko: '버전을 출력합니다.' },
  options: {},
  examples: [
    { words: 'version', about: { en: 'The version alone on its line:', ko: '버전만 한 줄로 출력합니다.' } },
    { words: '--version', about: { en: 'The same:', ko: '결과가 같습니다.' } },
  ],

  async run() {
    console.log(readVersion());
    return EXIT.ok;
  },
};
