import { Ajv2020, type AnySchema, type ValidateFunction } from 'ajv/dist/2020.js';
import { parseJson } from '../../src/conformance/compare.ts';
import { headerOf, type RawAnswer, type RawRequest } from '../../src/conformance/exchange.ts';
import { goesTo } from '../../src/conformance/target.ts';

/* Holds requests and answers against an OpenAPI document as it was served, not against the code that makes it. */

interface MediaType {
  readonly schema: AnySchema;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}
type Content = Readonly<Record<string, MediaType>>;

export interface DocumentOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly security: readonly Readonly<Record<string, unknown>>[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<
    Record<string, { readonly content: Content; readonly headers?: Readonly<Record<string, MediaType>> }>
  >;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema: AnySchema;
}

type PathItem = Readonly<Record<string, DocumentOperation>> & { readonly parameters?: readonly Parameter[] };

export interface ApiDocument {
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, AnySchema>>;
    readonly securitySchemes: Readonly<
      Record<string, { readonly type: string; readonly in?: string; readonly name?: string }>
    >;
  };
}

/** An operation with where it stands. */
export interface Found {
  readonly path: string;
  readonly method: string;
  readonly operation: DocumentOperation;
  readonly parameters: readonly Parameter[];
}

const METHODS = ['get', 'post', 'put', 'delete', 'head', 'options', 'patch'];

/** Every operation of a document. */
export function operationsOf(document: ApiDocument): readonly Found[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ path, method, operation, parameters: item.parameters ?? [] }];
    }),
  );
}

export class DocumentValidator {
  readonly #document: ApiDocument;
  readonly #operations: readonly Found[];
  readonly #ajv: Ajv2020;
  readonly #compiled = new Map<AnySchema, ValidateFunction>();

  constructor(document: ApiDocument) {
    this.#document = document;
    // Fixed paths first, since they win over those with a parameter.
    this.#operations = [...operationsOf(document)].sort((a, b) => parts(a.path) - parts(b.path));
    this.#ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: true, allErrors: true });
    this.#ajv.addVocabulary(['x-displayName']);
    for (const [name, schema] of Object.entries(document.components.schemas))
      this.#ajv.addSchema(withOwnRefs(schema), `component:${name}`);
  }

  /** The operation of a target, or null; `HEAD` is that of `GET`. */
  find(method: string, target: string, basePath: string): Found | null {
    const asked = method === 'HEAD' ? 'get' : method.toLowerCase();
    const path = this.#operations.find((one) => goesTo(target, basePath, one.path))?.path;
    return this.#operations.find((one) => one.path === path && one.method === asked) ?? null;
  }

  /** What an answer has that its operation does not allow. */
  problemsOfAnswer({ operation }: Found, answer: RawAnswer, withBody: boolean): readonly string[] {
    const response = operation.responses[String(answer.status)];
    if (response === undefined) return [`${operation.operationId}: status ${answer.status} is not described`];
    const headers = Object.entries(response.headers ?? {}).flatMap(([name, { schema }]) => {
      const text = headerOf(answer, name);
      const value = text !== null && /^\d+$/.test(text) ? Number(text) : text;
      return this.#problems(schema, value, `header ${name}`);
    });
    if (!withBody) return headers;
    const [type = ''] = (headerOf(answer, 'content-type') ?? '').split(';');
    const content = response.content[type];
    if (content === undefined) return [...headers, `${operation.operationId}: answers ${type}`];
    return [...headers, ...this.#problems(content.schema, parseJson(answer.body), 'body')];
  }

  /** What a request that succeeded has that its operation does not allow. */
  problemsOfRequest({ operation, path, parameters }: Found, request: RawRequest, basePath: string): string[] {
    const problems: string[] = [];
    const segments = path.split('/');
    for (const { name, schema } of parameters) {
      const at = segments.indexOf(`{${name}}`) + basePath.split('/').length - 1;
      const target = request.path.replace(/^[a-z]+:\/\/[^/]+/, '').replace(/\/{2,}/g, '/');
      problems.push(...this.#problems(schema, decodeURIComponent(target.split(/[/?]/)[at] ?? ''), name));
    }
    if (operation.security.length > 0 && !operation.security.some((one) => this.#presents(one, request)))
      problems.push('presents no token in a way that is described');
    if (operation.requestBody !== undefined) problems.push(...this.#problemsOfBody(operation, request));
    return problems;
  }

  /** Whether a JSON body is one that an operation takes. */
  fits({ operation }: Found, body: unknown): boolean {
    const schema = operation.requestBody?.content['application/json']?.schema;
    return schema !== undefined && this.#problems(schema, body, 'body').length === 0;
  }

  #presents(requirement: Readonly<Record<string, unknown>>, request: RawRequest): boolean {
    return Object.keys(requirement).every((key) => {
      const scheme = this.#document.components.securitySchemes[key];
      if (scheme?.type === 'http') return /^bearer /i.test(headerOf(request, 'authorization')?.trim() ?? '');
      const name = scheme?.name ?? '';
      if (scheme?.in === 'query') return new URLSearchParams(request.path.split('?')[1]).has(name);
      return (headerOf(request, name) ?? '').trim() !== '';
    });
  }

  /** Members of a body that its operation does not describe; it ignores them. */
  unknownMembers({ operation }: Found, request: RawRequest): readonly string[] {
    if (operation.requestBody === undefined) return [];
    const body = bodyOf(request);
    const schema = operation.requestBody.content[body.type]?.schema;
    if (schema === undefined || typeof body.value !== 'object' || body.value === null) return [];
    const { properties = {} } = schema as { properties?: Readonly<Record<string, unknown>> };
    return Object.keys(body.value)
      .filter((name) => !Object.hasOwn(properties, name))
      .map((name) => `${operation.operationId} ${name}`);
  }

  #problemsOfBody({ requestBody }: DocumentOperation, request: RawRequest): readonly string[] {
    const { type, value } = bodyOf(request);
    const content = requestBody?.content[type];
    if (content === undefined || value === undefined)
      return requestBody?.required === true ? [`has a body of ${type}`] : [];
    return this.#problems(content.schema, value, 'body');
  }

  #problems(schema: AnySchema, value: unknown, at: string): readonly string[] {
    const validate = this.#compile(schema);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message }) => `${at}${instancePath} ${message}: ${JSON.stringify(value)}`,
    );
  }

  #compile(schema: AnySchema): ValidateFunction {
    let validate = this.#compiled.get(schema);
    if (validate === undefined) {
      validate = this.#ajv.compile(withOwnRefs(schema));
      this.#compiled.set(schema, validate);
    }
    return validate;
  }

  /** What an example has that stands beside a schema and does not fit it. */
  problemsOfExamples({ operation }: Found): readonly string[] {
    const contents = [
      operation.requestBody?.content ?? {},
      ...Object.values(operation.responses).map(({ content }) => content),
    ].flatMap((content) => Object.values(content));
    return contents.flatMap(({ schema, examples = {} }) =>
      Object.entries(examples).flatMap(([name, { value }]) =>
        this.#problems(schema, value, `${operation.operationId}: example ${name}`),
      ),
    );
  }
}

function parts(path: string): number {
  return path.split('{').length;
}

/** A body's media type as the document has it, and its value; undefined for none. */
function bodyOf(request: RawRequest): { readonly type: string; readonly value: unknown } {
  const [named = ''] = (headerOf(request, 'content-type') ?? '').split(';');
  const type = named
    .trim()
    .toLowerCase()
    .replace(/^application\/.*\+json$/, 'application/json');
  const text = (request.body ?? Buffer.alloc(0)).toString('utf8').replace(/^\ufeff/, '');
  if (text.trim() === '') return { type, value: undefined };
  if (type === 'application/x-www-form-urlencoded') return { type, value: formOf(text) };
  if (type === 'multipart/form-data') return { type, value: partsOf(text) };
  return { type, value: type === 'application/json' ? JSON.parse(text) : undefined };
}

function partsOf(text: string): Readonly<Record<string, string>> {
  const fields = text.matchAll(/ name="([^"]*)"\r\n(?:[^\r].*\r\n)*\r\n([\s\S]*?)\r\n--/g);
  return Object.fromEntries([...fields].map(([, name = '', value = '']) => [name, value]));
}

function formOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...new URLSearchParams(text)].map(([name, value]) => [name.trim(), value]));
}

/** The schema with its references to components as the validator knows them. */
function withOwnRefs(schema: AnySchema): AnySchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', 'component:')) as AnySchema;
}
