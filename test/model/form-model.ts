import { attemptOf, endAttempt, isDead, MOST_WRONG, SETTLED, settle } from './attempt-events.ts';
import { type Answer, ASKED, BEGIN, type FormCall, type Move, type MovesOf } from './calls.ts';
import { BLOCKED_PHONE, MISMATCHING_NAME, REFUSED_PHONE, SILENT_PHONE } from './cast.ts';
import { type ProblemWord, showsScreen } from './shown-screen.ts';
import {
  type Attempt,
  ask,
  type Cert,
  claim,
  claimIsLive,
  codeSubjects,
  countRequest,
  type Facts,
  putAttempt,
  putCert,
  type Typed,
  type World,
} from './world.ts';

/*
 * The forms of the page. A form that comes for the step on which the attempt stands takes the step or says what is
 * wrong with it; one that lost its step gets the same answer whatever it holds (S8).
 */

const CODE_LIFE = 180;
const SEND_PAUSE = 30;
const MOST_SENDS = 5;
const MOST_REFUSALS = 5;

/** What the provider says of numbers of this kind, as the shop hears it. */
const PHONE_ENDS: ReadonlyMap<string, readonly [string, string]> = new Map([
  [BLOCKED_PHONE, ['BLOCKED', '0086']],
  [REFUSED_PHONE, ['PROVIDER_ERROR', '9010']],
  [SILENT_PHONE, ['PROVIDER_UNAVAILABLE', '9993']],
]);

/** What a call remembers while it has a code sent. */
interface Sending {
  readonly cert: Pick<Cert, 'merchant'>;
  readonly method: 'SMS' | 'APP';
  readonly typed: Pick<Typed, 'name' | 'phone'>;
  /** The step that it took. */
  readonly step: number;
  readonly refusals: number;
}

/** One form and the worlds that it may lead to. */
class Form {
  readonly world: World;
  readonly id: number;
  readonly call: FormCall;
  readonly answer: Answer;
  readonly facts: Facts;

  constructor(world: World, id: number, call: FormCall, answer: Answer, facts: Facts) {
    this.world = world;
    this.id = id;
    this.call = call;
    this.answer = answer;
    this.facts = facts;
  }

  /** The same form in another world. */
  in(world: World): Form {
    return new Form(world, this.id, this.call, this.answer, this.facts);
  }

  get attempt(): Attempt | undefined {
    return attemptOf(this.world, this.call);
  }

  get cert(): Cert | undefined {
    return this.world.certs.get(this.call.impUid);
  }

  /** The one answer of all forms that have nothing said about them. */
  seesOther(outcome: string, world = this.world): readonly Move[] {
    const { status, location, screen } = this.answer;
    const isSo = status === 303 && location === `/page/s/${this.call.session}` && screen === null;
    return isSo ? [{ world, progress: null, outcome: `form: ${outcome}` }] : [];
  }

  goesOn(progress: string, world = this.world): readonly Move[] {
    return [{ world, progress, outcome: null }];
  }

  /** Shows the current screen next, with this said about the form. */
  says(problem: ProblemWord, world = this.world): readonly Move[] {
    // An answer without a screen comes when the attempt is erased in between, and never otherwise.
    const mayVanish = this.facts.mayVanish || this.attempt === undefined;
    return this.answer.screen !== null || mayVanish ? this.goesOn(`say ${problem}`, world) : [];
  }

  /** Ends it next, whatever its step is by then. */
  ends(word: string, code: string | null = null): readonly Move[] {
    return this.goesOn(`end ${JSON.stringify([word, code])}`);
  }

  /** Takes the step. */
  takes(change: Partial<Attempt>): World {
    const { attempt, call, world } = this;
    return attempt === undefined
      ? world
      : putAttempt(world, call.impUid, { ...change, step: attempt.step + 1 });
  }
}

export const formMoves: MovesOf<FormCall> = (world, { id, call, answer }, progress, facts) => {
  const form = new Form(world, id, call, answer, facts);
  const [stage = '', rest = ''] = progress.split(/ (.*)/s, 2);
  switch (stage) {
    case BEGIN:
    case BEGIN + SETTLED:
      return firstMoves(form, progress);
    case 'say':
      return sayMoves(form, rest, progress);
    case 'end': {
      const [word, code] = JSON.parse(rest) as [string, string | null];
      return form.seesOther(`ends, ${word}`, endAttempt(world, call.impUid, word, code, null));
    }
    case 'last':
      return form.says('code wrong', endAttempt(world, call.impUid, 'OTP_LIMIT', null, null));
    case ASKED:
      return askedMoves(form, rest);
    case 'vanished':
      return form.attempt === undefined ? form.seesOther('erased') : [];
    case 'lost':
      return form.seesOther('overtaken');
    case 'poll':
      return pollMoves(form);
    case 'asking':
      return askingMoves(form);
    case 'send':
      return sendMoves(form, JSON.parse(rest) as Sending);
    case 'sent':
      return sentMoves(form, ...(JSON.parse(rest) as [Sending, number | null]));
    case 'refused':
      return form.goesOn(`back ${rest} ${form.attempt?.step ?? -1}`);
    case 'back': {
      const [refusals = 0, step] = rest.split(' ').map(Number);
      const { attempt } = form;
      const isStill = attempt?.end === null && attempt.step === step;
      return form.says('person refused', isStill ? form.takes({ screen: 'person', refusals }) : world);
    }
  }
  throw new Error(`no form gets as far as ${progress}`);
};

function firstMoves(form: Form, progress: string): readonly Move[] {
  const { world, call, answer, attempt } = form;
  const expired = settle(world, call.impUid, attempt, progress);
  if (expired !== null) return expired;
  if (attempt === undefined) return isDead(answer) ? [{ world, progress: null, outcome: 'form: dead' }] : []; // J10
  // Erased when it has been found and nothing been done yet.
  const vanished = form.facts.mayVanish ? form.goesOn('vanished') : [];
  return [...vanished, ...foundMoves(form, attempt)];
}

function foundMoves(form: Form, attempt: Attempt): readonly Move[] {
  const { world, call } = form;
  if (attempt.end !== null) return form.seesOther('ended');
  if (attempt.step !== call.step) return form.seesOther('overtaken'); // S8
  if (call.wish === 'cancel') return form.ends('USER_CANCEL'); // J14
  if (call.wish !== 'play_approval') return actMoves(form, attempt);
  // K3: the person approves, wherever they are, and then the form does what it does.
  const approved = form.in(putAttempt(world, call.impUid, { approval: true }));
  if (attempt.screen === 'app') return approved.goesOn('poll');
  return [...actMoves(approved, attempt), ...approved.goesOn('lost')];
}

/** What the form of each screen does. */
function actMoves(form: Form, attempt: Attempt): readonly Move[] {
  const { call } = form;
  switch (attempt.screen) {
    case 'carrier':
      if (!call.isFilled) return form.says('choose a carrier');
      return form.seesOther('carrier', form.takes({ screen: 'consent', carrier: call.person.carrier })); // J1
    case 'consent':
      if (!call.isFilled) return form.says('agree to all');
      return form.seesOther('consent', form.takes({ screen: 'method' })); // J2
    case 'method':
      if (!call.isFilled) return form.says('choose a method');
      return form.seesOther('method', form.takes({ screen: 'person', method: call.method })); // J3
    case 'person': {
      const { person, name, phone } = call;
      if (!call.isFilled) return form.says('phone invalid');
      return beginSending(form, attempt, { person, name, phone }, attempt.method ?? 'SMS'); // J4
    }
    case 'code':
      if (call.wish === 'resend') return beginSending(form, attempt, attempt.typed, 'SMS');
      if (call.wish === 'other_number')
        return form.seesOther('other number', form.takes({ screen: 'person' }));
      return codeMoves(form, attempt); // J5
    case 'app':
      if (call.wish === 'to_sms') return beginSending(form, attempt, attempt.typed, 'SMS');
      return pollMoves(form); // J6
  }
}

/** Shows what stands there now, unless it has vanished. */
function sayMoves(form: Form, rest: string, progress: string): readonly Move[] {
  const { world, call, answer, attempt } = form;
  const expired = settle(world, call.impUid, attempt, progress);
  if (expired !== null) return expired;
  if (attempt === undefined) return form.seesOther('erased');
  const word = rest.replace(SETTLED, '') as ProblemWord;
  return showsScreen(world, call.impUid, [word], answer)
    ? [{ world, progress: null, outcome: `form: ${attempt.end === null ? word : `${word}, and it ended`}` }]
    : [];
}

/** Counts, compares and takes the right to ask the provider, in one event (J12). */
function codeMoves(form: Form, attempt: Attempt): readonly Move[] {
  const { world, id, call, cert, facts } = form;
  const digits = call.otp.replace(/[\s-]/g, '');
  if (!/^\d{6}$/.test(digits)) return form.says('code malformed');
  if (attempt.code === null || world.now - attempt.code.sentAt >= CODE_LIFE) return form.says('code late');
  if (attempt.wrong >= MOST_WRONG) return form.seesOther('no tries left');
  if (cert === undefined || claimIsLive(cert, world.now)) return form.seesOther('being confirmed');
  const { message } = attempt.code;
  const code = message === null ? undefined : facts.codes.get(call.impUid)?.[message];
  if (digits !== code) {
    const wrong = attempt.wrong + 1;
    const next = form.takes({ wrong });
    return wrong >= MOST_WRONG ? form.goesOn('last', next) : form.says('code wrong', next);
  }
  const asked = ask(claim(form.takes({}), call.impUid, id), call.impUid);
  return form.goesOn(`${ASKED} ${asked.isFault ? 'fault' : 'true'}`, asked.world);
}

/** Asks whether the person has approved in the app. */
function pollMoves(form: Form): readonly Move[] {
  const { world, id, call, cert, attempt } = form;
  if (attempt === undefined || attempt.end !== null || attempt.step !== call.step)
    return form.seesOther('overtaken');
  if (cert === undefined || claimIsLive(cert, world.now)) return form.seesOther('being confirmed');
  return form.goesOn('asking', claim(form.takes({}), call.impUid, id));
}

/** What the provider says counts when it is asked: the person may approve right before. */
function askingMoves({ world, call, attempt }: Form): readonly Move[] {
  const asked = ask(world, call.impUid);
  const said = asked.isFault ? 'fault' : String(attempt?.approval ?? null);
  return [{ world: asked.world, progress: `${ASKED} ${said}`, outcome: null }];
}

/** What becomes of what the provider said; with a claim that somebody else has by now it is nothing. */
function askedMoves(form: Form, said: string): readonly Move[] {
  const { world, id, call, cert, attempt } = form;
  const isMine = cert?.claim?.by === id;
  switch (said) {
    case 'fault':
      return form.seesOther(
        'asked in vain',
        endAttempt(world, call.impUid, 'PROVIDER_UNAVAILABLE', null, id),
      );
    case 'false':
      return form.seesOther('turned down', endAttempt(world, call.impUid, 'PROVIDER_ERROR', null, id));
    case 'null':
      return form.says('not approved', isMine ? putCert(world, call.impUid, { claim: null }) : world);
  }
  const isOpen = attempt?.end === null && cert?.state === 'pending' && isMine;
  const typed = isOpen ? cert.claim?.typed : null;
  if (!isOpen || !typed) return form.seesOther('certifies nothing');
  const { person, name, phone } = typed;
  const certified = putCert(world, call.impUid, {
    state: 'certified',
    certifiedAt: world.now,
    person: { ...person, name, carrier: attempt.carrier ?? '' },
    phone,
    claim: null,
  });
  const end = { word: 'CERTIFIED', code: null };
  const moves = form.seesOther(
    `certified by ${attempt.method}`,
    putAttempt(certified, call.impUid, { end, step: attempt.step + 1 }),
  );
  // Who lost its claim may find that the server has ended the attempt by itself.
  const mayBeSwept = !claimIsLive(cert, world.now) && world.now >= attempt.expiresAt;
  const swept = endAttempt(world, call.impUid, 'EXPIRED', null, null);
  return mayBeSwept ? [...moves, ...form.seesOther('swept', swept)] : moves;
}

/** Looks whether a code may be sent, and takes the step for it. */
function beginSending(
  form: Form,
  attempt: Attempt,
  typed: Typed | null,
  method: 'SMS' | 'APP',
): readonly Move[] {
  const { world, cert } = form;
  if (typed === null || cert === undefined) throw new Error('nobody has typed anything');
  if (attempt.sends >= MOST_SENDS) return form.ends('SEND_LIMIT'); // J12
  const { code, minimumAge, refusals } = attempt;
  if (attempt.method === 'SMS' && code !== null && world.now - code.sentAt < SEND_PAUSE)
    return form.says('resend soon'); // J12
  if (minimumAge > 0) return form.ends('UNDER_AGE'); // N4: nobody in the cast is so old
  const { name, phone } = typed;
  const { merchant } = cert;
  const sending: Sending = {
    cert: { merchant },
    method,
    typed: { name, phone },
    step: attempt.step + 1,
    refusals,
  };
  return form.goesOn(`send ${JSON.stringify(sending)}`, form.takes({ sends: attempt.sends + 1, typed }));
}

/** Counts the request and has the provider send the code. */
function sendMoves(form: Form, sending: Sending): readonly Move[] {
  const { call, facts, attempt } = form;
  const { typed, cert, method, refusals } = sending;
  const world = countRequest(form.world, facts.limits, codeSubjects(cert.merchant, typed.phone));
  if (typeof world === 'number') return form.says('too many');
  if (typed.name === MISMATCHING_NAME) {
    const isLast = refusals + 1 >= MOST_REFUSALS; // J13
    const progress = isLast
      ? `end ${JSON.stringify(['IDENTITY_MISMATCH', null])}`
      : `refused ${refusals + 1}`;
    return form.goesOn(progress, world);
  }
  const end = PHONE_ENDS.get(typed.phone);
  if (end !== undefined) return form.goesOn(`end ${JSON.stringify(end)}`, world); // §9
  const keep = (message: number | null, sent: World) =>
    form.goesOn(`sent ${JSON.stringify([sending, message])}`, sent);
  if (method === 'APP') return keep(null, world);
  if (attempt === undefined) return keep(null, world);
  const codes = facts.codes.get(call.impUid) ?? [];
  const unused = [...codes.keys()].filter((each) => !attempt.messages.includes(each));
  return [...unused].slice(0, facts.isOrdered ? 1 : codes.length).flatMap((message) =>
    keep(
      message,
      putAttempt(world, call.impUid, {
        messages: [...attempt.messages, message].toSorted((a, b) => a - b),
      }),
    ),
  );
}

/** Keeps the code, unless another form was faster. */
function sentMoves(form: Form, { method, step }: Sending, message: number | null): readonly Move[] {
  const { world, attempt } = form;
  if (attempt?.end !== null || attempt.step !== step) return form.seesOther('sent for nothing');
  return form.seesOther(
    `sent by ${method}`,
    form.takes({
      screen: method === 'SMS' ? 'code' : 'app',
      method,
      code: { message, sentAt: world.now },
    }),
  );
}
