import type { CertificationService } from '../../core/certification-service.ts';
import type { Clock } from '../../core/clock.ts';
import type { Lookups } from '../../core/lookups.ts';
import type { MerchantService } from '../../core/merchant-service.ts';
import type { OtpService } from '../../core/otp-service.ts';
import type { TokenService } from '../../core/token-service.ts';
import { confirmOtp } from './confirm-otp.ts';
import { deleteCertification } from './delete-certification.ts';
import { getCertification } from './get-certification.ts';
import { getPgList } from './get-pg-list.ts';
import { getToken } from './get-token.ts';
import { type DescribedRoute, describedRoute } from './reference/description.ts';
import {
  CONFIRM_OTP,
  DELETE_CERTIFICATION,
  GET_CERTIFICATION,
  GET_PG_LIST,
  GET_TOKEN,
  REQUEST_OTP,
} from './reference/operations.ts';
import { requestOtp } from './request-otp.ts';

/** The services that version 1 of the contract uses. */
export interface V1Services {
  readonly merchants: MerchantService;
  readonly tokens: TokenService;
  readonly certifications: CertificationService;
  readonly lookups: Lookups;
  readonly otps: OtpService;
  readonly clock: Clock;
  /** Whether channels are listed as sandbox channels. */
  readonly sandbox: boolean;
}

/** All routes of version 1. */
export function v1Routes(services: V1Services): readonly DescribedRoute[] {
  const { merchants, tokens, certifications, lookups, otps, clock, sandbox } = services;
  return [
    describedRoute('/users/getToken', { POST: { handle: getToken(tokens), operation: GET_TOKEN } }),
    describedRoute(
      '/users/pg/{userCode}',
      { GET: { handle: getPgList(merchants, sandbox), operation: GET_PG_LIST } },
      { public: true },
    ),
    describedRoute('/certifications/otp/request', {
      POST: { handle: requestOtp(tokens, otps, clock), operation: REQUEST_OTP },
    }),
    describedRoute('/certifications/otp/confirm/{imp_uid}', {
      POST: { handle: confirmOtp(tokens, otps), operation: CONFIRM_OTP },
    }),
    describedRoute('/certifications/{imp_uid}', {
      GET: { handle: getCertification(lookups), operation: GET_CERTIFICATION },
      DELETE: { handle: deleteCertification(tokens, certifications), operation: DELETE_CERTIFICATION },
    }),
  ];
}
