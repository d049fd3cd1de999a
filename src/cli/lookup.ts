import { type Language, say } from '../config/language.ts';
import { maskPerson } from '../core/masking.ts';
import { call, failed, fetchToken, PAIR_VARIABLES, readCaller, SERVER_OPTIONS } from './call-api.ts';
import { type Command, EXIT } from './command.ts';
import { COPY } from './copy.ts';

/** `bonin lookup IMP_UID`: one certification of a running server; the person is masked unless asked for. */
export const lookup: Command = {
  name: 'lookup',
  operands: ['IMP_UID'],
  summary: {
    en: 'Looks up a certification on a running server. Personal data is masked.',
    ko: '실행 중인 서버에서 인증결과를 조회합니다. 개인정보는 가려서 보여 줍니다.',
  },
  options: {
    ...SERVER_OPTIONS,
    raw: {
      type: 'boolean',
      value: null,
      about: {
        en: 'Prints the answer unchanged, without masking personal data.',
        ko: '개인정보를 가리지 않고 응답을 그대로 출력합니다.',
      },
    },
  },
  variables: PAIR_VARIABLES,
  examples: [
    {
      words: 'lookup imp_000000000001',
      about: { en: 'In the sandbox of this machine:', ko: '이 기기의 샌드박스에서 조회합니다.' },
    },
    {
      words: 'lookup imp_000000000001 --raw --url https://id.example.com',
      about: {
        en: 'On another server, with the pair in BONIN_IMP_KEY and BONIN_IMP_SECRET:',
        ko: '다른 서버에서 BONIN_IMP_KEY와 BONIN_IMP_SECRET의 API 키로 조회합니다.',
      },
    },
  ],

  async run(commandCall) {
    const [impUid = ''] = commandCall.operands;
    const caller = readCaller(commandCall);
    const { token } = await fetchToken(caller);
    const answer = await call(caller, `/certifications/${encodeURIComponent(impUid)}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    if (answer.status === 404) {
      console.error(`bonin: ${answer.message}`);
      return EXIT.notFound;
    }
    if (answer.response === null) throw failed(answer);
    const { response, text } = answer;
    const isRaw = commandCall.options['raw'] === true;
    console.log(isRaw ? text : JSON.stringify(mask(response, commandCall.language), null, 2));
    return EXIT.ok;
  },
};

function mask(certification: Readonly<Record<string, unknown>>, language: Language): object {
  const hidden = (value: unknown) =>
    typeof value === 'string' && value !== ''
      ? say(COPY.characters, language, { count: value.length })
      : value;
  return {
    ...maskPerson(certification as { name?: string; birthday?: string; phone?: string }),
    ...('birth' in certification && { birth: certification['birth'] === 0 ? 0 : COPY.hidden[language] }),
    unique_key: hidden(certification['unique_key']),
    unique_in_site: hidden(certification['unique_in_site']),
  };
}
