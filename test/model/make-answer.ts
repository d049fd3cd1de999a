import { randomBytes } from 'node:crypto';
import { sweep } from '../../src/core/retention.ts';
import { toAppError } from '../../src/errors.ts';
import type { Client, Answer as HttpAnswer } from '../support/client.ts';
import {
  type Answer,
  type Call,
  type FormCall,
  NO_ANSWER,
  type OperatorCall,
  type PageCall,
} from './calls.ts';
import { USER_CODES } from './cast.ts';
import type { ModelApp } from './model-app.ts';
import { readScreen } from './shown-screen.ts';

const KEEP_UNVERIFIED = 30 * 86_400_000;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** Makes a call of the API or the page over HTTP, or has an operator do something in this process. */
export async function makeCall(call: Call, client: Client, app: ModelApp | null): Promise<Answer> {
  switch (call.kind) {
    case 'token':
      return readAnswer(
        await client.call('POST', '/users/getToken', {
          json: { imp_key: call.key, imp_secret: call.secret },
        }),
      );
    case 'lookup':
      return readAnswer(await client.lookup(call.token, call.impUid));
    case 'erase':
      return readAnswer(await client.erase(call.token, call.impUid));
    case 'confirm':
      return readAnswer(
        await client.call('POST', `/certifications/otp/confirm/${call.impUid}`, {
          headers: { authorization: call.token },
          json: { otp: call.otp },
        }),
      );
    case 'request':
      return readAnswer(
        await client.call('POST', '/certifications/otp/request', {
          headers: { authorization: call.token },
          json: {
            name: call.name,
            phone: call.phone,
            birth: call.person.birthSent,
            gender_digit: call.person.digit,
            carrier: call.person.carrierSent,
            channel_key: call.channelKey,
            pg: call.pg,
            verification_method: call.method,
            merchant_uid: call.merchantUid,
          },
        }),
      );
    case 'create':
      return readAnswer(
        await client.call('POST', '/sandbox/certifications', {
          json: {
            name: call.person.name,
            birthday: call.person.birthday,
            gender: call.person.gender,
            foreigner: call.person.foreigner,
            phone: call.phone,
            carrier: call.person.carrier,
            merchant_uid: 'made',
            channel_key: call.channelKey,
            certified: call.certified,
          },
        }),
      );
    case 'ready':
      return readAnswer(await client.call('GET', '/readyz'));
    case 'start':
    case 'open':
    case 'show':
    case 'result':
    case 'close':
    case 'word':
    case 'form':
      return readPage(await callPage(call, client));
    default:
      if (app === null) throw new Error('only the server of this process has an operator');
      return operate(call, app);
  }
}

function callPage(call: PageCall, client: Client): Promise<HttpAnswer> {
  switch (call.kind) {
    case 'start':
      return client.call('POST', '/page/start', {
        json: {
          user_code: USER_CODES[call.merchant],
          window: 'popup',
          channel_key: call.channelKey,
          min_age: call.minimumAge,
        },
      });
    case 'open':
      return client.call('GET', `/page/${call.ticket}`);
    case 'show':
      return client.call('GET', `/page/s/${call.session}`);
    case 'result':
      return client.call('POST', '/page/result', { json: { handle: call.handle } });
    case 'close':
      return client.call('POST', '/page/close', {
        json: { handle: call.handle, ...(call.reason !== null && { reason: call.reason }) },
      });
    case 'word':
      return client.call('POST', `/page/s/${call.session}/presence`, {
        headers: FORM,
        body: new URLSearchParams({ number: String(call.number), state: call.state }).toString(),
      });
    case 'form':
      return client.call('POST', `/page/s/${call.session}`, {
        headers: FORM,
        body: new URLSearchParams(fieldsOf(call)).toString(),
      });
  }
}

/** Everything that any screen asks for; or nothing but what no screen takes. */
function fieldsOf({ step, wish, isFilled, person, name, phone, method, otp }: FormCall) {
  const [, network = ''] = /^(\w+)_MVNO$/.exec(person.carrier) ?? [];
  return {
    step: String(step),
    do: wish,
    otp,
    name,
    birth: person.birthSent.slice(-6),
    gender_digit: person.digit,
    phone: isFilled ? phone : '02-000-0000',
    ...(isFilled && {
      carrier: network === '' ? person.carrier : 'MVNO',
      network,
      agree_personal: 'on',
      agree_unique_id: 'on',
      agree_carrier: 'on',
      agree_service: 'on',
      method,
    }),
  };
}

function readAnswer({ status, headers, message, response }: HttpAnswer): Answer {
  const after = headers['retry-after'];
  return {
    ...NO_ANSWER,
    status,
    message: message ?? null,
    response: response ?? null,
    retryAfter: after === undefined ? null : Number(after),
  };
}

function readPage(answer: HttpAnswer): Answer {
  const { status, headers } = answer;
  const text = Buffer.from(answer.text, 'latin1').toString('utf8');
  const type = headers['content-type'] ?? '';
  // Where nothing stands, nothing of the form may show.
  const isBare = status === 303 && text === '' && !('set-cookie' in headers);
  return {
    ...NO_ANSWER,
    status: status === 303 && !isBare ? 0 : status,
    retryAfter: readAnswer(answer).retryAfter,
    screen: type.startsWith('text/html') ? readScreen(text) : null,
    location: headers.location ?? null,
    json: type.startsWith('application/json') ? (JSON.parse(text) as Record<string, unknown>) : null,
  };
}

const SWEEPING = { name: 'sweep' } as const;

/** What an operator does; 409 stands for what is refused. */
async function operate(call: OperatorCall, app: ModelApp): Promise<Answer> {
  const did = (isDone: boolean) => ({ ...NO_ANSWER, status: isDone ? 200 : 409 });
  const { merchants, store, clock } = app;
  const owner = randomBytes(16);
  switch (call.kind) {
    case 'sweep':
      // As the server does, except that it would leave the work to another one that has it.
      await store.takeJob({ ...SWEEPING, owner, now: clock.now(), lease: 1, pause: 1 });
      await sweep({ store, clock, keepUnverified: KEEP_UNVERIFIED });
      await store.endJob({ ...SWEEPING, owner, endedAt: clock.now(), outcome: 'done', dueAt: clock.now() });
      return did(true);
    case 'reset':
      await app.resetCertifications();
      return did(true);
    case 'list':
      return did((await merchants.list()).length > 0);
    case 'disable':
      return did(await merchants.disable(USER_CODES[call.merchant]));
    case 'enable':
      return did(await merchants.enable(USER_CODES[call.merchant]));
    case 'revoke':
      return did(await merchants.revokeKey(call.key));
    case 'change secret':
      try {
        await saveKey(app, call);
        return did(true);
      } catch (thrown) {
        if (toAppError(thrown).code !== 'store_failed') throw thrown;
        return did(false);
      }
    default:
      throw new Error(`nobody does ${call.kind} here`);
  }
}

/** Gives a merchant a key pair, or one that it has another secret. */
export async function saveKey(
  { merchants }: Pick<ModelApp, 'merchants'>,
  {
    merchant,
    key,
    secret,
  }: Pick<Extract<OperatorCall, { kind: 'change secret' }>, 'merchant' | 'key' | 'secret'>,
): Promise<void> {
  await merchants.save({
    name: merchant,
    userCode: USER_CODES[merchant],
    keys: [{ impKey: key, impSecret: secret }],
    channels: [],
  });
}
