import cluster, { type Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import type { Logger } from '../log.ts';

/** Something that serves until it is closed. */
export interface Running {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * A worker that ran at least this long is replaced at once. One that ended earlier is replaced after a pause, which
 * doubles each time. In milliseconds.
 */
const STEADY = 10_000;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 10_000;
/** When workers that do not shut down are killed, in milliseconds. A server needs ten seconds at most. */
const PATIENCE = 15_000;

/** The primary's message to a worker: shut down. */
const STOP = 'stop';

/** A worker's only message to the primary: whether it has started. */
type Report =
  | { readonly start: 'done'; readonly url: string }
  | { readonly start: 'refused'; readonly reason: string };

interface End {
  readonly code: number | null;
  /** The signal that ended it, or the error that kept it from starting, as in `EAGAIN`. */
  readonly signal: string | null;
}

/** A worker process, from its fork on. */
interface WorkerHandle {
  readonly worker: Worker;
  readonly startedAt: number;
  /** The URL that it serves; rejects with `start_refused`. */
  readonly ready: Promise<string>;
  readonly ended: Promise<End>;
}

/** Whether this process is a worker, and not the primary. */
export const { isWorker } = cluster;
/** Whether this is the first worker, which alone prints what belongs to all of them. */
export const isFirstWorker = cluster.worker?.id === 1;

/**
 * For the primary: runs this command line in `count` workers, which share one port, and resolves when all are ready.
 * A worker that ends before `close` is replaced. Rejects with the first `start_refused`.
 */
export async function startWorkers(count: number, log: Logger): Promise<Running> {
  // The primary hands out connections in turn; the system would give most of them to few workers.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  const first = Array.from({ length: count }, startWorker);
  const stop = new AbortController();
  const handles = new Set(first);
  const killAll = () => {
    for (const { worker } of handles) worker.process.kill('SIGKILL');
  };
  process.once('exit', killAll);
  const supervised = first.map((handle) => superviseWorker(handle, handles, log, stop.signal));
  const close = async () => {
    stop.abort();
    const timer = setTimeout(killAll, PATIENCE);
    // A worker that is still starting does not listen to messages yet.
    for (const { worker, ready } of handles)
      ready.then(
        () => worker.send(STOP, () => {}),
        () => {},
      );
    await Promise.all(supervised);
    clearTimeout(timer);
    process.off('exit', killAll);
  };
  try {
    const [url = ''] = await Promise.all(first.map(({ ready }) => ready));
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Replaces a worker whenever it ends, until `stop`. */
async function superviseWorker(
  first: WorkerHandle,
  handles: Set<WorkerHandle>,
  log: Logger,
  stop: AbortSignal,
): Promise<void> {
  let pause = 0;
  for (let handle = first; ; handle = startWorker()) {
    handles.add(handle);
    const { pid } = handle.worker.process;
    if (handle !== first) logStart(handle, log);
    const end = await handle.ended;
    handles.delete(handle);
    if (stop.aborted) return;
    const isSteady = performance.now() - handle.startedAt > STEADY;
    pause = isSteady ? 0 : Math.min(LONGEST_PAUSE, Math.max(FIRST_PAUSE, 2 * pause));
    log.error({ worker: pid, ...end, pause }, 'worker ended');
    await sleep(pause, undefined, { signal: stop }).catch(() => {});
    if (stop.aborted) return;
  }
}

function logStart({ worker, ready }: WorkerHandle, log: Logger): void {
  ready.then(
    () => log.info({ worker: worker.process.pid }, 'worker started'),
    (error: unknown) => log.error({ worker: worker.process.pid, error }, 'worker not started'),
  );
}

function startWorker(): WorkerHandle {
  const worker = cluster.fork();
  endLostConnections(worker);
  const ended = new Promise<End>((resolve) => {
    worker.once('exit', (code: number | null, signal: string | null) => resolve({ code, signal }));
    // A worker that could not be started has no exit event.
    worker.on('error', (error: NodeJS.ErrnoException) => {
      worker.process.kill('SIGKILL');
      resolve({ code: null, signal: error.code ?? 'unknown' });
    });
  });
  const ready = new Promise<string>((resolve, reject) => {
    const refuse = (detail: string) => reject(new AppError('start_refused', { detail }));
    worker.on('message', (message: unknown) => {
      if (!isReport(message)) return;
      if (message.start === 'done') resolve(message.url);
      else refuse(message.reason);
    });
    void ended.then(({ code, signal }) => refuse(`a worker ended before it served (${signal ?? code})`));
  });
  // A replacement's failure is only logged; without this it would be an unhandled rejection.
  ready.catch(() => {});
  return { worker, startedAt: performance.now(), ready, ended };
}

/** Node and the metrics send messages on the same channel. */
function isReport(message: unknown): message is Report {
  return typeof message === 'object' && message !== null && 'start' in message;
}

/**
 * Node passes a connection to a worker and closes its own copy once the worker has accepted it. If the worker dies
 * before that, the copy stays open and the client waits for ever, so it is closed here. Closing twice is harmless.
 */
function endLostConnections(worker: Worker): void {
  const { process: child } = worker;
  const { send } = child;
  if (send === undefined) return;
  let last: unknown = null;
  child.send = (...words: unknown[]): boolean => {
    last = words[1] ?? last;
    return Reflect.apply(send, child, words);
  };
  worker.once('exit', () => {
    if (typeof last === 'object' && last !== null && 'close' in last && typeof last.close === 'function')
      last.close();
  });
}

/**
 * For a worker: serves until the primary asks it to shut down, then finishes what is in flight. A start that is refused
 * is reported to the primary, which prints it once.
 */
export async function serveAsWorker(start: () => Promise<Running>): Promise<void> {
  // A terminal signals every process of its group; only the primary may act on it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  const stopped = new Promise<void>((resolve) => {
    process.on('message', (message) => {
      if (message === STOP) resolve();
    });
  });
  let running: Running;
  try {
    running = await start();
  } catch (error) {
    await report({ start: 'refused', reason: describeRefusal(error) });
    leave();
    return;
  }
  await report({ start: 'done', url: running.url });
  await stopped;
  await running.close();
  leave();
}

/** The primary logs it. The message of a foreign error may quote secrets, so only its class is named. */
function describeRefusal(error: unknown): string {
  if (error instanceof AppError) return error.message;
  return `unexpected failure (${error instanceof Error ? error.constructor.name : typeof error})`;
}

/** Ends this worker: Node ends a worker that is disconnected from its primary. */
function leave(): void {
  process.disconnect?.();
}

function report(message: Report): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(message, undefined, undefined, () => resolve());
  });
}
