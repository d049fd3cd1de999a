import type { Language } from '../html/language.ts';
import type { Problem } from './screen.ts';

/** A text in every language of the page; a missing one is a compile error. */
export type Sentence = Readonly<Record<Language, string>>;

/** All texts of the page, except those in other tables: consents, failures, the sandbox. */
export const COPY = {
  certification: { ko: '본인인증', en: 'Identity verification' },
  error_prefix: { ko: '오류', en: 'Error' },
  requested_by: { ko: '본인인증을 요청한 곳', en: 'Verification requested by' },
  other_language: { ko: 'English', en: '한국어' },
  problems_title: { ko: '입력한 내용을 확인해 주세요', en: 'Please check what you entered' },
  cancel: { ko: '본인인증 취소', en: 'Cancel verification' },
  next: { ko: '다음', en: 'Next' },
  close: { ko: '창 닫기', en: 'Close this window' },

  carrier_title: { ko: '통신사 선택', en: 'Choose your carrier' },
  carrier_heading: { ko: '이용 중인 통신사를 선택해 주세요', en: 'Which carrier do you use?' },
  carrier_lead: {
    ko: '본인 명의로 가입한 휴대폰의 통신사를 골라 주세요.',
    en: 'Choose the carrier of the phone that is registered in your own name.',
  },
  carrier_legend: { ko: '통신사', en: 'Carrier' },
  mvno_note: {
    ko: '알뜰폰을 쓰신다면 통신사 이름 대신 꼭 ‘알뜰폰’을 선택해 주세요.',
    en: 'If you use a budget carrier, choose “Budget carrier”, not the network it runs on.',
  },
  network_legend: { ko: '알뜰폰 통신망', en: 'Network of your budget carrier' },
  network_note: {
    ko: '가입한 알뜰폰이 어느 통신망을 쓰는지 선택해 주세요. 알뜰폰 고객센터나 요금 고지서에서 확인할 수 있습니다.',
    en: 'Choose the network that your budget carrier runs on. Its customer service or your bill tells you.',
  },

  consent_title: { ko: '약관 동의', en: 'Your consent' },
  consent_heading: { ko: '약관을 확인하고 동의해 주세요', en: 'Please read and agree' },
  consent_lead: {
    ko: '네 가지 모두 동의해야 본인인증을 이용할 수 있습니다.',
    en: 'Identity verification needs your consent to all four.',
  },
  consent_legend: { ko: '동의 항목', en: 'Consents' },
  agree_all: { ko: '모두 동의합니다', en: 'I agree to all' },
  required: { ko: '필수', en: 'Required' },
  read_terms: { ko: '내용 보기', en: 'Read' },
  consent_next: { ko: '동의하고 계속하기', en: 'Agree and continue' },

  method_title: { ko: '인증 방법 선택', en: 'Choose a method' },
  method_heading: { ko: '인증 방법을 선택해 주세요', en: 'How would you like to verify?' },
  method_lead: { ko: '어느 쪽을 골라도 결과는 같습니다.', en: 'Both lead to the same result.' },
  method_legend: { ko: '인증 방법', en: 'Method' },
  method_sms: { ko: '문자 인증', en: 'Text message' },
  method_sms_note: { ko: '문자로 받은 숫자 6자리를 입력합니다.', en: 'Enter the six digits we send you.' },
  method_app: { ko: '앱 인증', en: 'Carrier app' },
  method_app_note: { ko: '통신사 인증 앱에서 승인합니다.', en: 'Approve in your carrier’s app.' },

  hand_over_title: { ko: '인증기관으로 이동', en: 'On to the agency' },
  hand_over_heading: { ko: '본인인증 기관으로 이동합니다', en: 'You are taken to the agency' },
  hand_over_lead: {
    ko: '본인인증은 인증기관의 화면에서 진행됩니다. 잠시 기다려 주세요.',
    en: 'You verify yourself in the agency’s own window. One moment, please.',
  },
  hand_over_next: { ko: '인증기관으로 가기', en: 'Continue to the agency' },
  waiting_title: { ko: '결과 확인 중', en: 'Checking the result' },
  waiting_heading: { ko: '인증 결과를 확인하고 있습니다', en: 'We are checking the result' },
  waiting_lead: {
    ko: '창을 닫지 말고 잠시 기다려 주세요. 화면은 저절로 바뀝니다.',
    en: 'Please keep this window open. The screen changes by itself.',
  },

  person_title: { ko: '본인 정보 입력', en: 'Your details' },
  person_heading: { ko: '본인 정보를 입력해 주세요', en: 'Enter your details' },
  person_lead: {
    ko: '휴대폰 가입 정보와 똑같이 입력해 주세요.',
    en: 'Enter them exactly as they are registered with your carrier.',
  },
  name: { ko: '이름', en: 'Name' },
  birth: { ko: '생년월일', en: 'Date of birth' },
  birth_note: { ko: '숫자 6자리 (예: 900131)', en: 'Six digits, YYMMDD (for example 900131)' },
  gender_digit: { ko: '뒷자리 첫 숫자', en: 'Next digit' },
  gender_digit_note: {
    ko: '주민등록번호(외국인등록번호) 뒷자리의 첫 숫자만 입력합니다. 나머지 여섯 자리는 묻지 않습니다.',
    en: 'Only the first digit after the hyphen of your registration number. The other six are never asked for.',
  },
  phone: { ko: '휴대폰 번호', en: 'Mobile number' },
  phone_note: { ko: '숫자만 입력 (예: 01000001234)', en: 'Digits only (for example 01000001234)' },
  send_code: { ko: '인증번호 받기', en: 'Send me the code' },
  send_app: { ko: '앱 인증 요청하기', en: 'Send the request to my app' },

  code_title: { ko: '인증번호 입력', en: 'Enter the code' },
  code_heading: { ko: '인증번호를 입력해 주세요', en: 'Enter the code' },
  code_sent_to: { ko: '인증번호를 보낸 번호', en: 'We sent a code to' },
  code_label: { ko: '인증번호 6자리', en: 'Six-digit code' },
  time_left: { ko: '남은 시간', en: 'Time left' },
  seconds_left: { ko: '{n}초 남았습니다', en: '{n} seconds left' },
  code_over: {
    ko: '인증번호의 유효시간이 지났습니다. 인증번호를 다시 받아 주세요.',
    en: 'This code has expired. Please request a new one.',
  },
  tries_left: { ko: '남은 입력 횟수', en: 'Tries left' },
  sends_left: { ko: '다시 받을 수 있는 횟수', en: 'New codes left' },
  times: { ko: '{n}회', en: '{n}' },
  confirm: { ko: '확인', en: 'Confirm' },
  resend: { ko: '인증번호 다시 받기', en: 'Send a new code' },
  resend_in: { ko: '{n}초 후 가능', en: 'in {n} s' },
  other_number: { ko: '다른 번호로 받기', en: 'Use another number' },
  code_help: {
    ko: '문자가 오지 않으면 휴대폰 번호와 스팸 보관함을 확인해 주세요.',
    en: 'No message? Check the number and your spam folder.',
  },

  app_title: { ko: '앱 승인 대기', en: 'Waiting for your approval' },
  app_heading: { ko: '인증 앱에서 승인해 주세요', en: 'Approve in your carrier’s app' },
  app_lead: {
    ko: '휴대폰으로 보낸 알림을 누르거나 통신사 인증 앱을 열어 요청을 승인해 주세요.',
    en: 'Tap the notification on your phone, or open your carrier’s app, and approve the request.',
  },
  app_back: {
    ko: '승인한 뒤 이 화면으로 돌아와 아래 버튼을 눌러 주세요.',
    en: 'Then come back to this screen and press the button below.',
  },
  approved: { ko: '승인했습니다', en: 'I have approved' },
  to_sms: { ko: '문자로 인증하기', en: 'Use a text message instead' },

  success_title: { ko: '본인인증 완료', en: 'Verified' },
  success_heading: { ko: '본인인증이 완료되었습니다', en: 'Your identity is verified' },
  failure_title: { ko: '본인인증 실패', en: 'Not verified' },
  failure_heading: { ko: '본인인증을 마치지 못했습니다', en: 'Your identity was not verified' },
  budget_advice: {
    ko: '통신 3사 가입자는 통신사 이름을, 알뜰폰 가입자는 ‘알뜰폰’을 선택해야 합니다. 다시 인증할 때 확인해 주세요.',
    en: 'Choose the network’s own name only if it bills you itself. If you use a budget carrier, choose “Budget carrier” next time.',
  },
  returns_itself: { ko: '잠시 후 자동으로 돌아갑니다.', en: 'You will be taken back in a moment.' },
  closes_itself: { ko: '이 창은 곧 닫힙니다.', en: 'This window will close in a moment.' },
  close_by_hand: {
    ko: '창이 닫히지 않으면 직접 닫고 원래 화면으로 돌아가 주세요.',
    en: 'If this window stays open, close it and go back to where you came from.',
  },
  back_to_service: { ko: '서비스로 돌아가기', en: 'Back to the service' },

  dead_title: { ko: '사용할 수 없는 주소', en: 'This address no longer works' },
  dead_heading: {
    ko: '이미 사용했거나 유효시간이 지난 주소입니다',
    en: 'This address was already used or is too old',
  },
  dead_lead: {
    ko: '이 창을 닫고, 본인인증을 시작한 화면에서 다시 시도해 주세요.',
    en: 'Close this window and start again from the page you came from.',
  },
} satisfies Record<string, Sentence>;

/** The four steps of the person. */
export const PHASES: readonly Sentence[] = [
  { ko: '4단계 중 1단계', en: 'Step 1 of 4' },
  { ko: '4단계 중 2단계', en: 'Step 2 of 4' },
  { ko: '4단계 중 3단계', en: 'Step 3 of 4' },
  { ko: '4단계 중 4단계', en: 'Step 4 of 4' },
];

/** The problems that a form can have. */
export const PROBLEMS = {
  choose_carrier: { ko: '통신사를 선택해 주세요.', en: 'Choose your carrier.' },
  choose_network: {
    ko: '알뜰폰이 사용하는 통신망을 선택해 주세요.',
    en: 'Choose the network of your budget carrier.',
  },
  agree_needed: {
    ko: '동의해야 본인인증을 계속할 수 있습니다.',
    en: 'Your consent is needed to go on.',
  },
  choose_method: { ko: '인증 방법을 선택해 주세요.', en: 'Choose a method.' },
  name_invalid: {
    ko: '이름을 휴대폰 가입 정보와 똑같이 입력해 주세요.',
    en: 'Enter your name as it is registered with your carrier.',
  },
  birth_invalid: {
    ko: '생년월일을 숫자 6자리로 입력해 주세요. 예: 900131',
    en: 'Enter your date of birth as six digits, for example 900131.',
  },
  gender_digit_invalid: {
    ko: '주민등록번호 뒷자리의 첫 숫자를 1에서 8 사이로 입력해 주세요.',
    en: 'Enter the digit after the hyphen of your registration number, 1 to 8.',
  },
  phone_invalid: {
    ko: '휴대폰 번호를 다시 확인해 주세요. 예: 01000001234',
    en: 'Enter a Korean mobile number, for example 01000001234.',
  },
  registration_number: {
    ko: '주민등록번호 전체는 입력하지 마세요. 입력한 값은 저장하지 않았습니다.',
    en: 'Do not enter your whole registration number. What you entered was not kept.',
  },
  person_refused: {
    ko: '입력한 정보가 통신사 가입 정보와 일치하지 않습니다. 통신사와 입력한 내용을 다시 확인해 주세요.',
    en: 'These details do not match your carrier’s records. Check them and your choice of carrier.',
  },
  otp_invalid: { ko: '인증번호 숫자 6자리를 입력해 주세요.', en: 'Enter the six digits of the code.' },
  otp_wrong: {
    ko: '인증번호가 맞지 않습니다. 가장 최근에 받은 번호를 입력해 주세요.',
    en: 'This code is not right. Enter the one from the latest message.',
  },
  otp_late: {
    ko: '인증번호의 유효시간이 지났습니다. 다시 받은 번호를 입력해 주세요.',
    en: 'This code came too late. Request a new one.',
  },
  resend_soon: {
    ko: '방금 인증번호를 보냈습니다. 잠시 후에 다시 받아 주세요.',
    en: 'We have just sent a code. Please wait a moment before you request another.',
  },
  rate_limited: {
    ko: '요청이 많습니다. 잠시 후 다시 시도해 주세요.',
    en: 'Too many requests. Please try again later.',
  },
  not_approved_yet: {
    ko: '아직 승인되지 않았습니다. 인증 앱에서 승인한 뒤 다시 눌러 주세요.',
    en: 'There is no approval yet. Approve in the app, then press again.',
  },
} satisfies Record<Problem['sentence'], Sentence>;
