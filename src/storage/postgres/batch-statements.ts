import { NO_CLAIM, NO_OTP_CONTENT, unclaimed } from './phrases.ts';

/**
 * The writes of many verifications at once. They wait for no lock that is kept for long: who finds one is left out. Of
 * the others only those that go well are done, so that a batch needs no answer but which ones that are.
 */
export const BATCH_SQL = {
  takeFreeTurns: 'SELECT id FROM turns WHERE id = ANY ($1::integer[]) FOR UPDATE SKIP LOCKED',
  /** Adds certifications, and ends the open ones that their OTPs make useless: of other phone numbers each. */
  addOtpCertifications: `
    WITH q AS (
      SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::integer[], $7::bytea[],
        $8::bytea[], $9::bytea[]) AS q (id, merchant_id, channel_id, state, requested_at, key_id, salt, sealed, phone_digest)
    ),
    added AS (
      INSERT INTO certifications (id, merchant_id, channel_id, state, requested_at, key_id, salt, sealed)
      SELECT id, merchant_id, channel_id, state, requested_at, key_id, salt, sealed FROM q
      ON CONFLICT (id) DO NOTHING
      RETURNING id
    ),
    useless AS (
      SELECT o.id, q.merchant_id, q.channel_id
      FROM added JOIN q ON q.id = added.id
        CROSS JOIN LATERAL (SELECT id FROM otps WHERE phone_digest = q.phone_digest OFFSET 0) o
    ),
    ended AS (
      UPDATE certifications c SET state = 'expired', ${NO_CLAIM} FROM useless u
      WHERE c.id = u.id AND c.merchant_id = u.merchant_id AND c.channel_id = u.channel_id AND c.state = 'pending'
      RETURNING c.id
    ),
    superseded AS (
      UPDATE otps SET ended = 'superseded', ${NO_OTP_CONTENT} WHERE id IN (SELECT id FROM ended))
    SELECT id FROM added`,
  /** A statement of its own, after the other: it sees an erasure that the other waited for. */
  addOtps: `
    INSERT INTO otps (id, method, digest, phone_digest, sent_at, wrong, key_id, salt, sealed)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bytea[], $5::bigint[], $6::integer[], $7::integer[],
      $8::bytea[], $9::bytea[]) AS q (id, method, digest, phone_digest, sent_at, wrong, key_id, salt, sealed)
    WHERE NOT EXISTS (SELECT 1 FROM erasures e WHERE e.id = q.id)
    RETURNING id`,
  /** Claims for the right code. An OTP ends together with its certification, whose state is looked at under the lock. */
  claimRightOtps: `
    WITH free AS (
      SELECT c.id, q.claim, q.until, q.number
      FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::integer[], $5::bytea[], $6::bigint[], $7::bigint[])
          WITH ORDINALITY AS q (id, merchant_id, digest, wrong_tries, claim, until, now, number)
        CROSS JOIN LATERAL (SELECT id FROM otps WHERE id = q.id AND digest = q.digest AND ended IS NULL
          AND wrong < q.wrong_tries OFFSET 0) o
        CROSS JOIN LATERAL (SELECT c.id FROM certifications c WHERE c.id = q.id AND c.merchant_id = q.merchant_id
          AND c.state = 'pending' AND ${unclaimed('q.now')} FOR UPDATE SKIP LOCKED) c
    )
    UPDATE certifications c SET claim = free.claim, claimed_until = free.until FROM free WHERE c.id = free.id
    RETURNING free.number`,
  certifyAll: `
    WITH held AS (
      SELECT q.*
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::bytea[], $6::bytea[], $7::bytea[])
          WITH ORDINALITY AS q (id, merchant_id, certified_at, key_id, salt, sealed, claim, number)
        CROSS JOIN LATERAL (SELECT id FROM certifications WHERE id = q.id AND merchant_id = q.merchant_id
          AND state = 'pending' AND claim = q.claim FOR UPDATE SKIP LOCKED) c
    ),
    certified AS (
      UPDATE certifications c
      SET state = 'certified', certified_at = held.certified_at, key_id = held.key_id, salt = held.salt,
        sealed = held.sealed, ${NO_CLAIM}
      FROM held WHERE c.id = held.id
      RETURNING c.id, held.number
    ),
    otp AS (DELETE FROM otps WHERE id IN (SELECT id FROM certified))
    SELECT number FROM certified`,
};
