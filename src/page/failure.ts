import type { FailureReason } from '../core/attempt.ts';

export type { FailureReason } from '../core/attempt.ts';

/**
 * The text of `error_msg` for each word of `error_reason`. The texts contain no character that would break an address
 * or a quoted string: no % & # = + quotes, backslash, < > or line breaks.
 */
export const FAILURES = {
  USER_CANCEL: '본인인증이 취소되었습니다.',
  EXPIRED: '본인인증 유효시간이 지났습니다. 다시 시도해주세요.',
  NOT_FINISHED: '본인인증이 끝나지 않았습니다. 다시 시도해주세요.',
  OTP_LIMIT: '인증번호 입력 횟수를 초과하였습니다. 다시 시도해주세요.',
  SEND_LIMIT: '인증번호 발송 횟수를 초과하였습니다. 다시 시도해주세요.',
  UNDER_AGE: '이용 가능한 연령이 아닙니다.',
  IDENTITY_MISMATCH: '입력하신 정보가 통신사 정보와 일치하지 않습니다.',
  LINE_NOT_ALLOWED: '본인인증을 이용할 수 없는 휴대폰 회선입니다.',
  BLOCKED: '본인인증 시도가 많아 일시적으로 제한되었습니다. 잠시 후 다시 시도해주세요.',
  TOO_MANY_REQUESTS: '요청이 많습니다. 잠시 후 다시 시도해주세요.',
  POPUP_BLOCKED: '팝업이 차단되어 본인인증 창을 열 수 없습니다.',
  NOT_READY: '본인인증을 시작할 수 없습니다. 가맹점 설정을 확인해주세요.',
  INVALID_PARAM: '본인인증 요청 값이 올바르지 않습니다.',
  INVALID_CHANNEL: '사용할 수 있는 본인인증 채널이 없습니다.',
  INVALID_REDIRECT_URL: '허용되지 않은 복귀 주소입니다.',
  ORIGIN_NOT_ALLOWED: '허용되지 않은 사이트에서 요청하였습니다.',
  PROVIDER_UNAVAILABLE: '본인인증 기관 점검 중입니다. 잠시 후 다시 시도해주세요.',
  PROVIDER_ERROR: '본인인증 기관에서 오류가 발생했습니다.',
  REPLACED: '새로운 본인인증 요청으로 대체되었습니다.',
  NETWORK_ERROR: '서버와 통신하지 못했습니다. 네트워크를 확인해주세요.',
  NOT_SUPPORTED: '지원하지 않는 기능입니다.',
  SYSTEM_ERROR: '오류가 발생했습니다. 다시 시도해주세요.',
} as const satisfies Record<FailureReason, string>;
