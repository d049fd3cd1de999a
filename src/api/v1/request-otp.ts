import { quote } from '../../ascii-json.ts';
import type { Clock } from '../../core/clock.ts';
import type { OtpService } from '../../core/otp-service.ts';
import type { TokenService } from '../../core/token-service.ts';
import type { Handler } from '../../http/routes.ts';
import { withToken } from './auth.ts';
import { success } from './envelope.ts';
import { readOtpRequest } from './otp-parameters.ts';
import { parseParameters } from './parameters.ts';

/** `POST /certifications/otp/request`: has a code sent to a phone. */
export function requestOtp(tokens: TokenService, otps: OtpService, clock: Clock): Handler {
  return withToken(tokens, async (request, caller) => {
    const asked = readOtpRequest(parseParameters(request), clock.now());
    const impUid = await otps.request(caller, asked);
    return success(`{"imp_uid":${quote(impUid)}}`);
  });
}
