import { ApiError } from 'bonin/client';

/** What a shop does with the `imp_uid` that its page got: a small part of a real one, and the part under test. */
export class SignUp {
  #client;
  #now;
  #members = new Map();

  /** @param {import('bonin/client').Client} client */
  constructor(client, now = () => new Date()) {
    this.#client = client;
    this.#now = now;
  }

  /** Takes a person in. `merchantUid` is the number that the shop gave to this attempt, from the session. */
  async join(impUid, merchantUid) {
    const person = await this.#lookUp(impUid);
    if (person === null || person.merchant_uid !== merchantUid) return { ok: false, why: 'not yours' };
    if (!person.certified) return { ok: false, why: 'not certified' };
    if (ageOf(person.birthday, this.#now()) < 19) return { ok: false, why: 'too young' };
    // CI is the same for one person everywhere, whatever phone they use.
    if (this.#members.has(person.unique_key)) return { ok: false, why: 'member already' };
    this.#members.set(person.unique_key, person.name);
    return { ok: true, name: person.name };
  }

  async #lookUp(impUid) {
    try {
      return await this.#client.getCertification(impUid);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }
  }
}

/** Full years on a day in Seoul. */
function ageOf(birthday, now) {
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Seoul' }).format(now);
  const years = Number(today.slice(0, 4)) - Number(birthday.slice(0, 4));
  return today.slice(5) < birthday.slice(5) ? years - 1 : years;
}
