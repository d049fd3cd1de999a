access_tokens.api_key_id bigint NOT NULL
access_tokens.nonce bytea NOT NULL
access_tokens.digest text NOT NULL
access_tokens.issued_at bigint NOT NULL
access_tokens.expires_at bigint NOT NULL
access_tokens.proof bytea NOT NULL
api_keys.id bigint NOT NULL IDENTITY
api_keys.merchant_id bigint NOT NULL
api_keys.imp_key text NOT NULL
api_keys.secret_digest bytea NOT NULL
api_keys.revoked_at bigint
attempts.id bigint NOT NULL
attempts.merchant_id bigint NOT NULL
attempts.channel_id bigint NOT NULL
attempts.ticket_digest bytea NOT NULL
attempts.ticket_until bigint NOT NULL
attempts.session_digest bytea
attempts.handle_digest bytea NOT NULL
attempts.expires_at bigint NOT NULL
attempts.step integer NOT NULL
attempts.wrong integer NOT NULL
attempts.code_digest bytea
attempts.ended text
attempts.report_number bigint NOT NULL
attempts.presence text NOT NULL
attempts.heard_at bigint NOT NULL
attempts.launch_key_id integer NOT NULL
attempts.launch_salt bytea NOT NULL
attempts.launch_sealed bytea NOT NULL
attempts.progress_key_id integer
attempts.progress_salt bytea
attempts.progress_sealed bytea
attempts.back_digest bytea
certifications.id bigint NOT NULL
certifications.merchant_id bigint NOT NULL
certifications.channel_id bigint NOT NULL
certifications.state text NOT NULL
certifications.requested_at bigint NOT NULL
certifications.certified_at bigint
certifications.claim bytea
certifications.claimed_until bigint
certifications.key_id integer NOT NULL
certifications.salt bytea NOT NULL
certifications.sealed bytea NOT NULL
channels.id bigint NOT NULL IDENTITY
channels.merchant_id bigint NOT NULL
channels.position integer NOT NULL
channels.channel_key text NOT NULL
channels.provider text NOT NULL
channels.provider_merchant_id text NOT NULL
channels.carrier_approval boolean NOT NULL
channels.foreigner_add_on boolean NOT NULL
channels.minimum_age integer
channels.proof bytea NOT NULL
channels.adapter text NOT NULL
channels.settings_key_id integer NOT NULL
channels.settings_salt bytea NOT NULL
channels.settings_sealed bytea NOT NULL
counted_requests.id bigint NOT NULL
counted_requests.subject bytea NOT NULL
counted_requests.requested_at bigint NOT NULL
data_keys.id integer NOT NULL
data_keys.purpose text NOT NULL
data_keys.master_key_id integer NOT NULL
data_keys.wrapped bytea NOT NULL
data_keys.created_at bigint NOT NULL
erasures.id bigint NOT NULL
erasures.merchant_id bigint NOT NULL
erasures.channel_id bigint NOT NULL
erasures.erased_at bigint NOT NULL
jobs.name text NOT NULL
jobs.owner bytea
jobs.owned_until bigint
jobs.due_at bigint NOT NULL
jobs.ended_at bigint
jobs.outcome text
merchants.id bigint NOT NULL IDENTITY
merchants.user_code text NOT NULL
merchants.name text NOT NULL
merchants.page_rules text NOT NULL
merchants.disabled_at bigint
merchants.proof bytea NOT NULL
other_ids.imp_uid text NOT NULL
other_ids.id bigint NOT NULL
otps.id bigint NOT NULL
otps.method text NOT NULL
otps.digest bytea
otps.phone_digest bytea
otps.sent_at bigint NOT NULL
otps.wrong integer NOT NULL
otps.ended text
otps.key_id integer
otps.salt bytea
otps.sealed bytea
stamp.name text NOT NULL
stamp.value text NOT NULL
turns.id integer NOT NULL
used_transactions.id bigint NOT NULL
used_transactions.digest bytea NOT NULL
used_transactions.used_at bigint NOT NULL

access_tokens: FOREIGN KEY (api_key_id) REFERENCES api_keys(id)
access_tokens: PRIMARY KEY (api_key_id)
access_tokens: UNIQUE (digest)
api_keys: FOREIGN KEY (merchant_id) REFERENCES merchants(id)
api_keys: PRIMARY KEY (id)
api_keys: UNIQUE (imp_key)
attempts: CHECK (((wrong >= 0) AND (wrong <= 5)))
attempts: CHECK ((presence = ANY (ARRAY['visible'::text, 'hidden'::text, 'gone'::text])))
attempts: PRIMARY KEY (id)
attempts: UNIQUE (back_digest)
attempts: UNIQUE (handle_digest)
attempts: UNIQUE (session_digest)
attempts: UNIQUE (ticket_digest)
certifications: CHECK (((state = 'certified'::text) = (certified_at IS NOT NULL)))
certifications: CHECK ((state = ANY (ARRAY['pending'::text, 'certified'::text, 'failed'::text, 'expired'::text])))
certifications: PRIMARY KEY (id)
channels: FOREIGN KEY (merchant_id) REFERENCES merchants(id)
channels: PRIMARY KEY (id)
channels: UNIQUE (channel_key)
counted_requests: PRIMARY KEY (id)
data_keys: PRIMARY KEY (id)
erasures: PRIMARY KEY (id)
jobs: CHECK ((outcome = ANY (ARRAY['done'::text, 'failed'::text])))
jobs: PRIMARY KEY (name)
merchants: PRIMARY KEY (id)
merchants: UNIQUE (user_code)
other_ids: CHECK ((id < 0))
other_ids: PRIMARY KEY (imp_uid)
other_ids: UNIQUE (id)
otps: CHECK (((wrong >= 0) AND (wrong <= 5)))
otps: CHECK ((ended = ANY (ARRAY['tries'::text, 'refused'::text, 'superseded'::text, 'late'::text])))
otps: CHECK ((method = ANY (ARRAY['SMS'::text, 'APP'::text])))
otps: PRIMARY KEY (id)
stamp: PRIMARY KEY (name)
turns: PRIMARY KEY (id)
used_transactions: PRIMARY KEY (id)
used_transactions: UNIQUE (digest)

CREATE UNIQUE INDEX access_tokens_digest_key ON public.access_tokens USING btree (digest)
CREATE UNIQUE INDEX access_tokens_pkey ON public.access_tokens USING btree (api_key_id)
CREATE UNIQUE INDEX api_keys_imp_key_key ON public.api_keys USING btree (imp_key)
CREATE UNIQUE INDEX api_keys_pkey ON public.api_keys USING btree (id)
CREATE UNIQUE INDEX attempts_back_digest_key ON public.attempts USING btree (back_digest)
CREATE INDEX attempts_ended ON public.attempts USING btree (expires_at) WHERE (ended IS NOT NULL)
CREATE UNIQUE INDEX attempts_handle_digest_key ON public.attempts USING btree (handle_digest)
CREATE UNIQUE INDEX attempts_pkey ON public.attempts USING btree (id)
CREATE INDEX attempts_running ON public.attempts USING btree (expires_at) WHERE (ended IS NULL)
CREATE UNIQUE INDEX attempts_session_digest_key ON public.attempts USING btree (session_digest)
CREATE UNIQUE INDEX attempts_ticket_digest_key ON public.attempts USING btree (ticket_digest)
CREATE UNIQUE INDEX certifications_pkey ON public.certifications USING btree (id)
CREATE INDEX certifications_unverified ON public.certifications USING btree (requested_at) WHERE (state = ANY (ARRAY['failed'::text, 'expired'::text]))
CREATE INDEX channels_by_merchant ON public.channels USING btree (merchant_id, "position")
CREATE UNIQUE INDEX channels_channel_key_key ON public.channels USING btree (channel_key)
CREATE UNIQUE INDEX channels_pkey ON public.channels USING btree (id)
CREATE INDEX counted_requests_by_subject ON public.counted_requests USING btree (subject, requested_at)
CREATE INDEX counted_requests_by_time ON public.counted_requests USING btree (requested_at)
CREATE UNIQUE INDEX counted_requests_pkey ON public.counted_requests USING btree (id)
CREATE UNIQUE INDEX data_keys_pkey ON public.data_keys USING btree (id)
CREATE UNIQUE INDEX erasures_pkey ON public.erasures USING btree (id)
CREATE UNIQUE INDEX jobs_pkey ON public.jobs USING btree (name)
CREATE UNIQUE INDEX merchants_pkey ON public.merchants USING btree (id)
CREATE UNIQUE INDEX merchants_user_code_key ON public.merchants USING btree (user_code)
CREATE UNIQUE INDEX other_ids_id_key ON public.other_ids USING btree (id)
CREATE UNIQUE INDEX other_ids_pkey ON public.other_ids USING btree (imp_uid)
CREATE INDEX otps_by_phone ON public.otps USING btree (phone_digest) WHERE (phone_digest IS NOT NULL)
CREATE INDEX otps_open ON public.otps USING btree (sent_at) WHERE (sealed IS NOT NULL)
CREATE UNIQUE INDEX otps_pkey ON public.otps USING btree (id)
CREATE UNIQUE INDEX stamp_pkey ON public.stamp USING btree (name)
CREATE UNIQUE INDEX turns_pkey ON public.turns USING btree (id)
CREATE INDEX used_transactions_by_time ON public.used_transactions USING btree (used_at)
CREATE UNIQUE INDEX used_transactions_digest_key ON public.used_transactions USING btree (digest)
CREATE UNIQUE INDEX used_transactions_pkey ON public.used_transactions USING btree (id)
