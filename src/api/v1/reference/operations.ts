import { REFUSALS, type ServerCode } from '../../../errors.ts';
import { KEY_PAIR, OTP_CONFIRMATION, OTP_REQUEST } from '../body-schemas.ts';
import type { Operation } from './description.ts';
import {
  CERTIFICATION_EXAMPLES,
  CONFIRMED_EXAMPLES,
  KEY_PAIR_EXAMPLES,
  OTP_EXAMPLES,
  OTP_REQUEST_EXAMPLES,
  PG_LIST_EXAMPLES,
  REQUESTED_OTP_EXAMPLES,
  TOKEN_EXAMPLES,
} from './examples.ts';
import { PG_LIST, ref, successOf } from './schemas.ts';

/* The description of each operation of version 1, for callers. Each has the name of the operation's file. */

const PROVIDER_FAILURES: readonly ServerCode[] = [
  'unreadable_answer',
  'provider_unavailable',
  'provider_misconfigured',
];

export const GET_TOKEN: Operation = {
  id: 'getToken',
  tag: 'token',
  summary: { ko: '접근 토큰 받기', en: 'Get an access token' },
  description: {
    ko: '키와 비밀값으로 30분짜리 접근 토큰을 받습니다. 토큰이 살아 있는 동안 다시 부르면 같은 토큰이 옵니다. 남은 시간이 60초 이하이면 같은 토큰이 300초 늘어납니다. 요청에 실린 토큰은 보지 않습니다.',
    en: 'A key pair for an access token of 30 minutes. Asked again while it lives, the answer is the same token; with 60 seconds or less left, its end moves on by 300 seconds. A token in the request is not looked at.',
  },
  token: false,
  body: { schema: KEY_PAIR, examples: KEY_PAIR_EXAMPLES },
  answer: successOf(ref('AccessToken')),
  answerExamples: TOKEN_EXAMPLES,
  errors: ['credentials_missing', 'body_malformed', 'credentials_wrong'],
};

export const GET_CERTIFICATION: Operation = {
  id: 'getCertification',
  tag: 'certification',
  summary: { ko: '인증 결과 조회', en: 'Look a certification up' },
  description: {
    ko: '`imp_uid`로 인증 결과를 봅니다. 아직 끝나지 않은 인증은 오류가 아니며 `certified`가 `false`입니다. 다른 가맹점의 인증과 지운 인증은 없는 것과 똑같이 404입니다. `HEAD`도 받습니다.',
    en: 'The certification of an `imp_uid`. One that is not finished is no error: `certified` is `false`. Another merchant’s and an erased one are 404, the same as none. `HEAD` works as well.',
  },
  token: true,
  body: null,
  answer: successOf(ref('Certification')),
  answerExamples: CERTIFICATION_EXAMPLES,
  errors: ['token_invalid', 'certification_not_found'],
};

export const DELETE_CERTIFICATION: Operation = {
  id: 'deleteCertification',
  tag: 'certification',
  summary: { ko: '인증 지우기', en: 'Erase a certification' },
  description: {
    ko: '인증과 그 개인정보를 없앱니다. 지우기 직전의 결과를 마지막으로 돌려주고, 그 뒤로는 404입니다.',
    en: 'Destroys the certification and the personal data in it. The answer shows it for the last time; afterwards it is 404.',
  },
  token: true,
  body: null,
  answer: successOf(ref('Certification')),
  answerExamples: CERTIFICATION_EXAMPLES,
  errors: ['token_invalid', 'certification_not_found'],
};

export const REQUEST_OTP: Operation = {
  id: 'requestOtp',
  tag: 'otp',
  summary: { ko: '인증번호 보내기', en: 'Have a code sent' },
  description: {
    ko: '휴대폰으로 6자리 인증번호를 보냅니다. 번호는 180초 동안 쓸 수 있고 다섯 번 틀리면 인증이 실패합니다. 다시 보내려면 다시 부르십시오. 같은 채널과 같은 휴대폰의 앞선 인증번호는 그때 끝납니다.',
    en: 'Sends a code of six digits to a phone. It lives 180 seconds; the fifth wrong try fails the certification. To send again, call again: that ends the earlier code of the same channel and phone.',
  },
  token: true,
  body: { schema: OTP_REQUEST, examples: OTP_REQUEST_EXAMPLES },
  answer: successOf(ref('RequestedOtp')),
  answerExamples: REQUESTED_OTP_EXAMPLES,
  errors: [
    'body_malformed',
    'parameters_missing',
    'parameter_invalid',
    'channel_not_found',
    ...REFUSALS,
    'token_invalid',
    'rate_limited',
    ...PROVIDER_FAILURES,
  ],
};

export const CONFIRM_OTP: Operation = {
  id: 'confirmOtp',
  tag: 'otp',
  summary: { ko: '인증번호 확인', en: 'Confirm with the code' },
  description: {
    ko: '받은 인증번호로 인증을 끝내고 결과를 돌려줍니다. `APP` 방식이면 앱에서 승인한 뒤 `otp` 없이 부릅니다.',
    en: 'Finishes the certification with the code and answers the result. With `APP`, call it without `otp` after the person has approved in the app.',
  },
  token: true,
  body: { schema: OTP_CONFIRMATION, examples: OTP_EXAMPLES },
  answer: successOf(ref('CertifiedCertification')),
  answerExamples: CONFIRMED_EXAMPLES,
  errors: [
    'body_malformed',
    'already_certified',
    'otp_not_requested',
    'otp_tries_spent',
    'certification_failed',
    'otp_superseded',
    'otp_late',
    'parameters_missing',
    'parameter_invalid',
    'otp_wrong',
    'app_not_approved',
    ...REFUSALS,
    'token_invalid',
    'certification_not_found',
    ...PROVIDER_FAILURES,
  ],
};

export const GET_PG_LIST: Operation = {
  id: 'getPgList',
  tag: 'merchant',
  summary: { ko: '가맹점의 채널 목록', en: 'A merchant’s channels' },
  description: {
    ko: '모바일 SDK가 인증 화면을 열기 전에 부르는 공개 목록입니다. 봉투의 이름이 다른 호출과 다릅니다. 모르는 식별코드도 상태는 200이고 `code`가 -1입니다. `HEAD`도 받습니다.',
    en: 'Public list that mobile SDKs ask for before they open a page. Its envelope has other names. An unknown user code is status 200 as well, with `code` -1. `HEAD` works as well.',
  },
  token: false,
  body: null,
  answer: PG_LIST,
  answerExamples: PG_LIST_EXAMPLES,
  errors: [],
};

/** Errors of every operation: a body that is too long, a request that is not HTTP, an internal failure. */
export const ERRORS_OF_ALL: readonly ServerCode[] = [
  'request_malformed',
  'body_too_large',
  'request_head_too_large',
  'internal',
  'not_ready',
];
