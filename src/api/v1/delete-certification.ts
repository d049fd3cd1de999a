import type { CertificationService } from '../../core/certification-service.ts';
import type { TokenService } from '../../core/token-service.ts';
import type { Handler } from '../../http/routes.ts';
import { withToken } from './auth.ts';
import { success } from './envelope.ts';
import { toCertification } from './wire.ts';

/** `DELETE /certifications/{imp_uid}`: destroys the certification and answers it for the last time. */
export function deleteCertification(tokens: TokenService, certifications: CertificationService): Handler {
  return withToken(tokens, async ({ parameters: { imp_uid: impUid = '' } }, caller) =>
    success(toCertification(await certifications.erase(caller, impUid))),
  );
}
