import type { Settings } from '../../core/provider.ts';
import { AppError } from '../../errors.ts';

/** `03` confirms who somebody is (본인확인), `01` is the simple authentication (간편인증). */
export type Service = '03' | '01';

/** The settings of a channel, with every default filled in. */
export interface InicisSettings {
  readonly environment: 'test' | 'production';
  readonly mid: string;
  readonly api_key: string;
  /** 16 ASCII characters, issued for each merchant. */
  readonly iv: string;
  readonly service: Service;
  readonly entry: '/id/auth' | '/auth';
  readonly direct_agency?: string;
  readonly di_code?: string;
  readonly logo_url?: string;
  readonly return_di: boolean;
  readonly ask_unverified_sex: boolean;
  readonly agencies_without_ci: readonly string[];
}

const AGENCIES: readonly string[] =
  'PASS TOSS KFTC KAKAO NAVER SAMSUNG SHINHAN KB HANA WOORI NH KAKAOBANK IBK SMS'.split(' ');
const AGENCIES_OF: Readonly<Record<Service, readonly string[]>> = {
  '01': AGENCIES,
  '03': 'TOSS KFTC SHINHAN KB HANA WOORI KAKAOBANK IBK SMS'.split(' '),
};
const ENTRY_OF = { '03': '/id/auth', '01': '/auth' } as const;
/** Merchant ids that are published for tests. */
const TEST_MIDS: readonly string[] = ['INIiasTest', 'SRAiasTest'];

type Members = Readonly<Record<string, unknown>>;

/** Reads one member; `undefined` when it is absent. Throws `input_refused` for a wrong value. */
type Reader<T> = (members: Members, name: string) => T | undefined;

/**
 * Checks the settings of a channel and fills in the defaults. Rejects with `input_refused` and a sentence that names
 * the member and no value.
 */
export function parseInicisSettings(value: unknown): InicisSettings & Settings {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse('settings must be an object');
  const members = value as Members;
  const known = Object.keys(READERS);
  const unknown = Object.keys(members).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw refuse(`settings.${showName(unknown)} is unknown; known: ${known.join(', ')}`);
  const read = <Name extends keyof typeof READERS>(name: Name) =>
    READERS[name](members, name) as ReturnType<(typeof READERS)[Name]>;
  const environment = require('environment', read('environment'));
  const mid = require('mid', read('mid'));
  const service = read('service') ?? '03';
  const [direct_agency, di_code, logo_url] = [read('direct_agency'), read('di_code'), read('logo_url')];
  const return_di = read('return_di') ?? false;
  if (environment === 'production' && TEST_MIDS.includes(mid))
    throw refuse('settings.mid is a published test id, which environment production does not take');
  if (direct_agency !== undefined && !AGENCIES_OF[service].includes(direct_agency))
    throw refuse(
      `settings.direct_agency must be one of ${AGENCIES_OF[service].join(', ')} in service ${service}`,
    );
  if (service === '01' && di_code !== undefined)
    throw refuse('settings.di_code is for service 03: service 01 has no DI');
  if (service === '01' && return_di)
    throw refuse('settings.return_di is for service 03: service 01 has no DI');
  return {
    environment,
    mid,
    api_key: require('api_key', read('api_key')),
    iv: require('iv', read('iv')),
    service,
    entry: read('entry') ?? ENTRY_OF[service],
    ...(direct_agency !== undefined && { direct_agency }),
    ...(di_code !== undefined && { di_code }),
    ...(logo_url !== undefined && { logo_url }),
    return_di,
    ask_unverified_sex: read('ask_unverified_sex') ?? false,
    agencies_without_ci: read('agencies_without_ci') ?? ['KAKAO'],
  };
}

const READERS = {
  environment: oneOf('test', 'production'),
  mid: textLike(/^[!-~]{1,10}$/, '1 to 10 ASCII characters without blanks'),
  api_key: textLike(/^[!-~]{1,64}$/, '1 to 64 ASCII characters without blanks'),
  iv: textLike(/^[ -~]{16}$/, 'exactly 16 ASCII characters'),
  service: oneOf('03', '01'),
  entry: oneOf('/id/auth', '/auth'),
  direct_agency: oneOf(...AGENCIES),
  di_code: textLike(/^[!-~]{1,12}$/, '1 to 12 ASCII characters without blanks'),
  logo_url: readLogo,
  return_di: readTruth,
  ask_unverified_sex: readTruth,
  agencies_without_ci: readAgencies,
} as const;

function require<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw refuse(`settings.${name} is missing`);
  return value;
}

function oneOf<const Words extends readonly string[]>(...words: Words): Reader<Words[number]> {
  return (members, name) => {
    const value = memberOf(members, name);
    const found = words.find((word) => word === value);
    if (value !== undefined && found === undefined)
      throw refuse(`settings.${name} must be one of ${words.join(', ')}`);
    return found;
  };
}

function textLike(pattern: RegExp, must: string): Reader<string> {
  return (members, name) => {
    const value = memberOf(members, name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || !pattern.test(value)) throw refuse(`settings.${name} must be ${must}`);
    return value;
  };
}

function readLogo(members: Members, name: string): string | undefined {
  const value = memberOf(members, name);
  if (value === undefined) return undefined;
  const isAddress = typeof value === 'string' && value.length <= 500 && /^https:\/\/[!-~]+$/.test(value);
  if (!isAddress || !URL.canParse(value)) throw refuse(`settings.${name} must be an address with https`);
  return value;
}

function readTruth(members: Members, name: string): boolean | undefined {
  const value = memberOf(members, name);
  if (value !== undefined && typeof value !== 'boolean')
    throw refuse(`settings.${name} must be true or false`);
  return value;
}

function readAgencies(members: Members, name: string): readonly string[] | undefined {
  const value = memberOf(members, name);
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || !value.every((each) => AGENCIES.includes(each as string)))
    throw refuse(`settings.${name} must be a list of ${AGENCIES.join(', ')}`);
  return value;
}

/** Null is the same as absent, as in the rest of a merchants file. */
function memberOf(members: Members, name: string): unknown {
  return members[name] ?? undefined;
}

/** A name that may be a value in the wrong place is not shown. */
function showName(name: string): string {
  return /^[a-z_$][\w$.-]{0,31}$/i.test(name) ? name : '(a member)';
}

function refuse(explanation: string): AppError {
  return new AppError('input_refused', { explanation });
}
