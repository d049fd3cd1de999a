CREATE TABLE stamp (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE merchants (
  id INTEGER PRIMARY KEY,
  user_code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  disabled_at INTEGER
) STRICT;

CREATE TABLE channels (
  id INTEGER PRIMARY KEY,
  merchant_id INTEGER NOT NULL REFERENCES merchants (id),
  position INTEGER NOT NULL,
  channel_key TEXT NOT NULL UNIQUE,
  provider TEXT NOT NULL,
  provider_merchant_id TEXT NOT NULL,
  carrier_approval INTEGER NOT NULL,
  foreigner_add_on INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
  id INTEGER PRIMARY KEY,
  merchant_id INTEGER NOT NULL REFERENCES merchants (id),
  imp_key TEXT NOT NULL UNIQUE,
  secret_digest BLOB NOT NULL,
  revoked_at INTEGER
) STRICT;

-- One live token for each key pair; the token itself is derived from the nonce and never kept.
CREATE TABLE access_tokens (
  api_key_id INTEGER PRIMARY KEY REFERENCES api_keys (id),
  nonce BLOB NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  expires_at INTEGER NOT NULL
) STRICT;

-- The salt is the record's key material: with the master key it opens what is sealed, without it nothing does.
-- It stands beside the record because a lookup reads both; a copy that is kept for long leaves it out.
-- The id is the number in `imp_` and 12 digits; ids of other shapes have a negative one, see other_ids.
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

-- Ids that were in use; an id never comes back with another person behind it.
CREATE TABLE erasures (
  id INTEGER PRIMARY KEY,
  merchant_id INTEGER NOT NULL,
  channel_id INTEGER NOT NULL,
  erased_at INTEGER NOT NULL
) STRICT;
