import type { TokenService } from '../../core/token-service.ts';
import { AppError } from '../../errors.ts';
import type { Handler } from '../../http/routes.ts';
import { visitorOf } from './auth.ts';
import { success } from './envelope.ts';
import { parseParameters, readExactText } from './parameters.ts';
import { toAccessToken } from './wire.ts';

/** `POST /users/getToken`: a key pair for an access token. */
export function getToken(tokens: TokenService): Handler {
  return async (request) => {
    const parameters = parseParameters(request);
    const impKey = readExactText(parameters, 'imp_key');
    const impSecret = readExactText(parameters, 'imp_secret');
    if (impKey.kind === 'absent' || impSecret.kind === 'absent') throw new AppError('credentials_missing');
    // What no key pair can hold is looked up all the same, so that it takes as long as a wrong one.
    const issued = await tokens.issue(visitorOf(request), {
      impKey: impKey.kind === 'text' ? impKey.text : '',
      impSecret: impSecret.kind === 'text' ? impSecret.text : '',
    });
    return success(toAccessToken(issued));
  };
}
