import { type DestinationStream, destination, pino } from 'pino';
import { AppError } from './errors.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

type Write = (fields: Readonly<Record<string, unknown>>, message: string) => void;
export type Logger = Readonly<Record<'debug' | 'info' | 'warn' | 'error', Write>>;

/** The same log, whose own failures reach nobody: what is logged is said by the way. */
export function guardLog(log: Logger): Logger {
  const guard =
    (level: keyof Logger): Write =>
    (fields, message) => {
      try {
        log[level](fields, message);
      } catch {
        // A log that fails has nowhere to say so.
      }
    };
  return { debug: guard('debug'), info: guard('info'), warn: guard('warn'), error: guard('error') };
}

/**
 * Structured log: one JSON object a line, on standard error unless told otherwise. It never gets a target, a
 * header, a body or a record; of an error it writes what we said ourselves and where it came from, never the
 * message of a foreign error, since a parser quotes what it could not read.
 */
export function createLog(
  level: LogLevel,
  stream: DestinationStream = destination({ dest: 2, sync: true }),
): Logger {
  return pino({ level, base: { pid: process.pid }, serializers: { error: describeError } }, stream);
}

interface ErrorRecord {
  readonly code: string;
  readonly detail?: string | undefined;
  readonly cause?: ErrorRecord | undefined;
  readonly at?: readonly string[] | undefined;
}

function describeError(error: unknown): ErrorRecord {
  if (error instanceof AppError)
    return {
      code: error.code,
      detail: error.detail,
      cause: error.cause === undefined ? undefined : describeError(error.cause),
    };
  if (!(error instanceof Error)) return { code: typeof error };
  const code = 'code' in error ? `${error.name} ${String(error.code)}` : error.name;
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  return { code, at: frames.map((line) => line.trim()).slice(0, 12) };
}
