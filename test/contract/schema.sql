CREATE TABLE stamp (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE merchants (
  id INTEGER PRIMARY KEY,
  user_code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  disabled_at INTEGER
, page_rules TEXT) STRICT;

CREATE TABLE channels (
  id INTEGER PRIMARY KEY,
  merchant_id INTEGER NOT NULL REFERENCES merchants (id),
  position INTEGER NOT NULL,
  channel_key TEXT NOT NULL UNIQUE,
  provider TEXT NOT NULL,
  provider_merchant_id TEXT NOT NULL,
  carrier_approval INTEGER NOT NULL,
  foreigner_add_on INTEGER NOT NULL
, minimum_age INTEGER) STRICT;

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
  expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE certifications (
  id INTEGER PRIMARY KEY,
  merchant_id INTEGER NOT NULL REFERENCES merchants (id),
  channel_id INTEGER NOT NULL REFERENCES channels (id),
  state TEXT NOT NULL CHECK (state IN ('pending', 'certified', 'failed', 'expired')),
  requested_at INTEGER NOT NULL,
  certified_at INTEGER,
  master_key_id INTEGER NOT NULL,
  salt BLOB NOT NULL,
  sealed BLOB NOT NULL,
  CHECK ((state = 'certified') = (certified_at IS NOT NULL))
) STRICT;

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
  digest BLOB NOT NULL,
  phone_digest BLOB NOT NULL,
  sent_at INTEGER NOT NULL,
  wrong INTEGER NOT NULL,
  ended TEXT CHECK (ended IN ('tries', 'refused', 'superseded', 'late'))
) STRICT;

CREATE INDEX otps_by_phone ON otps (phone_digest);

CREATE TABLE otp_requests (
  merchant_id INTEGER NOT NULL,
  phone_digest BLOB NOT NULL,
  requested_at INTEGER NOT NULL
) STRICT;

CREATE INDEX otp_requests_by_time ON otp_requests (requested_at);

CREATE INDEX otp_requests_by_phone ON otp_requests (phone_digest, requested_at);

CREATE INDEX otp_requests_by_merchant ON otp_requests (merchant_id, requested_at);

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
  ended TEXT,
  master_key_id INTEGER NOT NULL,
  salt BLOB NOT NULL,
  sealed BLOB NOT NULL
) STRICT;

CREATE INDEX attempts_by_end ON attempts (expires_at);
