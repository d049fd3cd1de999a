import { genderDigit, type Identity, parsePhone, tidyName } from '../core/identity.ts';
import { fakeCi, fakeDi, type PersonMark } from './fake-ids.ts';
import type { Seed } from './people-file.ts';

/** The data that distinguishes people. */
export type MarkedPerson = Pick<Identity, 'name' | 'birthday' | 'gender' | 'foreigner' | 'phone'>;

/** The people of a seed with a CI or a label; they also have it on the page and by OTP. */
export class MarkedPeople {
  readonly #marks = new Map<string, PersonMark>();

  constructor({ certifications }: Seed) {
    for (const {
      name,
      birthday,
      gender = null,
      foreigner = null,
      phone,
      unique_key,
      person,
    } of certifications)
      if (name != null && birthday != null && (unique_key ?? person) != null)
        this.#marks.set(keyOf({ name, birthday, gender, foreigner, phone: parsePhone(phone ?? '') }), {
          unique_key,
          person,
        });
  }

  /** CI and DI of a person on one channel. */
  idsOf(person: MarkedPerson, channelKey: string): { ci: string; di: string } {
    const mark = this.#marks.get(keyOf(person));
    return { ci: fakeCi(person, mark), di: fakeDi(person, channelKey, mark) };
  }
}

/** The key of a person: two people who are alike have different phones. */
function keyOf(person: MarkedPerson): string {
  const { name, birthday, phone } = person;
  return [tidyName(name), birthday, genderDigit(person), phone ?? ''].join('\n');
}
