import { LONGEST_CLAIM } from '../../core/claims.ts';

/* Parts of several statements. */

/** Columns that an OTP has only while it is open. */
export const NO_OTP_CONTENT = 'digest = NULL, phone_digest = NULL, key_id = NULL, salt = NULL, sealed = NULL';
export const NO_CLAIM = 'claim = NULL, claimed_until = NULL';

/** There is no live claim on `c`, as `isLive` in `core/claims.ts` defines it. */
export const unclaimed = (now: string) =>
  `(c.claimed_until IS NULL OR c.claimed_until <= ${now} OR c.claimed_until > ${now} + ${LONGEST_CLAIM})`;

/** The columns of a channel `h`, as `rows.ts` reads them. */
export const CHANNEL_COLUMNS = `h.id, h.merchant_id, h.position, h.channel_key, h.provider, h.provider_merchant_id, h.carrier_approval,
  h.foreigner_add_on, h.minimum_age, h.proof, h.adapter, h.settings_key_id, h.settings_salt, h.settings_sealed`;
