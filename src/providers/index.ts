import type { AdapterTools, Provider, Providers } from '../core/provider.ts';
import { createDanal } from './danal/adapter.ts';
import { createInicisUnified } from './inicis-unified/index.ts';
import { createKcpV2 } from './kcp-v2/index.ts';

/** The agencies that `serve` can talk to: one line for each adapter, under its name. */
const ADAPTERS = {
  danal: createDanal,
  'inicis-unified': createInicisUnified,
  'kcp-v2': createKcpV2,
} satisfies Readonly<Record<string, (tools: AdapterTools) => Provider>>;

/** Every adapter, ready for use. */
export function createProviders(tools: AdapterTools): Providers {
  const adapters: readonly (readonly [string, (tools: AdapterTools) => Provider])[] =
    Object.entries(ADAPTERS);
  return Object.fromEntries(adapters.map(([name, create]) => [name, create(tools)]));
}
