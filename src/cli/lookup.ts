import { maskPerson } from '../core/masking.ts';
import { call, failed, fetchToken, readCaller, SERVER_OPTIONS } from './call-api.ts';
import { type Command, EXIT } from './command.ts';

/** `bonin lookup IMP_UID`: one certification of a running server; the person is masked unless asked for. */
export const lookup: Command = {
  operands: ['IMP_UID'],
  summary: 'Looks up a certification on a running server.',
  options: {
    ...SERVER_OPTIONS,
    raw: {
      type: 'boolean',
      value: null,
      about: 'Prints the answer unchanged, without masking personal data.',
    },
  },

  async run(commandCall) {
    const [impUid = ''] = commandCall.operands;
    const caller = readCaller(commandCall);
    const { token } = await fetchToken(caller);
    const answer = await call(`${caller.url}/certifications/${encodeURIComponent(impUid)}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    if (answer.status === 404) {
      console.error(`bonin: ${answer.message}`);
      return EXIT.notFound;
    }
    if (answer.response === null) throw failed(answer);
    console.log(
      commandCall.options['raw'] === true ? answer.text : JSON.stringify(mask(answer.response), null, 2),
    );
    return EXIT.ok;
  },
};

function mask(certification: Readonly<Record<string, unknown>>): object {
  const hidden = (value: unknown) =>
    typeof value === 'string' && value !== '' ? `(${value.length} characters)` : value;
  return {
    ...maskPerson(certification as { name?: string; birthday?: string; phone?: string }),
    ...('birth' in certification && { birth: certification['birth'] === 0 ? 0 : '(hidden)' }),
    unique_key: hidden(certification['unique_key']),
    unique_in_site: hidden(certification['unique_in_site']),
  };
}
