import { createHash } from 'node:crypto';
import type { HostedRequest } from '../../core/provider.ts';
import { AppError } from '../../errors.ts';
import type { InicisSettings } from './settings.ts';

/** Inicis takes no longer return address. */
const LONGEST_RETURN_ADDRESS = 128;
const LONGEST_NAME = 25;

type Asked = Pick<HostedRequest, 'attemptId' | 'returnAddress' | 'prefill'>;

/**
 * The fields of the form that opens the window. Rejects with `provider_misconfigured` for a return address that Inicis
 * would not take.
 */
export function windowFields(settings: InicisSettings, asked: Asked): Readonly<Record<string, string>> {
  const { mid, api_key, service, ask_unverified_sex, direct_agency, di_code, logo_url } = settings;
  const { attemptId, returnAddress, prefill } = asked;
  if (Buffer.byteLength(returnAddress) > LONGEST_RETURN_ADDRESS)
    throw new AppError('provider_misconfigured', {
      detail: `inicis-unified begin: the return address is longer than ${LONGEST_RETURN_ADDRESS} bytes`,
    });
  const fixed = fixedPerson(prefill);
  return {
    mid,
    reqSvcCd: service,
    mTxId: attemptId,
    successUrl: returnAddress,
    failUrl: returnAddress,
    authHash: sha256(mid + attemptId + api_key),
    flgFixedUser: fixed === null ? 'N' : 'Y',
    ...(fixed !== null && {
      ...fixed,
      userHash: sha256(fixed.userName + mid + fixed.userPhone + attemptId + fixed.userBirth + service),
    }),
    // Without it the person comes back in clear.
    reservedMsg: 'isUseToken=Y',
    // Otherwise users of NAVER and KAKAO type their sex and nationality themselves.
    FRGNDInfo: ask_unverified_sex ? 'Y' : 'N',
    ...(direct_agency !== undefined && { directAgency: direct_agency }),
    ...(di_code !== undefined && { DI_CODE: di_code }),
    ...(logo_url !== undefined && { logoUrl: logo_url }),
  };
}

/**
 * The person as Inicis can fix one: with name, phone number and birthday, and no name of more than 25 bytes. Otherwise
 * null; the core compares the result anyway.
 */
function fixedPerson({ name, phone, birthday = '' }: HostedRequest['prefill']) {
  const userName = name.normalize('NFC');
  const userBirth = birthday.replaceAll('-', '');
  const isFixed =
    userName !== '' &&
    Buffer.byteLength(userName) <= LONGEST_NAME &&
    /^\d{10,11}$/.test(phone) &&
    /^\d{8}$/.test(userBirth);
  return isFixed ? { userName, userPhone: phone, userBirth } : null;
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
