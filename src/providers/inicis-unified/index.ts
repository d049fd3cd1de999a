import type { AdapterTools, HostedReturn, Provider } from '../../core/provider.ts';
import { toAppError } from '../../errors.ts';
import { callAgency } from '../call.ts';
import { readResult } from './answer.ts';
import { findContradiction, readReturn } from './return.ts';
import { type InicisSettings, parseInicisSettings, type Service } from './settings.ts';
import { windowFields } from './window.ts';

/** Where Inicis is. */
export interface InicisEndpoints {
  /** The origin of the window. */
  readonly window: string;
  /** The origins that may be asked for a result. */
  readonly results: readonly string[];
  /** How long one question for a result may take, in milliseconds. */
  readonly timeout: number;
}

const PRODUCTION: InicisEndpoints = {
  window: 'https://sa.inicis.com',
  results: ['https://kssa.inicis.com', 'https://fcsa.inicis.com'],
  timeout: 10_000,
};

const NAME = 'inicis-unified';

/** What was asked for when the window was opened: the settings of the channel may have changed since. */
interface Memo {
  readonly mid: string;
  readonly service: Service;
}

/** The adapter of KG이니시스 통합인증: services 03 and 01, in the window of Inicis. */
export function createInicisUnified(tools: AdapterTools, endpoints = PRODUCTION): Provider {
  const { window, results, timeout } = endpoints;

  async function complete({ settings, attemptId, memo, fields, now }: HostedReturn) {
    const own = settings as unknown as InicisSettings;
    const { mid, service } = JSON.parse(memo) as Memo;
    const { resultUrl, txId, key } = readReturn(fields, results);
    const answer = await callAgency(tools, {
      adapter: NAME,
      step: 'result',
      attemptId,
      url: resultUrl,
      headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
      body: JSON.stringify({ mid, txId }),
      timeout,
      repeats: { most: 1, within: 2 * timeout, afterServerErrors: true },
    });
    return readResult(answer, { attemptId, txId, service, key, settings: own, now });
  }

  return {
    name: NAME,
    shows: ['inicis_unified'],
    parseSettings: parseInicisSettings,
    isTest: (settings) => settings['environment'] === 'test',
    hosted: {
      // Nobody knows whether Inicis tells a result twice.
      isRepeatable: false,
      async begin(request) {
        const settings = request.settings as unknown as InicisSettings;
        const { mid, service, entry } = settings;
        const memo: Memo = { mid, service };
        const fields = windowFields(settings, request);
        return { address: window + entry, fields, memo: JSON.stringify(memo) };
      },
      contradicts: findContradiction,
      async complete(returned) {
        const about = { adapter: NAME, step: 'complete', attempt: returned.attemptId };
        try {
          return await complete(returned);
        } catch (thrown) {
          const { code, detail = '' } = toAppError(thrown);
          tools.log('warn', { ...about, code, detail }, 'a return certifies nobody');
          throw thrown;
        }
      },
    },
  };
}
