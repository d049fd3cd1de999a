import cluster, { type Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import type { Logger } from '../log.ts';

/** Something that serves until it is closed. */
export interface Running {
  readonly url: string;
  close(): Promise<void>;
}

/** A worker that lived as long is replaced at once; one that did not, after a pause that doubles. Milliseconds. */
const STEADY = 10_000;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 10_000;
/** A little longer than a server takes to finish what is in flight, in milliseconds. */
const PATIENCE = 15_000;

/** What the primary says to a worker: that it is enough. */
const STOP = 'stop';

/** What a worker says to the primary: once, when its start has ended one way or the other. */
type Report =
  | { readonly start: 'done'; readonly url: string }
  | { readonly start: 'refused'; readonly reason: string };

interface End {
  readonly code: number | null;
  /** The signal that ended it, or why it could not begin, as in `EAGAIN`. */
  readonly signal: string | null;
}

/** One process of the crew, from its fork on. */
interface Hand {
  readonly worker: Worker;
  readonly startedAt: number;
  /** The URL that it serves; `start_refused` when it does not come to that. */
  readonly ready: Promise<string>;
  readonly ended: Promise<End>;
}

/** Whether this process is a worker, and not the one that started the command. */
export const { isWorker } = cluster;
/** Whether this is the worker that was started first. It says what is said once for all workers. */
export const isFirstWorker = cluster.worker?.id === 1;

/**
 * The primary's side: runs this command line in `count` workers, which share the port of the first one that
 * listens, and resolves when all are ready. Replaces whichever ends before `close`. Rejects with the first refusal.
 */
export async function startWorkers(count: number, log: Logger): Promise<Running> {
  // Connections are handed out in turn; left to the system they heap up at few workers.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  const first = Array.from({ length: count }, startWorker);
  const stop = new AbortController();
  const hands = new Set(first);
  const killAll = () => {
    for (const { worker } of hands) worker.process.kill('SIGKILL');
  };
  process.once('exit', killAll);
  const seats = first.map((hand) => keepSeat(hand, hands, log, stop.signal));
  const close = async () => {
    stop.abort();
    const timer = setTimeout(killAll, PATIENCE);
    // One that is just starting would not understand yet.
    for (const { worker, ready } of hands)
      ready.then(
        () => worker.send(STOP, () => {}),
        () => {},
      );
    await Promise.all(seats);
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

/** Keeps one place of the crew taken until the crew stops. */
async function keepSeat(first: Hand, hands: Set<Hand>, log: Logger, stop: AbortSignal): Promise<void> {
  let pause = 0;
  for (let hand = first; ; hand = startWorker()) {
    hands.add(hand);
    const { pid } = hand.worker.process;
    if (hand !== first) tellStart(hand, log);
    const end = await hand.ended;
    hands.delete(hand);
    if (stop.aborted) return;
    const isSteady = performance.now() - hand.startedAt > STEADY;
    pause = isSteady ? 0 : Math.min(LONGEST_PAUSE, Math.max(FIRST_PAUSE, 2 * pause));
    log.error({ worker: pid, ...end, pause }, 'worker ended');
    await sleep(pause, undefined, { signal: stop }).catch(() => {});
    if (stop.aborted) return;
  }
}

function tellStart({ worker, ready }: Hand, log: Logger): void {
  ready.then(
    () => log.info({ worker: worker.process.pid }, 'worker started'),
    (error: unknown) => log.error({ worker: worker.process.pid, error }, 'worker not started'),
  );
}

function startWorker(): Hand {
  const worker = cluster.fork();
  endLostConnections(worker);
  const ended = new Promise<End>((resolve) => {
    worker.once('exit', (code: number | null, signal: string | null) => resolve({ code, signal }));
    // One that the system did not let begin has no exit.
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
  // Whoever wants to know asks; nobody has to.
  ready.catch(() => {});
  return { worker, startedAt: performance.now(), ready, ended };
}

/** Node and others use the same channel. */
function isReport(message: unknown): message is Report {
  return typeof message === 'object' && message !== null && 'start' in message;
}

/**
 * Node hands a worker one connection at a time and closes its own end when the worker has taken it. When the worker
 * dies in between, nobody does, and the client would wait for ever; closing it again is harmless.
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
 * The worker's side: serves until the primary says that it is enough, then finishes what is in flight. What refuses
 * the start is said to the primary, which says it once for all.
 */
export async function serveAsWorker(start: () => Promise<Running>): Promise<void> {
  // A terminal, or whoever stops a whole group, signals every process of it; the primary decides.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  const dismissed = new Promise<void>((resolve) => {
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
  await dismissed;
  await running.close();
  leave();
}

/** The primary logs it, so that it is our own words, or the kind of a foreign error and nothing that it quotes. */
function describeRefusal(error: unknown): string {
  if (error instanceof AppError) return error.message;
  return `unexpected failure (${error instanceof Error ? error.constructor.name : typeof error})`;
}

/** Without the primary a worker ends: node sees to that, whichever side ends the connection between them. */
function leave(): void {
  process.disconnect?.();
}

function report(message: Report): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(message, undefined, undefined, () => resolve());
  });
}
