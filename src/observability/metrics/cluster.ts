import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry } from 'prom-client';
import type { Logger } from '../../log.ts';
import type { MetricRecord } from './instruments.ts';
import { listenForScrapes, type MetricsAddress, type MetricsListener } from './listener.ts';

const ASK = 'bonin: metrics, please';
const TELL = 'bonin: metrics';
/** How long a scrape waits for workers, in milliseconds. A worker that is slower counts with its last figures. */
const PATIENCE = 2000;

type Records = readonly MetricRecord[];
/** A question that a scrape waits for. */
interface Question {
  readonly question: number;
  readonly done: () => void;
}
interface Asked {
  readonly kind: typeof ASK;
  /** Tells the question from those before. */
  readonly question: number;
}
interface Told {
  readonly kind: typeof TELL;
  readonly question: number;
  readonly records: Records;
}

/** In a worker: sends its figures when the primary asks for them. */
export function tellPrimary(records: () => Promise<Records>): void {
  process.on('message', (message) => {
    if (!isOf<Asked>(message, ASK)) return;
    const { question } = message;
    records()
      .then(
        // A primary that is gone by then has its end told elsewhere.
        (told) =>
          process.send?.(
            { kind: TELL, question, records: told } satisfies Told,
            undefined,
            undefined,
            () => {},
          ),
        // The primary goes by what it was told before.
        () => {},
      )
      .catch(() => {});
  });
}

/** In the primary, before its workers start: shows what they count, added up. */
export function showWorkers(address: MetricsAddress, log: Logger): Promise<MetricsListener> {
  const workers = new WorkerMetrics();
  return listenForScrapes(address, () => workers.text(), log);
}

/**
 * In the primary: the figures of all workers, added up. What a worker had counted stays in the sum when it ends, since
 * a sum that falls looks like a restart, and rates made of it are wrong.
 */
class WorkerMetrics {
  readonly #last = new Map<number, Records>();
  #ended: Records = [];
  readonly #asked = new Map<number, Question>();
  #questions = 0;
  /** What several scrapes at once wait for. */
  #gathering: Promise<void> | null = null;

  constructor() {
    cluster.on('message', (worker, message: unknown) => {
      if (!isOf<Told>(message, TELL)) return;
      this.#last.set(worker.id, message.records);
      // A late answer to an older question tells what was counted before this one.
      const asked = this.#asked.get(worker.id);
      if (asked?.question === message.question) asked.done();
    });
    cluster.on('exit', (worker) => {
      this.#asked.get(worker.id)?.done();
      this.#keep(worker.id);
    });
  }

  /** All figures of all workers, in the text form of Prometheus. */
  async text(): Promise<string> {
    this.#gathering ??= this.#gather().finally(() => {
      this.#gathering = null;
    });
    await this.#gathering;
    return aggregate([this.#ended, ...this.#last.values()]).metrics();
  }

  async #gather(): Promise<void> {
    const workers = Object.values(cluster.workers ?? {});
    await Promise.all(workers.map((worker) => worker?.isConnected() && this.#ask(worker)));
  }

  #ask(worker: Worker): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#asked.delete(worker.id);
        resolve();
      };
      const timer = setTimeout(done, PATIENCE);
      const question = ++this.#questions;
      this.#asked.set(worker.id, { question, done });
      worker.send({ kind: ASK, question } satisfies Asked, undefined, undefined, (error) => {
        if (error) done();
      });
    });
  }

  #keep(worker: number): void {
    const counted = this.#last.get(worker) ?? [];
    this.#last.delete(worker);
    const ended = aggregate([this.#ended, counted.filter(grows)]);
    // What was added up holds its values already.
    this.#ended = ended.getMetricsAsArray() as MetricRecord[];
  }
}

function aggregate(records: readonly Records[]) {
  return AggregatorRegistry.aggregate(records.map((each) => [...each]));
}

/** Whether a metric only ever grows, so that its sum must not fall. A gauge of a process ends with it. */
function grows({ type }: MetricRecord): boolean {
  return String(type) === 'counter' || String(type) === 'histogram';
}

/** Node and others use the same channel. */
function isOf<T extends Asked | Told>(message: unknown, kind: T['kind']): message is T {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === kind;
}
