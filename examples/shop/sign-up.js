import { createHmac } from 'node:crypto';
import { ageInSeoul } from './age.js';
import { NoAnswer } from './bonin.js';
import { newMerchantUid } from './sessions.js';

/** Full years, as 성년 in article 4 of the Civil Act. */
export const ADULT = 19;
/** Seconds for which a verification may be used, and by which two clocks may differ. */
const FRESH = 600;
const SKEW = 60;

/** The rules by which a verified person becomes a member. */
export class SignUp {
  #bonin;
  #pepper;
  /** By digest of CI. In a database this is a column with a UNIQUE index, and joining is one INSERT. */
  #members = new Map();

  constructor({ bonin, pepper }) {
    this.#bonin = bonin;
    this.#pepper = pepper;
  }

  get members() {
    return [...this.#members.values()];
  }

  /**
   * Judges the `imp_uid` that a browser brought. `verified` means that the session may join; everything else is a
   * word of `messages.js`. Of a session one is judged at a time, so that a double click is not two verifications.
   */
  verify(session, impUid) {
    const turn = session.turn.then(() => this.#judge(session, impUid));
    session.turn = turn.catch(() => undefined);
    return turn;
  }

  async #judge(session, impUid) {
    // The same answer for the same question: whoever reloads has not failed.
    if (session.verified !== null && session.verified.impUid === impUid) return 'verified';
    // It becomes part of an address, and the library does not escape it.
    if (!/^[\w-]{1,40}$/.test(impUid)) return 'not_yours';

    let person;
    try {
      // The browser says `success`, and anybody can make it say so. Only Bonin's own answer counts.
      person = await this.#bonin.lookUp(impUid);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      // Kept, so that nobody has to go through the verification twice because a server was away.
      session.waiting = impUid;
      return 'no_answer';
    }
    session.waiting = null;

    // Somebody else's verification, one of another purpose, or one that was used: this session's number stands on
    // none of them. The same word as for one that does not exist, so that ids cannot be tried out here. And it is
    // not destroyed: it is not ours.
    if (person === null || session.merchantUid === null || person.merchant_uid !== session.merchantUid)
      return 'not_yours';
    // A started verification has an id too.
    if (person.certified !== true) return 'not_certified';

    // From here on the number is used up, whatever comes out; and what was read is not needed at Bonin any longer.
    session.merchantUid = null;
    void this.#bonin.erase(impUid);
    const verdict = this.#accept(session, impUid, person);
    if (verdict !== 'verified') session.merchantUid = newMerchantUid();
    return verdict;
  }

  #accept(session, impUid, person) {
    // An old verification says that somebody was here once, not that they are here now.
    const seconds = Date.now() / 1000 - person.certified_at;
    if (!(seconds <= FRESH && seconds >= -SKEW)) return 'too_old';
    const age = ageInSeoul(person.birthday, Date.now());
    if (age === null) return 'no_birthday';
    // `min_age` of the script is set in the browser, where it can be taken out.
    if (age < ADULT) return 'under_age';
    // Without CI nobody can be told from anybody else, and all of them would be the same empty value.
    if (!person.unique_key) return 'no_ci';
    const ciDigest = this.#digest(person.unique_key);
    if (this.#members.has(ciDigest)) return 'already_member';
    // All that is kept: not the name, the birthday, the sex, the phone or the CI itself.
    session.verified = { impUid, ciDigest, adult: true, certifiedAt: person.certified_at };
    return 'verified';
  }

  /**
   * Makes a member of a verified session: `joined`, or a word of `messages.js`. There is no `await` in here, so that
   * of two that come at once the second one sees the first.
   */
  join(session, { email, nickname }) {
    // A form that is sent twice makes one member.
    if (session.member !== null) return 'joined';
    if (session.verified === null) return 'not_verified';
    const { ciDigest, adult, certifiedAt } = session.verified;
    // Again, since somebody may have been faster with the same person in another browser.
    if (this.#members.has(ciDigest)) {
      session.verified = null;
      session.merchantUid = newMerchantUid();
      return 'already_member';
    }
    if (this.members.some((member) => member.email === email)) return 'email_taken';
    session.member = { nickname, email, ciDigest, adult, certifiedAt };
    this.#members.set(ciDigest, session.member);
    session.verified = null;
    return 'joined';
  }

  /** CI has little to guess, so a plain hash of it is no protection; this needs a key that is not in the database. */
  #digest(ci) {
    return createHmac('sha256', this.#pepper).update(ci).digest('base64url');
  }
}
