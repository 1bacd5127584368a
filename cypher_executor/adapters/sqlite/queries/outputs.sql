-- name: set_up
-- Never synced: a power cut may damage this file, which is found by its digests and by SQLite, and costs an output or all.
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS outputs (
    key    BLOB    PRIMARY KEY,
    at_us  INTEGER NOT NULL,
    output BLOB    NOT NULL,
    digest BLOB    NOT NULL
) STRICT;

-- name: begin
BEGIN IMMEDIATE;

-- name: commit
COMMIT;

-- name: roll_back
ROLLBACK;

-- name: forget_old
DELETE FROM outputs WHERE at_us < ?;

-- name: load
SELECT key, at_us, output, digest FROM outputs ORDER BY at_us, key;

-- name: keep
INSERT OR REPLACE INTO outputs (key, at_us, output, digest) VALUES (?, ?, ?, ?);

-- name: drop
DELETE FROM outputs WHERE key = ?;

-- name: check
PRAGMA quick_check;
