import type { ServerCode } from '../../../errors.ts';
import type { Handler, Method, Route } from '../../../http/routes.ts';

/** A text for readers, in both languages. */
export interface Text {
  readonly ko: string;
  readonly en: string;
}

export type Lang = keyof Text;

export type TypeName = 'string' | 'integer' | 'boolean' | 'object' | 'array' | 'null';

/** JSON Schema 2020-12, as far as the contract needs it; texts for readers are in both languages. */
export interface Schema {
  readonly $ref?: string;
  readonly title?: Text;
  readonly description?: Text;
  readonly type?: TypeName | readonly TypeName[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}

/** The schema of an object. */
export interface ObjectSchema extends Schema {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required: readonly string[];
}

/** An example answer or request to copy. */
export interface Example {
  readonly summary: Text;
  readonly value: unknown;
}

export type Examples = Readonly<Record<string, Example>>;

export type TagName = 'token' | 'certification' | 'otp' | 'merchant';

/** The description of one method of one path, for callers. */
export interface Operation {
  readonly id: string;
  readonly tag: TagName;
  readonly summary: Text;
  readonly description: Text;
  /** Whether it needs an access token. */
  readonly token: boolean;
  /** Parameters of the body; null if the method ignores its body. */
  readonly body: { readonly schema: ObjectSchema; readonly examples: Examples } | null;
  /** The complete body of a 200. */
  readonly answer: Schema;
  readonly answerExamples: Examples;
  /** Errors of this operation, without those of every operation; status and message are in the table of errors. */
  readonly errors: readonly ServerCode[];
}

/** A method of a path: its handler and its description. */
export interface Endpoint {
  readonly handle: Handler;
  readonly operation: Operation;
}

/** A route that requires a description of each method. */
export interface DescribedRoute extends Route {
  readonly operations: Partial<Readonly<Record<Method, Operation>>>;
}

/** Makes a route from its endpoints. */
export function describedRoute(
  path: string,
  endpoints: Partial<Readonly<Record<Method, Endpoint>>>,
  options: Pick<Route, 'public'> = {},
): DescribedRoute {
  const entries = Object.entries(endpoints);
  return {
    path,
    methods: Object.fromEntries(entries.map(([method, { handle }]) => [method, handle])),
    operations: Object.fromEntries(entries.map(([method, { operation }]) => [method, operation])),
    ...options,
  };
}
