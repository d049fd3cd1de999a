import type { OtpService } from '../../core/otp-service.ts';
import type { TokenService } from '../../core/token-service.ts';
import type { Handler } from '../../http/routes.ts';
import { withToken } from './auth.ts';
import { success } from './envelope.ts';
import { readOtp } from './otp-parameters.ts';
import { parseParameters } from './parameters.ts';
import { toCertification } from './wire.ts';

/** `POST /certifications/otp/confirm/{imp_uid}`: certifies with the code that the person got. */
export function confirmOtp(tokens: TokenService, otps: OtpService): Handler {
  return withToken(tokens, async (request, caller) => {
    const parameters = parseParameters(request);
    const { imp_uid: impUid = '' } = request.parameters;
    // Before the code is read: whether one is needed depends on the certification.
    const waiting = await otps.findWaiting(caller, impUid);
    const otp = waiting.method === 'SMS' ? readOtp(parameters) : null;
    return success(toCertification(await otps.confirm(caller, waiting, otp)));
  });
}
