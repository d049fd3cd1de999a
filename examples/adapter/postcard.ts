import type { AdapterTools, Provider, Settings } from '../../src/core/provider.ts';
import { AppError } from '../../src/errors.ts';
import { callAgency } from '../../src/providers/call.ts';

/** What the imaginary agency Postcard says of a visit. */
interface Result {
  readonly state: 'open' | 'approved' | 'refused' | 'cancelled';
  readonly visit: string;
  readonly person?: { name: string; birthday: string; phone: string; ci: string };
}

/** The adapter of Postcard: the browser visits its window, then the server asks for the result. */
export function createPostcard(tools: AdapterTools, timeout = 8_000): Provider {
  async function ask(step: string, settings: Settings, attemptId: string, about: object): Promise<Result> {
    const call = { adapter: 'postcard', step, attemptId, timeout, repeats: { most: 0, within: 0 } };
    const headers = { Authorization: `Bearer ${settings['secret']}` };
    const body = JSON.stringify({ id: attemptId, ...about });
    const answer = await callAgency(tools, { ...call, url: `${settings['url']}/${step}`, headers, body });
    try {
      const result = JSON.parse(answer.toString()) as Result;
      if (typeof result.visit === 'string') return result;
    } catch {
      // Without the cause: the answer holds a person.
    }
    throw fail('unreadable_answer', `the answer to ${step}`);
  }

  return {
    name: 'postcard',
    shows: ['kcp_v2'],
    parseSettings,
    hosted: {
      isRepeatable: true,
      async begin({ settings, attemptId, returnAddress }) {
        const { visit } = await ask('visits', settings, attemptId, { back: returnAddress });
        const address = `${settings['url']}/window/${encodeURIComponent(visit)}`;
        return { address, fields: null, memo: visit };
      },
      // What the browser brings back proves nothing; a return of another visit is not even looked at.
      contradicts({ memo, fields }) {
        const visits = fields.filter(([name]) => name === 'visit');
        return visits.length === 1 && visits[0]?.[1] === memo ? null : 'another visit';
      },
      async complete({ settings, attemptId, memo }) {
        const { state, visit, person } = await ask('results', settings, attemptId, { visit: memo });
        if (visit !== memo) throw fail('binding_mismatch', 'the result of another visit');
        if (state === 'cancelled') throw fail('person_cancelled', 'given up in the window');
        if (state !== 'approved' || person === undefined) throw fail('provider_refused', state);
        const unknown = { gender: null, foreigner: null, carrier: null, mvno: false, di: null };
        return { providerTid: visit, identity: { ...person, ...unknown } };
      },
    },
  };
}

function parseSettings(value: unknown): Settings {
  const { url, secret, ...others } = value as Record<string, unknown>;
  const [other] = Object.keys(others);
  if (other !== undefined) throw refuse(`settings.${other} is unknown; known: url, secret`);
  if (typeof url !== 'string' || !/^https?:\/\/[^/]+$/.test(url))
    throw refuse('settings.url must be the origin of the agency');
  if (typeof secret !== 'string' || secret.length < 16)
    throw refuse('settings.secret must have 16 characters or more');
  return { url, secret };
}

function refuse(explanation: string): AppError {
  return new AppError('input_refused', { explanation });
}

function fail(code: ConstructorParameters<typeof AppError>[0], detail: string): AppError {
  return new AppError(code, { detail: `postcard: ${detail}` });
}
