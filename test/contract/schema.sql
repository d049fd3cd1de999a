CREATE TABLE stamp (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE data_keys (
  id INTEGER PRIMARY KEY,
  purpose TEXT NOT NULL,
  master_key_id INTEGER NOT NULL,
  wrapped BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE merchants (
  id INTEGER PRIMARY KEY,
  user_code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  -- JSON: which pages may start the verification page, and where it may send people back to.
  page_rules TEXT NOT NULL,
  disabled_at INTEGER,
  proof BLOB NOT NULL
) STRICT;

CREATE TABLE channels (
  id INTEGER PRIMARY KEY,
  merchant_id INTEGER NOT NULL REFERENCES merchants (id),
  position INTEGER NOT NULL,
  channel_key TEXT NOT NULL UNIQUE,
  provider TEXT NOT NULL,
  provider_merchant_id TEXT NOT NULL,
  carrier_approval INTEGER NOT NULL,
  foreigner_add_on INTEGER NOT NULL,
  -- Full years; null for a channel that certifies people of any age.
  minimum_age INTEGER,
  proof BLOB NOT NULL,
  -- What the channel's adapter must know, sealed.
  adapter TEXT NOT NULL,
  settings_key_id INTEGER NOT NULL,
  settings_salt BLOB NOT NULL,
  settings_sealed BLOB NOT NULL
) STRICT;

CREATE TABLE api_keys (
  id INTEGER PRIMARY KEY,
  merchant_id INTEGER NOT NULL REFERENCES merchants (id),
  imp_key TEXT NOT NULL UNIQUE,
  secret_digest BLOB NOT NULL,
  revoked_at INTEGER
) STRICT;

CREATE TABLE access_tokens (
  api_key_id INTEGER PRIMARY KEY REFERENCES api_keys (id),
  nonce BLOB NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  issued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  proof BLOB NOT NULL
) STRICT;

CREATE TABLE certifications (
  id INTEGER PRIMARY KEY,
  merchant_id INTEGER NOT NULL REFERENCES merchants (id),
  channel_id INTEGER NOT NULL REFERENCES channels (id),
  state TEXT NOT NULL CHECK (state IN ('pending', 'certified', 'failed', 'expired')),
  requested_at INTEGER NOT NULL,
  certified_at INTEGER,
  claim BLOB,
  claimed_until INTEGER,
  key_id INTEGER NOT NULL,
  salt BLOB NOT NULL,
  sealed BLOB NOT NULL,
  CHECK ((state = 'certified') = (certified_at IS NOT NULL))
) STRICT;

CREATE INDEX certifications_unverified ON certifications (requested_at) WHERE state IN ('failed', 'expired');

CREATE TABLE other_ids (
  imp_uid TEXT PRIMARY KEY,
  id INTEGER NOT NULL UNIQUE CHECK (id < 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE erasures (
  id INTEGER PRIMARY KEY,
  merchant_id INTEGER NOT NULL,
  channel_id INTEGER NOT NULL,
  erased_at INTEGER NOT NULL
) STRICT;

CREATE TABLE otps (
  id INTEGER PRIMARY KEY,
  method TEXT NOT NULL CHECK (method IN ('SMS', 'APP')),
  digest BLOB,
  phone_digest BLOB,
  sent_at INTEGER NOT NULL,
  wrong INTEGER NOT NULL CHECK (wrong BETWEEN 0 AND 5),
  ended TEXT CHECK (ended IN ('tries', 'refused', 'superseded', 'late')),
  key_id INTEGER,
  salt BLOB,
  sealed BLOB
) STRICT;

CREATE INDEX otps_by_phone ON otps (phone_digest) WHERE phone_digest IS NOT NULL;

CREATE INDEX otps_open ON otps (sent_at) WHERE sealed IS NOT NULL;

CREATE TABLE counted_requests (
  id INTEGER PRIMARY KEY,
  subject BLOB NOT NULL,
  requested_at INTEGER NOT NULL
) STRICT;

CREATE INDEX counted_requests_by_time ON counted_requests (requested_at);

CREATE INDEX counted_requests_by_subject ON counted_requests (subject, requested_at);

CREATE TABLE attempts (
  id INTEGER PRIMARY KEY,
  merchant_id INTEGER NOT NULL,
  channel_id INTEGER NOT NULL,
  ticket_digest BLOB NOT NULL UNIQUE,
  ticket_until INTEGER NOT NULL,
  session_digest BLOB UNIQUE,
  handle_digest BLOB NOT NULL UNIQUE,
  expires_at INTEGER NOT NULL,
  step INTEGER NOT NULL,
  wrong INTEGER NOT NULL CHECK (wrong BETWEEN 0 AND 5),
  code_digest BLOB,
  ended TEXT,
  report_number INTEGER NOT NULL DEFAULT 0,
  presence TEXT NOT NULL DEFAULT 'gone' CHECK (presence IN ('visible', 'hidden', 'gone')),
  heard_at INTEGER NOT NULL DEFAULT 0,
  launch_key_id INTEGER NOT NULL,
  launch_salt BLOB NOT NULL,
  launch_sealed BLOB NOT NULL,
  progress_key_id INTEGER,
  progress_salt BLOB,
  progress_sealed BLOB,
  -- Of the secret in the agency's return address.
  back_digest BLOB UNIQUE
) STRICT;

CREATE INDEX attempts_running ON attempts (expires_at) WHERE ended IS NULL;

CREATE INDEX attempts_ended ON attempts (expires_at) WHERE ended IS NOT NULL;

CREATE TABLE used_transactions (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  used_at INTEGER NOT NULL
) STRICT;

CREATE INDEX used_transactions_by_time ON used_transactions (used_at);

CREATE TABLE jobs (
  name TEXT PRIMARY KEY,
  owner BLOB,
  owned_until INTEGER,
  due_at INTEGER NOT NULL,
  ended_at INTEGER,
  outcome TEXT CHECK (outcome IN ('done', 'failed'))
) STRICT, WITHOUT ROWID;
