import { PROVIDER_NAMES } from '../../../core/channel.ts';
import { CARRIER_NAMES } from '../../../core/identity.ts';
import type { ObjectSchema, Schema, TypeName } from './description.ts';

/*
 * The values of version 1 as JSON Schema. What is sent is described to the last member; bodies that come in may
 * hold members nobody knows.
 */

/** The members of a person and of how the person was certified, in the order of the wire. */
const MEMBERS = {
  birth: {
    type: 'integer',
    description: {
      ko: '생년월일이 서울에서 시작된 순간의 UNIX 초입니다. 1970년 이전 출생은 음수입니다. 날짜가 필요하면 `birthday`를 쓰십시오.',
      en: 'First instant of the birthday in Seoul, in UNIX seconds; negative before 1970. For the date itself use `birthday`.',
    },
  },
  birthday: {
    type: 'string',
    pattern: '^\\d{4}-\\d{2}-\\d{2}$',
    description: { ko: '생년월일, `YYYY-MM-DD`.', en: 'Birthday, `YYYY-MM-DD`.' },
  },
  carrier: {
    type: 'string',
    enum: CARRIER_NAMES,
    description: {
      ko: '통신사. 알뜰폰은 `_MVNO`가 붙습니다. 채널에 통신사 정보 승인이 없거나 기관이 알려 주지 않으면 항목 자체가 없습니다(`null`이 아닙니다).',
      en: 'Carrier; `_MVNO` marks a budget operator. Absent, never `null`, when the channel has no carrier approval or the agency does not tell.',
    },
  },
  certified: {
    type: 'boolean',
    description: { ko: '본인인증이 끝났는지 여부.', en: 'Whether the person has been verified.' },
  },
  certified_at: {
    type: 'integer',
    description: { ko: '인증이 끝난 시각, UNIX 초.', en: 'When the verification was done, in UNIX seconds.' },
  },
  foreigner: {
    type: 'boolean',
    description: {
      ko: '외국인 여부. 외국인 구분 부가서비스가 없는 danal 채널은 언제나 `false`입니다.',
      en: 'Whether the person is a foreigner. Always `false` on a danal channel without the foreigner add-on.',
    },
  },
  foreigner_v2: {
    type: ['boolean', 'null'],
    description: {
      ko: '외국인 여부. 알 수 없으면 `null`입니다.',
      en: 'Whether the person is a foreigner; `null` when that is not known.',
    },
  },
  gender: {
    type: ['string', 'null'],
    enum: ['male', 'female', null],
    description: {
      ko: '성별, `male` 또는 `female`. 기관이 알려 주지 않으면 `null`입니다.',
      en: 'Sex, `male` or `female`; `null` when the agency does not tell.',
    },
  },
  imp_uid: {
    type: 'string',
    minLength: 1,
    description: {
      ko: '인증 고유 번호. 이 서버가 만든 번호는 `imp_`와 숫자 12자리입니다. 다른 곳에서 가져온 번호는 모양이 다를 수 있습니다.',
      en: 'Id of the certification. Those made here are `imp_` and 12 digits; imported ones may look different.',
    },
    examples: ['imp_000000000001'],
  },
  merchant_uid: {
    type: 'string',
    description: {
      ko: '가맹점이 붙인 번호. 보내지 않았으면 `nobody_`와 요청 시각(밀리초)입니다.',
      en: 'The merchant’s own number; `nobody_` and the time in milliseconds when none was given.',
    },
  },
  name: { type: 'string', description: { ko: '이름.', en: 'Name.' } },
  origin: {
    type: ['string', 'null'],
    description: {
      ko: '인증을 시작한 웹 페이지 주소. OTP 요청으로 만든 인증은 페이지가 없으므로 `null`입니다.',
      en: 'Address of the page that started the certification; `null` for one made by OTP request, which has no page.',
    },
  },
  pg_provider: {
    type: 'string',
    enum: PROVIDER_NAMES,
    description: { ko: '본인인증 기관.', en: 'The agency that verifies.' },
  },
  pg_tid: {
    type: 'string',
    description: { ko: '기관이 매긴 거래 번호.', en: 'The agency’s number of the transaction.' },
  },
  phone: {
    type: 'string',
    pattern: '^01[016789][0-9]{7,8}$',
    description: {
      ko: '휴대폰 번호, 숫자만. 통신사 정보 승인이 없는 danal 채널의 결과에는 항목 자체가 없습니다(`null`이 아닙니다).',
      en: 'Mobile number, digits only. Absent, never `null`, on a danal channel without carrier approval.',
    },
  },
  unique_in_site: {
    type: ['string', 'null'],
    description: {
      ko: 'DI(중복가입확인정보), 64자. 기관의 상점 아이디마다 다릅니다. inicis_unified는 `null`입니다.',
      en: 'DI, 64 characters; differs for each merchant id at the agency. `null` for inicis_unified.',
    },
  },
  unique_key: {
    type: 'string',
    description: {
      ko: 'CI(연계정보), 88자. 같은 사람은 어디서나 같습니다. 발급처가 주지 않은 inicis_unified 결과는 빈 문자열입니다.',
      en: 'CI, 88 characters; the same for one person everywhere. Empty where an issuer of inicis_unified gives none.',
    },
  },
} as const satisfies Record<string, Schema>;

type MemberName = keyof typeof MEMBERS;

/** What differs while nobody is certified: the person is null, two numbers are 0, two members are absent. */
const UNCERTIFIED: Partial<Record<MemberName, unknown>> = {
  birth: 0,
  birthday: null,
  certified: false,
  certified_at: 0,
  foreigner: false,
  foreigner_v2: null,
  gender: null,
  name: null,
  pg_tid: null,
  unique_in_site: null,
  unique_key: null,
};
const SHOWN_BY_SOME: readonly string[] = ['carrier', 'phone'] satisfies MemberName[];

const certified: ObjectSchema = closed(
  { ...MEMBERS, certified: fixed(MEMBERS.certified, true) },
  SHOWN_BY_SOME,
);

const uncertified: ObjectSchema = closed(
  Object.fromEntries(
    Object.entries(MEMBERS)
      .filter(([name]) => !SHOWN_BY_SOME.includes(name))
      .map(([name, schema]) => [
        name,
        name in UNCERTIFIED ? fixed(schema, UNCERTIFIED[name as MemberName]) : schema,
      ]),
  ),
);

/** A schema narrowed to one value. */
function fixed({ description, examples }: Schema, value: unknown): Schema {
  const type: TypeName = value === null ? 'null' : typeof value === 'number' ? 'integer' : 'boolean';
  return { type, const: value, ...(description && { description }), ...(examples && { examples }) };
}

/** An object of these members and no others; all of them but the optional ones are always there. */
function closed(
  properties: Readonly<Record<string, Schema>>,
  optional: readonly string[] = [],
): ObjectSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false };
}

const accessToken: ObjectSchema = closed({
  access_token: {
    type: 'string',
    pattern: '^[0-9a-f]{40}$',
    description: { ko: '접근 토큰.', en: 'The access token.' },
  },
  now: {
    type: 'integer',
    description: { ko: '서버의 지금 시각, UNIX 초.', en: 'The server’s time, in UNIX seconds.' },
  },
  expired_at: {
    type: 'integer',
    description: {
      ko: '토큰이 끝나는 시각, UNIX 초. 발급 뒤 30분입니다.',
      en: 'When the token ends, in UNIX seconds: 30 minutes after its issue.',
    },
  },
});

const requestedOtp: ObjectSchema = closed({ imp_uid: MEMBERS.imp_uid });

const channel: ObjectSchema = closed({
  pg_provider: MEMBERS.pg_provider,
  pg_id: {
    type: 'string',
    description: { ko: '기관이 준 상점 아이디.', en: 'The merchant’s id at the agency.' },
  },
  type: {
    type: 'string',
    const: 'certification',
    description: { ko: '채널의 쓰임.', en: 'What the channel is for.' },
  },
  sandbox: {
    type: 'boolean',
    description: { ko: '모의 서버의 채널인지 여부.', en: 'Whether the channel is one of a sandbox.' },
  },
  store_id: { type: 'string', description: { ko: '가맹점 식별코드.', en: 'The merchant’s user code.' } },
});

/** The values that the document gives a name. */
export const COMPONENTS = {
  AccessToken: { title: { ko: '접근 토큰', en: 'Access token' }, ...accessToken },
  CertifiedCertification: {
    title: { ko: '끝난 인증', en: 'Certified' },
    description: { ko: '인증이 끝나 사람을 아는 결과입니다.', en: 'A result that names a person.' },
    ...certified,
  },
  UncertifiedCertification: {
    title: { ko: '끝나지 않은 인증', en: 'Not certified' },
    description: {
      ko: '진행 중이거나 실패했거나 시간이 지난 인증입니다. 셋은 똑같이 보입니다.',
      en: 'Pending, failed or expired; the three look alike.',
    },
    ...uncertified,
  },
  // Without a title of its own, which readers would be shown instead of those of the two.
  Certification: {
    oneOf: [ref('CertifiedCertification'), ref('UncertifiedCertification')],
  },
  RequestedOtp: { title: { ko: '요청한 인증', en: 'Requested certification' }, ...requestedOtp },
  Channel: { title: { ko: '채널', en: 'Channel' }, ...channel },
} as const satisfies Record<string, Schema>;

/** Points at a value that has a name. */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

const CODE = { ko: '0은 성공, -1은 실패입니다.', en: '0 for a success, -1 for a failure.' };

/** The envelope of a success around a value. */
export function successOf(response: Schema): ObjectSchema {
  return closed({
    code: { type: 'integer', const: 0, description: CODE },
    message: { type: 'null', description: { ko: '성공하면 `null`입니다.', en: '`null` on success.' } },
    response,
  });
}

/** The envelope of a failure with one of these messages. */
export function failureOf(message: Schema): ObjectSchema {
  return closed({
    code: { type: 'integer', const: -1, description: CODE },
    message: {
      ...message,
      description: { ko: '실패한 까닭. 언제나 한국어입니다.', en: 'Why it failed; always in Korean.' },
    },
    response: { type: 'null', description: { ko: '실패하면 `null`입니다.', en: '`null` on failure.' } },
  });
}

/** The public list has an envelope of its own, which its `code` tells apart. */
export const PG_LIST: Schema = closed({
  code: { type: 'integer', enum: [0, -1], description: CODE },
  msg: {
    type: 'string',
    minLength: 1,
    description: { ko: '성공하면 `ok`, 아니면 까닭입니다.', en: '`ok`, or why not.' },
  },
  data: {
    type: 'array',
    items: ref('Channel'),
    description: {
      ko: '채널 목록. 기본 채널이 맨 앞입니다. 모르는 가맹점이면 비어 있습니다.',
      en: 'The channels, the default one first; empty for an unknown merchant.',
    },
  },
});

/** The one parameter that stands in paths, by its name there. */
export const PATH_PARAMETERS: Readonly<Record<string, Schema>> = {
  imp_uid: MEMBERS.imp_uid,
  userCode: {
    type: 'string',
    description: { ko: '가맹점 식별코드.', en: 'The merchant’s user code.' },
    examples: ['imp00000000'],
  },
};
