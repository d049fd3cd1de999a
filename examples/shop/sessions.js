import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';

const LIFETIME = 30 * 60_000;
const MOST = 10_000;
const COOKIE = 'shop_session';

/** Who is at the door, by a cookie. In memory: a real shop has its own. */
export class Sessions {
  #sessions = new Map();

  /** The request's session; a new one when it has none, or one that is too old. */
  of(request, response) {
    const id = new RegExp(`(?:^|;\\s*)${COOKIE}=([\\w-]+)`).exec(request.headers.cookie ?? '')?.[1];
    const known = this.#sessions.get(id);
    if (known !== undefined && known.endsAt > Date.now()) return known;
    const session = this.#create();
    // Lax, not Strict: the way back from the verification page on a phone is a navigation from another site.
    // No Secure, since the example runs without TLS; with TLS it belongs here.
    response.setHeader(
      'set-cookie',
      `${COOKIE}=${session.id}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${LIFETIME / 1000}`,
    );
    return session;
  }

  #create() {
    for (const [id, { endsAt }] of this.#sessions) {
      if (endsAt > Date.now() && this.#sessions.size < MOST) break;
      this.#sessions.delete(id);
    }
    const session = {
      id: randomBytes(24).toString('base64url'),
      csrf: randomBytes(24).toString('base64url'),
      endsAt: Date.now() + LIFETIME,
      /** The number of this session's verification. Nobody can guess it, so nobody can bring one for this session. */
      merchantUid: newMerchantUid(),
      /** What is left of a verification that was accepted: no name, no birthday, no phone. */
      verified: null,
      /** An `imp_uid` that Bonin could not be asked about yet. */
      waiting: null,
      /** The last verification of this session, whether it is over or not. */
      turn: Promise.resolve(),
      member: null,
      /** What the next page says on top, once. */
      notice: null,
    };
    this.#sessions.set(session.id, session);
    return session;
  }
}

export function newMerchantUid() {
  return `join-${randomUUID()}`;
}

export function isCsrfToken(session, token) {
  const [ours, theirs] = [Buffer.from(session.csrf), Buffer.from(token ?? '')];
  return ours.length === theirs.length && timingSafeEqual(ours, theirs);
}
