import { jsonSchemaOf } from '../../../validation/json-schema.ts';
import { CERTIFIED, UNCERTIFIED } from '../certification-schema.ts';
import type { ObjectSchema, Schema } from './description.ts';
import { closed, ref } from './schemas.ts';

/*
 * The values that the document gives a name, and its parameters. Loads the library that checks: only the document
 * needs it.
 */

const certified = jsonSchemaOf(CERTIFIED) as unknown as ObjectSchema;
const uncertified = jsonSchemaOf(UNCERTIFIED) as unknown as ObjectSchema;

/** The schema of a member that other values have as well. */
const IMP_UID: Schema = certified.properties['imp_uid'] ?? {};
const PG_PROVIDER: Schema = certified.properties['pg_provider'] ?? {};

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

const requestedOtp: ObjectSchema = closed({ imp_uid: IMP_UID });

const channel: ObjectSchema = closed({
  pg_provider: PG_PROVIDER,
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

/** The named schemas of the document. */
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
  // Without a title: readers would see it instead of the titles of the two.
  Certification: {
    oneOf: [ref('CertifiedCertification'), ref('UncertifiedCertification')],
  },
  RequestedOtp: { title: { ko: '요청한 인증', en: 'Requested certification' }, ...requestedOtp },
  Channel: { title: { ko: '채널', en: 'Channel' }, ...channel },
} as const satisfies Record<string, Schema>;

/** The parameters in paths, by name. */
export const PATH_PARAMETERS: Readonly<Record<string, Schema>> = {
  imp_uid: IMP_UID,
  userCode: {
    type: 'string',
    description: { ko: '가맹점 식별코드.', en: 'The merchant’s user code.' },
    examples: ['imp00000000'],
  },
};
