import type { CertificationService } from '../../core/certification-service.ts';
import type { TokenService } from '../../core/token-service.ts';
import type { Route } from '../../http/routes.ts';
import { deleteCertification } from './delete-certification.ts';
import { getCertification } from './get-certification.ts';
import { getToken } from './get-token.ts';

/** What version 1 of the contract is served from. */
export interface V1Services {
  readonly tokens: TokenService;
  readonly certifications: CertificationService;
}

/** Every path of version 1. */
export function v1Routes({ tokens, certifications }: V1Services): readonly Route[] {
  return [
    { path: '/users/getToken', methods: { POST: getToken(tokens) } },
    {
      path: '/certifications/{imp_uid}',
      methods: {
        GET: getCertification(tokens, certifications),
        DELETE: deleteCertification(tokens, certifications),
      },
    },
  ];
}
