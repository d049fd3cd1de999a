import type * as v from 'valibot';
import { jsonSchemaOf } from '../validation/json-schema.ts';
import { ROUTE_NAMES } from './api-routes.ts';
import { CONTROLS, type ControlName } from './control-schemas.ts';

/*
 * The control routes in the OpenAPI document; their input comes from the schemas that check it. Loaded with the
 * reference.
 */

/** A text in both languages; the document uses one of them. */
interface Text {
  readonly ko: string;
  readonly en: string;
}
type Schema = Readonly<Record<string, unknown>>;
type Texts = Readonly<Record<string, Text>>;

const text = (ko: string, en: string): Text => ({ ko, en });

interface Described {
  readonly id: string;
  readonly summary: Text;
  readonly description: Text;
  /** Descriptions of the members in the query or the body. */
  readonly members?: Texts;
  readonly example?: unknown;
  /** The value in the envelope. */
  readonly answer: Schema;
}

const IMP_UID = text('인증 고유번호.', 'Id of a certification.');
const PHONE = text(
  '휴대폰 번호. 붙임표, 빈칸, `+82`를 써도 됩니다.',
  'Mobile number; hyphens, blanks and `+82` are fine.',
);
const NULL_KO = '`null`이면 인증 기관이 알려 주지 않은 것입니다.';
const NULL_EN = 'Null: the provider does not tell.';

const FAULT_MEMBERS: Texts = {
  faults: text(
    '오류 규칙. 요청에 맞는 첫 규칙이 정합니다.',
    'The faults. The first one that hits a request decides.',
  ),
  route: text(
    `API 경로. 앞에 메서드를 쓸 수 있고, 실제 경로(\`/certifications/imp_123\`)도 됩니다. \`null\`이면 모든 경로입니다. ${ROUTE_NAMES.map((name) => `\`${name}\``).join(', ')}.`,
    `A path of the API, with a method in front if wanted, or one that meets it (\`/certifications/imp_123\`); null for all. ${ROUTE_NAMES.map((name) => `\`${name}\``).join(', ')}.`,
  ),
  times: text('몇 번 일어날지. `null`이면 계속 일어납니다.', 'How many requests it hits; null for all.'),
  probability: text('일어날 확률, 0에서 1.', 'From 0 to 1.'),
  delay_ms: text('답하기 전에 기다릴 밀리초.', 'Milliseconds to wait before the answer.'),
  status: text(
    '대신 답할 상태 코드. `null`이면 원래대로 답합니다.',
    'Status to answer with; null for the usual answer.',
  ),
  abort: text('답하지 않고 연결을 끊습니다.', 'Cuts the connection instead of answering.'),
  body: text(
    '봉투 대신 보낼 본문. `status`와 함께 씁니다.',
    'What the answer holds instead of the envelope. Wants a `status`.',
  ),
  headers: text(
    '답의 머리글. 같은 이름의 원래 머리글을 대신합니다. `status`와 함께 쓰며, 길이와 연결에 관한 머리글은 쓸 수 없습니다.',
    'Headers of the answer, each in place of the usual one of its name. Wants a `status`; none of length and connection.',
  ),
};

const FAULT_EXAMPLE = {
  route: '/certifications/{imp_uid}',
  times: 1,
  status: 502,
  headers: { 'Content-Type': 'text/html; charset=utf-8' },
  body: '<html><body>502 Bad Gateway</body></html>',
};

function closed(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}
const list = (items: Schema): Schema => ({ type: 'array', items });
const NOTHING = closed({});
const NOW = closed({
  now: { type: 'integer', description: text('지금, 에포크 초.', 'Now, in epoch seconds.') },
});
const MESSAGE = closed({
  id: { type: 'string', description: text('문자의 번호.', 'Id of the message.') },
  phone: { type: 'string', description: text('받은 번호. 숫자만.', 'To whom; digits only.') },
  text: { type: 'string', description: text('문자 내용.', 'What it says.') },
  otp: { type: 'string', description: text('인증번호.', 'The code.') },
  imp_uid: { type: 'string', description: IMP_UID },
  sent_at: { type: 'integer', description: text('보낸 때, 에포크 초.', 'When, in epoch seconds.') },
});
const orNull = (type: string, description: Text): Schema => ({ type: [type, 'null'], description });
const REQUEST = closed({
  request_id: { type: 'string', description: text('요청의 번호.', 'Id of the request.') },
  method: { type: 'string', description: text('메서드.', 'Method.') },
  path: { type: 'string', description: text('보낸 경로.', 'Path as it was sent.') },
  route: orNull('string', text('맞은 경로. 없으면 `null`입니다.', 'The route it met; null for none.')),
  token: orNull('string', text('토큰이 실린 자리.', 'Where a token was presented.')),
  content_type: orNull('string', text('본문의 형식.', 'Type of the body.')),
  unread_media_type: orNull(
    'string',
    text(
      '읽지 않은 본문의 형식. 형식이 없으면 none.',
      'Media type of a body that was not read; none without one.',
    ),
  ),
  body: orNull(
    'object',
    text('본문. 비밀값과 개인정보는 가립니다.', 'The body, secrets and persons masked.'),
  ),
  status: {
    type: 'integer',
    description: text('답한 상태. 끊었으면 0입니다.', 'Status answered; 0 when it was cut.'),
  },
  at: { type: 'integer', description: text('받은 때, 에포크 초.', 'When, in epoch seconds.') },
});

const CONTROL_TEXTS: Readonly<Partial<Record<ControlName, Described>>> = {
  'POST /sandbox/certifications': {
    id: 'createSandboxCertification',
    summary: text('인증 바로 만들기', 'Make a certification at once'),
    description: text(
      '화면 없이 인증을 만듭니다. 쓰지 않은 항목은 첫 채널의 홍길동입니다.',
      'Makes a certification without a page. What is left out is as of the default person on the first channel.',
    ),
    members: {
      name: text('이름.', 'Name.'),
      birthday: text('생년월일, `YYYY-MM-DD`.', 'Birthday, `YYYY-MM-DD`.'),
      gender: text(`성별. ${NULL_KO}`, `Sex. ${NULL_EN}`),
      phone: text(`${PHONE.ko} ${NULL_KO}`, `${PHONE.en} ${NULL_EN}`),
      carrier: text(`통신사. ${NULL_KO}`, `Carrier. ${NULL_EN}`),
      foreigner: text(`외국인 여부. ${NULL_KO}`, `Whether a foreigner. ${NULL_EN}`),
      unique_key: text(
        'CI. `SANDBOX/`로 시작하는 base64 88자. `person`과 함께 쓸 수 없습니다.',
        'The CI: 88 characters of base64 that begin with `SANDBOX/`. Not beside `person`.',
      ),
      person: text(
        '사람을 가리키는 이름표. 같은 이름표는 이름이 달라도 같은 사람(같은 CI)입니다.',
        'A label: the same label is the same person (same CI), whatever the name.',
      ),
      merchant_uid: text('가맹점이 붙이는 번호.', 'The merchant’s own number.'),
      channel_key: text('채널 키.', 'Key of a channel.'),
      certified: text('`false`이면 아직 끝나지 않은 인증입니다.', 'False: one that is not finished.'),
      origin: text('인증을 시작한 페이지.', 'The page that started it.'),
    },
    example: { name: '홍길순', person: 'gildong', channel_key: 'channel-danal-carrier' },
    answer: closed({ imp_uid: { type: 'string', description: IMP_UID } }),
  },
  'GET /sandbox/messages': {
    id: 'listSandboxMessages',
    summary: text('문자함', 'The inbox'),
    description: text(
      '샌드박스가 보낸 문자. 새 것이 앞에 옵니다.',
      'Text messages of the sandbox, newest first.',
    ),
    members: {
      phone: PHONE,
      imp_uid: IMP_UID,
      after: text('이 문자보다 새 것만.', 'Only messages newer than this one.'),
      wait: text('문자가 올 때까지 기다릴 초, 30까지.', 'Seconds to wait for a message, at most 30.'),
    },
    answer: list(MESSAGE),
  },
  'DELETE /sandbox/messages': {
    id: 'emptySandboxMessages',
    summary: text('문자함 비우기', 'Empty the inbox'),
    description: text('문자를 모두 지웁니다.', 'Removes every message.'),
    answer: NOTHING,
  },
  'GET /sandbox/faults': {
    id: 'listSandboxFaults',
    summary: text('정해 둔 오류', 'The faults'),
    description: text(
      '지금 정해져 있는 오류와 남은 횟수.',
      'The faults as they stand, with the requests left.',
    ),
    answer: list({ type: 'object' }),
  },
  'PUT /sandbox/faults': {
    id: 'putSandboxFaults',
    summary: text('오류 정하기', 'Set the faults'),
    description: text(
      '느린 답, 실패, 끊김을 정합니다. 앞서 정한 것을 대신합니다. 목록만 보내도 됩니다.',
      'Slow, failing and cut-off answers, in place of those set before. A list alone will do.',
    ),
    members: FAULT_MEMBERS,
    example: { faults: [FAULT_EXAMPLE] },
    answer: list({ type: 'object' }),
  },
  'DELETE /sandbox/faults': {
    id: 'clearSandboxFaults',
    summary: text('오류 없애기', 'Clear the faults'),
    description: text('정해 둔 오류를 모두 없앱니다.', 'Removes every fault.'),
    answer: list({ type: 'object' }),
  },
  'GET /sandbox/requests': {
    id: 'listSandboxRequests',
    summary: text('받은 요청', 'Requests received'),
    description: text('가맹점 코드가 보낸 마지막 요청들.', 'The last requests of the merchant’s code.'),
    answer: list(REQUEST),
  },
  'POST /sandbox/approvals': {
    id: 'decideSandboxApproval',
    summary: text('앱 승인', 'Approve in the app'),
    description: text(
      '`APP` 방식의 인증을 승인하거나 거절합니다.',
      'Plays the person who was asked by `APP`.',
    ),
    members: {
      imp_uid: IMP_UID,
      approve: text('승인이면 `true`, 거절이면 `false`.', 'True approves, false turns it down.'),
    },
    example: { imp_uid: 'imp_000000000001', approve: true },
    answer: NOTHING,
  },
  'POST /sandbox/reset': {
    id: 'resetSandbox',
    summary: text('처음으로 되돌리기', 'Start over'),
    description: text(
      '처음 시작했을 때로 되돌립니다. 토큰은 남습니다.',
      'Back to the seeded state; tokens live on.',
    ),
    answer: NOTHING,
  },
  'GET /sandbox/clock': {
    id: 'tellSandboxClock',
    summary: text('시계', 'The clock'),
    description: text('샌드박스의 시각.', 'The time of the sandbox.'),
    answer: NOW,
  },
  'PUT /sandbox/clock': {
    id: 'setSandboxClock',
    summary: text('시계 맞추기', 'Set the clock'),
    description: text(
      '`now`는 그 시각에 멈추고 `advance`는 앞으로 돌립니다. `{}`는 실제 시각으로 되돌립니다.',
      '`now` stops it, `advance` moves it on, `{}` returns to real time.',
    ),
    members: {
      now: text('멈출 시각, 에포크 초.', 'Stops it here, in epoch seconds.'),
      advance: text('앞으로 돌릴 초.', 'Seconds to move it on.'),
    },
    example: { advance: 180 },
    answer: NOW,
  },
};

/** The control routes for an OpenAPI document: their tag and their paths. Texts are in both languages. */
export function describeControls(): { tags: Readonly<Record<string, Schema>>; paths: Schema } {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, described] of Object.entries(CONTROL_TEXTS)) {
    const [method = '', path = ''] = name.split(' ');
    // Unlike the API, they have no base path.
    paths[path] ??= { servers: [{ url: './', description: text('이 서버', 'This server') }] };
    paths[path][method.toLowerCase()] = describe(CONTROLS[name as ControlName], described);
  }
  const tag = {
    'x-displayName': text('샌드박스', 'Sandbox'),
    description: text(
      '`bonin dev`에만 있는 길입니다. 모르는 항목이나 값은 400으로 거절하고, 가까운 이름을 알려 줍니다.',
      'What exists in `bonin dev` alone. A member or value that is not known is refused with 400 and the nearest name.',
    ),
  };
  return { tags: { Sandbox: tag }, paths };
}

function describe(
  { query, body }: { readonly query?: v.GenericSchema; readonly body?: v.GenericSchema },
  { id, summary, description, members = {}, example, answer }: Described,
): Schema {
  return {
    operationId: id,
    tags: ['Sandbox'],
    summary,
    description,
    security: [],
    ...(query && { parameters: toParameters(query, members) }),
    ...(body && { requestBody: toRequestBody(body, members, example) }),
    responses: {
      200: { description: text('성공', 'Success'), content: json(envelope(0, { type: 'null' }, answer)) },
      400: {
        description: text('알 수 없는 항목이나 값', 'A member or value that is not understood'),
        content: json(envelope(-1, { type: 'string' }, { type: 'null' })),
      },
      403: {
        description: text(
          '다른 컴퓨터나 다른 사이트의 페이지',
          'Another computer, or a page of another site',
        ),
        content: json(envelope(-1, { type: 'string' }, { type: 'null' })),
      },
    },
  };
}

function json(schema: Schema, example?: unknown): Schema {
  const examples = { example: { summary: text('보기', 'Example'), value: example } };
  return { 'application/json': { schema, ...(example !== undefined && { examples }) } };
}

function envelope(code: number, message: Schema, response: Schema): Schema {
  return closed({
    code: {
      type: 'integer',
      const: code,
      description: text('0은 성공, -1은 실패입니다.', '0 for a success, -1 for a failure.'),
    },
    message: {
      ...message,
      description: text('실패한 까닭. 성공하면 `null`입니다.', 'Why it failed; `null` on success.'),
    },
    response,
  });
}

function toParameters(schema: v.GenericSchema, members: Texts): readonly Schema[] {
  const { properties = {} } = jsonSchemaOf(schema) as { properties?: Readonly<Record<string, Schema>> };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: 'query',
    description: members[name],
    schema: property,
  }));
}

function toRequestBody(schema: v.GenericSchema, members: Texts, example: unknown): Schema {
  const whole = explain(jsonSchemaOf(schema), members) as Schema & {
    readonly required?: readonly string[];
    readonly properties?: Readonly<Record<string, Schema>>;
  };
  const faults = whole.properties?.['faults'];
  return {
    required: (whole.required ?? []).length > 0,
    content: json(faults === undefined ? whole : { anyOf: [whole, faults] }, example),
  };
}

/** The schema with a description for each member that has one. */
function explain(schema: unknown, members: Texts): unknown {
  if (Array.isArray(schema)) return schema.map((each) => explain(each, members));
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) =>
      key === 'properties'
        ? [key, explainProperties(value as Readonly<Record<string, Schema>>, members)]
        : [key, explain(value, members)],
    ),
  );
}

function explainProperties(properties: Readonly<Record<string, Schema>>, members: Texts): Schema {
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [
      name,
      { ...(explain(property, members) as Schema), description: members[name] },
    ]),
  );
}
