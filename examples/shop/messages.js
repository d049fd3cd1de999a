/*
 * What the shop says when something does not work: what happened, and what to do now. The words are those of the
 * script's `error_reason` (stable; `error_code` may be an agency's own) and those of `sign-up.js`.
 */

const AGAIN = '아래 버튼을 눌러 다시 인증해 주세요.';
const LATER = '잠시 후 다시 시도해 주세요.';
const OURS = '저희 쪽 설정 문제입니다. 고객센터로 알려 주시면 바로 확인하겠습니다.';

/** By `error_reason` of the browser script. */
const SCRIPT = {
  USER_CANCEL: ['본인인증을 취소하셨습니다.', `계속 가입하시려면 ${AGAIN}`],
  EXPIRED: ['본인인증 시간이 지났습니다.', `15분 안에 마쳐야 합니다. ${AGAIN}`],
  NOT_FINISHED: ['본인인증이 끝나지 않았습니다.', AGAIN],
  OTP_LIMIT: ['인증번호를 여러 번 잘못 입력하셨습니다.', `문자에 적힌 숫자 6자리를 확인하고 ${AGAIN}`],
  SEND_LIMIT: [
    '인증번호를 너무 여러 번 보냈습니다.',
    `번호가 맞는지, 스팸 보관함에 문자가 있는지 확인하고 ${AGAIN}`,
  ],
  UNDER_AGE: ['만 19세부터 가입하실 수 있습니다.', '만 19세 생일이 지난 뒤에 다시 찾아 주세요.'],
  IDENTITY_MISMATCH: [
    '입력하신 정보가 통신사 정보와 다릅니다.',
    `본인 명의 휴대폰인지, 알뜰폰이라면 ‘알뜰폰’을 골랐는지 확인하고 ${AGAIN}`,
  ],
  LINE_NOT_ALLOWED: [
    '이 휴대폰으로는 본인인증을 할 수 없습니다.',
    '법인, 선불, 정지된 회선은 이용할 수 없습니다. 본인 명의의 다른 휴대폰으로 시도해 주세요.',
  ],
  BLOCKED: [
    '시도가 많아 본인인증이 잠시 제한되었습니다.',
    '몇 시간 뒤에 다시 시도하거나 통신사에 문의해 주세요.',
  ],
  TOO_MANY_REQUESTS: ['요청이 많습니다.', LATER],
  POPUP_BLOCKED: [
    '브라우저가 본인인증 창을 막았습니다.',
    `주소창의 팝업 차단 표시를 눌러 이 사이트를 허용하고 ${AGAIN}`,
  ],
  PROVIDER_UNAVAILABLE: ['본인인증 기관이 점검 중입니다.', LATER],
  PROVIDER_ERROR: ['본인인증 기관에서 오류가 났습니다.', AGAIN],
  NETWORK_ERROR: ['본인인증 서버와 연결되지 않았습니다.', `인터넷 연결을 확인하고 ${AGAIN}`],
  NOT_READY: ['지금은 본인인증을 시작할 수 없습니다.', OURS],
  INVALID_PARAM: ['지금은 본인인증을 시작할 수 없습니다.', OURS],
  INVALID_CHANNEL: ['지금은 본인인증을 시작할 수 없습니다.', OURS],
  INVALID_REDIRECT_URL: ['지금은 본인인증을 시작할 수 없습니다.', OURS],
  ORIGIN_NOT_ALLOWED: ['지금은 본인인증을 시작할 수 없습니다.', OURS],
};

/** By word of the shop itself. */
const SHOP = {
  no_answer: [
    '본인인증은 하셨지만 결과를 아직 확인하지 못했습니다.',
    '다시 인증하실 필요는 없습니다. 잠시 후 ‘다시 확인하기’를 눌러 주세요.',
  ],
  not_yours: [
    '이 화면에서 시작한 본인인증이 아닙니다.',
    `이미 사용했거나 다른 브라우저에서 시작한 본인인증일 수 있습니다. ${AGAIN}`,
  ],
  not_certified: ['본인인증이 끝나지 않았습니다.', AGAIN],
  too_old: ['본인인증을 한 지 오래되었습니다.', `인증한 뒤 10분 안에 가입해야 합니다. ${AGAIN}`],
  under_age: SCRIPT.UNDER_AGE,
  no_birthday: ['생년월일을 확인할 수 없는 본인인증입니다.', OURS],
  no_ci: ['같은 분인지 확인할 값이 없는 본인인증입니다.', '다른 방법으로 인증하거나 고객센터로 알려 주세요.'],
  already_member: [
    '이미 가입하셨습니다.',
    '한 분이 한 번만 가입하실 수 있습니다. 전에 만든 계정을 이용해 주세요.',
  ],
  not_verified: ['가입하려면 먼저 본인인증이 필요합니다.', AGAIN],
  form_expired: ['화면이 오래되어 처리하지 못했습니다.', '새로 연 이 화면에서 다시 시도해 주세요.'],
};

const UNKNOWN = ['본인인증을 마치지 못했습니다.', AGAIN];

/** What happened, and what to do. Words come from the browser, so only own members count. */
export function messageOf(word) {
  if (Object.hasOwn(SHOP, word)) return SHOP[word];
  return Object.hasOwn(SCRIPT, word) ? SCRIPT[word] : UNKNOWN;
}
