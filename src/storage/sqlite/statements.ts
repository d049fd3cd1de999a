import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';

/** A row as an array of its columns, which costs half of what an object costs. */
export type Row = readonly SQLOutputValue[];

const CHANNEL_COLUMNS =
  'id, merchant_id, channel_key, provider, provider_merchant_id, carrier_approval, foreigner_add_on, minimum_age';

const ATTEMPT_COLUMNS = 'id, merchant_id, channel_id, expires_at, step, ended, master_key_id, salt, sealed';

const SQL = {
  begin: 'BEGIN',
  beginImmediate: 'BEGIN IMMEDIATE',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
  /** Changes when another connection has committed since. */
  dataVersion: 'PRAGMA data_version',
  checkpoint: 'PRAGMA wal_checkpoint(TRUNCATE)',

  saveMerchant: `
    INSERT INTO merchants (user_code, name, page_rules) VALUES (?, ?, ?)
    ON CONFLICT (user_code) DO UPDATE SET name = excluded.name, page_rules = excluded.page_rules
    RETURNING id`,
  saveChannel: `
    INSERT INTO channels (merchant_id, position, channel_key, provider, provider_merchant_id, carrier_approval,
      foreigner_add_on, minimum_age)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (channel_key) DO UPDATE SET
      position = excluded.position, provider = excluded.provider,
      provider_merchant_id = excluded.provider_merchant_id, carrier_approval = excluded.carrier_approval,
      foreigner_add_on = excluded.foreigner_add_on, minimum_age = excluded.minimum_age`,
  saveApiKey: `
    INSERT INTO api_keys (merchant_id, imp_key, secret_digest) VALUES (?, ?, ?)
    ON CONFLICT (imp_key) DO UPDATE SET secret_digest = excluded.secret_digest`,
  listChannels: `SELECT ${CHANNEL_COLUMNS} FROM channels WHERE merchant_id = ? ORDER BY position`,
  findChannelByKey: `SELECT ${CHANNEL_COLUMNS} FROM channels WHERE channel_key = ?`,
  findChannelById: `SELECT ${CHANNEL_COLUMNS} FROM channels WHERE id = ?`,
  findMerchant:
    'SELECT id, name, user_code, page_rules FROM merchants WHERE user_code = ? AND disabled_at IS NULL',
  findMerchantById:
    'SELECT id, name, user_code, page_rules FROM merchants WHERE id = ? AND disabled_at IS NULL',
  findApiKey: `
    SELECT k.id, k.merchant_id, k.secret_digest
    FROM api_keys k JOIN merchants m ON m.id = k.merchant_id
    WHERE k.imp_key = ? AND k.revoked_at IS NULL AND m.disabled_at IS NULL`,

  findTokenOfKey: 'SELECT nonce, expires_at FROM access_tokens WHERE api_key_id = ?',
  /** Read or create in one statement: only the first of several callers at once finds no live token. */
  issueToken: `
    INSERT INTO access_tokens (api_key_id, nonce, digest, expires_at)
    VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (api_key_id) DO UPDATE SET
      nonce = iif(expires_at <= ?5, excluded.nonce, nonce),
      digest = iif(expires_at <= ?5, excluded.digest, digest),
      expires_at = CASE
        WHEN expires_at <= ?5 THEN excluded.expires_at
        WHEN expires_at - ?5 <= ?6 THEN expires_at + ?7
        ELSE expires_at
      END
    RETURNING nonce, expires_at`,
  findToken: `
    SELECT k.id, k.merchant_id, t.expires_at
    FROM access_tokens t JOIN api_keys k ON k.id = t.api_key_id JOIN merchants m ON m.id = k.merchant_id
    WHERE t.digest = ? AND k.revoked_at IS NULL AND m.disabled_at IS NULL`,

  findCertification: `
    SELECT channel_id, state, requested_at, certified_at, master_key_id, salt, sealed
    FROM certifications
    WHERE id = ? AND merchant_id = ?`,
  insertCertification: `
    INSERT INTO certifications (id, merchant_id, channel_id, state, requested_at, certified_at,
      master_key_id, salt, sealed)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO NOTHING`,
  certify: `
    UPDATE certifications
    SET state = 'certified', certified_at = ?, master_key_id = ?, salt = ?, sealed = ?
    WHERE id = ?`,
  setState: 'UPDATE certifications SET state = ? WHERE id = ?',
  insertOtp:
    'INSERT INTO otps (id, method, digest, phone_digest, sent_at, wrong, ended) VALUES (?, ?, ?, ?, ?, ?, ?)',
  findOtp: 'SELECT method, digest, phone_digest, sent_at, wrong, ended FROM otps WHERE id = ?',
  countWrongTry: 'UPDATE otps SET wrong = wrong + 1 WHERE id = ? RETURNING wrong',
  endOtp: 'UPDATE otps SET ended = ? WHERE id = ?',
  deleteOtp: 'DELETE FROM otps WHERE id = ?',
  findSuperseded: `
    SELECT o.id FROM otps o JOIN certifications c ON c.id = o.id
    WHERE o.phone_digest = ? AND c.merchant_id = ? AND c.channel_id = ? AND c.state = 'pending'`,
  insertOtpRequest: 'INSERT INTO otp_requests (merchant_id, phone_digest, requested_at) VALUES (?, ?, ?)',
  forgetOtpRequests: 'DELETE FROM otp_requests WHERE requested_at <= ?',
  /** The request that is so many back: while it is in the window, the limit is reached. */
  findPhoneRequest: `
    SELECT requested_at FROM otp_requests WHERE phone_digest = ? ORDER BY requested_at DESC LIMIT 1 OFFSET ?`,
  findMerchantRequest: `
    SELECT requested_at FROM otp_requests WHERE merchant_id = ? ORDER BY requested_at DESC LIMIT 1 OFFSET ?`,
  deleteCertification: 'DELETE FROM certifications WHERE id = ?',
  insertErasure: 'INSERT INTO erasures (id, merchant_id, channel_id, erased_at) VALUES (?, ?, ?, ?)',
  isErased: 'SELECT 1 FROM erasures WHERE id = ?',
  insertAttempt: `
    INSERT INTO attempts (id, merchant_id, channel_id, ticket_digest, ticket_until, handle_digest, expires_at,
      step, master_key_id, salt, sealed)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  openTicket: `
    UPDATE attempts SET session_digest = ?
    WHERE ticket_digest = ? AND session_digest IS NULL AND ticket_until > ? AND expires_at > ? AND ended IS NULL`,
  findAttemptBySession: `SELECT ${ATTEMPT_COLUMNS} FROM attempts WHERE session_digest = ?`,
  findAttemptByHandle: `SELECT ${ATTEMPT_COLUMNS} FROM attempts WHERE handle_digest = ?`,
  findAttemptById: `SELECT ${ATTEMPT_COLUMNS} FROM attempts WHERE id = ? AND merchant_id = ?`,
  advanceAttempt: `
    UPDATE attempts SET step = step + 1, master_key_id = ?, salt = ?, sealed = ?
    WHERE id = ? AND step = ? AND ended IS NULL`,
  endAttempt: `
    UPDATE attempts SET step = step + 1, ended = ?, master_key_id = ?, salt = ?, sealed = ?
    WHERE id = ? AND ended IS NULL`,
  findLateAttempts: `
    SELECT ${ATTEMPT_COLUMNS} FROM attempts WHERE expires_at <= ? AND ended IS NULL LIMIT ?`,
  forgetAttempts: 'DELETE FROM attempts WHERE expires_at < ?',
  deleteAttempt: 'DELETE FROM attempts WHERE id = ?',
  findOtherId: 'SELECT id FROM other_ids WHERE imp_uid = ?',
  claimOtherId: `
    INSERT INTO other_ids (imp_uid, id) SELECT ?, coalesce(min(id), 0) - 1 FROM other_ids WHERE true
    ON CONFLICT (imp_uid) DO NOTHING RETURNING id`,
};

export type Statements = Readonly<Record<keyof typeof SQL, StatementSync>>;

/** Prepares every statement once; each gives its rows as arrays. */
export function prepareStatements(database: DatabaseSync): Statements {
  const prepared = Object.entries(SQL).map(([name, sql]) => {
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    return [name, statement] as const;
  });
  return Object.fromEntries(prepared) as Statements;
}
