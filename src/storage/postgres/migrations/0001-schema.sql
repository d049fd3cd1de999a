CREATE TABLE stamp (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- The keys that everything else is sealed and digested with, each wrapped by a master key, which is kept elsewhere.
-- Sealed data and digests name a key of this table by its id.
CREATE TABLE data_keys (
  id INTEGER PRIMARY KEY,
  purpose TEXT NOT NULL,
  master_key_id INTEGER NOT NULL,
  wrapped BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);

-- A proof is a MAC of the row's columns under a data key: a row that was altered or planted is refused.
CREATE TABLE merchants (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  -- JSON: which pages may start the verification page, and where it may send people back to.
  page_rules TEXT NOT NULL,
  disabled_at BIGINT,
  proof BYTEA NOT NULL
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
  minimum_age INTEGER,
  proof BYTEA NOT NULL,
  -- What the channel's adapter must know, sealed.
  adapter TEXT NOT NULL,
  settings_key_id INTEGER NOT NULL,
  settings_salt BYTEA NOT NULL,
  settings_sealed BYTEA NOT NULL
);

CREATE INDEX channels_by_merchant ON channels (merchant_id, position);

-- The digest is bound to the key and its merchant, and empty once the key is revoked.
CREATE TABLE api_keys (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  merchant_id BIGINT NOT NULL REFERENCES merchants (id),
  imp_key TEXT NOT NULL UNIQUE,
  secret_digest BYTEA NOT NULL,
  revoked_at BIGINT
);

-- One token for each key pair; the token itself is derived from the nonce and never kept.
CREATE TABLE access_tokens (
  api_key_id BIGINT PRIMARY KEY REFERENCES api_keys (id),
  nonce BYTEA NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  issued_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  proof BYTEA NOT NULL
);

-- The salt is the record's key material: with its data key it opens what is sealed, without it nothing does.
-- It stands beside the record because a lookup reads both; a copy that is kept for long leaves it out.
-- The id is the number in `imp_` and 12 digits, which is random, so that writers do not meet at one end of the index;
-- ids of other shapes have a negative one, see other_ids. No foreign keys: merchants and channels are never deleted,
-- and to check them every new record would lock the same two rows.
-- A claim is held by whoever asks the provider about the person.
CREATE TABLE certifications (
  id BIGINT PRIMARY KEY,
  merchant_id BIGINT NOT NULL,
  channel_id BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'certified', 'failed', 'expired')),
  requested_at BIGINT NOT NULL,
  certified_at BIGINT,
  claim BYTEA,
  claimed_until BIGINT,
  key_id INTEGER NOT NULL,
  salt BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  CHECK ((state = 'certified') = (certified_at IS NOT NULL))
);

CREATE INDEX certifications_unverified ON certifications (requested_at) WHERE state IN ('failed', 'expired');

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

-- The code and the phone number stand here as keyed digests only; what is sealed is whom the request named. All of
-- that is null when the certification has ended.
CREATE TABLE otps (
  id BIGINT PRIMARY KEY,
  method TEXT NOT NULL CHECK (method IN ('SMS', 'APP')),
  digest BYTEA,
  phone_digest BYTEA,
  sent_at BIGINT NOT NULL,
  wrong INTEGER NOT NULL CHECK (wrong BETWEEN 0 AND 5),
  ended TEXT CHECK (ended IN ('tries', 'refused', 'superseded', 'late')),
  key_id INTEGER,
  salt BYTEA,
  sealed BYTEA
);

CREATE INDEX otps_by_phone ON otps (phone_digest) WHERE phone_digest IS NOT NULL;
CREATE INDEX otps_open ON otps (sent_at) WHERE sealed IS NOT NULL;

-- What the limits count: a request under each thing that is limited, as a keyed digest. Of no use after a day. The id
-- is random.
CREATE TABLE counted_requests (
  id BIGINT PRIMARY KEY,
  subject BYTEA NOT NULL,
  requested_at BIGINT NOT NULL
);

CREATE INDEX counted_requests_by_time ON counted_requests (requested_at);
CREATE INDEX counted_requests_by_subject ON counted_requests (subject, requested_at);

-- Rows to hold while one phone number or counted subject is dealt with, which one it is by a hash. Never written to.
CREATE TABLE turns (
  id INTEGER PRIMARY KEY
);

INSERT INTO turns (id) SELECT n FROM generate_series(0, 511) AS n;

-- Attempts on the page. Ticket, session, handle and code stand here as keyed digests. The launch (how the window was
-- opened) and the progress (what was typed, null when the attempt has ended) are sealed. A word is what a screen says
-- of its window; see `core/presence.ts`. What is counted as wrong is a code or, at an agency with a window of its own, a
-- return.
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
  wrong INTEGER NOT NULL CHECK (wrong BETWEEN 0 AND 5),
  code_digest BYTEA,
  ended TEXT,
  report_number BIGINT NOT NULL DEFAULT 0,
  presence TEXT NOT NULL DEFAULT 'gone' CHECK (presence IN ('visible', 'hidden', 'gone')),
  heard_at BIGINT NOT NULL DEFAULT 0,
  launch_key_id INTEGER NOT NULL,
  launch_salt BYTEA NOT NULL,
  launch_sealed BYTEA NOT NULL,
  progress_key_id INTEGER,
  progress_salt BYTEA,
  progress_sealed BYTEA,
  -- Of the secret in the agency's return address.
  back_digest BYTEA UNIQUE
);

CREATE INDEX attempts_running ON attempts (expires_at) WHERE ended IS NULL;
CREATE INDEX attempts_ended ON attempts (expires_at) WHERE ended IS NOT NULL;

-- What agencies call the identifications that have certified somebody, as keyed digests: each of them certifies once.
-- The id is that of the certification.
CREATE TABLE used_transactions (
  id BIGINT PRIMARY KEY,
  digest BYTEA NOT NULL UNIQUE,
  used_at BIGINT NOT NULL
);

CREATE INDEX used_transactions_by_time ON used_transactions (used_at);

-- Recurring work: which process does it, until when at the latest, and when it is due again. State of running
-- processes, so no part of an export.
CREATE TABLE jobs (
  name TEXT PRIMARY KEY,
  owner BYTEA,
  owned_until BIGINT,
  due_at BIGINT NOT NULL,
  ended_at BIGINT,
  outcome TEXT CHECK (outcome IN ('done', 'failed'))
);
