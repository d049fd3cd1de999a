import { DatabaseError } from 'pg';
import { AppError } from '../../errors.ts';

/** Errors that an operator can act on: SQLSTATEs (PostgreSQL's Appendix A) and codes of Node. */
type Sentences = Readonly<Record<string, string>>;

/** Temporary errors: retry, or free disk space. */
const PASSING: Sentences = {
  ECONNREFUSED: 'no database server listens there',
  ECONNRESET: 'the connection to the database was lost',
  EPIPE: 'the connection to the database was lost',
  ENOENT: 'no database server listens there',
  ENOTFOUND: "the database server's name is not known",
  EAI_AGAIN: "the database server's name cannot be looked up",
  ETIMEDOUT: 'the database server does not answer',
  EHOSTUNREACH: 'the database server cannot be reached',
  ENETUNREACH: 'the database server cannot be reached',
  '08P01':
    'the database server, or a pooler before it, refuses the connection (PgBouncer: ignore_startup_parameters, max_client_conn)',
  '25006': 'the database is read-only, as a standby is',
  '25P03': 'the database took too long',
  '26000': 'the server or a pooler before it has forgotten what the connection prepared',
  '40001': 'the call met other calls again and again',
  '40P01': 'the call met other calls again and again',
  '53100': 'the disk under the database is full',
  '53200': 'the database server has no memory left',
  '53300': 'the database server takes no more connections',
  '55P03': 'the database took too long',
  '57014': 'the database took too long',
  '57P01': 'the database server is stopping',
  '57P02': 'the database server has crashed',
  '57P03': 'the database server is starting or stopping',
  '57P05': 'the database server closes idle connections',
  '58030': 'the disk under the database cannot be read or written',
};
/** Classes that are also temporary without a sentence: connections, lack of resources. */
const PASSING_CLASSES: ReadonlySet<string> = new Set(['08', '53']);

/** Errors that stay until an operator fixes the cause. */
const LASTING: Sentences = {
  EACCES: 'the database server does not let this user in',
  DEPTH_ZERO_SELF_SIGNED_CERT: "the database server's certificate is not trusted",
  SELF_SIGNED_CERT_IN_CHAIN: "the database server's certificate is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the database server's certificate is not trusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the database server's certificate is not trusted",
  CERT_HAS_EXPIRED: "the database server's certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "the database server's certificate is of another host",
  '22021': 'the database does not hold texts in UTF-8',
  '28000': 'the database server does not let this user in',
  '28P01': 'the database server refuses the password',
  '3D000': 'the database server has no such database',
  '42501': 'the database user lacks a privilege',
  '42P01': 'a table is missing in the database',
  '42P05': 'a pooler before the database gives one connection to several and loses what they prepared',
};

const QUEUE_TIMEOUT = 'timeout exceeded when trying to connect';
const CONNECTION_LOST = 'the connection to the database was lost';

/** Errors of the driver without a code. Any other error of the driver without a code is a lost connection. */
const PASSING_OF_DRIVER: Sentences = {
  [QUEUE_TIMEOUT]: 'no connection to the database became free in time',
  'Connection terminated due to connection timeout': 'the database server does not answer',
  'Query read timeout': 'the database server does not answer',
};
const LASTING_OF_DRIVER: Sentences = {
  'The server does not support SSL connections':
    'the database server does not speak TLS; sslmode=disable in the URL does without',
};

const DISK_FULL = '53100';
/** A number that is larger than any that Bonin writes. */
const OUT_OF_RANGE = '22003';
/** Conflicts with another transaction: rolled back, and may be tried again. */
const CONFLICTS: ReadonlySet<string> = new Set(['40001', '40P01']);
/** Errors after which a connection is useless: it is read-only now, or has lost its prepared statements. */
const SPOILING: ReadonlySet<string> = new Set(['25006', '26000']);

export function sqlState(thrown: unknown): string | null {
  return thrown instanceof DatabaseError ? (thrown.code ?? null) : null;
}

export function isConflict(thrown: unknown): boolean {
  return CONFLICTS.has(sqlState(thrown) ?? '');
}

export function isOutOfRoom(thrown: unknown): boolean {
  return sqlState(thrown) === DISK_FULL;
}

/** Whether the call got no connection because all of them were in use. */
export function isQueueTimeout(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message === QUEUE_TIMEOUT;
}

/** Whether the connection can still be used: only when the server refused a statement. */
export function isConnectionSound(thrown: unknown): boolean {
  if (thrown instanceof AppError) return true;
  return thrown instanceof DatabaseError && thrown.severity === 'ERROR' && !SPOILING.has(thrown.code ?? '');
}

interface Failure {
  readonly passes: boolean;
  readonly sentence: string;
}

function classify(thrown: unknown): Failure {
  const state = sqlState(thrown);
  if (state !== null)
    return (
      find(state, PASSING, LASTING) ?? {
        passes: PASSING_CLASSES.has(state.slice(0, 2)),
        sentence: `the database failed with SQLSTATE ${state}`,
      }
    );
  // The driver throws plain errors; any other class is a defect of Bonin.
  if (!(thrown instanceof Error) || thrown.name === 'TypeError' || thrown.name === 'RangeError')
    return { passes: false, sentence: 'the database failed' };
  if ('code' in thrown)
    return find(String(thrown.code), PASSING, LASTING) ?? { passes: true, sentence: CONNECTION_LOST };
  return (
    find(thrown.message, PASSING_OF_DRIVER, LASTING_OF_DRIVER) ?? {
      passes: !thrown.message.startsWith('SASL'),
      sentence: CONNECTION_LOST,
    }
  );
}

function find(key: string, passing: Sentences, lasting: Sentences): Failure | null {
  // The key comes from a server or a driver, so names that every object inherits must not match.
  const passes = Object.hasOwn(passing, key);
  const sentences = passes ? passing : lasting;
  const sentence = Object.hasOwn(sentences, key) ? sentences[key] : undefined;
  return sentence === undefined ? null : { passes, sentence };
}

/**
 * Turns an error into `store_unavailable` or `store_failed`; an `AppError` stays as it is. The sentence contains no
 * value of a statement. The server's message quotes values, so the error is not kept as the cause.
 */
export function toStoreFailure(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (sqlState(thrown) === OUT_OF_RANGE)
    return new AppError('sealed_data_unreadable', { detail: 'a number in the database was altered' });
  const { passes, sentence } = classify(thrown);
  return new AppError(passes ? 'store_unavailable' : 'store_failed', { detail: sentence });
}
