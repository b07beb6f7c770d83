CREATE TABLE accounts (
	"key" BLOB NOT NULL, 
	person TEXT NOT NULL, 
	role TEXT NOT NULL, 
	sealed BLOB NOT NULL, 
	created_at BIGINT NOT NULL, 
	disabled_at BIGINT, 
	PRIMARY KEY ("key")
)
 WITHOUT ROWID

;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0006');
CREATE TABLE alerts (
	case_id TEXT NOT NULL, 
	episode INTEGER NOT NULL, 
	code TEXT NOT NULL, 
	opened_at BIGINT NOT NULL, 
	closed_at BIGINT, 
	PRIMARY KEY (case_id, episode)
);
CREATE TABLE attempts (
	notification TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	begun_at BIGINT NOT NULL, 
	outcome TEXT NOT NULL, 
	detail BLOB NOT NULL, 
	settled_at BIGINT, 
	PRIMARY KEY (notification, number), 
	FOREIGN KEY(notification) REFERENCES notifications (id)
);
CREATE TABLE case_reads (
	id INTEGER NOT NULL, 
	person TEXT NOT NULL, 
	case_id TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	page TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE cases (
	id TEXT NOT NULL, 
	ref TEXT NOT NULL, 
	ref_key TEXT NOT NULL, 
	opened_at BIGINT NOT NULL, 
	alias_of TEXT, 
	revision BIGINT NOT NULL, 
	settled_at BIGINT, 
	wake_at BIGINT, 
	closed_at BIGINT, 
	cohort TEXT NOT NULL, 
	version TEXT NOT NULL, 
	first_due_at BIGINT, 
	next_due_at BIGINT, 
	state TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE counters (
	name TEXT NOT NULL, 
	value BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE cross_rows (
	channel BLOB NOT NULL, 
	at BIGINT NOT NULL, 
	case_id TEXT NOT NULL, 
	record BLOB NOT NULL, 
	distinct_token BLOB NOT NULL, 
	until BIGINT, 
	answer SMALLINT NOT NULL, 
	PRIMARY KEY (channel, at, case_id, record, distinct_token)
)
 WITHOUT ROWID

;
CREATE TABLE decisions (
	case_id TEXT NOT NULL, 
	revision BIGINT NOT NULL, 
	decided_at BIGINT NOT NULL, 
	trace TEXT NOT NULL, 
	PRIMARY KEY (case_id, revision)
)
 WITHOUT ROWID

;
CREATE TABLE handed_over (
	number BIGINT NOT NULL, 
	case_id TEXT NOT NULL, 
	place INTEGER NOT NULL, 
	is_new BOOLEAN NOT NULL, 
	is_due BOOLEAN NOT NULL, 
	PRIMARY KEY (number, case_id), 
	FOREIGN KEY(number) REFERENCES handovers (number)
)
 WITHOUT ROWID

;
CREATE TABLE handovers (
	number BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	team TEXT NOT NULL, 
	until BIGINT, 
	made_at BIGINT NOT NULL, 
	code TEXT NOT NULL, 
	confirmed_at BIGINT, 
	confirmed_by TEXT NOT NULL, 
	PRIMARY KEY (number)
);
CREATE TABLE keys (
	owner TEXT NOT NULL, 
	wrapped BLOB NOT NULL, 
	PRIMARY KEY (owner)
);
CREATE TABLE leads (
	token BLOB NOT NULL, 
	kind SMALLINT NOT NULL, 
	case_id TEXT NOT NULL, 
	PRIMARY KEY (token, kind, case_id)
)
 WITHOUT ROWID

;
CREATE TABLE lines (
	scope TEXT NOT NULL, 
	about TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	episode INTEGER NOT NULL, 
	step TEXT NOT NULL, 
	role TEXT NOT NULL, 
	person TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	notification TEXT NOT NULL, 
	place INTEGER NOT NULL, 
	PRIMARY KEY (scope, about, "key", episode, step, role, person, channel), 
	FOREIGN KEY(notification) REFERENCES notifications (id)
)
 WITHOUT ROWID

;
CREATE TABLE messages (
	seq INTEGER NOT NULL, 
	pair BLOB NOT NULL, 
	received_at BIGINT NOT NULL, 
	outcome TEXT NOT NULL, 
	identity BLOB, 
	tokens BLOB NOT NULL, 
	key_owner TEXT NOT NULL, 
	sealed BLOB NOT NULL, 
	PRIMARY KEY (seq)
);
CREATE TABLE meta (
	name TEXT NOT NULL, 
	value BLOB NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('serves_from',X'30303031');
CREATE TABLE notes (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE notifications (
	id TEXT NOT NULL, 
	case_id TEXT, 
	role TEXT NOT NULL, 
	asked TEXT NOT NULL, 
	person TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	state TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	next_at BIGINT NOT NULL, 
	deadline_at BIGINT NOT NULL, 
	attempts INTEGER NOT NULL, 
	urgent BOOLEAN NOT NULL, 
	repeat BOOLEAN NOT NULL, 
	provider_id TEXT NOT NULL, 
	provider TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	sent_at BIGINT, 
	template TEXT NOT NULL, 
	code TEXT NOT NULL, 
	received_at BIGINT, receipt_due_at BIGINT, receipt_at BIGINT, why TEXT, 
	PRIMARY KEY (id)
);
CREATE TABLE obligations (
	scope TEXT NOT NULL, 
	about TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	episode INTEGER NOT NULL, 
	step TEXT NOT NULL, 
	role TEXT NOT NULL, 
	case_id TEXT, 
	state TEXT NOT NULL, 
	due_at BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	urgency SMALLINT NOT NULL, 
	content TEXT NOT NULL, 
	PRIMARY KEY (scope, about, "key", episode, step, role)
);
CREATE TABLE quarantine (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	sender BLOB NOT NULL, 
	reason TEXT NOT NULL, 
	received_at BIGINT NOT NULL, 
	raw BLOB NOT NULL, 
	settled_at BIGINT, 
	settled_by TEXT NOT NULL, 
	settled_why BLOB NOT NULL
);
CREATE TABLE received_again (
	seq BIGINT NOT NULL, 
	times BIGINT NOT NULL, 
	last_at BIGINT NOT NULL, 
	PRIMARY KEY (seq)
);
CREATE TABLE rechecks (
	case_id TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (case_id)
);
CREATE TABLE referrals (
	case_id TEXT NOT NULL, 
	referred_to TEXT NOT NULL, 
	known_at BIGINT NOT NULL, 
	PRIMARY KEY (case_id, referred_to)
);
CREATE TABLE rule_versions (
	version TEXT NOT NULL, 
	recorded_at BIGINT NOT NULL, 
	content BLOB NOT NULL, 
	PRIMARY KEY (version)
);
CREATE TABLE sought (
	token BLOB NOT NULL, 
	seq BIGINT NOT NULL, 
	PRIMARY KEY (token, seq)
)
 WITHOUT ROWID

;
CREATE TABLE strong (
	token BLOB NOT NULL, 
	case_id TEXT NOT NULL, 
	PRIMARY KEY (token)
)
 WITHOUT ROWID

;
CREATE TABLE swaps (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	role TEXT NOT NULL, 
	person TEXT NOT NULL, 
	from_at BIGINT NOT NULL, 
	to_at BIGINT NOT NULL, 
	made_by TEXT NOT NULL, 
	made_at BIGINT NOT NULL, 
	undone_by TEXT NOT NULL, 
	undone_at BIGINT
);
CREATE TABLE web_sessions (
	token BLOB NOT NULL, 
	person TEXT NOT NULL, 
	account BLOB NOT NULL, 
	code TEXT NOT NULL, 
	began_at BIGINT NOT NULL, 
	seen_at BIGINT NOT NULL, 
	PRIMARY KEY (token)
)
 WITHOUT ROWID

;
CREATE TABLE wrong_tries (
	"key" BLOB NOT NULL, 
	number INTEGER NOT NULL, 
	last_at BIGINT NOT NULL, 
	PRIMARY KEY ("key")
)
 WITHOUT ROWID

;
CREATE UNIQUE INDEX messages_by_pair ON messages (pair);
CREATE INDEX messages_orphaned ON messages (received_at) WHERE outcome = 'orphan';
CREATE UNIQUE INDEX cases_by_ref ON cases (ref_key);
CREATE INDEX cases_due ON cases (next_due_at) WHERE next_due_at IS NOT NULL;
CREATE INDEX cases_joined ON cases (alias_of) WHERE alias_of IS NOT NULL;
CREATE INDEX cases_live ON cases (opened_at) WHERE alias_of IS NULL;
CREATE INDEX cases_to_wake ON cases (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX alerts_by_code ON alerts (code);
CREATE INDEX alerts_by_opening ON alerts (opened_at);
CREATE INDEX rechecks_by_time ON rechecks (at);
CREATE INDEX obligations_requested ON obligations (about) WHERE about LIKE 'request:%';
CREATE INDEX obligations_shared ON obligations (case_id) WHERE scope = '*';
CREATE INDEX obligations_waiting ON obligations (due_at) WHERE state IN ('pending', 'held');
CREATE INDEX notifications_by_age ON notifications (created_at);
CREATE INDEX notifications_of_case ON notifications (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX notifications_to_handle ON notifications (state, next_at) WHERE state IN ('pending', 'sending', 'in_doubt');
CREATE INDEX lines_by_notification ON lines (notification);
CREATE INDEX quarantine_open ON quarantine (received_at) WHERE settled_at IS NULL;
CREATE INDEX web_sessions_by_account ON web_sessions (account);
CREATE INDEX case_reads_by_case ON case_reads (case_id, at);
CREATE INDEX case_reads_by_time ON case_reads (at);
CREATE INDEX swaps_standing ON swaps (to_at) WHERE undone_at IS NULL;
CREATE INDEX handovers_by_code ON handovers (code) WHERE code <> '';
CREATE INDEX handed_over_by_case ON handed_over (case_id);
CREATE INDEX notifications_to_confirm ON notifications (receipt_due_at) WHERE state = 'sent' AND urgent AND receipt_due_at IS NOT NULL AND reason <> 'no_receipt';
CREATE INDEX notifications_confirmed ON notifications (sent_at) WHERE receipt_due_at IS NOT NULL;
