import { loadHealthConfig } from '../config/command-config.ts';
import { type Language, say } from '../config/language.ts';
import type { ListenAddress } from '../config/settings.ts';
import { AppError } from '../errors.ts';
import { type Command, EXIT, UsageError } from './command.ts';
import { COPY } from './copy.ts';
import { settingOptions } from './setting-options.ts';

/** Longest wait for an answer, in milliseconds; `/readyz` answers within a second. */
const PATIENCE = 3000;

/** `bonin health`: whether a server on this machine is ready. For the health checks of containers and services. */
export const health: Command = {
  name: 'health',
  operands: [],
  summary: {
    en: 'Asks a server on this machine whether it is ready; exit code 0 if it is, 1 if not.',
    ko: '이 기기의 서버가 요청을 받을 수 있는지 확인합니다. 종료 코드는 받을 수 있으면 0, 아니면 1입니다.',
  },
  options: settingOptions('health'),
  examples: [
    { words: 'health', about: { en: 'At the usual port:', ko: '기본 포트의 서버를 확인합니다.' } },
    {
      words: 'health --port 8080',
      about: {
        en: 'In a health check, at another port:',
        ko: '상태 점검에서 다른 포트의 서버를 확인합니다.',
      },
    },
  ],

  async run({ options, environment, language }) {
    const loaded = loadHealthConfig(options, environment);
    if ('problems' in loaded) throw new UsageError(loaded.problems);
    const url = `${addressOf(loaded.config)}/readyz`;
    const status = await ask(url, language);
    if (status !== 200)
      throw new AppError('not_ready', { detail: say(COPY.health_answered, language, { url, status }) });
    console.log(COPY.health_ready[language]);
    return EXIT.ok;
  },
};

async function ask(url: string, language: Language): Promise<number> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE), redirect: 'manual' });
    await answer.body?.cancel();
    return answer.status;
  } catch (cause) {
    throw new AppError('not_ready', { detail: say(COPY.health_no_answer, language, { url }), cause });
  }
}

/** The address at which this machine reaches what listens there; one that stands for all addresses is none itself. */
function addressOf({ host, port }: ListenAddress): string {
  const name = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
