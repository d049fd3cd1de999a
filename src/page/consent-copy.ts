import type { Consent } from '../core/attempt.ts';
import type { Sentence } from './copy.ts';

/** Recorded with each consent; increase it with every change of a text below. */
export const CONSENT_VERSION = '1';

/** The consents: the label of each checkbox and the text behind it. */
export const CONSENT_COPY = {
  personal: {
    label: { ko: '개인정보 수집·이용', en: 'Collection and use of personal data' },
    text: {
      ko: '수집 항목: 이름, 생년월일, 성별, 내국인·외국인 구분, 휴대폰 번호, 통신사. 목적: 통신사 가입자 정보와 대조하여 본인임을 확인하고 그 결과를 요청한 서비스에 전달합니다. 보유 기간: 인증을 마치지 않으면 바로 지우고, 마친 결과는 서비스가 정한 보유 기간이 지나면 지웁니다. 동의를 거부할 수 있으며, 거부하면 본인인증을 이용할 수 없습니다.',
      en: 'Collected: name, date of birth, sex, whether you are a Korean national, mobile number, carrier. Purpose: to compare them with your carrier’s records and to hand the result to the service that asked. Kept: deleted at once if you do not finish; a finished result is deleted when the period set by the service is over. You may refuse; verification is then not possible.',
    },
  },
  unique_id: {
    label: { ko: '고유식별정보 처리', en: 'Processing of unique identifying information' },
    text: {
      ko: '처리 항목: 주민등록번호(외국인은 외국인등록번호) 앞 6자리와 뒷자리 첫 숫자. 나머지 여섯 자리는 묻지도 저장하지도 않습니다. 목적: 본인확인기관이 가입자를 확인하고 연계정보(CI)와 중복가입확인정보(DI)를 만드는 데 씁니다. 보유 기간: 확인이 끝나면 뒷자리 첫 숫자는 저장하지 않습니다. 동의를 거부할 수 있으며, 거부하면 본인인증을 이용할 수 없습니다.',
      en: 'Processed: the first six digits of your resident (or foreigner) registration number and the digit after the hyphen. The other six are neither asked for nor kept. Purpose: the verification agency uses them to find the subscriber and to make the linking values CI and DI. Kept: the digit after the hyphen is not stored once the check is done. You may refuse; verification is then not possible.',
    },
  },
  carrier: {
    label: { ko: '통신사 이용약관', en: 'Terms of your carrier' },
    text: {
      ko: '통신사는 입력한 정보를 가입자 정보와 비교하여 일치하는지 알려 주고, 문자 또는 인증 앱으로 본인 여부를 확인합니다. 알뜰폰은 통신망을 빌려준 통신사가 이 일을 맡습니다. 본인 명의가 아닌 휴대폰은 쓸 수 없으며, 다른 사람의 정보를 쓰면 법에 따라 처벌받을 수 있습니다.',
      en: 'Your carrier compares what you enter with its records, says whether it matches, and checks by text message or in its app that it is you. For budget carriers the network they run on does this. Only a phone in your own name may be used; using another person’s details can be punished by law.',
    },
  },
  service: {
    label: { ko: '본인확인서비스 이용약관', en: 'Terms of the identity service' },
    text: {
      ko: '본인확인서비스는 서비스가 요청한 본인 확인을 본인확인기관과 통신사에 전달하고, 그 결과를 요청한 서비스에만 돌려줍니다. 인증번호는 다른 사람에게 알려 주지 마세요. 입력 횟수와 발송 횟수에는 제한이 있으며, 통신사나 기관이 점검 중이면 이용할 수 없습니다.',
      en: 'The identity service passes the request on to the verification agency and your carrier, and returns the result only to the service that asked. Do not tell the code to anybody. Tries and messages are limited, and the service is not available while the carrier or the agency is under maintenance.',
    },
  },
} satisfies Record<Consent, { label: Sentence; text: Sentence }>;
