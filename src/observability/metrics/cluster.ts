import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry } from 'prom-client';
import type { Logger } from '../../log.ts';
import type { MetricRecord } from './instruments.ts';
import { listenForScrapes, type MetricsAddress, type MetricsListener } from './listener.ts';

const ASK = 'bonin: metrics, please';
const TELL = 'bonin: metrics';
/** How long a scrape waits for workers, in milliseconds. For a slower worker, its last values count. */
const PATIENCE = 2000;

type Records = readonly MetricRecord[];
/** A request to the workers for which a scrape waits. */
interface Question {
  readonly question: number;
  readonly done: () => void;
}
interface Asked {
  readonly kind: typeof ASK;
  /** Identifies the request, so that answers to earlier ones can be told apart. */
  readonly question: number;
}
interface Told {
  readonly kind: typeof TELL;
  readonly question: number;
  readonly records: Records;
}

/** In a worker: sends its metrics when the primary asks for them. */
export function tellPrimary(records: () => Promise<Records>): void {
  process.on('message', (message) => {
    if (!isOf<Asked>(message, ASK)) return;
    const { question } = message;
    records()
      .then(
        // If the primary has died, other code handles that.
        (told) =>
          process.send?.(
            { kind: TELL, question, records: told } satisfies Told,
            undefined,
            undefined,
            () => {},
          ),
        // The primary then uses the values of the last answer.
        () => {},
      )
      .catch(() => {});
  });
}

/** In the primary, before its workers start: serves the sums of all workers. */
export function showWorkers(address: MetricsAddress, log: Logger): Promise<MetricsListener> {
  const workers = new WorkerMetrics();
  return listenForScrapes(address, () => workers.text(), log);
}

/**
 * In the primary: the sums over all workers. The counts of a worker that has ended stay in the sum: a sum that falls
 * looks like a restart and causes wrong rates.
 */
class WorkerMetrics {
  readonly #last = new Map<number, Records>();
  #ended: Records = [];
  readonly #asked = new Map<number, Question>();
  #questions = 0;
  /** The result for which simultaneous scrapes wait. */
  #gathering: Promise<void> | null = null;

  constructor() {
    cluster.on('message', (worker, message: unknown) => {
      if (!isOf<Told>(message, TELL)) return;
      this.#last.set(worker.id, message.records);
      // A late answer to an earlier request has older counts than this request needs.
      const asked = this.#asked.get(worker.id);
      if (asked?.question === message.question) asked.done();
    });
    cluster.on('exit', (worker) => {
      this.#asked.get(worker.id)?.done();
      this.#keep(worker.id);
    });
  }

  /** All metrics of all workers, in the text format of Prometheus. */
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
    // The sums already contain their values.
    this.#ended = ended.getMetricsAsArray() as MetricRecord[];
  }
}

function aggregate(records: readonly Records[]) {
  return AggregatorRegistry.aggregate(records.map((each) => [...each]));
}

/** Whether a metric only grows, so that its sum must not fall. A gauge of a process ends with it. */
function grows({ type }: MetricRecord): boolean {
  return String(type) === 'counter' || String(type) === 'histogram';
}

/** Node and others send messages on the same channel. */
function isOf<T extends Asked | Told>(message: unknown, kind: T['kind']): message is T {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === kind;
}
