import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { pinned, track } from './servers.ts';
import { type BenchStore, readRows, toImpUid } from './store.ts';

/*
 * The load generator, a process of its own: a closed loop over keep-alive connections on raw sockets. It spins
 * instead of sleeping: a server slow enough to let it fall asleep would pay for waking it with every answer, one
 * that is fast enough to keep it busy would not, and the difference would be counted as the servers'.
 */

/** Connections where nothing else is said. */
export const CONNECTIONS = 64;
export const NEWEST = 10_000;
const REQUESTS = 300_000;
const HOT_SHARE = 0.9;
/** Seconds at the beginning of each run that do not count. */
const LEAD_IN = 0.5;
/** Connections that are opened at one time, ten milliseconds after those before. */
const OPENED_TOGETHER = 100;
/** Milliseconds that the last answers of a run may take. */
const PATIENCE = 5_000;
const MOST_PER_SECOND = 200_000;
const BUFFER_BYTES = 16_384;

export type Pattern = 'uniform' | 'hot';

/** Makes the requests of the next runs. */
interface PrepareOrder {
  readonly kind: 'prepare';
  readonly store: Pick<BenchStore, 'idsFile' | 'ownersFile'>;
  /** Tokens of each merchant. */
  readonly tokens: readonly (readonly string[])[];
  readonly pattern: Pattern;
}

interface RunOrder {
  readonly kind: 'run';
  readonly port: number;
  readonly seconds: number;
  readonly connections: number;
  /** Whether each answer must be about the id that was asked for. */
  readonly checkIds: boolean;
}

type Order = PrepareOrder | RunOrder;

export interface LoadResult {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly wrong: number;
  /** Answers in all, those of the lead-in too. */
  readonly answered: number;
  /** Share of the time in which the generator had nothing to do; near 0 it is the bottleneck itself. */
  readonly spare: number;
}

interface Prepared {
  readonly requests: readonly string[];
  readonly ids: Float64Array;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const CONTENT_LENGTH = Buffer.from('\r\nContent-Length: ');
const IMP_UID = Buffer.from('"imp_uid":"imp_');

function prepare({ store, tokens, pattern }: PrepareOrder): Prepared {
  const { ids, owners } = readRows(store);
  const asked = new Float64Array(REQUESTS);
  const requests: string[] = [];
  for (let at = 0; at < REQUESTS; at++) {
    const isHot = pattern === 'hot' && Math.random() < HOT_SHARE;
    const row = isHot
      ? ids.length - 1 - Math.floor(Math.random() * NEWEST)
      : Math.floor(Math.random() * ids.length);
    const digits = ids[row] ?? 0;
    const own = tokens[owners[row] ?? 0] ?? [];
    const token = own[Math.floor(Math.random() * own.length)];
    const text = `GET /certifications/${toImpUid(digits)} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${token}\r\n\r\n`;
    asked[at] = digits;
    // Copied, so that the pieces are not joined only when the clock runs.
    requests.push(Buffer.from(text, 'latin1').toString('latin1'));
  }
  return { requests, ids: asked };
}

function readNumber(bytes: Buffer, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) return value;
    value = value * 10 + digit;
  }
  return value;
}

/** Length of the answer at the beginning of `bytes`; null while its head is not all there. */
function answerLength(bytes: Buffer, length: number): number | null {
  const headEnd = bytes.indexOf(HEAD_END);
  // What stands behind `length` is left from an earlier answer.
  if (headEnd === -1 || headEnd + 4 > length) return null;
  const at = bytes.indexOf(CONTENT_LENGTH);
  if (at === -1 || at > headEnd) return headEnd + 4;
  return headEnd + 4 + readNumber(bytes, at + CONTENT_LENGTH.length, headEnd);
}

function isOk(bytes: Buffer): boolean {
  return bytes[9] === 50 && bytes[10] === 48 && bytes[11] === 48;
}

function askedId(bytes: Buffer, length: number): number {
  const at = bytes.indexOf(IMP_UID);
  if (at === -1 || at + IMP_UID.length + 12 > length) return -1;
  return readNumber(bytes, at + IMP_UID.length, at + IMP_UID.length + 12);
}

/** Runs the load once; resolves when the last connection is closed. */
function run(
  { port, seconds, connections, checkIds }: RunOrder,
  { requests, ids }: Prepared,
): Promise<LoadResult> {
  const latencies = new Float64Array(Math.ceil(seconds * MOST_PER_SECOND));
  const from = performance.now() + LEAD_IN * 1000;
  const until = from + seconds * 1000;
  let next = 0;
  let counted = 0;
  let answered = 0;
  let wrong = 0;
  let live = connections;
  let idle = 0;

  function open(): void {
    const buffer = Buffer.alloc(BUFFER_BYTES);
    const parts = Buffer.alloc(BUFFER_BYTES);
    let held = 0;
    let sentAt = 0;
    let asked = 0;
    let closed = false;
    const send = () => {
      const at = next++ % REQUESTS;
      asked = ids[at] ?? 0;
      sentAt = performance.now();
      socket.write(requests[at] ?? '', 'latin1');
    };
    const close = () => {
      if (closed) return;
      closed = true;
      live--;
      socket.destroy();
    };
    const fail = () => {
      if (!closed) wrong++;
      close();
    };
    const receive = (length: number): boolean => {
      let bytes = buffer;
      let have = length;
      if (held > 0) {
        buffer.copy(parts, held, 0, length);
        bytes = parts;
        have = held + length;
      }
      const whole = answerLength(bytes, have);
      if (whole === null || whole > have) {
        if (held === 0) buffer.copy(parts, 0, 0, length);
        held = have;
        if (held >= BUFFER_BYTES) fail();
        return true;
      }
      const now = performance.now();
      held = 0;
      answered++;
      const id = askedId(bytes, have);
      if (whole !== have || !isOk(bytes) || (checkIds && id !== asked)) wrong++;
      if (now >= from && now < until) latencies[counted++] = now - sentAt;
      if (now >= until) close();
      else send();
      return true;
    };
    const socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer, callback: receive },
    });
    socket.on('connect', send);
    socket.on('error', fail);
    socket.on('close', fail);
  }

  return new Promise((resolve) => {
    let before = 0;
    let lastSpin = performance.now();
    const spin = () => {
      const now = performance.now();
      if (answered === before && now > from && now < until) idle += now - lastSpin;
      before = answered;
      lastSpin = now;
      if (live > 0 && now < until + PATIENCE) {
        setImmediate(spin);
        return;
      }
      const sorted = latencies.subarray(0, counted).sort();
      resolve({
        perSecond: counted / seconds,
        p50: sorted[Math.floor(counted * 0.5)] ?? 0,
        p99: sorted[Math.floor(counted * 0.99)] ?? 0,
        wrong: wrong + live,
        answered,
        spare: idle / (seconds * 1000),
      });
    };
    // Not all at once: a system keeps only some hundred connections that a server has not taken yet.
    for (let at = 0; at < connections; at++) setTimeout(open, Math.floor(at / OPENED_TOGETHER) * 10);
    spin();
  });
}

/** The load generator as seen from here. One order at a time. */
export interface LoadProcess {
  prepare(order: Omit<PrepareOrder, 'kind'>): Promise<void>;
  run(order: Omit<RunOrder, 'kind'>): Promise<LoadResult>;
  stop(): void;
}

export function startLoad(core: number | undefined): LoadProcess {
  const [command, ...rest] = pinned(core, [process.execPath, import.meta.filename]);
  const child = track(spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the load generator ended with ${code}`)));
  });
  // Rejected also when it is stopped, where nobody waits for it.
  failed.catch(() => undefined);
  const ask = async (order: Order): Promise<unknown> => {
    child.send(order);
    const [answer] = await Promise.race([once(child, 'message'), failed]);
    return answer;
  };
  return {
    async prepare(order) {
      await ask({ kind: 'prepare', ...order });
    },
    async run(order) {
      return (await ask({ kind: 'run', ...order })) as LoadResult;
    },
    stop() {
      child.disconnect();
    },
  };
}

if (import.meta.main) {
  let prepared: Prepared | null = null;
  process.on('message', async (order: Order) => {
    if (order.kind === 'prepare') {
      prepared = prepare(order);
      process.send?.(null);
      return;
    }
    if (prepared === null) throw new Error('no requests are prepared');
    process.send?.(await run(order, prepared));
  });
  process.on('disconnect', () => process.exit(0));
}
