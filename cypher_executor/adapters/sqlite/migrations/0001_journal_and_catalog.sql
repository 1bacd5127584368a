-- The first layout. Migrations are never edited after a release: a change is a new file with the next number.
-- Each runs in one transaction and ends by setting user_version to its own number.

-- One row for a run: what lists show, and `number`, the short name by which the other tables know it. Numbers grow in
-- the order in which runs began.
CREATE TABLE runs (
    number     INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    tenant     TEXT    NOT NULL,
    recipe     TEXT,
    version    INTEGER,
    digest     TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    started_us INTEGER NOT NULL,
    ended_us   INTEGER,
    parent     TEXT
) STRICT;

-- A list is merged from one look-up for each state, so these two serve every filter, newest first, at any depth.
CREATE INDEX runs_by_state ON runs (tenant, state, id);
CREATE INDEX runs_by_recipe ON runs (tenant, recipe, state, id) WHERE recipe IS NOT NULL;
CREATE INDEX runs_by_parent ON runs (parent) WHERE parent IS NOT NULL;
-- What a start of the engine reads: small however many runs have ended.
CREATE INDEX runs_open ON runs (number) WHERE ended_us IS NULL;

-- The journal. `position` orders the events of all runs, for those who follow it; AUTOINCREMENT because a position
-- must never be given twice, or a follower would miss an event after the newest rows were deleted.
-- `body` is the event as JSON. Fields of more than 64 KiB are taken out of it: `outside` maps their names to the hex
-- digests of their JSON in `blobs`.
CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    run      INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
    seq      INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    at_us    INTEGER NOT NULL,
    body     BLOB    NOT NULL,
    outside  TEXT,
    UNIQUE (run, seq)
) STRICT;

CREATE TABLE blobs (
    digest TEXT PRIMARY KEY,
    body   BLOB NOT NULL
) STRICT;

-- Idempotency keys. `expires_us` NULL: as long as the run.
CREATE TABLE claims (
    scope       TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    fingerprint TEXT    NOT NULL,
    run         INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
    expires_us  INTEGER,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX claims_by_run ON claims (run);
CREATE INDEX claims_by_expiry ON claims (expires_us) WHERE expires_us IS NOT NULL;

-- The text of every recipe that was stored under a name or used by a run.
CREATE TABLE recipe_texts (
    digest TEXT PRIMARY KEY,
    text   TEXT NOT NULL
) STRICT;

-- `current` NULL: the name was deleted. The row stays for `last`, so that a version number never means two recipes.
CREATE TABLE recipes (
    tenant  TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    current INTEGER,
    last    INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE recipe_versions (
    tenant     TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    digest     TEXT    NOT NULL,
    text       TEXT    NOT NULL,
    created_us INTEGER NOT NULL,
    PRIMARY KEY (tenant, name, version)
) STRICT;

PRAGMA application_id = 0x63797865; -- 'cyxe'
PRAGMA user_version = 1;
