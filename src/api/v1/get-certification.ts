import type { CertificationService } from '../../core/certification-service.ts';
import type { TokenService } from '../../core/token-service.ts';
import type { Handler } from '../../http/routes.ts';
import { withToken } from './auth.ts';
import { success } from './envelope.ts';
import { toCertification } from './wire.ts';

/** `GET /certifications/{imp_uid}`: the verified person, or that there is none yet. */
export function getCertification(tokens: TokenService, certifications: CertificationService): Handler {
  return withToken(tokens, async ({ parameters: { imp_uid: impUid = '' } }, caller) =>
    success(toCertification(await certifications.lookup(caller, impUid))),
  );
}
