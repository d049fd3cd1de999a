import { loadHealthConfig } from '../config/command-config.ts';
import type { ListenAddress } from '../config/settings.ts';
import { AppError } from '../errors.ts';
import { type Command, EXIT, UsageError } from './command.ts';
import { settingOptions } from './setting-options.ts';

/** Longest wait for an answer, in milliseconds; `/readyz` answers within a second. */
const PATIENCE = 3000;

/** `bonin health`: whether a server on this machine is ready. For the health checks of containers and services. */
export const health: Command = {
  operands: [],
  summary: 'Asks a server on this machine whether it is ready; exit code 0 if it is, 1 if not.',
  options: settingOptions('health'),

  async run({ options, environment }) {
    const loaded = loadHealthConfig(options, environment);
    if ('problems' in loaded) throw new UsageError(loaded.problems);
    const url = `${addressOf(loaded.config)}/readyz`;
    const status = await ask(url);
    if (status !== 200) throw new AppError('not_ready', { detail: `${url} answered ${status}` });
    console.log('ready');
    return EXIT.ok;
  },
};

async function ask(url: string): Promise<number> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE), redirect: 'manual' });
    await answer.body?.cancel();
    return answer.status;
  } catch (cause) {
    throw new AppError('not_ready', { detail: `${url} does not answer`, cause });
  }
}

/** The address at which this machine reaches what listens there; one that stands for all addresses is none itself. */
function addressOf({ host, port }: ListenAddress): string {
  const name = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
