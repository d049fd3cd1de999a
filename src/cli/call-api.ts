import { type Language, say } from '../config/language.ts';
import { SAMPLE_PAIR } from '../config/sample-pair.ts';
import { readVariable } from '../config/variables.ts';
import { AppError } from '../errors.ts';
import { type CommandCall, type CommandOption, type CommandVariable, UsageError } from './command.ts';
import { COPY } from './copy.ts';

/** Options of the commands that talk to a running server. */
export const SERVER_OPTIONS: Readonly<Record<string, CommandOption>> = {
  url: {
    type: 'string',
    value: 'URL',
    about: {
      en: 'Address of the server, including the base path.',
      ko: '서버 주소. 기본 경로(base path)까지 씁니다.',
    },
    variable: 'BONIN_URL',
    preset: 'http://127.0.0.1:8282',
  },
};

/** The variables of the same commands that no option stands for. */
export const PAIR_VARIABLES: readonly CommandVariable[] = [
  {
    name: 'BONIN_IMP_KEY',
    about: {
      en: 'The imp_key. On this machine without both: the sample pair of the sandbox.',
      ko: 'imp_key. 이 기기의 서버이고 둘 다 없으면 샌드박스의 예시 API 키를 씁니다.',
    },
  },
  {
    name: 'BONIN_IMP_SECRET',
    about: { en: 'The imp_secret that belongs to it.', ko: '그 API 키의 imp_secret.' },
  },
];

/** The variables that name a running server and the key pair to ask it with. */
export const CALLER_VARIABLES: readonly string[] = ['BONIN_URL', ...PAIR_VARIABLES.map(({ name }) => name)];

/** Longest wait for an answer, in milliseconds. */
const PATIENCE = 15_000;

/** A running server and the key pair to ask it with. */
export interface Caller {
  readonly url: string;
  readonly impKey: string;
  readonly impSecret: string;
  readonly language: Language;
  /** Whether nobody named a key pair, so that the sandbox's is used. */
  readonly isSample: boolean;
}

export interface ApiAnswer {
  readonly status: number;
  /** The raw body. */
  readonly text: string;
  readonly message: string | null;
  readonly response: Readonly<Record<string, unknown>> | null;
}

/**
 * The key pair comes from the environment, because every user of the machine can read a command line. A command may
 * also offer `--key` and `--secret`. Without one, a server on this machine is asked with the sample pair.
 */
export function readCaller({ options, environment, language }: CommandCall): Caller {
  const problems: string[] = [];
  const read = (flag: string, name: string): string => {
    const variable =
      options[flag] === undefined ? readVariable(environment, name) : { text: String(options[flag]) };
    if ('text' in variable) return variable.text ?? '';
    problems.push(variable.problem);
    return '';
  };
  const url = (read('url', 'BONIN_URL') || 'http://127.0.0.1:8282').replace(/\/+$/, '');
  const impKey = read('key', 'BONIN_IMP_KEY');
  const impSecret = read('secret', 'BONIN_IMP_SECRET');
  if (problems.length > 0) throw new UsageError(problems);
  const server = URL.parse(url);
  if (server === null || !/^https?:$/.test(server.protocol)) problems.push(COPY.url_wrong[language]);
  else if (impKey === '' && impSecret === '' && isLoopback(server.hostname))
    return { url, ...SAMPLE_PAIR, language, isSample: true };
  if (impKey === '') problems.push(COPY.key_missing[language]);
  if (impSecret === '') problems.push(COPY.secret_missing[language]);
  if (problems.length > 0) throw new UsageError(problems);
  return { url, impKey, impSecret, language, isSample: false };
}

/** Whether a host is this machine; an IPv6 address with or without brackets. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|\[?::1\]?|127(?:\.\d{1,3}){3})$/.test(host);
}

/** The caller's access token, with the seconds it has left. */
export async function fetchToken(caller: Caller): Promise<{ token: string; secondsLeft: number }> {
  const answer = await call(caller, '/users/getToken', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ imp_key: caller.impKey, imp_secret: caller.impSecret }),
  });
  const { access_token: token, now, expired_at: expiredAt } = answer.response ?? {};
  if (typeof token !== 'string' || typeof now !== 'number' || typeof expiredAt !== 'number')
    throw failed(answer, caller.isSample ? COPY.sample_pair[caller.language] : null);
  return { token, secondsLeft: expiredAt - now };
}

/** Calls the API and reads the envelope; any other answer is an error. */
export async function call(
  { url, language }: Pick<Caller, 'url' | 'language'>,
  path: string,
  init: RequestInit,
): Promise<ApiAnswer> {
  const { origin } = new URL(url);
  let answer: Response;
  try {
    answer = await fetch(url + path, { ...init, redirect: 'error', signal: AbortSignal.timeout(PATIENCE) });
  } catch (cause) {
    throw new AppError('internal', { detail: say(COPY.no_answer, language, { origin }), cause });
  }
  const text = await answer.text();
  try {
    const { message, response } = JSON.parse(text) as Pick<ApiAnswer, 'message' | 'response'>;
    return { status: answer.status, text, message, response };
  } catch {
    const { status } = answer;
    throw new AppError('internal', { detail: say(COPY.no_json, language, { origin, status }) });
  }
}

/** The error of an answer that is not a success, in the server's words; a hint may follow. */
export function failed({ status, message }: ApiAnswer, hint: string | null = null): AppError {
  const detail = `${message ?? 'unexpected answer'} (HTTP ${status})${hint === null ? '' : `; ${hint}`}`;
  return new AppError('internal', { detail });
}
