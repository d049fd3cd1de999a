import { MOST_WRONG } from './attempt-events.ts';
import type { Answer, Shown } from './calls.ts';
import { CHANNELS } from './cast.ts';
import type { Attempt, Cert, World } from './world.ts';

/* What the page and the shop's script are shown of an attempt. */

const CODE_LIFE = 180;
const SEND_PAUSE = 30;
const MOST_SENDS = 5;

/** What the page says about a form, by a word of the model. */
const PROBLEMS = {
  'choose a carrier': '통신사를 선택해 주세요.',
  'agree to all': '동의해야 본인인증을 계속할 수 있습니다.',
  'choose a method': '인증 방법을 선택해 주세요.',
  'name invalid': '이름을 휴대폰 가입 정보와 똑같이 입력해 주세요.',
  'birth invalid': '생년월일을 숫자 6자리로 입력해 주세요.',
  'digit invalid': '뒷자리의 첫 숫자를 1에서 8 사이로 입력해 주세요.',
  'phone invalid': '휴대폰 번호를 다시 확인해 주세요.',
  'person refused': '입력한 정보가 통신사 가입 정보와 일치하지 않습니다.',
  'code malformed': '인증번호 숫자 6자리를 입력해 주세요.',
  'code wrong': '인증번호가 맞지 않습니다.',
  'code late': '인증번호의 유효시간이 지났습니다. 다시 받은 번호를 입력해 주세요.',
  'resend soon': '방금 인증번호를 보냈습니다.',
  'too many': '요청이 많습니다.',
  'not approved': '아직 승인되지 않았습니다.',
} as const;
export type ProblemWord = keyof typeof PROBLEMS;

/** Takes a screen's document apart. */
export function readScreen(text: string): Shown | null {
  const name = /<body data-screen="(\w+)"/.exec(text)?.[1];
  if (name === undefined) return null;
  const list = /<div class="problems"[^>]*>(.*?)<\/div>/s.exec(text)?.[1] ?? '';
  const finish = /<script type="application\/json" id="finish"[^>]*>(.*?)<\/script>/s.exec(text)?.[1];
  const [tries = null, sends = null] = [...text.matchAll(/<dd>(-?\d+)회<\/dd>/g)].map(([, each]) =>
    Number(each),
  );
  return {
    name,
    step: numberIn(text, /name="step" value="(\d+)"/),
    problems: Object.entries(PROBLEMS)
      .filter(([, sentence]) => list.includes(sentence))
      .map(([word]) => word),
    triesLeft: tries,
    sendsLeft: sends,
    secondsLeft: numberIn(text, /data-seconds="(\d+)"/),
    resendIn: numberIn(text, /data-wait="(\d+)"/),
    result: finish === undefined ? null : readResult(finish),
  };
}

function numberIn(text: string, pattern: RegExp): number | null {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? null : Number(found);
}

function readResult(finish: string): Readonly<Record<string, unknown>> | null {
  const { message = '{}' } = JSON.parse(finish) as { readonly message?: string };
  const { result } = JSON.parse(message) as { readonly result?: Readonly<Record<string, unknown>> };
  return result ?? null;
}

/** Whether an answer is the screen on which an attempt stands, with this said about a form. */
export function showsScreen(
  { now, attempts, certs }: World,
  impUid: string,
  problems: readonly ProblemWord[],
  { status, screen }: Answer,
): boolean {
  const attempt = attempts.get(impUid);
  const cert = certs.get(impUid);
  if (status !== 200 || screen === null || attempt === undefined || cert === undefined) return false;
  if (attempt.end !== null) {
    const name = attempt.end.word === 'CERTIFIED' ? 'success' : 'failure';
    return screen.name === name && isResult(impUid, attempt, cert, screen.result); // J7 J8 Y1
  }
  if (screen.name !== attempt.screen || screen.step !== attempt.step || screen.result !== null) return false;
  if (screen.problems.join() !== [...problems].join()) return false;
  if (attempt.screen !== 'code' || attempt.code === null) return true;
  const left = Math.max(0, attempt.code.sentAt + CODE_LIFE - now);
  const wait = Math.max(0, attempt.code.sentAt + SEND_PAUSE - now);
  const sends = MOST_SENDS - attempt.sends;
  return (
    screen.triesLeft === MOST_WRONG - attempt.wrong &&
    screen.sendsLeft === sends &&
    screen.secondsLeft === left &&
    screen.resendIn === (sends > 0 ? wait : null) // J5 J12
  );
}

/** Whether an answer tells the script how an attempt stands. */
export function showsResult(world: World, impUid: string, { status, json }: Answer): boolean {
  const attempt = world.attempts.get(impUid);
  const cert = world.certs.get(impUid);
  if (status !== 200 || json === null || attempt === undefined || cert === undefined) return false;
  if (attempt.end === null) return JSON.stringify(json) === '{"state":"pending"}';
  return (
    json['state'] === 'done' &&
    isResult(impUid, attempt, cert, json['result'] as Readonly<Record<string, unknown>>)
  );
}

/** The object of §7. */
function isResult(
  impUid: string,
  { end }: Attempt,
  { merchantUid, channelKey }: Cert,
  result: Readonly<Record<string, unknown>> | null,
): boolean {
  if (result === null || end === null) return false;
  const isCertified = end.word === 'CERTIFIED';
  const expected = {
    success: isCertified,
    imp_success: isCertified,
    imp_uid: impUid,
    merchant_uid: merchantUid,
    ...(!isCertified && { error_code: end.code ?? end.word, error_reason: end.word }),
    pg_provider: CHANNELS[channelKey]?.provider,
    pg_type: 'certification',
  };
  const { error_msg: text, ...rest } = result;
  const isTold = isCertified ? text === undefined : typeof text === 'string' && text !== '';
  return isTold && JSON.stringify(rest) === JSON.stringify(expected);
}
