import { Counter, Gauge, type Registry } from 'prom-client';
import type { OpenDatabase, PoolFigures, Store } from '../../core/store.ts';

/** How long a scrape waits for the store, in milliseconds: less than the timeout of a scrape. */
const READY_WAIT = 2000;

/** Values that are read at a scrape: whether the store answers, and its connections. */
export function addGauges(registry: Registry, store: Store, pool: OpenDatabase['pool']): void {
  const registers = [registry];
  if (pool !== null) addPool(registers, pool);
  // After the pool, because the check takes a connection, which would be counted.
  new Gauge({
    name: 'bonin_ready',
    help: '1 when the store answers, else 0; of several workers the worst.',
    aggregator: 'min',
    registers,
    async collect() {
      this.set((await answers(store)) ? 1 : 0);
    },
  });
}

function addPool(registers: Registry[], figures: () => PoolFigures): void {
  new Gauge({
    name: 'bonin_pool_connections',
    help: 'Connections to the database, by whether a call has them.',
    labelNames: ['state'] as const,
    registers,
    collect() {
      const { used, idle } = figures();
      this.set({ state: 'used' }, used);
      this.set({ state: 'idle' }, idle);
    },
  });
  new Gauge({
    name: 'bonin_pool_limit',
    help: 'Connections to the database that there may be.',
    registers,
    collect() {
      this.set(figures().limit);
    },
  });
  new Gauge({
    name: 'bonin_pool_waiting',
    help: 'Calls that wait for a connection to the database.',
    registers,
    collect() {
      this.set(figures().waiting);
    },
  });
  new Counter({
    name: 'bonin_pool_refusals_total',
    help: 'Calls that got no connection: full when too many waited already, timeout when none became free.',
    labelNames: ['reason'] as const,
    registers,
    collect() {
      const { full, timedOut } = figures();
      this.reset();
      this.inc({ reason: 'full' }, full);
      this.inc({ reason: 'timeout' }, timedOut);
    },
  });
}

async function answers(store: Store): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, READY_WAIT, false);
  });
  const checked = store.check().then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([checked, late]);
  } finally {
    clearTimeout(timer);
  }
}
