import type { ObjectSchema, Schema } from './description.ts';

/* What bodies of answers are made of, as JSON Schema: described to the last member. */

/** An object of these members and no others, all of them always there. */
export function closed(properties: Readonly<Record<string, Schema>>): ObjectSchema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

/** A reference to a named schema. */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

const CODE = { ko: '0은 성공, -1은 실패입니다.', en: '0 for a success, -1 for a failure.' };

/** The success envelope with this value. */
export function successOf(response: Schema): ObjectSchema {
  return closed({
    code: { type: 'integer', const: 0, description: CODE },
    message: { type: 'null', description: { ko: '성공하면 `null`입니다.', en: '`null` on success.' } },
    response,
  });
}

/** The failure envelope with one of these messages. */
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

/** The public list has its own envelope; `code` tells success and failure apart. */
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
