import type { Lookups } from '../../core/lookups.ts';
import type { Handler } from '../../http/routes.ts';
import { requireToken, visitorOf } from './auth.ts';
import { success } from './envelope.ts';
import { toCertification } from './wire.ts';

/** `GET /certifications/{imp_uid}`: the verified person, or that there is none yet. */
export function getCertification(lookups: Lookups): Handler {
  return async (request) => {
    const { imp_uid: impUid = '' } = request.parameters;
    const certification = await lookups.find(visitorOf(request), requireToken(request), impUid);
    const { answers } = certification;
    if (answers === undefined) return success(toCertification(certification));
    answers.v1 ??= success(toCertification(certification));
    return answers.v1;
  };
}
