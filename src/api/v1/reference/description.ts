import type { ServerCode } from '../../../errors.ts';
import type { Handler, Method, Route } from '../../../http/routes.ts';

/** A text for readers, in both languages. */
export interface Text {
  readonly ko: string;
  readonly en: string;
}

export type Lang = keyof Text;

export type TypeName = 'string' | 'integer' | 'boolean' | 'object' | 'array' | 'null';

/** JSON Schema 2020-12, as far as the contract needs it; texts for readers stand in both languages. */
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

/** A schema of an object. */
export interface ObjectSchema extends Schema {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required: readonly string[];
}

/** An answer or a request that a reader may copy. */
export interface Example {
  readonly summary: Text;
  readonly value: unknown;
}

export type Examples = Readonly<Record<string, Example>>;

export type TagName = 'token' | 'certification' | 'otp' | 'merchant';

/** Describes one method of one path for its callers. */
export interface Operation {
  readonly id: string;
  readonly tag: TagName;
  readonly summary: Text;
  readonly description: Text;
  /** Whether it wants an access token. */
  readonly token: boolean;
  /** Parameters of the body; null for a method whose body means nothing. */
  readonly body: { readonly schema: ObjectSchema; readonly examples: Examples } | null;
  /** The whole body of a 200. */
  readonly answer: Schema;
  readonly answerExamples: Examples;
  /** Errors of this operation, without those that every operation has; the table of errors has status and words. */
  readonly errors: readonly ServerCode[];
}

/** A method of a path: what it does, and what it is said to do. */
export interface Endpoint {
  readonly handle: Handler;
  readonly operation: Operation;
}

/** A route that cannot be without the description of its methods. */
export interface DescribedRoute extends Route {
  readonly operations: Partial<Readonly<Record<Method, Operation>>>;
}

/** Makes a route of its endpoints. */
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
