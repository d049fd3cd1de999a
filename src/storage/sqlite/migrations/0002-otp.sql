-- The code and the phone number stand here as keyed digests only.
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

-- What the limits count; a row is of no use after a day.
CREATE TABLE otp_requests (
  merchant_id INTEGER NOT NULL,
  phone_digest BLOB NOT NULL,
  requested_at INTEGER NOT NULL
) STRICT;

CREATE INDEX otp_requests_by_time ON otp_requests (requested_at);
CREATE INDEX otp_requests_by_phone ON otp_requests (phone_digest, requested_at);
CREATE INDEX otp_requests_by_merchant ON otp_requests (merchant_id, requested_at);
