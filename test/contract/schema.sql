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
