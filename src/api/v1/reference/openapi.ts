import type { ServerCode } from '../../../errors.ts';
import { type ErrorAnswerTemplate, errorTemplates } from '../errors.ts';
import { COMPONENTS, PATH_PARAMETERS } from './components.ts';
import type { DescribedRoute, Examples, Lang, ObjectSchema, Operation, Schema, Text } from './description.ts';
import { ERRORS_OF_ALL } from './operations.ts';
import { failureOf } from './schemas.ts';

/*
 * The contract as an OpenAPI 3.1 document, made from what the code itself uses: the routes, the schemas, the table of
 * errors. Nothing is written twice.
 */

export type JsonObject = Readonly<Record<string, unknown>>;

/** Additions of another part of the server: tags and paths in OpenAPI form, texts in both languages. */
export interface Supplement {
  readonly tags: JsonObject;
  readonly paths: JsonObject;
}

const NOTHING_ELSE: Supplement = { tags: {}, paths: {} };

/** Describes these routes, which are below `basePath`, in one language. */
export function describeApi(
  routes: readonly DescribedRoute[],
  basePath: string,
  lang: Lang,
  supplement: Supplement = NOTHING_ELSE,
): JsonObject {
  return inLanguage(
    {
      openapi: '3.1.1',
      info: {
        title: { ko: 'Bonin 본인인증 API', en: 'Bonin identity verification API' },
        version: '1',
        summary: SUMMARY,
        description: INTRODUCTION,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      // Relative to the document, so that it is correct under any host name and behind any proxy.
      servers: [{ url: basePath === '' ? './' : `.${basePath}`, description: THIS_SERVER }],
      tags: Object.entries({ ...TAGS, ...supplement.tags }).map(([name, tag]) => ({
        name,
        ...(tag as object),
      })),
      paths: {
        ...Object.fromEntries(routes.map((route) => [route.path, pathItem(route)])),
        ...supplement.paths,
      },
      components: { schemas: COMPONENTS, securitySchemes: SECURITY_SCHEMES },
    },
    lang,
  ) as JsonObject;
}

const SUMMARY: Text = {
  ko: '아임포트/포트원 V1 REST API 가운데 본인인증 부분입니다.',
  en: 'The part of the I’mport / PortOne V1 REST API that deals with identity verification.',
};

const INTRODUCTION: Text = {
  ko: [
    '모든 응답은 `{ code, message, response }` 봉투에 담긴 JSON입니다. 성공은 상태 200, `code` 0, `message` `null`이고, 실패는 `code` -1, `response` `null`입니다.',
    '`POST` 본문은 JSON(`application/json`, `application/*+json`)이나 폼(`application/x-www-form-urlencoded`, `multipart/form-data`)이며 65,536바이트까지 받습니다. 글자를 기대하는 자리의 정수는 글자로 읽고, `null`과 빈 글자는 없는 것으로 칩니다. 모르는 항목은 무시합니다.',
    '인증 객체에는 앞으로 항목이 늘 수 있으므로 모르는 항목은 무시하십시오.',
  ].join('\n\n'),
  en: [
    'Every answer is JSON in the envelope `{ code, message, response }`. A success is status 200 with `code` 0 and `message` `null`; a failure has `code` -1 and `response` `null`.',
    'The body of a `POST` is JSON (`application/json`, `application/*+json`) or a form (`application/x-www-form-urlencoded`, `multipart/form-data`) of at most 65,536 bytes. An integer where text is expected is read as text; `null` and the empty text count as absent. Unknown members are ignored.',
    'The certification may get more members in later releases; ignore those you do not know.',
  ].join('\n\n'),
};

const THIS_SERVER: Text = { ko: '이 서버', en: 'This server' };

const TAGS: Readonly<Record<Operation['tag'], { 'x-displayName': Text; description: Text }>> = {
  token: {
    'x-displayName': { ko: '접근 토큰', en: 'Access token' },
    description: { ko: '다른 호출에 쓸 토큰을 받습니다.', en: 'Gets the token that the other calls want.' },
  },
  certification: {
    'x-displayName': { ko: '인증 결과', en: 'Certifications' },
    description: { ko: '인증 결과를 보고 지웁니다.', en: 'Looks certifications up and erases them.' },
  },
  otp: {
    'x-displayName': { ko: 'OTP 인증', en: 'By OTP' },
    description: {
      ko: '화면 없이 문자 인증번호로 인증합니다.',
      en: 'Verifies by a code in a text message, without a page.',
    },
  },
  merchant: {
    'x-displayName': { ko: '가맹점', en: 'Merchants' },
    description: { ko: '누구나 볼 수 있는 가맹점 정보입니다.', en: 'What anybody may see of a merchant.' },
  },
};

/** In order of precedence: only the first one that is present and not blank is used. */
const SECURITY_SCHEMES = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: {
      ko: '`Authorization: Bearer <토큰>`. `Bearer`는 대소문자를 가리지 않습니다. 여럿을 함께 보내면 `Authorization`, `X-ImpTokenHeader`, `_token` 차례로 비어 있지 않은 첫 값만 봅니다.',
      en: '`Authorization: Bearer <token>`, the word in any letter case. Of several, the first that is not blank decides alone: `Authorization`, `X-ImpTokenHeader`, `_token`.',
    },
  },
  bare: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: {
      ko: '`Authorization: <토큰>`. 앞말 없이 토큰만 보냅니다.',
      en: '`Authorization: <token>`, without a scheme.',
    },
  },
  impTokenHeader: {
    type: 'apiKey',
    in: 'header',
    name: 'X-ImpTokenHeader',
    description: {
      ko: '`X-ImpTokenHeader: <토큰>`. 옛 문서의 방식입니다.',
      en: '`X-ImpTokenHeader: <token>`, as older documentation has it.',
    },
  },
  query: {
    type: 'apiKey',
    in: 'query',
    name: '_token',
    description: {
      ko: '`?_token=<토큰>`. 옛 클라이언트의 방식입니다. 주소는 기록에 남기 쉬우니 새로 쓰지 마십시오.',
      en: '`?_token=<token>`, as older clients do. Addresses end up in logs; do not use it for anything new.',
    },
  },
};

function pathItem({ path, operations }: DescribedRoute): JsonObject {
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const { description, ...schema } = PATH_PARAMETERS[name] ?? {};
    return { name, in: 'path', required: true, description, schema };
  });
  const methods = Object.entries(operations).map(([method, operation]) => [
    method.toLowerCase(),
    describeOperation(operation),
  ]);
  return { ...(parameters.length > 0 && { parameters }), ...Object.fromEntries(methods) };
}

function describeOperation(operation: Operation): JsonObject {
  const { id, tag, summary, description, token, body } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    security: token ? Object.keys(SECURITY_SCHEMES).map((name) => ({ [name]: [] })) : [],
    ...(body !== null && { requestBody: requestBody(body) }),
    responses: {
      '200': {
        description: { ko: '성공', en: 'Success' },
        content: jsonContent(operation.answer, operation.answerExamples),
      },
      ...errorResponses(operation),
    },
  };
}

function requestBody({ schema, examples }: NonNullable<Operation['body']>): JsonObject {
  return {
    required: schema.required.length > 0,
    content: {
      'application/json': { schema, examples },
      'application/x-www-form-urlencoded': { schema: asForm(schema), examples },
      'multipart/form-data': { schema: asForm(schema), examples },
    },
  };
}

/** The same parameters in a form, where every value is text. */
function asForm(schema: ObjectSchema): ObjectSchema {
  const properties = Object.entries(schema.properties).map(([name, property]) => {
    const { minimum: _minimum, maximum: _maximum, ...rest } = property;
    return [
      name,
      { ...rest, type: 'string', ...('default' in rest && { default: String(rest.default) }) },
    ] as const;
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}

function jsonContent(schema: Schema, examples: Examples): JsonObject {
  return { 'application/json': { schema, examples } };
}

function errorResponses(operation: Operation): JsonObject {
  const byStatus = new Map<number, ErrorAnswerTemplate[]>();
  for (const template of errorTemplates([...operation.errors, ...ERRORS_OF_ALL]))
    byStatus.set(template.status, [...(byStatus.get(template.status) ?? []), template]);
  const statuses = [...byStatus].sort(([a], [b]) => a - b);
  return Object.fromEntries(
    statuses.map(([status, templates]) => [String(status), errorResponse(operation, status, templates)]),
  );
}

function errorResponse(
  operation: Operation,
  status: number,
  templates: readonly ErrorAnswerTemplate[],
): JsonObject {
  const spelled = templates.flatMap(({ code, message }) => ({
    code,
    messages: spellOut(message, code, operation),
  }));
  const examples = spelled.map(({ code, messages: [message = ''] }) => [
    code,
    { summary: { ko: message, en: code }, value: { code: -1, message, response: null } },
  ]);
  const headers = HEADERS[status];
  return {
    description: STATUSES[status] ?? STATUSES[500],
    ...(headers && { headers }),
    content: jsonContent(
      failureOf({ type: 'string', enum: spelled.flatMap(({ messages }) => messages) }),
      Object.fromEntries(examples),
    ),
  };
}

/** All texts that a message with a placeholder can become. */
function spellOut(message: string, code: ServerCode, { body }: Operation): readonly string[] {
  const { properties = {}, required = [] } = body?.schema ?? {};
  // A parameter without a type is ignored, so it cannot be wrong.
  const read = Object.keys(properties).filter((name) => properties[name]?.type !== undefined);
  if (code === 'parameters_missing')
    return selections(required.length > 0 ? required : read).map((names) =>
      message.replace('{names}', names.join(', ')),
    );
  if (code === 'parameter_invalid') return read.map((name) => message.replace('{name}', name));
  return [message];
}

/** Every selection of one or more of these, each in the given order. */
function selections(names: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: 2 ** names.length - 1 }, (_, choice) =>
    names.filter((_name, at) => ((choice + 1) >> at) & 1),
  );
}

const STATUSES: Readonly<Record<number, Text>> = {
  400: { ko: '요청이 잘못되었거나 인증할 수 없음', en: 'A wrong request, or one that cannot be granted' },
  401: { ko: '키나 토큰이 맞지 않음', en: 'Wrong key pair or token' },
  404: { ko: '인증이 없음', en: 'No such certification' },
  413: { ko: '본문이 너무 큼', en: 'The body is too large' },
  429: { ko: '요청이 너무 잦음', en: 'Too many requests' },
  431: { ko: '머리글이 너무 큼', en: 'The head is too large' },
  500: { ko: '서버나 기관의 장애', en: 'A failure of the server or of the agency' },
  503: {
    ko: '서버가 시작하거나 멈추는 중, 또는 데이터베이스에 닿을 수 없음',
    en: 'The server is starting or stopping, or its database cannot be reached',
  },
};

const RETRY_AFTER = {
  'Retry-After': {
    description: { ko: '다시 해 볼 때까지 기다릴 초.', en: 'Seconds to wait before another try.' },
    schema: { type: 'integer', minimum: 1 },
  },
};

const HEADERS: Readonly<Record<number, JsonObject>> = {
  401: { 'WWW-Authenticate': { schema: { type: 'string', const: 'Bearer realm="bonin"' } } },
  429: RETRY_AFTER,
  503: RETRY_AFTER,
};

/** The same value, with each text in one language. */
function inLanguage(value: unknown, lang: Lang): unknown {
  if (Array.isArray(value)) return value.map((each) => inLanguage(each, lang));
  if (typeof value !== 'object' || value === null) return value;
  if ('ko' in value && 'en' in value) return value[lang];
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, inLanguage(member, lang)]));
}
