import { randomInt } from 'node:crypto';
import type { SimulatedPerson } from './people.ts';
import type { Fields } from './wire.ts';

/** What is not known of Danal, switched between its plausible readings. */
export interface Unknowns {
  /** What a second CONFIRM about one visit gets. */
  readonly secondConfirm: 'same' | '9994' | '9999';
  /** Whether the contract lets a result tell the phone number. */
  readonly tellsPhone: boolean;
  /** The field that tells the carrier; null for none. */
  readonly carrierField: string | null;
  readonly foreignerField: { readonly name: string; readonly true: string; readonly false: string } | null;
}

/** How a visit ended in the window. `empty` is a success about which nothing is told. */
export type Outcome =
  | { readonly does: 'approve'; readonly person: SimulatedPerson }
  | { readonly does: 'fail'; readonly code: string }
  | { readonly does: 'empty' };

/** One visit, from ITEMSEND to CONFIRM. */
export interface Visit {
  readonly tid: string;
  readonly begunAt: number;
  /** What ITEMSEND said. */
  readonly asked: Fields;
  /** What the browser brought to the window; null before. */
  window: Fields | null;
  outcome: Outcome | null;
  /** How often CONFIRM told the person. */
  told: number;
}

const LIFE = 15 * 60_000;
const NEEDED = ['CPID', 'CPPWD', 'TARGETURL', 'CPTITLE'];

/** The visits that Danal knows, and what it answers to servers. */
export class Visits {
  readonly #visits = new Map<string, Visit>();
  readonly #merchants: Fields;
  readonly #clock: () => number;
  readonly #unknowns: Unknowns;

  /** `merchants` are passwords by CPID. */
  constructor(merchants: Fields, clock: () => number, unknowns: Unknowns) {
    this.#merchants = merchants;
    this.#clock = clock;
    this.#unknowns = unknowns;
  }

  find(tid: string): Visit | undefined {
    return this.#visits.get(tid);
  }

  get newest(): Visit | undefined {
    return [...this.#visits.values()].at(-1);
  }

  isOver({ begunAt }: Visit): boolean {
    return this.#clock() - begunAt > LIFE;
  }

  itemSend(asked: Fields): Fields {
    const tid = this.#newTid();
    // Failures carry a TID too.
    const fail = (code: string) => ({ RETURNCODE: code, RETURNMSG: MESSAGES[code] ?? '오류', TID: tid });
    if (asked['SERVICE'] !== 'UAS' || asked['AUTHTYPE'] !== '36') return fail('9010');
    if (NEEDED.some((name) => !asked[name])) return fail('9010');
    if (!/^(?:UTF-8|EUC-KR)?$/.test(asked['CHARSET'] ?? '')) return fail('9010');
    if (!/^(?:\d{3})?$/.test(asked['AGELIMIT'] ?? '')) return fail('9010');
    if (!/^https?:$/.test(URL.parse(asked['TARGETURL'] ?? '')?.protocol ?? '')) return fail('9010');
    const password =
      Object.hasOwn(this.#merchants, asked['CPID'] ?? '') && this.#merchants[asked['CPID'] ?? ''];
    if (password === false) return fail('9015');
    if (password !== asked['CPPWD']) return fail('9014');
    this.#visits.set(tid, { tid, begunAt: this.#clock(), asked, window: null, outcome: null, told: 0 });
    return { RETURNCODE: '0000', RETURNMSG: 'No information', TID: tid };
  }

  confirm(asked: Fields): Fields {
    const visit = this.#visits.get(asked['TID'] ?? '');
    const fail = (code: string) => ({
      RETURNCODE: code,
      RETURNMSG: MESSAGES[code] ?? '오류',
      TID: asked['TID'] ?? '',
    });
    if (visit === undefined) return fail('9010');
    const { CPID = '', ORDERID } = visit.asked;
    const isCompared = asked['CONFIRMOPTION'] === '1';
    if (isCompared && (asked['CPID'] !== CPID || asked['ORDERID'] !== ORDERID)) return fail('9010');
    if (this.isOver(visit)) return fail('9993');
    const { outcome } = visit;
    if (outcome === null) return fail('9992');
    if (outcome.does === 'fail') return fail(outcome.code);
    const isYoung = outcome.does === 'approve' && this.#isTooYoung(outcome.person, visit);
    if (isYoung) return fail('9016');
    const { secondConfirm } = this.#unknowns;
    visit.told += 1;
    if (visit.told > 1 && secondConfirm !== 'same') return fail(secondConfirm);
    const { USERID } = visit.asked;
    return {
      RETURNCODE: '0000',
      RETURNMSG: 'No information',
      TID: visit.tid,
      ...(outcome.does === 'approve'
        ? this.#tell(outcome.person, asked['IDENOPTION'] === '1')
        : { NAME: '', CI: '', DI: '' }),
      ...(USERID !== undefined && { USERID }),
      ...(ORDERID !== undefined && { ORDERID }),
    };
  }

  #tell(person: SimulatedPerson, withBirthday: boolean): Fields {
    const { name, birthday, sex, foreigner, phone, carrier, ci, di } = person;
    const { tellsPhone, carrierField, foreignerField } = this.#unknowns;
    const digit = Number(sex) + (birthday < '2000' ? 0 : 2) + (foreigner ? 4 : 0);
    return {
      NAME: name,
      CI: ci,
      DI: di,
      ...(withBirthday ? { DOB: birthday, SEX: sex } : { IDEN: `${birthday.slice(2)}${digit}` }),
      ...(tellsPhone && { PHONE: phone }),
      ...(carrierField !== null && { [carrierField]: carrier }),
      ...(foreignerField !== null && { [foreignerField.name]: foreignerField[foreigner ? 'true' : 'false'] }),
    };
  }

  #isTooYoung({ birthday }: SimulatedPerson, { asked }: Visit): boolean {
    const today = new Date(this.#clock() + 9 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', '');
    return Math.floor((Number(today) - Number(birthday)) / 10_000) < Number(asked['AGELIMIT'] ?? 0);
  }

  #newTid(): string {
    const stamp = new Date(this.#clock() + 9 * 3_600_000).toISOString().slice(0, 19).replace(/\D/g, '');
    return (
      stamp +
      String(randomInt(0, 2 ** 47))
        .padStart(10, '0')
        .slice(-10)
    );
  }
}

const MESSAGES: Fields = {
  '9010': '입력값 오류',
  '9014': '비밀번호 오류',
  '9015': '가맹점 아이디 오류',
  '9016': '이용 가능 연령이 아님',
  '9992': '인증 미완료',
  '9993': '시간 초과',
};
