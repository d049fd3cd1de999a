-- Attempts on the page. Ticket, session and handle stand here as digests; what was typed is sealed, and cut down to
-- what is not about the person when the attempt has ended.
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
