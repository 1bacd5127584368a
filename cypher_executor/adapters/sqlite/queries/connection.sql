-- name: set_up
-- FULL: a commit is on disk when it returns. NORMAL loses acknowledged commits in a power cut.
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA cache_size = -16000;
PRAGMA journal_size_limit = 67108864;

-- name: write_ahead
PRAGMA journal_mode = WAL;

-- name: only_read
PRAGMA query_only = ON;

-- name: application_id
PRAGMA application_id;

-- name: user_version
PRAGMA user_version;

-- name: has_tables
SELECT EXISTS (SELECT 1 FROM sqlite_schema);

-- name: empty_wal
-- Answers (busy, frames in the log, frames moved).
PRAGMA wal_checkpoint(TRUNCATE);

-- name: begin
BEGIN IMMEDIATE;

-- name: commit
COMMIT;

-- name: rollback
ROLLBACK;
