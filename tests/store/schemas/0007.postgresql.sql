CREATE TABLE public.accounts (
    key bytea NOT NULL,
    person text NOT NULL,
    role text NOT NULL,
    sealed bytea NOT NULL,
    created_at bigint NOT NULL,
    disabled_at bigint
);
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.alerts (
    case_id text NOT NULL,
    episode integer NOT NULL,
    code text NOT NULL,
    opened_at bigint NOT NULL,
    closed_at bigint
);
CREATE TABLE public.attempts (
    notification text NOT NULL,
    number integer NOT NULL,
    begun_at bigint NOT NULL,
    outcome text NOT NULL,
    detail bytea NOT NULL,
    settled_at bigint
);
CREATE TABLE public.case_reads (
    id bigint NOT NULL,
    person text NOT NULL,
    case_id text NOT NULL,
    at bigint NOT NULL,
    page text NOT NULL
);
CREATE SEQUENCE public.case_reads_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.case_reads_id_seq OWNED BY public.case_reads.id;
CREATE TABLE public.cases (
    id text NOT NULL,
    ref text NOT NULL,
    ref_key text NOT NULL,
    opened_at bigint NOT NULL,
    alias_of text,
    revision bigint NOT NULL,
    settled_at bigint,
    wake_at bigint,
    closed_at bigint,
    cohort text NOT NULL,
    version text NOT NULL,
    first_due_at bigint,
    next_due_at bigint,
    state text NOT NULL
);
CREATE TABLE public.counters (
    name text NOT NULL,
    value bigint NOT NULL
);
CREATE TABLE public.cross_rows (
    channel bytea NOT NULL,
    at bigint NOT NULL,
    case_id text NOT NULL,
    record bytea NOT NULL,
    distinct_token bytea NOT NULL,
    until bigint,
    answer smallint NOT NULL
);
CREATE TABLE public.decisions (
    case_id text NOT NULL,
    revision bigint NOT NULL,
    decided_at bigint NOT NULL,
    trace text NOT NULL
);
CREATE TABLE public.handed_over (
    number bigint NOT NULL,
    case_id text NOT NULL,
    place integer NOT NULL,
    is_new boolean NOT NULL,
    is_due boolean NOT NULL
);
CREATE TABLE public.handovers (
    number bigint NOT NULL,
    at bigint NOT NULL,
    team text NOT NULL,
    until bigint,
    made_at bigint NOT NULL,
    code text NOT NULL,
    confirmed_at bigint,
    confirmed_by text NOT NULL
);
CREATE TABLE public.keys (
    owner text NOT NULL,
    wrapped bytea NOT NULL
);
CREATE TABLE public.leads (
    token bytea NOT NULL,
    kind smallint NOT NULL,
    case_id text NOT NULL
);
CREATE TABLE public.lines (
    scope text NOT NULL,
    about text NOT NULL,
    key text NOT NULL,
    episode integer NOT NULL,
    step text NOT NULL,
    role text NOT NULL,
    person text NOT NULL,
    channel text NOT NULL,
    notification text NOT NULL,
    place integer NOT NULL
);
CREATE SEQUENCE public.message_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE public.messages (
    seq bigint NOT NULL,
    pair bytea NOT NULL,
    received_at bigint NOT NULL,
    outcome text NOT NULL,
    identity bytea,
    tokens bytea NOT NULL,
    key_owner text NOT NULL,
    sealed bytea NOT NULL
);
CREATE TABLE public.meta (
    name text NOT NULL,
    value bytea NOT NULL
);
CREATE TABLE public.notes (
    name text NOT NULL,
    value text NOT NULL
);
CREATE TABLE public.notifications (
    id text NOT NULL,
    case_id text,
    role text NOT NULL,
    asked text NOT NULL,
    person text NOT NULL,
    channel text NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    next_at bigint NOT NULL,
    deadline_at bigint NOT NULL,
    attempts integer NOT NULL,
    urgent boolean NOT NULL,
    repeat boolean NOT NULL,
    provider_id text NOT NULL,
    provider text NOT NULL,
    created_at bigint NOT NULL,
    sent_at bigint,
    template text NOT NULL,
    code text NOT NULL,
    received_at bigint,
    receipt_due_at bigint,
    receipt_at bigint,
    why text
);
CREATE TABLE public.obligations (
    scope text NOT NULL,
    about text NOT NULL,
    key text NOT NULL,
    episode integer NOT NULL,
    step text NOT NULL,
    role text NOT NULL,
    case_id text,
    state text NOT NULL,
    due_at bigint NOT NULL,
    at bigint NOT NULL,
    urgency smallint NOT NULL,
    content text NOT NULL
);
CREATE TABLE public.quarantine (
    id bigint NOT NULL,
    sender bytea NOT NULL,
    reason text NOT NULL,
    received_at bigint NOT NULL,
    raw bytea NOT NULL,
    settled_at bigint,
    settled_by text NOT NULL,
    settled_why bytea NOT NULL
);
CREATE SEQUENCE public.quarantine_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.quarantine_id_seq OWNED BY public.quarantine.id;
CREATE TABLE public.received_again (
    seq bigint NOT NULL,
    times bigint NOT NULL,
    last_at bigint NOT NULL
);
CREATE TABLE public.rechecks (
    case_id text NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.referrals (
    case_id text NOT NULL,
    referred_to text NOT NULL,
    known_at bigint NOT NULL
);
CREATE TABLE public.rule_approvals (
    load bigint NOT NULL,
    person text NOT NULL,
    proof text NOT NULL,
    account text NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.rule_loads (
    number bigint NOT NULL,
    version text NOT NULL,
    before text NOT NULL,
    at bigint NOT NULL,
    state text NOT NULL,
    author text,
    account text NOT NULL,
    report text NOT NULL
);
CREATE SEQUENCE public.rule_loads_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.rule_loads_number_seq OWNED BY public.rule_loads.number;
CREATE TABLE public.rule_versions (
    version text NOT NULL,
    recorded_at bigint NOT NULL,
    content bytea NOT NULL
);
CREATE TABLE public.sought (
    token bytea NOT NULL,
    seq bigint NOT NULL
);
CREATE TABLE public.strong (
    token bytea NOT NULL,
    case_id text NOT NULL
);
CREATE TABLE public.swaps (
    number bigint NOT NULL,
    role text NOT NULL,
    person text NOT NULL,
    from_at bigint NOT NULL,
    to_at bigint NOT NULL,
    made_by text NOT NULL,
    made_at bigint NOT NULL,
    undone_by text NOT NULL,
    undone_at bigint
);
CREATE SEQUENCE public.swaps_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.swaps_number_seq OWNED BY public.swaps.number;
CREATE TABLE public.web_sessions (
    token bytea NOT NULL,
    person text NOT NULL,
    account bytea NOT NULL,
    code text NOT NULL,
    began_at bigint NOT NULL,
    seen_at bigint NOT NULL
);
CREATE TABLE public.wrong_tries (
    key bytea NOT NULL,
    number integer NOT NULL,
    last_at bigint NOT NULL
);
ALTER TABLE ONLY public.case_reads ALTER COLUMN id SET DEFAULT nextval('public.case_reads_id_seq'::regclass);
ALTER TABLE ONLY public.quarantine ALTER COLUMN id SET DEFAULT nextval('public.quarantine_id_seq'::regclass);
ALTER TABLE ONLY public.rule_loads ALTER COLUMN number SET DEFAULT nextval('public.rule_loads_number_seq'::regclass);
ALTER TABLE ONLY public.swaps ALTER COLUMN number SET DEFAULT nextval('public.swaps_number_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('0007');
INSERT INTO public.meta VALUES ('serves_from', '\x30303031');
SELECT pg_catalog.setval('public.case_reads_id_seq', 1, false);
SELECT pg_catalog.setval('public.message_seq', 1, false);
SELECT pg_catalog.setval('public.quarantine_id_seq', 1, false);
SELECT pg_catalog.setval('public.rule_loads_number_seq', 1, false);
SELECT pg_catalog.setval('public.swaps_number_seq', 1, false);
ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_pkey PRIMARY KEY (case_id, episode);
ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (notification, number);
ALTER TABLE ONLY public.case_reads
    ADD CONSTRAINT case_reads_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.counters
    ADD CONSTRAINT counters_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.cross_rows
    ADD CONSTRAINT cross_rows_pkey PRIMARY KEY (channel, at, case_id, record, distinct_token);
ALTER TABLE ONLY public.decisions
    ADD CONSTRAINT decisions_pkey PRIMARY KEY (case_id, revision);
ALTER TABLE ONLY public.handed_over
    ADD CONSTRAINT handed_over_pkey PRIMARY KEY (number, case_id);
ALTER TABLE ONLY public.handovers
    ADD CONSTRAINT handovers_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.keys
    ADD CONSTRAINT keys_pkey PRIMARY KEY (owner);
ALTER TABLE ONLY public.leads
    ADD CONSTRAINT leads_pkey PRIMARY KEY (token, kind, case_id);
ALTER TABLE ONLY public.lines
    ADD CONSTRAINT lines_pkey PRIMARY KEY (scope, about, key, episode, step, role, person, channel);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (seq);
ALTER TABLE ONLY public.meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.notes
    ADD CONSTRAINT notes_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.obligations
    ADD CONSTRAINT obligations_pkey PRIMARY KEY (scope, about, key, episode, step, role);
ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.received_again
    ADD CONSTRAINT received_again_pkey PRIMARY KEY (seq);
ALTER TABLE ONLY public.rechecks
    ADD CONSTRAINT rechecks_pkey PRIMARY KEY (case_id);
ALTER TABLE ONLY public.referrals
    ADD CONSTRAINT referrals_pkey PRIMARY KEY (case_id, referred_to);
ALTER TABLE ONLY public.rule_approvals
    ADD CONSTRAINT rule_approvals_pkey PRIMARY KEY (load, person);
ALTER TABLE ONLY public.rule_loads
    ADD CONSTRAINT rule_loads_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.rule_versions
    ADD CONSTRAINT rule_versions_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.sought
    ADD CONSTRAINT sought_pkey PRIMARY KEY (token, seq);
ALTER TABLE ONLY public.strong
    ADD CONSTRAINT strong_pkey PRIMARY KEY (token);
ALTER TABLE ONLY public.swaps
    ADD CONSTRAINT swaps_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.web_sessions
    ADD CONSTRAINT web_sessions_pkey PRIMARY KEY (token);
ALTER TABLE ONLY public.wrong_tries
    ADD CONSTRAINT wrong_tries_pkey PRIMARY KEY (key);
CREATE INDEX alerts_by_code ON public.alerts USING btree (code);
CREATE INDEX alerts_by_opening ON public.alerts USING btree (opened_at);
CREATE INDEX case_reads_by_case ON public.case_reads USING btree (case_id, at);
CREATE INDEX case_reads_by_time ON public.case_reads USING btree (at);
CREATE UNIQUE INDEX cases_by_ref ON public.cases USING btree (ref_key);
CREATE INDEX cases_due ON public.cases USING btree (next_due_at) WHERE (next_due_at IS NOT NULL);
CREATE INDEX cases_joined ON public.cases USING btree (alias_of) WHERE (alias_of IS NOT NULL);
CREATE INDEX cases_live ON public.cases USING btree (opened_at) WHERE (alias_of IS NULL);
CREATE INDEX cases_to_wake ON public.cases USING btree (wake_at) WHERE (wake_at IS NOT NULL);
CREATE INDEX handed_over_by_case ON public.handed_over USING btree (case_id);
CREATE INDEX handovers_by_code ON public.handovers USING btree (code) WHERE (code <> ''::text);
CREATE INDEX lines_by_notification ON public.lines USING btree (notification);
CREATE UNIQUE INDEX messages_by_pair ON public.messages USING btree (pair);
CREATE INDEX messages_orphaned ON public.messages USING btree (received_at) WHERE (outcome = 'orphan'::text);
CREATE INDEX notifications_by_age ON public.notifications USING btree (created_at);
CREATE INDEX notifications_confirmed ON public.notifications USING btree (sent_at) WHERE (receipt_due_at IS NOT NULL);
CREATE INDEX notifications_of_case ON public.notifications USING btree (case_id) WHERE (case_id IS NOT NULL);
CREATE INDEX notifications_to_confirm ON public.notifications USING btree (receipt_due_at) WHERE ((state = 'sent'::text) AND urgent AND (receipt_due_at IS NOT NULL) AND (reason <> 'no_receipt'::text));
CREATE INDEX notifications_to_handle ON public.notifications USING btree (state, next_at) WHERE (state = ANY (ARRAY['pending'::text, 'sending'::text, 'in_doubt'::text]));
CREATE INDEX obligations_requested ON public.obligations USING btree (about) WHERE (about ~~ 'request:%'::text);
CREATE INDEX obligations_shared ON public.obligations USING btree (case_id) WHERE (scope = '*'::text);
CREATE INDEX obligations_waiting ON public.obligations USING btree (due_at) WHERE (state = ANY (ARRAY['pending'::text, 'held'::text]));
CREATE INDEX quarantine_open ON public.quarantine USING btree (received_at) WHERE (settled_at IS NULL);
CREATE INDEX rechecks_by_time ON public.rechecks USING btree (at);
CREATE INDEX rule_loads_by_version ON public.rule_loads USING btree (version);
CREATE INDEX swaps_standing ON public.swaps USING btree (to_at) WHERE (undone_at IS NULL);
CREATE INDEX web_sessions_by_account ON public.web_sessions USING btree (account);
ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_notification_fkey FOREIGN KEY (notification) REFERENCES public.notifications(id);
ALTER TABLE ONLY public.handed_over
    ADD CONSTRAINT handed_over_number_fkey FOREIGN KEY (number) REFERENCES public.handovers(number);
ALTER TABLE ONLY public.lines
    ADD CONSTRAINT lines_notification_fkey FOREIGN KEY (notification) REFERENCES public.notifications(id);
ALTER TABLE ONLY public.rule_approvals
    ADD CONSTRAINT rule_approvals_load_fkey FOREIGN KEY (load) REFERENCES public.rule_loads(number);
