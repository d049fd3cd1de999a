import { REPORTS_PER_SCREEN } from '../../core/presence.ts';
import { CHANNEL_COLUMNS, NO_CLAIM, unclaimed } from './phrases.ts';

const ATTEMPT = `
  SELECT ${CHANNEL_COLUMNS}, a.id, a.merchant_id, a.ticket_digest, a.ticket_until, a.handle_digest, a.session_digest,
    a.expires_at, a.step, a.wrong, a.code_digest, a.ended, a.report_number, a.presence, a.heard_at, a.launch_key_id,
    a.launch_salt, a.launch_sealed, a.progress_key_id, a.progress_salt, a.progress_sealed, a.back_digest
  FROM attempts a LEFT JOIN channels h ON h.id = a.channel_id
  WHERE`;

/** Columns that an attempt has only while it is open. */
const NO_PROGRESS =
  'progress_key_id = NULL, progress_salt = NULL, progress_sealed = NULL, code_digest = NULL';

/** The number from which the next screen of an attempt counts its reports. */
const NEXT_SCREEN = `(report_number / ${REPORTS_PER_SCREEN} + 1) * ${REPORTS_PER_SCREEN}`;

/** The statements about attempts; see `SQL`. */
export const ATTEMPT_SQL = {
  insertAttempt: `
    INSERT INTO attempts (id, merchant_id, channel_id, ticket_digest, ticket_until, handle_digest, session_digest,
      expires_at, step, wrong, launch_key_id, launch_salt, launch_sealed, progress_key_id, progress_salt, progress_sealed)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
  openTicket: `
    UPDATE attempts SET session_digest = $1, launch_key_id = $2, launch_salt = $3, launch_sealed = $4, progress_key_id = $5,
      progress_salt = $6, progress_sealed = $7
    WHERE id = $8 AND session_digest IS NULL AND ticket_until > $9 AND expires_at > $9 AND ended IS NULL
    RETURNING id`,
  findAttemptByTicket: `${ATTEMPT} a.ticket_digest = $1`,
  findAttemptBySession: `${ATTEMPT} a.session_digest = $1`,
  findAttemptByHandle: `${ATTEMPT} a.handle_digest = $1`,
  findAttemptByBack: `${ATTEMPT} a.back_digest = $1`,
  findAttemptById: `${ATTEMPT} a.id = $1 AND a.merchant_id = $2`,
  advanceAttempt: `
    UPDATE attempts SET step = step + 1, progress_key_id = $3, progress_salt = $4, progress_sealed = $5,
      code_digest = coalesce($6, code_digest), back_digest = coalesce($7, back_digest)
    WHERE id = $1 AND step = $2 AND ended IS NULL
    RETURNING id`,
  lockPending: `SELECT claimed_until FROM certifications WHERE id = $1 AND state = 'pending' FOR UPDATE`,
  isAtStep: 'SELECT 1 FROM attempts WHERE id = $1 AND step = $2 AND ended IS NULL',
  /** A step that changes nothing that was typed. */
  takeStep: 'UPDATE attempts SET step = step + 1 WHERE id = $1 AND step = $2 AND ended IS NULL RETURNING id',
  takeCodeStep: `
    UPDATE attempts SET step = step + 1
    WHERE id = $1 AND step = $2 AND ended IS NULL AND code_digest IS NOT NULL AND wrong < $3
    RETURNING code_digest, wrong`,
  countWrongCode: 'UPDATE attempts SET wrong = wrong + 1 WHERE id = $1',
  /** With a step, so that a form that was read before the count does nothing. */
  countWrongStep: 'UPDATE attempts SET wrong = wrong + 1, step = step + 1 WHERE id = $1 RETURNING wrong',
  /** Whether it was counted, and whether the attempt has not ended. */
  countReturn: `
    WITH counted AS (
      UPDATE attempts SET wrong = wrong + 1 WHERE id = $1 AND ended IS NULL AND wrong < $2 RETURNING id
    )
    SELECT EXISTS (SELECT 1 FROM counted), EXISTS (SELECT 1 FROM attempts WHERE id = $1 AND ended IS NULL)`,
  isUsed: 'SELECT 1 FROM used_transactions WHERE digest = ANY ($1::bytea[]) LIMIT 1',
  /** Waits for another process that uses the same number at this moment. */
  useTransaction: `
    INSERT INTO used_transactions (id, digest, used_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id`,
  forgetTransactions: `
    DELETE FROM used_transactions WHERE id IN (
      SELECT id FROM used_transactions WHERE used_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING id`,
  takeClaim: 'UPDATE certifications SET claim = $2, claimed_until = $3 WHERE id = $1',
  showAttempt: `
    UPDATE attempts SET report_number = ${NEXT_SCREEN}, presence = 'visible', heard_at = $2
    WHERE id = $1 AND ended IS NULL RETURNING report_number`,
  hearAttempt: `
    UPDATE attempts SET report_number = $2, presence = $3, heard_at = $4
    WHERE id = $1 AND report_number < $2 AND $2 < ${NEXT_SCREEN} AND ended IS NULL RETURNING id`,
  endAttempt: `
    UPDATE attempts SET step = step + 1, ended = $2, ${NO_PROGRESS}
    WHERE id = $1 AND ended IS NULL AND ($3::bigint IS NULL OR report_number = $3)
      AND ($4::integer IS NULL OR step = $4) RETURNING id`,
  endPending: `
    UPDATE certifications c SET state = $2, ${NO_CLAIM}
    WHERE c.id = $1 AND c.state = 'pending' AND (${unclaimed('$3::bigint')} OR c.claim = $4)
    RETURNING c.id`,
  certifyAttempt: `
    UPDATE certifications
    SET state = 'certified', certified_at = $2, key_id = $3, salt = $4, sealed = $5, ${NO_CLAIM}
    WHERE id = $1 AND state = 'pending' AND claim = $6
    RETURNING id`,
  /** Those that somebody is at are left to the next time. */
  endLateAttempts: `
    WITH late AS (
      SELECT c.id FROM certifications c JOIN attempts a ON a.id = c.id
      WHERE a.expires_at <= $1 AND a.ended IS NULL AND c.state = 'pending'
        AND ${unclaimed('$1::bigint')}
      LIMIT $2 FOR UPDATE OF c SKIP LOCKED
    ),
    expired AS (UPDATE certifications SET state = 'expired', ${NO_CLAIM} WHERE id IN (SELECT id FROM late))
    UPDATE attempts SET step = step + 1, ended = $3, ${NO_PROGRESS} WHERE id IN (SELECT id FROM late) RETURNING id`,
  /** The same for what was typed. */
  endStrayAttempts: `
    UPDATE attempts SET step = step + 1, ended = $3, ${NO_PROGRESS} WHERE id IN (
      SELECT a.id FROM attempts a
      WHERE a.expires_at <= $1 AND a.ended IS NULL
        AND NOT EXISTS (SELECT 1 FROM certifications c WHERE c.id = a.id AND c.state = 'pending')
      LIMIT $2 FOR UPDATE OF a SKIP LOCKED)
    RETURNING id`,
  forgetAttempts: `
    DELETE FROM attempts WHERE id IN (
      SELECT id FROM attempts WHERE ended IS NOT NULL AND expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING id`,
};
