import { ATTEMPT_SQL } from './attempt-statements.ts';
import { BATCH_SQL } from './batch-statements.ts';
import { CHANNEL_COLUMNS, NO_CLAIM, NO_OTP_CONTENT, unclaimed } from './phrases.ts';

const CERTIFICATION_COLUMNS = `c.state, c.requested_at, c.certified_at, c.key_id, c.salt, c.sealed`;

const OTP_ROW = `${CHANNEL_COLUMNS}, ${CERTIFICATION_COLUMNS},
  o.method, o.digest, o.phone_digest, o.sent_at, o.wrong, o.ended, o.key_id, o.salt, o.sealed, c.claimed_until`;

const MERCHANT = 'SELECT id, user_code, name, page_rules, disabled_at, proof FROM merchants';

/** The key of a certification: $1 where its id is one of our own shape, else null and $2 the id as it is spelt. */
const KEY = 'coalesce($1::bigint, (SELECT id FROM other_ids WHERE imp_uid = $2::text))';

const INSERT_CERTIFICATION = `
  INSERT INTO certifications (id, merchant_id, channel_id, state, requested_at, certified_at, key_id, salt, sealed)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING RETURNING id`;

/**
 * Every statement, under the name by which each connection prepares it once. Rows are locked in the order
 * turns, certifications, otps, attempts, so that two writers never wait for each other.
 */
export const SQL = {
  ...BATCH_SQL,
  ...ATTEMPT_SQL,
  check: 'SELECT 1',

  listDataKeys: 'SELECT id, purpose, master_key_id, wrapped, created_at FROM data_keys ORDER BY id',
  lockDataKeys:
    'SELECT id, purpose, master_key_id, wrapped, created_at FROM data_keys ORDER BY id FOR UPDATE',
  rewrapDataKey: 'UPDATE data_keys SET master_key_id = $1, wrapped = $2 WHERE id = $3',
  addMerchant: `
    INSERT INTO merchants (user_code, name, page_rules, proof) VALUES ($1, '', $2, ''::bytea)
    ON CONFLICT (user_code) DO NOTHING
    RETURNING id`,
  lockMerchant: `${MERCHANT} WHERE user_code = $1 FOR UPDATE`,
  /** What belongs to a merchant, whether that is there or not. */
  findBelongings: `
    SELECT 1 FROM channels WHERE merchant_id = $1 UNION ALL SELECT 1 FROM api_keys WHERE merchant_id = $1 LIMIT 1`,
  saveMerchant: 'UPDATE merchants SET name = $2, page_rules = $3, disabled_at = $4, proof = $5 WHERE id = $1',
  /** Changes nothing when the channel is another merchant's. */
  saveChannel: `
    INSERT INTO channels AS h (merchant_id, position, channel_key, provider, provider_merchant_id, carrier_approval,
      foreigner_add_on, minimum_age, proof, adapter, settings_key_id, settings_salt, settings_sealed)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    ON CONFLICT (channel_key) DO UPDATE SET
      position = excluded.position, provider = excluded.provider,
      provider_merchant_id = excluded.provider_merchant_id, carrier_approval = excluded.carrier_approval,
      foreigner_add_on = excluded.foreigner_add_on, minimum_age = excluded.minimum_age, proof = excluded.proof,
      adapter = excluded.adapter, settings_key_id = excluded.settings_key_id,
      settings_salt = excluded.settings_salt, settings_sealed = excluded.settings_sealed
    WHERE h.merchant_id = excluded.merchant_id
    RETURNING id`,
  /** Held, so that nobody puts a token there for the secret that is about to change. */
  lockApiKey: 'SELECT id FROM api_keys WHERE imp_key = $1 FOR UPDATE',
  endTokenOfOtherSecret: `
    DELETE FROM access_tokens
    WHERE api_key_id = (SELECT id FROM api_keys WHERE imp_key = $1 AND secret_digest <> $2)`,
  /** Changes nothing when the key is another merchant's, or revoked. */
  saveApiKey: `
    INSERT INTO api_keys AS k (merchant_id, imp_key, secret_digest) VALUES ($1, $2, $3)
    ON CONFLICT (imp_key) DO UPDATE SET secret_digest = excluded.secret_digest
    WHERE k.merchant_id = excluded.merchant_id AND k.revoked_at IS NULL
    RETURNING id`,
  endTokensOfMerchant:
    'DELETE FROM access_tokens WHERE api_key_id IN (SELECT id FROM api_keys WHERE merchant_id = $1)',
  revokeKey: `
    UPDATE api_keys SET revoked_at = $2, secret_digest = ''::bytea WHERE imp_key = $1 AND revoked_at IS NULL
    RETURNING id`,
  endToken: 'DELETE FROM access_tokens WHERE api_key_id = $1',
  listMerchants: `${MERCHANT} ORDER BY user_code`,
  listKeys: 'SELECT imp_key, revoked_at FROM api_keys WHERE merchant_id = $1 ORDER BY id',
  listChannels: `
    SELECT ${CHANNEL_COLUMNS} FROM channels h WHERE h.merchant_id = ANY ($1::bigint[]) ORDER BY h.position`,
  findChannel: `SELECT ${CHANNEL_COLUMNS} FROM channels h WHERE h.channel_key = $1`,
  findMerchant: `${MERCHANT} WHERE user_code = $1 AND disabled_at IS NULL`,
  findMerchantsById: `${MERCHANT} WHERE id = ANY ($1::bigint[]) AND disabled_at IS NULL`,
  findApiKey: `
    SELECT k.id, k.imp_key, k.secret_digest, m.id, m.user_code, m.name, m.page_rules, m.disabled_at, m.proof
    FROM api_keys k JOIN merchants m ON m.id = k.merchant_id
    WHERE k.imp_key = $1 AND k.revoked_at IS NULL AND m.disabled_at IS NULL`,

  findTokenOfKey: `
    SELECT t.nonce, t.digest, t.issued_at, t.expires_at, t.proof
    FROM access_tokens t JOIN api_keys k ON k.id = t.api_key_id
    WHERE t.api_key_id = $1 AND k.secret_digest = $2`,
  /** Changes nothing when the pair, or the token that was seen (null for none), is not the same any more. */
  putToken: `
    WITH pair AS (
      SELECT id FROM api_keys WHERE id = $1 AND secret_digest = $2 AND revoked_at IS NULL FOR SHARE
    )
    INSERT INTO access_tokens AS t (api_key_id, nonce, digest, issued_at, expires_at, proof)
    SELECT id, $3::bytea, $4::text, $5::bigint, $6::bigint, $7::bytea FROM pair
    ON CONFLICT (api_key_id) DO UPDATE SET
      nonce = excluded.nonce, digest = excluded.digest, issued_at = excluded.issued_at,
      expires_at = excluded.expires_at, proof = excluded.proof
    WHERE t.proof = $8::bytea
    RETURNING api_key_id`,
  /**
   * Each of a batch is looked up by its key, and so is what belongs to it: `OFFSET 0` leaves the planner no choice.
   * Where it had one, it read small tables through for every batch and compared each row with all that was asked for.
   */
  findTokens: `
    SELECT t.api_key_id, k.merchant_id, t.nonce, t.issued_at, t.expires_at, t.proof, q.digest
    FROM unnest($1::text[]) AS q (digest)
      CROSS JOIN LATERAL (SELECT * FROM access_tokens WHERE digest = q.digest OFFSET 0) t
      CROSS JOIN LATERAL (
        SELECT k.merchant_id FROM api_keys k JOIN merchants m ON m.id = k.merchant_id
        WHERE k.id = t.api_key_id AND k.revoked_at IS NULL AND m.disabled_at IS NULL OFFSET 0) k`,

  findCertification: `
    SELECT ${CHANNEL_COLUMNS}, ${CERTIFICATION_COLUMNS}
    FROM certifications c LEFT JOIN channels h ON h.id = c.channel_id
    WHERE c.id = ${KEY} AND c.merchant_id = $3`,
  /**
   * $1: the different tokens; $2 to $4, for each question: the place of its token, whether it is the first with that
   * token, and the id. Only the first one brings the proof and the version of the token. The version of a row is the
   * transaction that wrote it and its place in the table, so an altered row has another one.
   */
  lookUp: `
    WITH holders AS MATERIALIZED (
      SELECT q.place, t.proof, t.version, k.merchant_id
      FROM unnest($1::text[]) WITH ORDINALITY AS q (digest, place)
        CROSS JOIN LATERAL (
          SELECT *, xmin::text || ctid::text AS version FROM access_tokens WHERE digest = q.digest OFFSET 0) t
        CROSS JOIN LATERAL (
          SELECT k.merchant_id FROM api_keys k JOIN merchants m ON m.id = k.merchant_id
          WHERE k.id = t.api_key_id AND k.revoked_at IS NULL AND m.disabled_at IS NULL OFFSET 0) k
    )
    SELECT q.number, CASE WHEN q.is_first THEN t.proof END, CASE WHEN q.is_first THEN t.version END,
      c.channel_id, h.proof, h.version, ${CERTIFICATION_COLUMNS}
    FROM unnest($2::int[], $3::boolean[], $4::bigint[]) WITH ORDINALITY AS q (place, is_first, id, number)
      JOIN holders t ON t.place = q.place
      LEFT JOIN LATERAL (
        SELECT * FROM certifications WHERE id = q.id AND merchant_id = t.merchant_id OFFSET 0) c ON true
      LEFT JOIN LATERAL (
        SELECT proof, xmin::text || ctid::text AS version FROM channels WHERE id = c.channel_id OFFSET 0) h ON true`,
  findChannels: `SELECT ${CHANNEL_COLUMNS} FROM channels h WHERE h.id = ANY($1::bigint[])`,
  findOtp: `
    SELECT ${OTP_ROW}
    FROM certifications c LEFT JOIN channels h ON h.id = c.channel_id LEFT JOIN otps o ON o.id = c.id
    WHERE c.id = (SELECT id FROM other_ids WHERE imp_uid = $1) AND c.merchant_id = $2`,
  findOtps: `
    SELECT ${OTP_ROW}, c.id, c.merchant_id
    FROM unnest($1::bigint[], $2::bigint[]) AS q (id, merchant_id)
      CROSS JOIN LATERAL (
        SELECT * FROM certifications WHERE id = q.id AND merchant_id = q.merchant_id OFFSET 0) c
      LEFT JOIN LATERAL (SELECT * FROM channels WHERE id = c.channel_id OFFSET 0) h ON true
      LEFT JOIN LATERAL (SELECT * FROM otps WHERE id = c.id OFFSET 0) o ON true`,
  claimOtherId: `
    INSERT INTO other_ids (imp_uid, id) VALUES ($1, $2) ON CONFLICT (imp_uid) DO NOTHING RETURNING id`,
  insertCertification: INSERT_CERTIFICATION,
  isErased: 'SELECT 1 FROM erasures WHERE id = $1',
  /** Changes nothing when the certification has ended or the claim is not held any more. */
  certify: `
    WITH certified AS (
      UPDATE certifications c
      SET state = 'certified', certified_at = $4, key_id = $5, salt = $6, sealed = $7, ${NO_CLAIM}
      WHERE c.id = ${KEY} AND c.merchant_id = $3 AND c.state = 'pending' AND c.claim = $8
      RETURNING c.id
    ),
    otp AS (DELETE FROM otps WHERE id IN (SELECT id FROM certified))
    SELECT id FROM certified`,
  claim: `
    UPDATE certifications c SET claim = $4, claimed_until = $5
    WHERE c.id = ${KEY} AND c.merchant_id = $3 AND c.state = 'pending'
      AND ${unclaimed('$6::bigint')}
    RETURNING c.id`,
  lockClaimed: `
    SELECT c.id FROM certifications c
    WHERE c.id = ${KEY} AND c.merchant_id = $3 AND c.claim = $4 AND c.state = 'pending' FOR UPDATE`,
  lockClaimedAttempt: `SELECT id FROM certifications WHERE id = $1 AND claim = $2 AND state = 'pending' FOR UPDATE`,
  dropClaim: `UPDATE certifications SET ${NO_CLAIM} WHERE id = $1`,
  release: `
    UPDATE certifications c SET ${NO_CLAIM} WHERE c.id = ${KEY} AND c.merchant_id = $3 AND c.claim = $4`,
  erase: `
    WITH gone AS (
      DELETE FROM certifications c WHERE c.id = ${KEY} AND c.merchant_id = $3
      RETURNING c.id, c.channel_id, ${CERTIFICATION_COLUMNS}
    ),
    otp AS (DELETE FROM otps WHERE id IN (SELECT id FROM gone)),
    attempt AS (DELETE FROM attempts WHERE id IN (SELECT id FROM gone)),
    erasure AS (
      INSERT INTO erasures (id, merchant_id, channel_id, erased_at)
      SELECT id, $3::bigint, channel_id, $4::bigint FROM gone
      ON CONFLICT (id) DO NOTHING
    )
    SELECT ${CHANNEL_COLUMNS}, ${CERTIFICATION_COLUMNS}
    FROM gone c LEFT JOIN channels h ON h.id = c.channel_id`,

  /** In the order of their ids, so that nobody holds the second and waits for the first. */
  takeTurns: 'SELECT id FROM turns WHERE id = ANY ($1::integer[]) ORDER BY id FOR UPDATE',
  /** Adds a certification, and ends the open ones that its OTP makes useless. */
  addOtpCertification: `
    WITH added AS (${INSERT_CERTIFICATION}),
    ended AS (
      UPDATE certifications c SET state = 'expired', ${NO_CLAIM}
      FROM otps o
      WHERE o.id = c.id AND o.phone_digest = $10 AND c.merchant_id = $2 AND c.channel_id = $3
        AND c.state = 'pending'
      RETURNING c.id
    ),
    superseded AS (
      UPDATE otps SET ended = 'superseded', ${NO_OTP_CONTENT} WHERE id IN (SELECT id FROM ended))
    SELECT id FROM added`,
  /** A statement of its own, after the other: it sees an erasure that the other waited for. */
  addOtp: `
    INSERT INTO otps (id, method, digest, phone_digest, sent_at, wrong, ended, key_id, salt, sealed)
    SELECT $1::bigint, $2::text, $3::bytea, $4::bytea, $5::bigint, $6::integer, $7::text, $8::integer, $9::bytea, $10::bytea
    WHERE NOT EXISTS (SELECT 1 FROM erasures WHERE id = $1)
    RETURNING id`,
  /** Only what is of the certification is as fresh as its lock. */
  lockOpenOtp: `
    SELECT c.id, c.claimed_until, o.digest
    FROM certifications c JOIN otps o ON o.id = c.id
    WHERE c.id = ${KEY} AND c.merchant_id = $3 AND c.state = 'pending' AND o.digest IS NOT NULL AND o.ended IS NULL
      AND o.wrong < $4
    FOR UPDATE OF c`,
  countWrongTry: 'UPDATE otps SET wrong = wrong + 1 WHERE id = $1 RETURNING wrong',
  /** Changes nothing when somebody else's claim is live: `$7` is the caller's own, or null. */
  endOtp: `
    WITH ended AS (
      UPDATE certifications c SET state = $4, ${NO_CLAIM}
      WHERE c.id = ${KEY} AND c.merchant_id = $3 AND c.state = 'pending'
        AND (${unclaimed('$6::bigint')} OR c.claim = $7)
      RETURNING c.id
    ),
    otp AS (UPDATE otps SET ended = $5, ${NO_OTP_CONTENT} WHERE id IN (SELECT id FROM ended))
    SELECT id FROM ended`,
  /** Those that somebody is at are left to the next time. */
  endLateOtps: `
    WITH late AS (
      SELECT c.id FROM certifications c JOIN otps o ON o.id = c.id
      WHERE o.sealed IS NOT NULL AND o.sent_at <= $1 AND c.state = 'pending'
        AND ${unclaimed('$2::bigint')}
      LIMIT $3 FOR UPDATE OF c SKIP LOCKED
    ),
    ended AS (UPDATE certifications SET state = 'expired', ${NO_CLAIM} WHERE id IN (SELECT id FROM late))
    UPDATE otps SET ended = 'late', ${NO_OTP_CONTENT} WHERE id IN (SELECT id FROM late) RETURNING id`,
  /** What was named for a certification that somebody altered, so that none is pending, goes as well. */
  endStrayOtps: `
    UPDATE otps SET ended = 'late', ${NO_OTP_CONTENT} WHERE id IN (
      SELECT o.id FROM otps o
      WHERE o.sealed IS NOT NULL AND o.sent_at <= $1
        AND NOT EXISTS (SELECT 1 FROM certifications c WHERE c.id = o.id AND c.state = 'pending')
      LIMIT $2 FOR UPDATE OF o SKIP LOCKED)
    RETURNING id`,
  /**
   * Each limit looks at the request that is so many back: while that one is in its window, the limit is reached. Counts
   * only when none is. The sum is no integer, so that a number that was altered does not overflow.
   */
  countRequest: `
    WITH free AS (
      SELECT coalesce(max(q.span + (
        SELECT requested_at FROM counted_requests WHERE subject = q.subject
        ORDER BY requested_at DESC LIMIT 1 OFFSET q.back)::double precision), 0) AS at
      FROM unnest($1::bytea[], $2::integer[], $3::double precision[]) AS q (subject, back, span)
    ),
    counted AS (
      INSERT INTO counted_requests (id, subject, requested_at)
      SELECT q.id, q.subject, $6::bigint FROM unnest($4::bigint[], $5::bytea[]) AS q (id, subject), free
      WHERE free.at <= $6::bigint
    )
    SELECT at FROM free`,
  /** None that another is about to delete. */
  forgetRequests: `
    DELETE FROM counted_requests WHERE id IN (
      SELECT id FROM counted_requests WHERE requested_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING id`,
  forgetUnverified: `
    WITH old AS (
      SELECT id FROM certifications WHERE state IN ('failed', 'expired') AND requested_at < $1
      LIMIT $2 FOR UPDATE SKIP LOCKED
    ),
    gone AS (DELETE FROM certifications WHERE id IN (SELECT id FROM old)),
    otp AS (DELETE FROM otps WHERE id IN (SELECT id FROM old)),
    attempt AS (DELETE FROM attempts WHERE id IN (SELECT id FROM old)),
    other AS (DELETE FROM other_ids WHERE id IN (SELECT id FROM old))
    SELECT id FROM old`,

  /** Changes nothing when the job is not due, or another process has it. */
  takeJob: `
    INSERT INTO jobs AS j (name, owner, owned_until, due_at) VALUES ($1, $2, $3::bigint + $4::bigint, $3)
    ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, owned_until = excluded.owned_until
    WHERE j.owner = $2 OR (
      (j.due_at <= $3 OR j.due_at > $3 + 2 * $5::bigint)
      AND (j.owned_until IS NULL OR j.owned_until <= $3 OR j.owned_until > $3 + 2 * $4))
    RETURNING due_at, ended_at, outcome`,
  findJob: 'SELECT due_at, ended_at, outcome FROM jobs WHERE name = $1',
  endJob: `
    UPDATE jobs SET owner = NULL, owned_until = NULL, ended_at = $3, outcome = $4, due_at = $5
    WHERE name = $1 AND owner = $2
    RETURNING name`,
};

export type StatementName = keyof typeof SQL;

/** Blocks the adding of certifications, which would lose their OTPs and attempts meanwhile. */
export const FORGET_CERTIFICATIONS = `
  LOCK TABLE certifications IN EXCLUSIVE MODE;
  DELETE FROM certifications; DELETE FROM otps; DELETE FROM attempts; DELETE FROM counted_requests;
  DELETE FROM used_transactions;  DELETE FROM erasures; DELETE FROM other_ids`;
