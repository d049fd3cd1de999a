/*
 * Typed client of the V1 API for merchants' servers. It has no dependencies, and works with Bonin and with the real
 * service.
 */

import type { Certification, CertifiedCertification } from './certification.ts';

export type { Certification, CertifiedCertification, UncertifiedCertification } from './certification.ts';

export interface OtpRequest {
  readonly name: string;
  readonly phone: string;
  /** `YYMMDD`. */
  readonly birth: string;
  /** 1 to 8: sex, century and nationality. */
  readonly gender_digit: string;
  readonly carrier: 'SKT' | 'KT' | 'LGT';
  readonly is_mvno?: boolean;
  readonly company?: string;
  readonly merchant_uid?: string;
  readonly channel_key?: string;
  readonly pg?: string;
  readonly verification_method?: 'SMS' | 'APP';
}

export interface ClientOptions {
  readonly impKey: string;
  readonly impSecret: string;
  /** Default: `https://api.iamport.kr`. A path in it is kept. */
  readonly baseUrl?: string;
  /** Timeout of one request, in milliseconds. Default: 10,000. */
  readonly timeout?: number;
}

export interface CallOptions {
  /** Aborts the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** An unsuccessful answer, with the server's message. */
export class ApiError extends Error {
  /** HTTP status; 404 for a certification that does not exist or belongs to another merchant. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

interface HeldToken {
  readonly text: string;
  /** On the monotonic clock, in milliseconds, because the wall clocks of two machines differ. */
  readonly endsAt: number;
}

interface Answer {
  readonly status: number;
  readonly message: string | null;
  readonly response: unknown;
}

const DEFAULT_BASE_URL = 'https://api.iamport.kr';
const DEFAULT_TIMEOUT = 10_000;
/** When a token expires in less than this, it is requested again, which extends it. In milliseconds. */
const RENEW_BEFORE_END = 30_000;

export class Client {
  readonly #options: ClientOptions;
  readonly #baseUrl: string;
  #token: Promise<HeldToken> | null = null;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#baseUrl = (options.baseUrl ?? DEFAULT_BASE_URL).replace(/\/+$/, '');
  }

  /** The access token, cached until shortly before its end. Simultaneous calls share one request. */
  async getToken(): Promise<string> {
    const held = this.#token;
    const token = held === null ? null : await held;
    if (token !== null && token.endsAt - performance.now() > RENEW_BEFORE_END) return token.text;
    if (this.#token === held) {
      this.#token = this.#fetchToken();
      // A failure rejects the waiting calls and is not cached.
      this.#token.catch(() => {
        this.#token = null;
      });
    }
    return (await (this.#token as Promise<HeldToken>)).text;
  }

  /** `GET /certifications/{imp_uid}`; rejects with `ApiError` 404 when there is none. */
  async getCertification(impUid: string, options: CallOptions = {}): Promise<Certification> {
    return (await this.#call('GET', certificationPath(impUid), undefined, options)) as Certification;
  }

  /** `DELETE /certifications/{imp_uid}`: erases it and returns its last content. */
  async deleteCertification(impUid: string, options: CallOptions = {}): Promise<Certification> {
    return (await this.#call('DELETE', certificationPath(impUid), undefined, options)) as Certification;
  }

  /** `POST /certifications/otp/request`: sends a code and returns the `imp_uid` for its confirmation. */
  async requestOtp(request: OtpRequest, options: CallOptions = {}): Promise<string> {
    const { imp_uid } = (await this.#call('POST', '/certifications/otp/request', request, options)) as {
      imp_uid: string;
    };
    return imp_uid;
  }

  /** `POST /certifications/otp/confirm/{imp_uid}`: certifies with the code; an APP request needs none. */
  async confirmOtp(impUid: string, otp?: string, options: CallOptions = {}): Promise<CertifiedCertification> {
    const path = `/certifications/otp/confirm/${encodeURIComponent(impUid)}`;
    return (await this.#call('POST', path, { otp }, options)) as CertifiedCertification;
  }

  /** One call with a token. After a 401, which has no effect on the server, it tries once more with a new token. */
  async #call(
    method: string,
    path: string,
    body: object | undefined,
    { signal }: CallOptions,
  ): Promise<unknown> {
    const held = await this.getToken();
    let answer = await this.#send(method, path, body, held, signal);
    if (answer.status === 401) {
      this.#token = null;
      answer = await this.#send(method, path, body, await this.getToken(), signal);
    }
    return this.#expectSuccess(answer);
  }

  async #fetchToken(): Promise<HeldToken> {
    const { impKey, impSecret } = this.#options;
    const body = { imp_key: impKey, imp_secret: impSecret };
    const asked = performance.now();
    const response = this.#expectSuccess(await this.#send('POST', '/users/getToken', body, null, undefined));
    const { access_token, now, expired_at } = response as Record<string, unknown>;
    return { text: String(access_token), endsAt: asked + (Number(expired_at) - Number(now)) * 1000 };
  }

  #expectSuccess({ status, message, response }: Answer): unknown {
    if (status === 200 && typeof response === 'object' && response !== null) return response;
    throw new ApiError(status, message ?? `unexpected answer with status ${status}`);
  }

  async #send(
    method: string,
    path: string,
    body: object | undefined,
    token: string | null,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const timeout = AbortSignal.timeout(this.#options.timeout ?? DEFAULT_TIMEOUT);
    const answer = await fetch(this.#baseUrl + path, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    const text = await answer.text();
    try {
      const { message, response } = JSON.parse(text) as { message: string | null; response: unknown };
      return { status: answer.status, message, response };
    } catch {
      throw new ApiError(answer.status, `the answer with status ${answer.status} is no JSON`);
    }
  }
}

function certificationPath(impUid: string): string {
  return `/certifications/${encodeURIComponent(impUid)}`;
}
