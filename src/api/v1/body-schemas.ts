import { CARRIER_SPELLINGS } from '../../core/identity.ts';
import type { ObjectSchema, Schema, Text } from './reference/description.ts';

/*
 * What request bodies may contain. A text may also be a JSON number; null and the empty text mean absent; unknown
 * members are ignored. The code that reads bodies uses these lists and limits.
 */

/** A text or a whole JSON number; blanks around it are ignored. */
function text(description: Text, more: Schema = {}): Schema {
  return { type: ['string', 'integer'], description, ...more };
}

/** The same, but optional. */
function optional<More extends Schema = object>(description: Text, more?: More): Schema & More {
  return { type: ['string', 'integer', 'null'], description, ...(more as More) };
}

export const KEY_PAIR = {
  type: 'object',
  properties: {
    imp_key: text(
      {
        ko: 'REST API 키. 영문 대소문자를 가리지 않습니다.',
        en: 'REST API key. Letter case does not count.',
      },
      { minLength: 1 },
    ),
    imp_secret: text(
      {
        ko: 'REST API 비밀값. 있는 그대로 견줍니다.',
        en: 'REST API secret, compared exactly.',
      },
      { minLength: 1 },
    ),
  },
  required: ['imp_key', 'imp_secret'],
} as const satisfies ObjectSchema;

/** Most characters in a free text of an OTP request. */
const LONGEST_TEXT = 100;

export const OTP_REQUEST = {
  type: 'object',
  properties: {
    name: text(
      {
        ko: '이름, 1–50자. 글자가 하나는 있어야 하고 `?`, `<`, `>`는 쓸 수 없습니다.',
        en: 'Name, 1–50 characters, a letter among them; no `?`, `<`, `>`.',
      },
      { minLength: 1, maxLength: 50 },
    ),
    phone: text({
      ko: '휴대폰 번호. 숫자가 아닌 글자는 버리고, `82`로 시작하면 `0`으로 바꿉니다.',
      en: 'Mobile number. What is no digit is dropped; a leading `82` becomes `0`.',
    }),
    birth: text({
      ko: '생년월일 6자리(`YYMMDD`) 또는 8자리(`YYYYMMDD`). 숫자가 아닌 글자는 버립니다. 주민등록번호는 받지 않습니다.',
      en: 'Birthday in 6 digits (`YYMMDD`) or 8 (`YYYYMMDD`). What is no digit is dropped. A resident registration number is refused.',
    }),
    gender_digit: text(
      {
        ko: '주민등록번호 뒷자리의 첫 숫자. 1·3 남, 2·4 여, 5·7 외국인 남, 6·8 외국인 여. 1·2·5·6은 1900년대, 3·4·7·8은 2000년대 출생입니다.',
        en: 'First digit of the back half of the registration number. 1, 3 male; 2, 4 female; 5, 7 foreign male; 6, 8 foreign female. 1, 2, 5, 6 born in 19xx; 3, 4, 7, 8 in 20xx.',
      },
      { pattern: '^[1-8]$', minimum: 1, maximum: 8 },
    ),
    carrier: {
      type: 'string',
      description: {
        ko: `통신사. 대소문자를 가리지 않습니다: ${spellings()}.`,
        en: `Carrier, in any letter case: ${spellings()}.`,
      },
    },
    is_mvno: {
      type: ['boolean', 'string', 'integer', 'null'],
      default: false,
      description: {
        ko: '알뜰폰 여부. `true`, `1`, `y`, `yes`, `on`과 `false`, `0`, `n`, `no`, `off`를 받습니다.',
        en: 'Whether the line is one of a budget operator: `true`, `1`, `y`, `yes`, `on`; `false`, `0`, `n`, `no`, `off`.',
      },
    },
    company: optional(
      {
        ko: '문자에 들어갈 서비스 이름. 앞의 20자를 씁니다. 없으면 가맹점 이름입니다.',
        en: 'Name of the service in the text message, of which 20 characters are used. Default: the merchant’s name.',
      },
      { maxLength: LONGEST_TEXT },
    ),
    merchant_uid: optional(
      {
        ko: '가맹점이 붙이는 번호. 없으면 `nobody_`와 지금 시각(밀리초)입니다.',
        en: 'The merchant’s own number. Default: `nobody_` and the time in milliseconds.',
      },
      { maxLength: LONGEST_TEXT },
    ),
    channel_key: optional({
      ko: '채널 키. 없으면 OTP를 할 수 있는 첫 채널입니다.',
      en: 'Key of a channel. Default: the first channel that can do OTP.',
    }),
    channelKey: optional({
      ko: '`channel_key`가 없을 때 씁니다.',
      en: 'Counts when `channel_key` is absent.',
    }),
    pg: optional({
      ko: '`기관` 또는 `기관.상점아이디`. 채널 키가 없을 때 씁니다.',
      en: '`provider` or `provider.merchantId`. Counts when no key is given.',
    }),
    verification_method: {
      type: ['string', 'null'],
      default: 'SMS',
      examples: ['SMS', 'APP'],
      description: {
        ko: '`SMS` 또는 `APP`(kcp_v2 채널만). 대소문자를 가리지 않습니다.',
        en: '`SMS` or `APP` (on a kcp_v2 channel only), in any letter case.',
      },
    },
    bypass: {
      type: ['object', 'string', 'null'],
      description: {
        ko: '기관에 그대로 건넬 값. JSON 객체이거나 그것을 담은 문자열입니다.',
        en: 'Handed to the agency: a JSON object, or a text that holds one.',
      },
    },
    ip: {
      description: { ko: '받지만 쓰지 않습니다.', en: 'Accepted and ignored.' },
    },
  },
  required: ['name', 'phone', 'birth', 'gender_digit', 'carrier'],
} as const satisfies ObjectSchema;

function spellings(): string {
  return CARRIER_SPELLINGS.map((spelling) => `\`${spelling}\``).join(', ');
}

export const OTP_CONFIRMATION = {
  type: 'object',
  properties: {
    otp: optional(
      {
        ko: '문자로 받은 6자리 숫자. 빈칸과 붙임표는 버립니다. `APP` 방식의 인증에는 필요 없고, 그 밖에는 꼭 있어야 합니다.',
        en: 'The six digits of the text message; blanks and hyphens are dropped. Not needed for a certification by `APP`, required for any other.',
      },
      { pattern: '^[\\s-]*(?:[0-9][\\s-]*){6}$' },
    ),
    imp_uid: {
      description: {
        ko: '받지만 쓰지 않습니다. 경로의 값을 씁니다.',
        en: 'Accepted and ignored; the path counts.',
      },
    },
  },
  required: [],
} as const satisfies ObjectSchema;
