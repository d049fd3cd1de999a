import * as v from 'valibot';
import { PROVIDER_NAMES } from '../../core/channel.ts';
import { CARRIER_NAMES } from '../../core/identity.ts';

/*
 * The certification object of version 1. The OpenAPI document and the types of `bonin/client` are made of it, and
 * what `wire.ts` writes is held against it. No server loads it before somebody asks for the document.
 */

/** What each member means. The length of CI and DI is a text only: those of an agency are passed on as they come. */
const TEXTS = {
  birth: {
    ko: '생년월일이 서울에서 시작된 순간의 UNIX 초입니다. 1970년 이전 출생은 음수입니다. 날짜가 필요하면 `birthday`를 쓰십시오.',
    en: 'First instant of the birthday in Seoul, in UNIX seconds; negative before 1970. For the date itself use `birthday`.',
  },
  birthday: { ko: '생년월일, `YYYY-MM-DD`.', en: 'Birthday, `YYYY-MM-DD`.' },
  carrier: {
    ko: '통신사. 알뜰폰은 `_MVNO`가 붙습니다. 채널에 통신사 정보 승인이 없거나 기관이 알려 주지 않으면 항목 자체가 없습니다(`null`이 아닙니다).',
    en: 'Carrier; `_MVNO` marks a budget operator. Absent, never `null`, when the channel has no carrier approval or the agency does not tell.',
  },
  certified: { ko: '본인인증이 끝났는지 여부.', en: 'Whether the person has been verified.' },
  certified_at: { ko: '인증이 끝난 시각, UNIX 초.', en: 'When the verification was done, in UNIX seconds.' },
  foreigner: {
    ko: '외국인 여부. 외국인 구분 부가서비스가 없는 danal 채널은 언제나 `false`입니다.',
    en: 'Whether the person is a foreigner. Always `false` on a danal channel without the foreigner add-on.',
  },
  foreigner_v2: {
    ko: '외국인 여부. 알 수 없으면 `null`입니다.',
    en: 'Whether the person is a foreigner; `null` when that is not known.',
  },
  gender: {
    ko: '성별, `male` 또는 `female`. 기관이 알려 주지 않으면 `null`입니다.',
    en: 'Sex, `male` or `female`; `null` when the agency does not tell.',
  },
  imp_uid: {
    ko: '인증 고유 번호. 이 서버가 만든 번호는 `imp_`와 숫자 12자리입니다. 다른 곳에서 가져온 번호는 모양이 다를 수 있습니다.',
    en: 'Id of the certification. Those made here are `imp_` and 12 digits; imported ones may look different.',
  },
  merchant_uid: {
    ko: '가맹점이 붙인 번호. 보내지 않았으면 `nobody_`와 요청 시각(밀리초)입니다.',
    en: 'The merchant’s own number; `nobody_` and the time in milliseconds when none was given.',
  },
  name: { ko: '이름.', en: 'Name.' },
  origin: {
    ko: '인증을 시작한 웹 페이지 주소. OTP 요청으로 만든 인증은 페이지가 없으므로 `null`입니다.',
    en: 'Address of the page that started the certification; `null` for one made by OTP request, which has no page.',
  },
  pg_provider: { ko: '본인인증 기관.', en: 'The agency that verifies.' },
  pg_tid: { ko: '기관이 매긴 거래 번호.', en: 'The agency’s number of the transaction.' },
  phone: {
    ko: '휴대폰 번호, 숫자만. 통신사 정보 승인이 없는 danal 채널의 결과에는 항목 자체가 없습니다(`null`이 아닙니다).',
    en: 'Mobile number, digits only. Absent, never `null`, on a danal channel without carrier approval.',
  },
  unique_in_site: {
    ko: 'DI(중복가입확인정보), 64자. 기관의 상점 아이디마다 다릅니다. inicis_unified는 `null`입니다.',
    en: 'DI, 64 characters; differs for each merchant id at the agency. `null` for inicis_unified.',
  },
  unique_key: {
    ko: 'CI(연계정보), 88자. 같은 사람은 어디서나 같습니다. 발급처가 주지 않은 inicis_unified 결과는 빈 문자열입니다.',
    en: 'CI, 88 characters; the same for one person everywhere. Empty where an issuer of inicis_unified gives none.',
  },
};

function member<const Schema extends v.GenericSchema>(name: keyof typeof TEXTS, schema: Schema) {
  return v.pipe(schema, v.metadata(TEXTS[name]));
}

const seconds = v.pipe(v.number(), v.integer());

/** The verified person. `carrier` and `phone` may be absent, and are never null. */
export const CERTIFIED = v.strictObject({
  birth: member('birth', seconds),
  birthday: member('birthday', v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}$/))),
  carrier: v.exactOptional(member('carrier', v.picklist(CARRIER_NAMES))),
  certified: member('certified', v.literal(true)),
  certified_at: member('certified_at', seconds),
  foreigner: member('foreigner', v.boolean()),
  foreigner_v2: member('foreigner_v2', v.nullable(v.boolean())),
  gender: member('gender', v.nullable(v.picklist(['male', 'female']))),
  imp_uid: member(
    'imp_uid',
    v.pipe(v.string(), v.nonEmpty(), v.metadata({ examples: ['imp_000000000001'] })),
  ),
  merchant_uid: member('merchant_uid', v.string()),
  name: member('name', v.pipe(v.string(), v.nonEmpty())),
  origin: member('origin', v.nullable(v.string())),
  pg_provider: member('pg_provider', v.picklist(PROVIDER_NAMES)),
  pg_tid: member('pg_tid', v.string()),
  phone: v.exactOptional(
    member('phone', v.pipe(v.string(), v.regex(/^(?:010[0-9]{8}|01[16789][0-9]{7,8})$/))),
  ),
  unique_in_site: member('unique_in_site', v.nullable(v.string())),
  unique_key: member('unique_key', v.string()),
});

/** Pending, failed or expired: the person is null, two numbers are 0, two members do not exist. */
export const UNCERTIFIED = v.strictObject({
  birth: member('birth', v.literal(0)),
  birthday: member('birthday', v.null()),
  certified: member('certified', v.literal(false)),
  certified_at: member('certified_at', v.literal(0)),
  foreigner: member('foreigner', v.literal(false)),
  foreigner_v2: member('foreigner_v2', v.null()),
  gender: member('gender', v.null()),
  imp_uid: CERTIFIED.entries.imp_uid,
  merchant_uid: CERTIFIED.entries.merchant_uid,
  name: member('name', v.null()),
  origin: CERTIFIED.entries.origin,
  pg_provider: CERTIFIED.entries.pg_provider,
  pg_tid: member('pg_tid', v.null()),
  unique_in_site: member('unique_in_site', v.null()),
  unique_key: member('unique_key', v.null()),
});

export const CERTIFICATION = v.variant('certified', [CERTIFIED, UNCERTIFIED]);
