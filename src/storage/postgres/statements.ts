const CHANNEL_COLUMNS = `h.id, h.merchant_id, h.channel_key, h.provider, h.provider_merchant_id, h.carrier_approval,
  h.foreigner_add_on, h.minimum_age`;

const CERTIFICATION_COLUMNS = `c.state, c.requested_at, c.certified_at, c.master_key_id, c.salt, c.sealed`;

const MERCHANT = 'SELECT id, name, user_code, page_rules FROM merchants WHERE disabled_at IS NULL AND';

const ATTEMPT = `
  SELECT ${CHANNEL_COLUMNS}, a.id, a.merchant_id, a.expires_at, a.step, a.ended, a.master_key_id, a.salt, a.sealed
  FROM attempts a JOIN channels h ON h.id = a.channel_id
  WHERE`;

/** The key of a certification: $1 where its id is one of our own shape, else null and $2 the id as it is spelt. */
const KEY = 'coalesce($1::bigint, (SELECT id FROM other_ids WHERE imp_uid = $2::text))';

/**
 * Every statement, under the name by which each connection prepares it once. Rows are locked in the order
 * turns, certifications, otps, attempts, so that two writers never wait for each other.
 */
export const SQL = {
  check: 'SELECT 1',

  saveMerchant: `
    INSERT INTO merchants (user_code, name, page_rules) VALUES ($1, $2, $3)
    ON CONFLICT (user_code) DO UPDATE SET name = excluded.name, page_rules = excluded.page_rules
    RETURNING id`,
  saveChannel: `
    INSERT INTO channels (merchant_id, position, channel_key, provider, provider_merchant_id, carrier_approval,
      foreigner_add_on, minimum_age)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (channel_key) DO UPDATE SET
      position = excluded.position, provider = excluded.provider,
      provider_merchant_id = excluded.provider_merchant_id, carrier_approval = excluded.carrier_approval,
      foreigner_add_on = excluded.foreigner_add_on, minimum_age = excluded.minimum_age`,
  saveApiKey: `
    INSERT INTO api_keys (merchant_id, imp_key, secret_digest) VALUES ($1, $2, $3)
    ON CONFLICT (imp_key) DO UPDATE SET secret_digest = excluded.secret_digest`,
  listChannels: `SELECT ${CHANNEL_COLUMNS} FROM channels h WHERE h.merchant_id = $1 ORDER BY h.position`,
  findChannel: `SELECT ${CHANNEL_COLUMNS} FROM channels h WHERE h.channel_key = $1`,
  findMerchant: `${MERCHANT} user_code = $1`,
  findMerchantById: `${MERCHANT} id = $1`,
  findApiKey: `
    SELECT k.id, k.merchant_id, k.secret_digest
    FROM api_keys k JOIN merchants m ON m.id = k.merchant_id
    WHERE k.imp_key = $1 AND k.revoked_at IS NULL AND m.disabled_at IS NULL`,

  findTokenOfKey: 'SELECT nonce, expires_at FROM access_tokens WHERE api_key_id = $1',
  /** Read or create in one statement: only the first of several callers at once finds no live token. */
  issueToken: `
    INSERT INTO access_tokens AS t (api_key_id, nonce, digest, expires_at)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (api_key_id) DO UPDATE SET
      nonce = CASE WHEN t.expires_at <= $5::bigint THEN excluded.nonce ELSE t.nonce END,
      digest = CASE WHEN t.expires_at <= $5::bigint THEN excluded.digest ELSE t.digest END,
      expires_at = CASE
        WHEN t.expires_at <= $5::bigint THEN excluded.expires_at
        WHEN t.expires_at - $5::bigint <= $6::bigint THEN t.expires_at + $7::bigint
        ELSE t.expires_at
      END
    RETURNING nonce, expires_at`,
  /**
   * Each of a batch is looked up by its key, and so is what belongs to it: `OFFSET 0` leaves the planner no choice. Where
   * it had one, it read small tables through for every batch and compared each row with all that was asked for.
   */
  findTokens: `
    SELECT t.api_key_id, k.merchant_id, t.expires_at, q.digest
    FROM unnest($1::text[]) AS q (digest)
      CROSS JOIN LATERAL (SELECT * FROM access_tokens WHERE digest = q.digest OFFSET 0) t
      CROSS JOIN LATERAL (
        SELECT k.merchant_id FROM api_keys k JOIN merchants m ON m.id = k.merchant_id
        WHERE k.id = t.api_key_id AND k.revoked_at IS NULL AND m.disabled_at IS NULL OFFSET 0) k`,

  findCertification: `
    SELECT ${CHANNEL_COLUMNS}, ${CERTIFICATION_COLUMNS}
    FROM certifications c JOIN channels h ON h.id = c.channel_id
    WHERE c.id = (SELECT id FROM other_ids WHERE imp_uid = $1) AND c.merchant_id = $2`,
  findCertifications: `
    SELECT ${CHANNEL_COLUMNS}, ${CERTIFICATION_COLUMNS}, c.id, c.merchant_id
    FROM unnest($1::bigint[]) AS q (id)
      CROSS JOIN LATERAL (SELECT * FROM certifications WHERE id = q.id OFFSET 0) c
      CROSS JOIN LATERAL (SELECT * FROM channels WHERE id = c.channel_id OFFSET 0) h`,
  findOtp: `
    SELECT ${CHANNEL_COLUMNS}, ${CERTIFICATION_COLUMNS},
      o.method, o.digest, o.phone_digest, o.sent_at, o.wrong, o.ended
    FROM certifications c JOIN channels h ON h.id = c.channel_id LEFT JOIN otps o ON o.id = c.id
    WHERE c.id = ${KEY} AND c.merchant_id = $3`,
  claimOtherId: `
    INSERT INTO other_ids (imp_uid, id) VALUES ($1, $2) ON CONFLICT (imp_uid) DO NOTHING RETURNING id`,
  insertCertification: `
    INSERT INTO certifications (id, merchant_id, channel_id, state, requested_at, certified_at,
      master_key_id, salt, sealed)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (id) DO NOTHING
    RETURNING id`,
  isErased: 'SELECT 1 FROM erasures WHERE id = $1',
  certify: `
    UPDATE certifications c
    SET state = 'certified', certified_at = $4, master_key_id = $5, salt = $6, sealed = $7
    WHERE c.id = ${KEY} AND c.merchant_id = $3 AND c.state = 'pending'
    RETURNING c.id`,
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
    )
    SELECT ${CHANNEL_COLUMNS}, ${CERTIFICATION_COLUMNS}
    FROM gone c JOIN channels h ON h.id = c.channel_id`,

  /** In the order of their ids, so that nobody holds the second and waits for the first. */
  takeTurns: 'SELECT id FROM turns WHERE id IN ($1, $2) ORDER BY id FOR UPDATE',
  insertOtp: `
    INSERT INTO otps (id, method, digest, phone_digest, sent_at, wrong, ended)
    VALUES ($1, $2, $3, $4, $5, $6, $7)`,
  supersede: `
    WITH ended AS (
      UPDATE certifications c SET state = 'expired'
      FROM otps o
      WHERE o.id = c.id AND o.phone_digest = $1 AND c.merchant_id = $2 AND c.channel_id = $3
        AND c.state = 'pending'
      RETURNING c.id
    )
    UPDATE otps SET ended = 'superseded' WHERE id IN (SELECT id FROM ended)`,
  lockOpenOtp: `
    SELECT c.id, o.digest
    FROM certifications c JOIN otps o ON o.id = c.id
    WHERE c.id = ${KEY} AND c.merchant_id = $3 AND c.state = 'pending'
    FOR UPDATE OF c`,
  countWrongTry: 'UPDATE otps SET wrong = wrong + 1 WHERE id = $1 RETURNING wrong',
  endOtp: `
    WITH ended AS (
      UPDATE certifications c SET state = $4
      WHERE c.id = ${KEY} AND c.merchant_id = $3 AND c.state = 'pending'
      RETURNING c.id
    ),
    otp AS (UPDATE otps SET ended = $5 WHERE id IN (SELECT id FROM ended))
    SELECT id FROM ended`,
  insertOtpRequest:
    'INSERT INTO otp_requests (id, merchant_id, phone_digest, requested_at) VALUES ($1, $2, $3, $4)',
  /** A few at a time, and none that another is about to delete. */
  forgetOtpRequests: `
    DELETE FROM otp_requests WHERE id IN (
      SELECT id FROM otp_requests WHERE requested_at <= $1 ORDER BY requested_at LIMIT 100
      FOR UPDATE SKIP LOCKED)`,
  /** The request that is so many back: while it is in the window, the limit is reached. */
  findPhoneRequest: `
    SELECT requested_at FROM otp_requests WHERE phone_digest = $1
    ORDER BY requested_at DESC LIMIT 1 OFFSET $2`,
  findMerchantRequest: `
    SELECT requested_at FROM otp_requests WHERE merchant_id = $1
    ORDER BY requested_at DESC LIMIT 1 OFFSET $2`,

  insertAttempt: `
    INSERT INTO attempts (id, merchant_id, channel_id, ticket_digest, ticket_until, handle_digest, expires_at,
      step, master_key_id, salt, sealed)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
  openTicket: `
    UPDATE attempts SET session_digest = $1
    WHERE ticket_digest = $2 AND session_digest IS NULL AND ticket_until > $3 AND expires_at > $3
      AND ended IS NULL
    RETURNING id`,
  findAttemptBySession: `${ATTEMPT} a.session_digest = $1`,
  findAttemptByHandle: `${ATTEMPT} a.handle_digest = $1`,
  findAttemptById: `${ATTEMPT} a.id = $1 AND a.merchant_id = $2`,
  advanceAttempt: `
    UPDATE attempts SET step = step + 1, master_key_id = $3, salt = $4, sealed = $5
    WHERE id = $1 AND step = $2 AND ended IS NULL
    RETURNING id`,
  lockCertification: 'SELECT id FROM certifications WHERE id = $1 FOR UPDATE',
  endAttempt: `
    UPDATE attempts SET step = step + 1, ended = $2, master_key_id = $3, salt = $4, sealed = $5
    WHERE id = $1 AND ended IS NULL
    RETURNING id`,
  setState: 'UPDATE certifications SET state = $2 WHERE id = $1',
  certifyAttempt: `
    UPDATE certifications
    SET state = 'certified', certified_at = $2, master_key_id = $3, salt = $4, sealed = $5
    WHERE id = $1`,
  findLateAttempts: `${ATTEMPT} a.expires_at <= $1 AND a.ended IS NULL LIMIT $2`,
  forgetAttempts: 'DELETE FROM attempts WHERE expires_at < $1',
};

export type StatementName = keyof typeof SQL;

/** Holds off whoever would add a certification meanwhile and lose what belongs to it. */
export const FORGET_CERTIFICATIONS = `
  LOCK TABLE certifications IN EXCLUSIVE MODE;
  DELETE FROM certifications; DELETE FROM otps; DELETE FROM attempts; DELETE FROM otp_requests;
  DELETE FROM erasures; DELETE FROM other_ids`;
