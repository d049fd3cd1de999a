import { fetchToken, readCaller, SERVER_OPTIONS } from './call-api.ts';
import { type Command, EXIT } from './command.ts';

/** `bonin token`: an access token from a running server, alone on its line. */
export const token: Command = {
  operands: [],
  summary: 'Prints an access token of a running server.',
  options: SERVER_OPTIONS,

  async run(call) {
    const { token: text, secondsLeft } = await fetchToken(readCaller(call));
    console.log(text);
    console.error(`bonin: valid for ${secondsLeft} more seconds`);
    return EXIT.ok;
  },
};
