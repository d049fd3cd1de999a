import { say } from '../config/language.ts';
import { fetchToken, PAIR_VARIABLES, readCaller, SERVER_OPTIONS } from './call-api.ts';
import { type Command, EXIT } from './command.ts';
import { COPY } from './copy.ts';

/** `bonin token`: an access token from a running server, alone on its line. */
export const token: Command = {
  name: 'token',
  operands: [],
  summary: {
    en: 'Prints an access token of a running server.',
    ko: '실행 중인 서버의 액세스 토큰을 출력합니다.',
  },
  options: SERVER_OPTIONS,
  variables: PAIR_VARIABLES,
  examples: [
    {
      words: 'token',
      about: { en: 'Of the sandbox of this machine:', ko: '이 기기의 샌드박스에서 발급받습니다.' },
    },
    {
      words: 'token --url https://id.example.com',
      about: {
        en: 'Of another server, with the pair in BONIN_IMP_KEY and BONIN_IMP_SECRET:',
        ko: '다른 서버에서 BONIN_IMP_KEY와 BONIN_IMP_SECRET의 API 키로 발급받습니다.',
      },
    },
  ],

  async run(call) {
    const { token: text, secondsLeft } = await fetchToken(readCaller(call));
    console.log(text);
    console.error(`bonin: ${say(COPY.token_valid, call.language, { seconds: secondsLeft })}`);
    return EXIT.ok;
  },
};
