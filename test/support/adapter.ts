import { PROVIDER_NAMES } from '../../src/core/channel.ts';
import type { OtpCapability, Provider } from '../../src/core/provider.ts';

/** An adapter without settings. */
export function adapterOf(name: string, capabilities: Pick<Provider, 'otp' | 'hosted'> = {}): Provider {
  return { name, shows: PROVIDER_NAMES, parseSettings: () => ({}), ...capabilities };
}

/** Adapters of these names that do the same. */
export function adaptersOf(otp: OtpCapability, ...names: readonly string[]): Record<string, Provider> {
  return Object.fromEntries(names.map((name) => [name, adapterOf(name, { otp })]));
}
