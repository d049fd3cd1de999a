import type { Sentence } from './copy.ts';

/** Texts that only a sandbox shows. */
export const SANDBOX_COPY = {
  ribbon: {
    ko: '테스트 환경 · 실제 본인인증이 아닙니다',
    en: 'Test environment · this is not a real identity verification',
  },
  advice: {
    ko: '실제 개인정보를 입력하지 마세요.',
    en: 'Do not enter real personal data.',
  },
  people: { ko: '가상 인물로 채우기', en: 'Fill in an invented person' },
  people_note: {
    ko: '누르면 아래 칸이 채워집니다. 직접 입력한 사람도 그대로 인증됩니다.',
    en: 'One click fills the fields below. Anybody you type in is accepted as well.',
  },
  code: { ko: '테스트 인증번호', en: 'Test code' },
  fill_code: { ko: '입력하기', en: 'Fill in' },
  inbox: { ko: '문자함 (새 창)', en: 'Inbox (new window)' },
  play_approval: { ko: '앱에서 승인한 것으로 하기', en: 'Play the approval in the app' },
  picker: { ko: '결과 골라서 끝내기', en: 'End with a chosen outcome' },
  picker_note: {
    ko: '누르면 이 본인인증이 고른 결과로 바로 이어집니다.',
    en: 'One click takes this verification to the outcome you choose.',
  },
} satisfies Record<string, Sentence>;

/** The labels of the outcome picker, by the id of the outcome. */
export const OUTCOMES = {
  success: { ko: '성공', en: 'Success' },
  foreigner: { ko: '성공 · 외국인', en: 'Success, a foreigner' },
  minor: { ko: '성공 · 미성년자', en: 'Success, a minor' },
  mvno: { ko: '성공 · 알뜰폰', en: 'Success, a budget carrier' },
  no_ci: { ko: '성공 · CI 없음', en: 'Success without CI' },
  cancel: { ko: '취소', en: 'Cancelled' },
  popup_closed: { ko: '말없이 창이 닫힘', en: 'Window closes without a word' },
  message_lost: { ko: '성공 · 결과 메시지 유실', en: 'Success, but the message is lost' },
  wrong_code: { ko: '인증번호 5회 틀림', en: 'Five wrong codes' },
  code_expired: { ko: '인증번호 시간 초과', en: 'The code expires' },
  attempt_expired: { ko: '본인인증 시간 초과', en: 'The attempt expires' },
  mismatch: { ko: '가입 정보 불일치', en: 'Details do not match' },
  under_age: { ko: '나이 미달', en: 'Under age' },
  company_line: { ko: '법인 회선', en: 'A company’s line' },
  blocked: { ko: '시도가 많아 차단됨', en: 'Blocked after many attempts' },
  misconfigured: { ko: '가맹점 설정 오류', en: 'Merchant misconfigured' },
  provider_down: { ko: '인증 기관 점검 중', en: 'Agency not available' },
  empty_data: { ko: '인증 기관의 빈 응답', en: 'Empty answer of the agency' },
  slow: { ko: '성공 · 단계마다 3초 지연', en: 'Success, every step takes 3 s' },
  app_lost: { ko: '앱 승인이 오지 않음', en: 'The app never answers' },
} satisfies Record<string, Sentence>;

/** The label of an outcome; without one, its id. */
export function outcomeLabel(id: string): Sentence {
  const labels: Readonly<Record<string, Sentence>> = OUTCOMES;
  return (Object.hasOwn(labels, id) ? labels[id] : undefined) ?? { ko: id, en: id };
}
