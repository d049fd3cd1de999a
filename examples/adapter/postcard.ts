import type { AdapterTools, Provider, Settings } from '../../src/core/provider.ts';
import { AppError } from '../../src/errors.ts';

/** What the imaginary agency Postcard says of a visit. */
interface Result {
  readonly state: 'approved' | 'refused' | 'cancelled';
  readonly visit: string;
  readonly person?: { name: string; birthday: string; phone: string; ci: string };
}

/** The adapter of Postcard: the browser visits its window, then the server asks for the result. */
export function createPostcard({ fetch }: AdapterTools): Provider {
  async function ask(settings: Settings, path: string, body: object): Promise<Result> {
    const answer = await fetch(`${settings['url']}${path}`, {
      method: 'POST',
      redirect: 'error',
      headers: { Authorization: `Bearer ${settings['secret']}` },
      body: JSON.stringify(body),
    }).catch((cause: unknown) => {
      throw fail('provider_unavailable', 'no answer', cause);
    });
    if (answer.status === 401) throw fail('provider_misconfigured', 'the secret is refused');
    if (!answer.ok) throw fail('provider_unavailable', `status ${answer.status}`);
    return (await answer.json()) as Result;
  }

  return {
    name: 'postcard',
    shows: ['kcp_v2'],
    parseSettings,
    hosted: {
      isRepeatable: true,
      async begin({ settings, attemptId, returnAddress }) {
        const { visit } = await ask(settings, '/visits', { id: attemptId, back: returnAddress });
        const address = `${settings['url']}/window/${encodeURIComponent(visit)}`;
        return { address, fields: null, memo: visit };
      },
      // What the browser brings back proves nothing; a return of another visit is not even looked at.
      contradicts({ memo, fields }) {
        const visits = fields.filter(([name]) => name === 'visit');
        return visits.length === 1 && visits[0]?.[1] === memo ? null : 'another visit';
      },
      async complete({ settings, attemptId, memo }) {
        const { state, visit, person } = await ask(settings, '/results', { id: attemptId, visit: memo });
        if (visit !== memo) throw fail('provider_refused', 'the result of another visit');
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

function fail(code: ConstructorParameters<typeof AppError>[0], detail: string, cause?: unknown): AppError {
  return new AppError(code, { detail: `postcard: ${detail}`, cause });
}
