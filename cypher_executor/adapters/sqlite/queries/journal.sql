-- name: head
-- Where a run's journal stands: its number, and how many events it has.
SELECT number, (SELECT max(seq) FROM events WHERE run = number) FROM runs WHERE id = ?;

-- name: insert_run
INSERT INTO runs (id, tenant, recipe, version, digest, state, started_us, parent, imported)
VALUES (?, ?, ?, ?, ?, 'running', ?, ?, ?);

-- name: end_run
UPDATE runs SET state = ?, ended_us = ? WHERE number = ?;

-- name: reopen_run
UPDATE runs SET state = 'running', ended_us = NULL WHERE number = ?;

-- name: insert_event
INSERT INTO events (run, seq, kind, at_us, body, outside) VALUES (?, ?, ?, ?, ?, ?);

-- name: insert_blob
INSERT OR IGNORE INTO blobs (digest, body) VALUES (?, ?);

-- name: use_blob
INSERT OR IGNORE INTO blob_uses (digest, run) VALUES (?, ?);

-- name: insert_child
INSERT OR IGNORE INTO children (child, parent) VALUES (?, ?);

-- name: insert_text
INSERT OR IGNORE INTO recipe_texts (digest, text) VALUES (?, ?);

-- name: holder
-- Who holds a key at a time.
SELECT runs.id, claims.fingerprint
FROM claims JOIN runs ON runs.number = claims.run
WHERE claims.scope = :scope AND claims.key = :key AND (claims.expires_us IS NULL OR claims.expires_us > :now_us);

-- name: claim
-- Only after `holder` found nobody: what may be replaced is a claim that has expired.
INSERT OR REPLACE INTO claims (scope, key, fingerprint, run, expires_us) VALUES (?, ?, ?, ?, ?);

-- name: forget_claims
-- A few at a time, more than one new claim can add, so that no commit has to carry a pile of them.
DELETE FROM claims WHERE (scope, key) IN (
    SELECT scope, key FROM claims WHERE expires_us <= ? ORDER BY expires_us LIMIT 4
);

-- name: begin_reading
BEGIN;

-- name: end_reading
ROLLBACK;

-- name: number
SELECT number FROM runs WHERE id = ?;

-- name: numbers
SELECT number, id FROM runs WHERE id IN (SELECT value FROM json_each(?));

-- name: read
SELECT run, seq, kind, body, outside FROM events WHERE run = ? AND seq > ? ORDER BY seq;

-- name: read_many
-- By the index on (run, seq) alone: nothing is sorted, rows come as they are read.
SELECT run, seq, kind, body, outside FROM events WHERE run IN (SELECT value FROM json_each(?)) ORDER BY run, seq;

-- name: last
SELECT run, seq, kind, body, outside FROM events
WHERE run = (SELECT number FROM runs WHERE id = ?)
ORDER BY seq DESC
LIMIT 1;

-- name: blob
SELECT body FROM blobs WHERE digest = ?;

-- name: follow
SELECT events.position, runs.id, events.run, events.seq, events.kind, events.body, events.outside
FROM events JOIN runs ON runs.number = events.run
WHERE events.position > ? AND runs.state <> 'forgotten'
ORDER BY events.position
LIMIT ?;

-- name: head_position
SELECT seq FROM sqlite_sequence WHERE name = 'events';

-- name: open_runs
SELECT id FROM runs WHERE ended_us IS NULL AND NOT imported ORDER BY number;

-- name: summary
SELECT id, recipe, version, digest, state, started_us, ended_us, tenant, parent, imported FROM runs WHERE id = ?;

-- name: children
SELECT id, recipe, version, digest, state, started_us, ended_us, tenant, parent, imported
FROM runs
WHERE parent = ?
ORDER BY number;

-- name: list_tenant
-- The newest of each state, then the newest of those: a rare state among millions of runs is found as fast as a common
-- one.
SELECT r.id, r.recipe, r.version, r.digest, r.state, r.started_us, r.ended_us, r.tenant, r.parent, r.imported
FROM json_each(:states) AS wanted JOIN runs AS r ON r.id IN (
    SELECT id FROM runs
    WHERE tenant = :tenant AND state = wanted.value AND runs.id < :before AND runs.id >= :first
    ORDER BY runs.id DESC LIMIT :limit
)
ORDER BY r.id DESC
LIMIT :limit;

-- name: list_recipe
SELECT r.id, r.recipe, r.version, r.digest, r.state, r.started_us, r.ended_us, r.tenant, r.parent, r.imported
FROM json_each(:states) AS wanted JOIN runs AS r ON r.id IN (
    SELECT id FROM runs
    WHERE tenant = :tenant AND recipe = :recipe AND state = wanted.value AND runs.id < :before AND runs.id >= :first
    ORDER BY runs.id DESC LIMIT :limit
)
ORDER BY r.id DESC
LIMIT :limit;

-- name: list_parent
SELECT id, recipe, version, digest, state, started_us, ended_us, tenant, parent, imported
FROM runs
WHERE parent = :parent AND tenant = :tenant AND id < :before AND id >= :first
    AND (:recipe IS NULL OR recipe = :recipe)
    AND state IN (SELECT value FROM json_each(:states))
ORDER BY id DESC
LIMIT :limit;
