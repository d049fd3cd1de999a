import type { Examples } from './description.ts';

/* Invented people with phone numbers that nobody has; their CI and DI are marked as sandbox values. */

const GILDONG = {
  birth: 633711600,
  birthday: '1990-01-31',
  certified: true,
  certified_at: 1767225600,
  foreigner: false,
  foreigner_v2: null,
  gender: 'male',
  imp_uid: 'imp_000000000001',
  merchant_uid: 'order_0001',
  name: '홍길동',
  origin: 'https://shop.example/join',
  pg_provider: 'danal',
  pg_tid: '202601010900003272576010',
  unique_in_site: 'MC0GCCqGSIb3DQIJAyEASANDBOX/WtKkZ7AT/x6TxFhqEnLQN+rRaw6jDyfKh1I=',
  unique_key: 'SANDBOX/Zz7cHd4uSI3GKt+x+tV/wfMwwn+UJRXFs2VAOutBDWT83Do8ePGf6472B56FXIQ1wrOAarjXTIsYMw==',
};

const MONGRYONG = {
  birth: 583682400,
  birthday: '1988-07-01',
  certified: true,
  certified_at: 1767225600,
  foreigner: false,
  foreigner_v2: false,
  gender: 'male',
  imp_uid: 'imp_000000000004',
  merchant_uid: 'order_0004',
  name: '이몽룡',
  origin: 'https://shop.example/join',
  pg_provider: 'inicis_unified',
  pg_tid: 'INISA_FAKEiasMID202601010900008826115598',
  phone: '01000000004',
  unique_in_site: null,
  unique_key: 'SANDBOX/btiAAJ+kNb0fF3jzWQVHtj0Me2pXb8HebpaS+Ldu52vkvrBfoZ4KfORIfxKqRtqN9jqcOjiES4XaYQ==',
};

const SIMCHEONG = {
  birth: 1077980400,
  birthday: '2004-02-29',
  carrier: 'KT',
  certified: true,
  certified_at: 1767225600,
  foreigner: false,
  foreigner_v2: false,
  gender: 'female',
  imp_uid: 'imp_000000000005',
  merchant_uid: 'order_0005',
  name: '심청',
  origin: 'https://shop.example/join',
  pg_provider: 'kcp_v2',
  pg_tid: '20260101090000298640',
  phone: '01000000005',
  unique_in_site: 'MC0GCCqGSIb3DQIJAyEASANDBOX/5o72ijV31aCa9AtCcHhEWyvm6fphJvQpqt8=',
  unique_key: 'SANDBOX/2AY6GJeM/4aYQ799mfvf2BzyixEfAtgjpMfcX2B9N2kPEIVP10Sel+mswAC328TidMefgfWxkXTNgw==',
};

const NOBODY = {
  birth: 0,
  birthday: null,
  certified: false,
  certified_at: 0,
  foreigner: false,
  foreigner_v2: null,
  gender: null,
  imp_uid: 'imp_000000000009',
  merchant_uid: 'order_0009',
  name: null,
  origin: 'https://shop.example/join',
  pg_provider: 'danal',
  pg_tid: null,
  unique_in_site: null,
  unique_key: null,
};

const succeeded = (response: unknown) => ({ code: 0, message: null, response });

/** What the sandbox returns for its built-in people. */
export const CERTIFICATION_EXAMPLES: Examples = {
  danal: {
    summary: { ko: 'danal, 통신사 정보 승인 없음', en: 'danal without carrier approval' },
    value: succeeded(GILDONG),
  },
  inicis_unified: { summary: { ko: 'inicis_unified', en: 'inicis_unified' }, value: succeeded(MONGRYONG) },
  kcp_v2: { summary: { ko: 'kcp_v2', en: 'kcp_v2' }, value: succeeded(SIMCHEONG) },
  uncertified: { summary: { ko: '끝나지 않은 인증', en: 'Not certified' }, value: succeeded(NOBODY) },
};

/** A confirmed OTP; it has no `origin`, because no page started it. */
export const CONFIRMED_EXAMPLES: Examples = {
  kcp_v2: {
    summary: { ko: 'kcp_v2', en: 'kcp_v2' },
    value: succeeded({ ...SIMCHEONG, merchant_uid: 'nobody_1767225600000', origin: null }),
  },
};

export const KEY_PAIR_EXAMPLES: Examples = {
  sandbox: {
    summary: { ko: '모의 서버의 가맹점', en: 'A merchant of the sandbox' },
    value: { imp_key: 'imp_apikey_b', imp_secret: 'sandbox_secret_b' },
  },
};

export const TOKEN_EXAMPLES: Examples = {
  token: {
    summary: { ko: '새 토큰', en: 'A new token' },
    value: succeeded({
      access_token: '0123456789abcdef0123456789abcdef01234567',
      now: 1767225600,
      expired_at: 1767227400,
    }),
  },
};

export const OTP_REQUEST_EXAMPLES: Examples = {
  required: {
    summary: { ko: '꼭 있어야 하는 값만', en: 'Only what is required' },
    value: { name: '심청', phone: '01000000005', birth: '040229', gender_digit: '4', carrier: 'KT' },
  },
};

export const REQUESTED_OTP_EXAMPLES: Examples = {
  requested: {
    summary: { ko: '보냈음', en: 'Sent' },
    value: succeeded({ imp_uid: 'imp_000000000005' }),
  },
};

export const OTP_EXAMPLES: Examples = {
  sms: { summary: { ko: '문자', en: 'Text message' }, value: { otp: '123456' } },
};

export const PG_LIST_EXAMPLES: Examples = {
  channels: {
    summary: { ko: '채널 하나', en: 'One channel' },
    value: {
      code: 0,
      msg: 'ok',
      data: [
        {
          pg_provider: 'danal',
          pg_id: 'FAKEDANALB',
          type: 'certification',
          sandbox: true,
          store_id: 'imp00000001',
        },
      ],
    },
  },
  unknown: {
    summary: { ko: '모르는 가맹점', en: 'Unknown merchant' },
    value: { code: -1, msg: '가맹점 식별코드를 찾을 수 없습니다.', data: [] },
  },
};
