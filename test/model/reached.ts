import type { PlayName } from './play.ts';

/* What must have happened, or the schedules do not go deep: what a call was and what became of it. */

const of = (kind: string, ...outcomes: readonly string[]) => outcomes.map((each) => `${kind}: ${each}`);

const TOKENS = of('token', 'fresh', 'same', 'credentials wrong');
const CERTIFICATIONS = ['lookup', 'erase'].flatMap((kind) =>
  of(kind, 'certified', 'pending', 'ended', 'absent', 'unauthorized'),
);
const OPERATORS = of(
  'operator',
  ...['change secret', 'create', 'disable', 'enable', 'list', 'ready', 'reset', 'revoke', 'sweep'],
);
const CONFIRMATIONS = of(
  'confirm',
  ...['certified by SMS', 'certified by APP', 'wrong', 'spent', 'late', 'superseded', 'already'],
  ...['not by otp', 'otp missing', 'otp malformed', 'waiting', 'refused', 'failed', 'silent', 'absent'],
  'unauthorized',
);

export const REACHED: Readonly<Record<PlayName, readonly string[]>> = {
  'the API': [
    ...TOKENS,
    ...of('token', 'extended', 'credentials missing'),
    ...of('request', 'sent', 'sent again', 'no channel', 'method not offered', 'name missing'),
    ...of('request', 'mismatch', 'blocked', 'refused', 'silent', 'unauthorized'),
    ...CONFIRMATIONS,
    ...CERTIFICATIONS,
    ...OPERATORS,
  ],
  'the page': [
    ...TOKENS,
    ...CERTIFICATIONS,
    ...OPERATORS,
    'operator: sweep forgets',
    ...of('start', 'started', 'no merchant'),
    ...of('open', 'opened', 'dead'),
    ...of('form', 'carrier', 'consent', 'method', 'sent by SMS', 'sent by APP', 'other number'),
    ...of('form', 'certified by SMS', 'certified by APP', 'overtaken', 'ended', 'dead', 'being confirmed'),
    ...of('form', 'code wrong', 'code wrong, and it ended', 'code late', 'code malformed', 'resend soon'),
    ...of('form', 'not approved', 'turned down', 'asked in vain', 'certifies nothing', 'person refused'),
    ...of('form', 'ends, USER_CANCEL', 'ends, SEND_LIMIT', 'ends, UNDER_AGE', 'erased', 'agree to all'),
    ...of('show', 'code', 'dead', 'CERTIFIED'),
    ...of('result', 'pending', 'unknown', 'CERTIFIED', 'EXPIRED', 'OTP_LIMIT', 'SEND_LIMIT', 'UNDER_AGE'),
    ...of('result', 'USER_CANCEL', 'REPLACED', 'PROVIDER_ERROR', 'PROVIDER_UNAVAILABLE'),
    ...of('word', 'kept', 'over'),
    ...of(
      'close',
      'to wait',
      'USER_CANCEL',
      'being confirmed',
      'ended before by CERTIFIED',
      'unknown',
      'erased',
    ),
  ],
  'both, with limits': [
    ...of('start', 'started', 'too many'),
    ...of('request', 'sent', 'too many'),
    ...of('form', 'sent by SMS', 'too many'),
  ],
};
