import { type Attempt, type AttemptEnd, type AttemptWalk, MOST_SENDS, SEND_PAUSE } from '../core/attempt.ts';
import type { AttemptService } from '../core/attempt-service.ts';
import { SECOND } from '../core/clock.ts';
import { maskPhone } from '../core/masking.ts';
import { OTP_LIFE, OTP_WRONG_TRIES } from '../core/otp.ts';
import type { Form } from './extras.ts';
import { toResult, toReturnAddress } from './result.ts';
import {
  type CarrierChoice,
  CONSENTS,
  type Finish,
  type Message,
  type Problem,
  type Screen,
} from './screen.ts';
import { readFields } from './walk.ts';

/** The screen on which an attempt stands, with what there is to say about the form that was sent to it. */
export function toScreen(
  attempt: Attempt,
  problems: readonly Problem[],
  typed: Form,
  attempts: AttemptService,
  now: number,
): Screen {
  const { walk, end } = attempt;
  if (end !== null) return endScreen(attempt, end);
  // An attempt has the one or the other.
  return walk === null ? { kind: 'dead' } : walkScreen(attempt, walk, problems, typed, attempts, now);
}

function walkScreen(
  attempt: Attempt,
  walk: AttemptWalk,
  problems: readonly Problem[],
  typed: Form,
  attempts: AttemptService,
  now: number,
): Screen {
  const isSaid = problems.length > 0;
  switch (walk.screen) {
    case 'carrier': {
      const offered = walk.offered as readonly CarrierChoice[];
      const chosen = isSaid ? typed.get('carrier') : walk.carrier;
      const network = isSaid ? typed.get('network') : walk.network;
      return {
        kind: 'carrier',
        offered,
        chosen: offered.find((each) => each === chosen) ?? null,
        network: (['SKT', 'KT', 'LGT'] as const).find((each) => each === network) ?? null,
        problems,
      };
    }
    case 'consent':
      return { kind: 'consent', agreed: CONSENTS.filter((each) => typed.has(`agree_${each}`)), problems };
    case 'method':
      return { kind: 'method', problems };
    case 'person': {
      const isTyped = typed.has('name');
      const fields = isTyped ? readFields(typed) : walk.fields;
      // A resident registration number is not shown again.
      const shown = Object.fromEntries(
        Object.entries(fields).map(([name, value]) => [
          name,
          problems.some(({ field, sentence }) => field === name && sentence === 'registration_number')
            ? ''
            : value,
        ]),
      ) as unknown as typeof fields;
      return { kind: 'person', method: walk.method ?? 'SMS', fields: shown, problems };
    }
    case 'code': {
      const sentAt = walk.code?.sentAt ?? now;
      return {
        kind: 'code',
        maskedPhone: maskPhone(walk.fields.phone),
        secondsLeft: Math.max(0, Math.ceil((sentAt + OTP_LIFE - now) / SECOND)),
        triesLeft: OTP_WRONG_TRIES - attempt.wrong,
        sendsLeft: MOST_SENDS - walk.sends,
        resendIn: Math.max(0, Math.ceil((sentAt + SEND_PAUSE - now) / SECOND)),
        problems,
      };
    }
    case 'app':
      return { kind: 'app', canUseSms: attempts.methodsOf(attempt).includes('SMS'), problems };
  }
}

function endScreen(attempt: Attempt, end: AttemptEnd): Screen {
  const finish = toFinish(attempt, end);
  if (end.certified) return { kind: 'success', finish };
  return {
    kind: 'failure',
    word: end.word,
    budgetAdvice: end.word === 'IDENTITY_MISMATCH',
    finish,
  };
}

function toFinish(attempt: Attempt, end: AttemptEnd): Finish {
  const { window, returnAddress } = attempt.frame;
  const result = toResult(attempt, end);
  if (window === 'redirect' && returnAddress !== null)
    return { way: 'return', address: toReturnAddress(returnAddress, result) };
  return { way: 'message', ...toMessage(attempt, { type: 'done', result }) };
}

/** What tells the shop's page that the screen is there; null where the page itself has left. */
export function toGreeting(attempt: Attempt): Message | null {
  return attempt.frame.window === 'redirect' ? null : toMessage(attempt, { type: 'ready' });
}

function toMessage({ impUid, frame }: Attempt, content: object): Message {
  return {
    to: frame.window === 'popup' ? 'opener' : 'parent',
    message: JSON.stringify({ bonin: 1, imp_uid: impUid, ...content }),
    targetOrigin: frame.origin ?? '*',
  };
}
