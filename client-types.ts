/** Writes the types of a certification for `bonin/client`, which imports nothing: `npm run types`. */
import { CERTIFIED, UNCERTIFIED } from './src/api/v1/certification-schema.ts';
import { jsonSchemaOf } from './src/validation/json-schema.ts';

/** A member as `jsonSchemaOf` describes it. */
interface Member {
  readonly type: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly description: { readonly en: string };
}
interface Shape {
  readonly properties: Readonly<Record<string, Member>>;
  readonly required: readonly string[];
}

/** Lists of words that are longer at the real service, which the client speaks to as well. */
const LONGER_ELSEWHERE = ['pg_provider'];

/** The whole file. */
export function clientTypes(): string {
  const certified = jsonSchemaOf(CERTIFIED) as unknown as Shape;
  const uncertified = jsonSchemaOf(UNCERTIFIED) as unknown as Shape;
  return `/* Made by \`npm run types\` from the schema that the API reference is made of. Do not edit. */

/** Requested, failed or expired: it says nothing about anybody. */
${toInterface('UncertifiedCertification', uncertified, saysSomething)}

/** The verified person. What is optional depends on the merchant's contract with the provider. */
${toInterface('CertifiedCertification', certified, () => true)}

/** One attempt to verify one person. Look at \`certified\` before anything else. */
export type Certification = CertifiedCertification | UncertifiedCertification;
`;
}

/** Members with one value tell nothing, and without them nobody reads a person before looking at \`certified\`. */
function saysSomething(name: string, { type, const: value }: Member): boolean {
  return name === 'certified' || (type !== 'null' && value === undefined);
}

function toInterface(
  name: string,
  { properties, required }: Shape,
  shows: (name: string, member: Member) => boolean,
): string {
  const members = Object.entries(properties)
    .filter(([key, member]) => shows(key, member))
    .map(([key, member]) => {
      const mark = required.includes(key) ? '' : '?';
      const open = LONGER_ELSEWHERE.includes(key) ? ' | (string & {})' : '';
      return `  /** ${member.description.en} */\n  readonly ${key}${mark}: ${toType(member)}${open};\n`;
    });
  return `export interface ${name} {\n${members.join('')}}`;
}

function toType({ type, const: value, enum: words }: Member): string {
  if (value !== undefined) return toLiteral(value);
  if (words !== undefined) return words.map(toLiteral).join(' | ');
  return [type].flat().map(toTypeName).join(' | ');
}

function toLiteral(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}

function toTypeName(name: string): string {
  if (name === 'integer') return 'number';
  if (['string', 'boolean', 'null'].includes(name)) return name;
  throw new Error(`a member of the type ${name} has no type here yet`);
}

if (import.meta.main) process.stdout.write(clientTypes());
