import {
  type Attempt,
  type AttemptEnd,
  type AttemptProgress,
  MOST_SENDS,
  SEND_PAUSE,
} from '../core/attempt.ts';
import type { AttemptSteps } from '../core/attempt-steps.ts';
import { SECOND } from '../core/clock.ts';
import { maskPhone } from '../core/masking.ts';
import { OTP_LIFE, OTP_WRONG_TRIES } from '../core/otp.ts';
import type { Form } from './extras.ts';
import { readConsents, readFields, toFields } from './forms.ts';
import { toResult, toReturnAddress } from './result.ts';
import type { Finish, Message, Problem, Screen } from './screen.ts';

/** The current screen of an attempt, with the problems of the form that was sent. */
export function toScreen(
  attempt: Attempt,
  problems: readonly Problem[],
  typed: Form,
  steps: AttemptSteps,
  now: number,
): Screen {
  const { progress, end } = attempt;
  if (end !== null) return endScreen(attempt, end);
  // An attempt has either progress or an end.
  return progress === null ? { kind: 'dead' } : walkScreen(attempt, progress, problems, typed, steps, now);
}

function walkScreen(
  attempt: Attempt,
  progress: AttemptProgress,
  problems: readonly Problem[],
  typed: Form,
  steps: AttemptSteps,
  now: number,
): Screen {
  const isSaid = problems.length > 0;
  switch (progress.screen) {
    case 'carrier': {
      const { offered } = progress;
      const chosen = isSaid ? typed.get('carrier') : progress.carrier;
      const network = isSaid ? typed.get('network') : progress.network;
      return {
        kind: 'carrier',
        offered,
        chosen: offered.find((each) => each === chosen) ?? null,
        network: (['SKT', 'KT', 'LGT'] as const).find((each) => each === network) ?? null,
        problems,
      };
    }
    case 'consent':
      return { kind: 'consent', agreed: readConsents(typed), problems };
    case 'method':
      return { kind: 'method', problems };
    case 'person': {
      const isTyped = typed.has('name');
      const fields = isTyped ? readFields(typed) : toFields(attempt);
      // A resident registration number is not shown again.
      const shown = Object.fromEntries(
        Object.entries(fields).map(([name, value]) => [
          name,
          problems.some(({ field, sentence }) => field === name && sentence === 'registration_number')
            ? ''
            : value,
        ]),
      ) as unknown as typeof fields;
      return { kind: 'person', method: progress.method ?? 'SMS', fields: shown, problems };
    }
    case 'code': {
      const sentAt = progress.code?.sentAt ?? now;
      return {
        kind: 'code',
        maskedPhone: maskPhone(progress.claimant?.phone ?? ''),
        secondsLeft: Math.max(0, Math.ceil((sentAt + OTP_LIFE - now) / SECOND)),
        triesLeft: OTP_WRONG_TRIES - attempt.wrong,
        sendsLeft: MOST_SENDS - progress.sends,
        resendIn: Math.max(0, Math.ceil((sentAt + SEND_PAUSE - now) / SECOND)),
        problems,
      };
    }
    case 'app':
      return { kind: 'app', canUseSms: steps.methodsOf(attempt).includes('SMS'), problems };
    case 'agency': {
      const { agency } = progress;
      if (agency === null || agency.returned !== null) return { kind: 'waiting' };
      return { kind: 'hand_over', address: agency.address, fields: agency.fields };
    }
  }
}

function endScreen(attempt: Attempt, end: AttemptEnd): Screen {
  const finish = toFinish(attempt, end);
  if (end.certified) return { kind: 'success', finish };
  return {
    kind: 'failure',
    reason: end.reason,
    budgetAdvice: end.reason === 'IDENTITY_MISMATCH',
    finish,
  };
}

function toFinish(attempt: Attempt, end: AttemptEnd): Finish {
  const { window, returnAddress } = attempt.launch;
  const result = toResult(attempt, end);
  if (window === 'redirect' && returnAddress !== null)
    return { way: 'return', address: toReturnAddress(returnAddress, result) };
  return { way: 'message', ...toMessage(attempt, { type: 'done', result }) };
}

/** The message that tells the shop's page that the screen has loaded; null after a redirect. */
export function toGreeting(attempt: Attempt): Message | null {
  return attempt.launch.window === 'redirect' ? null : toMessage(attempt, { type: 'ready' });
}

function toMessage({ impUid, launch }: Attempt, content: object): Message {
  return {
    to: launch.window === 'popup' ? 'opener' : 'parent',
    message: JSON.stringify({ bonin: 1, imp_uid: impUid, ...content }),
    targetOrigin: launch.origin ?? '*',
  };
}
