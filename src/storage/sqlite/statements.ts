import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { LONGEST_CLAIM } from '../../core/claims.ts';
import { REPORTS_PER_SCREEN } from '../../core/presence.ts';
import { bindNumbersByName, bindsNumbersByPosition } from './numbered-parameters.ts';

/** A row as an array of its columns, which costs half as much as an object. */
export type Row = readonly SQLOutputValue[];

const CHANNEL_COLUMNS =
  'id, merchant_id, position, channel_key, provider, provider_merchant_id, carrier_approval, foreigner_add_on, minimum_age, proof, ' +
  'adapter, settings_key_id, settings_salt, settings_sealed';

const MERCHANT = 'SELECT id, user_code, name, page_rules, disabled_at, proof FROM merchants';

const ATTEMPT = `
  SELECT id, merchant_id, channel_id, ticket_digest, ticket_until, handle_digest, session_digest, expires_at, step, wrong,
    code_digest, ended, report_number, presence, heard_at, launch_key_id, launch_salt, launch_sealed, progress_key_id, progress_salt,
    progress_sealed, back_digest
  FROM attempts WHERE`;

/** Columns that an OTP has only while it is open. */
const NO_OTP_CONTENT = 'digest = NULL, phone_digest = NULL, key_id = NULL, salt = NULL, sealed = NULL';
/** The same for an attempt. */
const NO_PROGRESS =
  'progress_key_id = NULL, progress_salt = NULL, progress_sealed = NULL, code_digest = NULL';

/** There is no live claim, as `isLive` in `core/claims.ts` defines it. */
const unclaimed = (claimedUntil: string, now: string) =>
  `(${claimedUntil} IS NULL OR ${claimedUntil} <= ${now} OR ${claimedUntil} > ${now} + ${LONGEST_CLAIM})`;

/** The number from which the next screen of an attempt counts its reports. */
const NEXT_SCREEN = `(report_number / ${REPORTS_PER_SCREEN} + 1) * ${REPORTS_PER_SCREEN}`;

const SQL = {
  begin: 'BEGIN',
  beginImmediate: 'BEGIN IMMEDIATE',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
  /** Around one write of a transaction of several. */
  savepoint: 'SAVEPOINT one_write',
  undoSavepoint: 'ROLLBACK TO one_write',
  releaseSavepoint: 'RELEASE one_write',
  /** Changes when another connection has committed since. */
  dataVersion: 'PRAGMA data_version',
  checkpoint: 'PRAGMA wal_checkpoint(TRUNCATE)',

  listDataKeys: 'SELECT id, purpose, master_key_id, wrapped, created_at FROM data_keys ORDER BY id',
  rewrapDataKey: 'UPDATE data_keys SET master_key_id = ?, wrapped = ? WHERE id = ?',
  addMerchant: `
    INSERT INTO merchants (user_code, name, page_rules, proof) VALUES (?, '', ?, x'')
    ON CONFLICT (user_code) DO NOTHING`,
  /** What belongs to a merchant, whether that is there or not. */
  findBelongings: `
    SELECT 1 FROM channels WHERE merchant_id = ?1 UNION ALL SELECT 1 FROM api_keys WHERE merchant_id = ?1 LIMIT 1`,
  saveMerchant: 'UPDATE merchants SET name = ?, page_rules = ?, disabled_at = ?, proof = ? WHERE id = ?',
  /** Changes nothing when the channel is another merchant's. */
  saveChannel: `
    INSERT INTO channels (merchant_id, position, channel_key, provider, provider_merchant_id, carrier_approval,
      foreigner_add_on, minimum_age, proof, adapter, settings_key_id, settings_salt, settings_sealed)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (channel_key) DO UPDATE SET
      position = excluded.position, provider = excluded.provider,
      provider_merchant_id = excluded.provider_merchant_id, carrier_approval = excluded.carrier_approval,
      foreigner_add_on = excluded.foreigner_add_on, minimum_age = excluded.minimum_age, proof = excluded.proof,
      adapter = excluded.adapter, settings_key_id = excluded.settings_key_id,
      settings_salt = excluded.settings_salt, settings_sealed = excluded.settings_sealed
    WHERE merchant_id = excluded.merchant_id`,
  /** The token of a key whose secret is about to change. */
  endTokenOfOtherSecret: `
    DELETE FROM access_tokens
    WHERE api_key_id = (SELECT id FROM api_keys WHERE imp_key = ?1 AND secret_digest <> ?2)`,
  /** Changes nothing when the key is another merchant's, or revoked. */
  saveApiKey: `
    INSERT INTO api_keys (merchant_id, imp_key, secret_digest) VALUES (?, ?, ?)
    ON CONFLICT (imp_key) DO UPDATE SET secret_digest = excluded.secret_digest
    WHERE merchant_id = excluded.merchant_id AND revoked_at IS NULL`,
  endTokensOfMerchant:
    'DELETE FROM access_tokens WHERE api_key_id IN (SELECT id FROM api_keys WHERE merchant_id = ?)',
  revokeKey: `
    UPDATE api_keys SET revoked_at = ?, secret_digest = x'' WHERE imp_key = ? AND revoked_at IS NULL
    RETURNING id`,
  endToken: 'DELETE FROM access_tokens WHERE api_key_id = ?',
  listMerchants: `${MERCHANT} ORDER BY user_code`,
  listKeys: 'SELECT imp_key, revoked_at FROM api_keys WHERE merchant_id = ? ORDER BY id',
  listChannels: `SELECT ${CHANNEL_COLUMNS} FROM channels WHERE merchant_id = ? ORDER BY position`,
  findChannelByKey: `SELECT ${CHANNEL_COLUMNS} FROM channels WHERE channel_key = ?`,
  findChannelById: `SELECT ${CHANNEL_COLUMNS} FROM channels WHERE id = ?`,
  findAnyMerchant: `${MERCHANT} WHERE user_code = ?`,
  findMerchant: `${MERCHANT} WHERE user_code = ? AND disabled_at IS NULL`,
  findMerchantById: `${MERCHANT} WHERE id = ? AND disabled_at IS NULL`,
  findApiKey: `
    SELECT k.id, k.imp_key, k.secret_digest, m.id, m.user_code, m.name, m.page_rules, m.disabled_at, m.proof
    FROM api_keys k JOIN merchants m ON m.id = k.merchant_id
    WHERE k.imp_key = ? AND k.revoked_at IS NULL AND m.disabled_at IS NULL`,

  findTokenOfKey: `
    SELECT t.nonce, t.digest, t.issued_at, t.expires_at, t.proof
    FROM access_tokens t JOIN api_keys k ON k.id = t.api_key_id
    WHERE t.api_key_id = ? AND k.secret_digest = ?`,
  /** Changes nothing when the pair, or the token that was seen (null for none), is not the same any more. */
  putToken: `
    INSERT INTO access_tokens (api_key_id, nonce, digest, issued_at, expires_at, proof)
    SELECT id, ?3, ?4, ?5, ?6, ?7 FROM api_keys WHERE id = ?1 AND secret_digest = ?2 AND revoked_at IS NULL
    ON CONFLICT (api_key_id) DO UPDATE SET
      nonce = excluded.nonce, digest = excluded.digest, issued_at = excluded.issued_at,
      expires_at = excluded.expires_at, proof = excluded.proof
    WHERE access_tokens.proof = ?8`,
  findToken: `
    SELECT k.id, k.merchant_id, t.nonce, t.issued_at, t.expires_at, t.proof
    FROM access_tokens t JOIN api_keys k ON k.id = t.api_key_id JOIN merchants m ON m.id = k.merchant_id
    WHERE t.digest = ? AND k.revoked_at IS NULL AND m.disabled_at IS NULL`,

  /** Salt and sealed text as one: each value of bytes costs a lookup an array of its own. */
  findCertification: `
    SELECT channel_id, state, requested_at, certified_at, key_id, length(salt), CAST(salt || sealed AS BLOB)
    FROM certifications
    WHERE id = ? AND merchant_id = ?`,
  insertCertification: `
    INSERT INTO certifications (id, merchant_id, channel_id, state, requested_at, certified_at,
      key_id, salt, sealed)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO NOTHING`,
  /** Changes nothing when the certification has ended or the claim is not held any more. */
  certify: `
    UPDATE certifications
    SET state = 'certified', certified_at = ?1, key_id = ?2, salt = ?3, sealed = ?4,
      claim = NULL, claimed_until = NULL
    WHERE id = ?5 AND state = 'pending' AND claim = ?6`,
  /** Changes nothing when somebody else's claim is live: `?4` is the caller's own, or null. */
  endPending: `
    UPDATE certifications SET state = ?1, claim = NULL, claimed_until = NULL
    WHERE id = ?2 AND state = 'pending' AND (${unclaimed('claimed_until', '?3')} OR claim = ?4)`,
  claim: `
    UPDATE certifications SET claim = ?1, claimed_until = ?2
    WHERE id = ?3 AND state = 'pending' AND ${unclaimed('claimed_until', '?4')}`,
  release: 'UPDATE certifications SET claim = NULL, claimed_until = NULL WHERE id = ? AND claim = ?',
  failClaimed: "UPDATE certifications SET state = 'failed' WHERE id = ? AND state = 'pending'",
  isClaimed: `SELECT 1 FROM certifications WHERE id = ?1 AND NOT ${unclaimed('claimed_until', '?2')}`,
  findClaim: 'SELECT claimed_until FROM certifications WHERE id = ?',
  insertOtp: `
    INSERT INTO otps (id, method, digest, phone_digest, sent_at, wrong, ended, key_id, salt, sealed)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  findOtp: `
    SELECT method, digest, phone_digest, sent_at, wrong, ended, key_id, salt, sealed FROM otps WHERE id = ?`,
  countWrongTry: 'UPDATE otps SET wrong = wrong + 1 WHERE id = ? RETURNING wrong',
  endOtp: `UPDATE otps SET ended = ?, ${NO_OTP_CONTENT} WHERE id = ?`,
  deleteOtp: 'DELETE FROM otps WHERE id = ?',
  findSuperseded: `
    SELECT o.id FROM otps o JOIN certifications c ON c.id = o.id
    WHERE o.phone_digest = ? AND c.merchant_id = ? AND c.channel_id = ? AND c.state = 'pending'`,
  supersede: "UPDATE certifications SET state = 'expired', claim = NULL, claimed_until = NULL WHERE id = ?",
  findLateOtps: `
    SELECT o.id FROM otps o LEFT JOIN certifications c ON c.id = o.id
    WHERE o.sealed IS NOT NULL AND o.sent_at <= ?1 AND ${unclaimed('c.claimed_until', '?2')}
    LIMIT ?3`,
  insertCount: 'INSERT INTO counted_requests (id, subject, requested_at) VALUES (?, ?, ?)',
  /** The request that is so many back: while it is in the window, the limit is reached. */
  findCount: `
    SELECT requested_at FROM counted_requests WHERE subject = ? ORDER BY requested_at DESC LIMIT 1 OFFSET ?`,
  forgetRequests: `
    DELETE FROM counted_requests WHERE id IN (SELECT id FROM counted_requests WHERE requested_at <= ? LIMIT ?)`,
  findUnverified: `
    SELECT id FROM certifications WHERE state IN ('failed', 'expired') AND requested_at < ? LIMIT ?`,
  deleteOtherId: 'DELETE FROM other_ids WHERE id = ?',
  deleteCertification: 'DELETE FROM certifications WHERE id = ?',
  insertErasure: `
    INSERT INTO erasures (id, merchant_id, channel_id, erased_at) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
  isErased: 'SELECT 1 FROM erasures WHERE id = ?',
  insertAttempt: `
    INSERT INTO attempts (id, merchant_id, channel_id, ticket_digest, ticket_until, handle_digest, session_digest,
      expires_at, step, wrong, launch_key_id, launch_salt, launch_sealed, progress_key_id, progress_salt, progress_sealed)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  openTicket: `
    UPDATE attempts SET session_digest = ?1, launch_key_id = ?2, launch_salt = ?3, launch_sealed = ?4, progress_key_id = ?5,
      progress_salt = ?6, progress_sealed = ?7
    WHERE id = ?8 AND session_digest IS NULL AND ticket_until > ?9 AND expires_at > ?9 AND ended IS NULL`,
  findAttemptByTicket: `${ATTEMPT} ticket_digest = ?`,
  findAttemptBySession: `${ATTEMPT} session_digest = ?`,
  findAttemptByHandle: `${ATTEMPT} handle_digest = ?`,
  findAttemptByBack: `${ATTEMPT} back_digest = ?`,
  findAttemptById: `${ATTEMPT} id = ? AND merchant_id = ?`,
  advanceAttempt: `
    UPDATE attempts SET step = step + 1, progress_key_id = ?, progress_salt = ?, progress_sealed = ?,
      code_digest = coalesce(?, code_digest), back_digest = coalesce(?, back_digest)
    WHERE id = ? AND step = ? AND ended IS NULL`,
  /** A step that changes nothing that was typed. */
  takeStep: 'UPDATE attempts SET step = step + 1 WHERE id = ? AND step = ? AND ended IS NULL',
  findCode: 'SELECT code_digest, wrong FROM attempts WHERE id = ? AND step = ? AND ended IS NULL',
  countWrongCode: 'UPDATE attempts SET wrong = wrong + 1 WHERE id = ?',
  /** With a step, so that a form that was read before the count does nothing. */
  countWrongStep: 'UPDATE attempts SET wrong = wrong + 1, step = step + 1 WHERE id = ? RETURNING wrong',
  countReturn: `
    UPDATE attempts SET wrong = wrong + 1 WHERE id = ? AND ended IS NULL AND wrong < ? RETURNING wrong`,
  isClaimedBy: `SELECT 1 FROM certifications WHERE id = ? AND state = 'pending' AND claim = ?`,
  isUsed: 'SELECT 1 FROM used_transactions WHERE digest = ?',
  useTransaction: 'INSERT INTO used_transactions (id, digest, used_at) VALUES (?, ?, ?)',
  forgetTransactions: `
    DELETE FROM used_transactions WHERE id IN (SELECT id FROM used_transactions WHERE used_at < ? LIMIT ?)`,
  isRunning: `
    SELECT 1 FROM attempts
    WHERE id = ?1 AND ended IS NULL AND (?2 IS NULL OR report_number = ?2) AND (?3 IS NULL OR step = ?3)`,
  showAttempt: `
    UPDATE attempts SET report_number = ${NEXT_SCREEN}, presence = 'visible', heard_at = ?
    WHERE id = ? AND ended IS NULL RETURNING report_number`,
  hearAttempt: `
    UPDATE attempts SET report_number = ?1, presence = ?2, heard_at = ?3
    WHERE id = ?4 AND report_number < ?1 AND ?1 < ${NEXT_SCREEN} AND ended IS NULL`,
  endAttempt: `UPDATE attempts SET step = step + 1, ended = ?, ${NO_PROGRESS} WHERE id = ? AND ended IS NULL`,
  findLateAttempts: `
    SELECT a.id FROM attempts a LEFT JOIN certifications c ON c.id = a.id
    WHERE a.expires_at <= ?1 AND a.ended IS NULL AND ${unclaimed('c.claimed_until', '?1')}
    LIMIT ?2`,
  forgetAttempts: `
    DELETE FROM attempts WHERE id IN (
      SELECT id FROM attempts WHERE ended IS NOT NULL AND expires_at < ? LIMIT ?)`,
  deleteAttempt: 'DELETE FROM attempts WHERE id = ?',
  findOtherId: 'SELECT id FROM other_ids WHERE imp_uid = ?',
  claimOtherId: `
    INSERT INTO other_ids (imp_uid, id) SELECT ?, coalesce(min(id), 0) - 1 FROM other_ids WHERE true
    ON CONFLICT (imp_uid) DO NOTHING RETURNING id`,

  /** Changes nothing when the job is not due, or another process has it. */
  takeJob: `
    INSERT INTO jobs (name, owner, owned_until, due_at) VALUES (?1, ?2, ?3 + ?4, ?3)
    ON CONFLICT (name) DO UPDATE SET owner = ?2, owned_until = ?3 + ?4
    WHERE owner = ?2 OR (
      (due_at <= ?3 OR due_at > ?3 + 2 * ?5)
      AND (owned_until IS NULL OR owned_until <= ?3 OR owned_until > ?3 + 2 * ?4))`,
  /** Of a row that was altered, a time that no number of JavaScript holds: it must not stop the job. */
  findJob: `
    SELECT min(due_at, ${Number.MAX_SAFE_INTEGER}), min(ended_at, ${Number.MAX_SAFE_INTEGER}), outcome
    FROM jobs WHERE name = ?`,
  endJob: `
    UPDATE jobs SET owner = NULL, owned_until = NULL, ended_at = ?3, outcome = ?4, due_at = ?5
    WHERE name = ?1 AND owner = ?2`,
};

/**
 * Statements whose numbers are only handed on, or not looked at. Larger ones than a number of JavaScript holds are not
 * ours, and hold up nothing that goes over many rows; least of all the end of a transaction, which would stay open.
 */
const ANY_NUMBER: readonly string[] = [
  'begin',
  'beginImmediate',
  'commit',
  'rollback',
  'savepoint',
  'undoSavepoint',
  'releaseSavepoint',
  'findSuperseded',
  'findLateOtps',
  'findLateAttempts',
  'findUnverified',
] satisfies (keyof typeof SQL)[];

export type Statements = Readonly<Record<keyof typeof SQL, StatementSync>>;

/** Prepares every statement once; each returns its rows as arrays. */
export function prepareStatements(database: DatabaseSync): Statements {
  const isByPosition = bindsNumbersByPosition(database);
  const prepared = Object.entries(SQL).map(([name, sql]) => {
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    if (!isByPosition && /\?\d/.test(sql)) bindNumbersByName(statement);
    statement.setReadBigInts(ANY_NUMBER.includes(name));
    return [name, statement] as const;
  });
  return Object.fromEntries(prepared) as Statements;
}
