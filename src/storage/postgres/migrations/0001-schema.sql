CREATE TABLE stamp (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE merchants (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  -- JSON: which pages may start the verification page, and where it may send people back to.
  page_rules TEXT,
  disabled_at BIGINT
);

CREATE TABLE channels (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  merchant_id BIGINT NOT NULL REFERENCES merchants (id),
  position INTEGER NOT NULL,
  channel_key TEXT NOT NULL UNIQUE,
  provider TEXT NOT NULL,
  provider_merchant_id TEXT NOT NULL,
  carrier_approval BOOLEAN NOT NULL,
  foreigner_add_on BOOLEAN NOT NULL,
  -- Full years; null for a channel that certifies people of any age.
  minimum_age INTEGER
);

CREATE INDEX channels_by_merchant ON channels (merchant_id, position);

CREATE TABLE api_keys (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  merchant_id BIGINT NOT NULL REFERENCES merchants (id),
  imp_key TEXT NOT NULL UNIQUE,
  secret_digest BYTEA NOT NULL,
  revoked_at BIGINT
);

-- One live token for each key pair; the token itself is derived from the nonce and never kept.
CREATE TABLE access_tokens (
  api_key_id BIGINT PRIMARY KEY REFERENCES api_keys (id),
  nonce BYTEA NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  expires_at BIGINT NOT NULL
);

-- The salt is the record's key material: with the master key it opens what is sealed, without it nothing does.
-- It stands beside the record because a lookup reads both; a copy that is kept for long leaves it out.
-- The id is the number in `imp_` and 12 digits, which is random, so that writers do not meet at one end of the index;
-- ids of other shapes have a negative one, see other_ids. No foreign keys: merchants and channels are never deleted,
-- and to check them every new record would lock the same two rows.
CREATE TABLE certifications (
  id BIGINT PRIMARY KEY,
  merchant_id BIGINT NOT NULL,
  channel_id BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'certified', 'failed', 'expired')),
  requested_at BIGINT NOT NULL,
  certified_at BIGINT,
  master_key_id INTEGER NOT NULL,
  salt BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  CHECK ((state = 'certified') = (certified_at IS NOT NULL))
);

CREATE TABLE other_ids (
  imp_uid TEXT PRIMARY KEY,
  id BIGINT NOT NULL UNIQUE CHECK (id < 0)
);

-- Ids that were in use; an id never comes back with another person behind it.
CREATE TABLE erasures (
  id BIGINT PRIMARY KEY,
  merchant_id BIGINT NOT NULL,
  channel_id BIGINT NOT NULL,
  erased_at BIGINT NOT NULL
);

-- The code and the phone number stand here as keyed digests only.
CREATE TABLE otps (
  id BIGINT PRIMARY KEY,
  method TEXT NOT NULL CHECK (method IN ('SMS', 'APP')),
  digest BYTEA NOT NULL,
  phone_digest BYTEA NOT NULL,
  sent_at BIGINT NOT NULL,
  wrong INTEGER NOT NULL,
  ended TEXT CHECK (ended IN ('tries', 'refused', 'superseded', 'late'))
);

CREATE INDEX otps_by_phone ON otps (phone_digest);

-- What the limits count; a row is of no use after a day. The id is random.
CREATE TABLE otp_requests (
  id BIGINT PRIMARY KEY,
  merchant_id BIGINT NOT NULL,
  phone_digest BYTEA NOT NULL,
  requested_at BIGINT NOT NULL
);

CREATE INDEX otp_requests_by_time ON otp_requests (requested_at);
CREATE INDEX otp_requests_by_phone ON otp_requests (phone_digest, requested_at);
CREATE INDEX otp_requests_by_merchant ON otp_requests (merchant_id, requested_at);

-- Rows to hold while one phone number or merchant is dealt with, which one it is by a hash. Never written to.
CREATE TABLE turns (
  id INTEGER PRIMARY KEY
);

INSERT INTO turns (id) SELECT n FROM generate_series(0, 511) AS n;

-- Attempts on the page. Ticket, session and handle stand here as digests; what was typed is sealed, and cut down to
-- what is not about the person when the attempt has ended.
CREATE TABLE attempts (
  id BIGINT PRIMARY KEY,
  merchant_id BIGINT NOT NULL,
  channel_id BIGINT NOT NULL,
  ticket_digest BYTEA NOT NULL UNIQUE,
  ticket_until BIGINT NOT NULL,
  session_digest BYTEA UNIQUE,
  handle_digest BYTEA NOT NULL UNIQUE,
  expires_at BIGINT NOT NULL,
  step INTEGER NOT NULL,
  ended TEXT,
  master_key_id INTEGER NOT NULL,
  salt BYTEA NOT NULL,
  sealed BYTEA NOT NULL
);

CREATE INDEX attempts_by_end ON attempts (expires_at);
