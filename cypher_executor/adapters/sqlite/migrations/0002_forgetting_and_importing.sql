-- Layout 2: what it takes to forget runs in small pieces, and to hold runs that came from another journal.

-- 1 for a run that was brought here to be looked at: never among the open runs, and never forgotten.
ALTER TABLE runs ADD COLUMN imported INTEGER NOT NULL DEFAULT 0;
DROP INDEX runs_open;
CREATE INDEX runs_open ON runs (number) WHERE ended_us IS NULL AND NOT imported;

-- The oldest ends of one kind of run come first: what retention asks for.
CREATE INDEX runs_by_end ON runs (tenant, recipe, state, ended_us) WHERE ended_us IS NOT NULL;
-- Whether any run still uses a recipe's text.
CREATE INDEX runs_by_digest ON runs (digest);

-- Which runs use a blob. A blob goes with the last of them, in the same transaction.
CREATE TABLE blob_uses (
    digest TEXT    NOT NULL,
    run    INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
    PRIMARY KEY (digest, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_uses_by_run ON blob_uses (run);
INSERT OR IGNORE INTO blob_uses (digest, run)
SELECT taken_out.value, events.run FROM events, json_each(events.outside) AS taken_out WHERE events.outside IS NOT NULL;

-- The runs that a run's journal names as its children, whoever began them: kept for as long as it is open.
CREATE TABLE children (
    child  TEXT    NOT NULL,
    parent INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
    PRIMARY KEY (child, parent)
) STRICT, WITHOUT ROWID;
CREATE INDEX children_by_parent ON children (parent);
INSERT OR IGNORE INTO children (child, parent)
SELECT json_extract(CAST(body AS TEXT), '$.child'), run FROM events
WHERE kind = 'ChildStarted' AND json_valid(CAST(body AS TEXT)) AND json_extract(CAST(body AS TEXT), '$.child') IS NOT NULL;

PRAGMA user_version = 2;
