import { newMasterKey } from './config/master-keys.ts';
import { createLog } from './log.ts';
import type { FaultRule, LoggedRequest, Message, Seed } from './sandbox/testing-types.ts';
import { type CertificationInput, createDevApp, DEFAULT_SEED, openDevAuthority } from './server/dev.ts';

/*
 * Bonin inside a test suite: in this process, in memory, on a free port. Suites that run in parallel each start their
 * own. The helpers call the control routes, which other languages can use too.
 */

export type {
  FaultRule,
  LoggedRequest,
  Message,
  Seed,
  SeedCertification,
  SeedChannel,
  SeedMerchant,
  SeedPage,
} from './sandbox/testing-types.ts';

export interface StartOptions {
  /** The people that exist. Default: the built-in ones. */
  readonly seed?: Seed;
  /** Sends random codes instead of 123456. Default: false. */
  readonly randomOtp?: boolean;
  /**
   * Serves HTTPS as `localhost` and as `api`, `cdn` and `service.iamport.kr`; the code under test must trust
   * `authority`. Default: false.
   */
  readonly tls?: boolean;
}

/**
 * The person to certify; members that are left out have the values of 홍길동 on the first channel. Null: the provider does
 * not return it.
 */
export interface PersonToCertify {
  readonly name?: string;
  /** `YYYY-MM-DD`. */
  readonly birthday?: string;
  readonly gender?: 'male' | 'female' | null;
  readonly phone?: string | null;
  readonly carrier?: string | null;
  readonly foreigner?: boolean | null;
  /** The CI itself: 88 characters of base64 that begin with `SANDBOX/`. Not together with `person`. */
  readonly unique_key?: string;
  /** A label: the same label is the same person, whatever the name. Not together with `unique_key`. */
  readonly person?: string;
  readonly merchant_uid?: string;
  readonly channel_key?: string;
  /** False: an attempt that is still pending. */
  readonly certified?: boolean;
  readonly origin?: string | null;
}

/** Which message to wait for. */
export interface MessageChoice {
  /** In any notation. */
  readonly phone?: string;
  /** Of one OTP request or attempt. */
  readonly imp_uid?: string;
  /** Longest wait, in seconds. Default: 5. */
  readonly seconds?: number;
}

export interface RunningBonin {
  /** Address of the API, instead of `https://api.iamport.kr`. */
  readonly url: string;
  readonly impKey: string;
  readonly impSecret: string;
  /** With `tls`: the certificate to trust, as PEM text, and its file, which exists until `close`. Otherwise null. */
  readonly authority: { readonly cert: string; readonly file: string } | null;
  /** Creates a certification and returns its `imp_uid`. */
  certify(person?: PersonToCertify): Promise<string>;
  readonly messages: {
    /** The oldest message that was not returned yet, of one phone or one certification if given; waits for one. */
    next(choice?: MessageChoice): Promise<Message>;
  };
  readonly clock: {
    /** Stops the clock at an epoch second. */
    set(now: number): Promise<void>;
    /** Moves the clock forward by seconds. */
    advance(seconds: number): Promise<void>;
    /** Returns to real time. */
    reset(): Promise<void>;
  };
  readonly faults: {
    set(rules: readonly Partial<FaultRule>[]): Promise<void>;
    clear(): Promise<void>;
  };
  /** The requests of the code under test, newest first, masked. */
  requests(): Promise<readonly LoggedRequest[]>;
  /** Returns to the initial state. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

const LONGEST_WAIT = 30;

/** Starts a sandbox for a test suite; close it when done. */
export async function startBonin(options: StartOptions = {}): Promise<RunningBonin> {
  const { seed = DEFAULT_SEED, randomOtp = false, tls = false } = options;
  const authority = tls ? await openDevAuthority(null) : null;
  const app = await createDevApp({
    databaseUrl: 'sqlite::memory:',
    masterKeys: [newMasterKey()],
    log: createLog('silent'),
    seed,
    randomOtp,
    ...(authority !== null && { tls: authority.issue() }),
  });
  const { url } = await app.listen(0, '127.0.0.1');
  const [merchant] = seed.merchants;

  let isClosed = false;
  const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await call(`${url}/sandbox${path}`, method, body, authority?.cert).catch(
      (error: unknown) => {
        throw isClosed ? closed() : error;
      },
    );
    const { message, response } = JSON.parse(answer.text) as { message: string | null; response: unknown };
    if (answer.status !== 200) throw new Error(`${method} /sandbox${path}: ${message}`);
    return response;
  };

  const handedOut = new Set<string>();
  const nextMessage = async ({ phone = '', imp_uid = '', seconds = 5 }: MessageChoice): Promise<Message> => {
    const end = performance.now() + seconds * 1000;
    let after = '';
    for (;;) {
      const wait = Math.max(0, Math.ceil((end - performance.now()) / 1000));
      const query = new URLSearchParams({
        phone,
        imp_uid,
        after,
        wait: String(Math.min(wait, LONGEST_WAIT)),
      });
      const found = (await control('GET', `/messages?${query}`)) as readonly Message[];
      const next = found.toReversed().find(({ id }) => !handedOut.has(id));
      if (next !== undefined) {
        handedOut.add(next.id);
        return next;
      }
      if (performance.now() >= end) throw new Error(`no message within ${seconds} seconds`);
      if (isClosed) throw closed();
      after = found[0]?.id ?? after;
    }
  };

  return {
    url,
    impKey: merchant?.imp_key ?? '',
    impSecret: merchant?.imp_secret ?? '',
    authority: authority === null ? null : { cert: authority.cert, file: authority.file },
    async certify(person: CertificationInput = {}) {
      return ((await control('POST', '/certifications', person)) as { imp_uid: string }).imp_uid;
    },
    messages: { next: (choice = {}) => nextMessage(choice) },
    clock: {
      async set(now) {
        await control('PUT', '/clock', { now });
      },
      async advance(seconds) {
        await control('PUT', '/clock', { advance: seconds });
      },
      async reset() {
        await control('PUT', '/clock', {});
      },
    },
    faults: {
      async set(rules) {
        await control('PUT', '/faults', rules);
      },
      async clear() {
        await control('DELETE', '/faults');
      },
    },
    async requests() {
      return (await control('GET', '/requests')) as readonly LoggedRequest[];
    },
    async reset() {
      await control('POST', '/reset');
      handedOut.clear();
    },
    async close() {
      isClosed = true;
      await app.close();
      authority?.close();
    },
  };
}

function closed(): Error {
  return new Error('the sandbox was closed');
}

/** One request on its own connection. Not `fetch`, because there an authority can only be trusted for all requests. */
function call(
  url: string,
  method: string,
  body: unknown,
  ca: string | undefined,
): Promise<{ readonly status: number; readonly text: string }> {
  const { request } =
    ca === undefined ? process.getBuiltinModule('node:http') : process.getBuiltinModule('node:https');
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, agent: false, ...(ca !== undefined && { ca }) }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
