import { readVariable } from '../config/variables.ts';
import { AppError } from '../errors.ts';
import { type CommandCall, type CommandOption, UsageError } from './command.ts';

/** Options of the commands that talk to a running server. */
export const SERVER_OPTIONS: Readonly<Record<string, CommandOption>> = {
  url: {
    type: 'string',
    value: 'URL',
    about: 'Address of the server, including the base path. (BONIN_URL, default http://127.0.0.1:8282)',
  },
};

/** The variables that name a running server and the key pair to ask it with. */
export const CALLER_VARIABLES: readonly string[] = ['BONIN_URL', 'BONIN_IMP_KEY', 'BONIN_IMP_SECRET'];

/** Longest wait for an answer, in milliseconds. */
const PATIENCE = 15_000;

/** A running server and the key pair to ask it with. */
export interface Caller {
  readonly url: string;
  readonly impKey: string;
  readonly impSecret: string;
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
 * also offer `--key` and `--secret`.
 */
export function readCaller({ options, environment }: CommandCall): Caller {
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
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) problems.push('--url must be an http or https URL');
  if (impKey === '') problems.push('BONIN_IMP_KEY must hold the imp_key');
  if (impSecret === '') problems.push('BONIN_IMP_SECRET must hold the imp_secret');
  if (problems.length > 0) throw new UsageError(problems);
  return { url, impKey, impSecret };
}

/** The caller's access token, with the seconds it has left. */
export async function fetchToken(caller: Caller): Promise<{ token: string; secondsLeft: number }> {
  const answer = await call(`${caller.url}/users/getToken`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ imp_key: caller.impKey, imp_secret: caller.impSecret }),
  });
  const { access_token: token, now, expired_at: expiredAt } = answer.response ?? {};
  if (typeof token !== 'string' || typeof now !== 'number' || typeof expiredAt !== 'number')
    throw failed(answer);
  return { token, secondsLeft: expiredAt - now };
}

/** Calls the API and reads the envelope; any other answer is an error. */
export async function call(url: string, init: RequestInit): Promise<ApiAnswer> {
  const { origin } = new URL(url);
  let answer: Response;
  try {
    answer = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(PATIENCE) });
  } catch (cause) {
    throw new AppError('internal', { detail: `${origin} does not answer; is the server running?`, cause });
  }
  const text = await answer.text();
  try {
    const { message, response } = JSON.parse(text) as Pick<ApiAnswer, 'message' | 'response'>;
    return { status: answer.status, text, message, response };
  } catch {
    throw new AppError('internal', { detail: `${origin} answered ${answer.status} and no JSON` });
  }
}

/** The error of an answer that is not a success, in the server's words. */
export function failed({ status, message }: ApiAnswer): AppError {
  return new AppError('internal', { detail: `${message ?? 'unexpected answer'} (HTTP ${status})` });
}
