import type { CertificationService } from '../../core/certification-service.ts';
import type { Clock } from '../../core/clock.ts';
import type { OtpService } from '../../core/otp-service.ts';
import type { Store } from '../../core/store.ts';
import type { TokenService } from '../../core/token-service.ts';
import type { Route } from '../../http/routes.ts';
import { confirmOtp } from './confirm-otp.ts';
import { deleteCertification } from './delete-certification.ts';
import { getCertification } from './get-certification.ts';
import { getPgList } from './get-pg-list.ts';
import { getToken } from './get-token.ts';
import { requestOtp } from './request-otp.ts';

/** What version 1 of the contract is served from. */
export interface V1Services {
  readonly store: Store;
  readonly tokens: TokenService;
  readonly certifications: CertificationService;
  readonly otps: OtpService;
  readonly clock: Clock;
  /** Whether channels are shown as those of a sandbox. */
  readonly sandbox: boolean;
}

/** Every path of version 1. */
export function v1Routes(services: V1Services): readonly Route[] {
  const { store, tokens, certifications, otps, clock, sandbox } = services;
  return [
    { path: '/users/getToken', methods: { POST: getToken(tokens) } },
    { path: '/users/pg/{userCode}', methods: { GET: getPgList(store, sandbox) }, public: true },
    { path: '/certifications/otp/request', methods: { POST: requestOtp(tokens, otps, clock) } },
    { path: '/certifications/otp/confirm/{imp_uid}', methods: { POST: confirmOtp(tokens, otps) } },
    {
      path: '/certifications/{imp_uid}',
      methods: {
        GET: getCertification(tokens, certifications),
        DELETE: deleteCertification(tokens, certifications),
      },
    },
  ];
}
