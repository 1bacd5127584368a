-- name: layout
PRAGMA user_version;

-- name: set_up
-- NORMAL: a power cut may take the last commits, rows and position together; the follower then begins where that is.
-- Checkpoints are rare: each syncs, and the journal's own syncs would wait for that.
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA cache_size = -32000;
PRAGMA mmap_size = 268435456;
PRAGMA journal_size_limit = 67108864;
PRAGMA wal_autocheckpoint = 16000;

-- name: only_read
PRAGMA query_only = ON;
PRAGMA cache_size = -16000;
PRAGMA mmap_size = 268435456;

-- name: schema
-- The graph, made from the journal and made again when it is lost: nothing here is the only copy of anything.
-- `tenant` '': everybody's; NULL: nobody's. `more`: the labels behind the first one as a JSON list, or ''. `body`: the
-- properties as JSON. The columns between them repeat properties that questions begin with.
CREATE TABLE nodes (
    id         INTEGER PRIMARY KEY,
    label      TEXT NOT NULL,
    key        TEXT NOT NULL,
    tenant     TEXT,
    more       TEXT NOT NULL,
    name       TEXT,
    part       TEXT,
    state      TEXT,
    started_us INTEGER,
    ended_us   INTEGER,
    body       BLOB NOT NULL,
    UNIQUE (label, key)
) STRICT;
-- What is counted by state or by name is counted in these alone.
CREATE INDEX nodes_by_name ON nodes (label, tenant, name, started_us) WHERE name IS NOT NULL;
CREATE INDEX nodes_by_state ON nodes (label, tenant, state, ended_us) WHERE state IS NOT NULL;
CREATE INDEX nodes_by_start ON nodes (label, tenant, started_us, state) WHERE started_us IS NOT NULL;
CREATE INDEX nodes_by_end ON nodes (label, tenant, ended_us, state) WHERE ended_us IS NOT NULL;
CREATE INDEX nodes_by_part ON nodes (part) WHERE label = 'Node';
CREATE INDEX nodes_with_tags ON nodes (tenant) WHERE label = 'Node' AND more <> '';

-- The key tells several of one type between the same two nodes apart.
CREATE TABLE relationships (
    id    INTEGER PRIMARY KEY,
    start INTEGER NOT NULL REFERENCES nodes (id),
    type  TEXT    NOT NULL,
    end   INTEGER NOT NULL REFERENCES nodes (id),
    key   TEXT    NOT NULL,
    body  BLOB,
    UNIQUE (start, type, end, key)
) STRICT;
CREATE INDEX relationships_by_end ON relationships (end, type);

CREATE TABLE positions (
    source   TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 1;

-- name: position
SELECT position FROM positions WHERE source = ?;

-- name: begin_source
INSERT INTO positions (source, position) VALUES (?, 0) ON CONFLICT (source) DO UPDATE SET position = 0;

-- name: advance
UPDATE positions SET position = ? WHERE source = ? AND position = ?;

-- name: empty
DELETE FROM relationships;
DELETE FROM nodes;
DELETE FROM positions;

-- name: begin
BEGIN IMMEDIATE;

-- name: commit
COMMIT;

-- name: rollback
ROLLBACK;

-- name: known
SELECT id, tenant, more, body FROM nodes WHERE label = ? AND key = ?;

-- name: insert_node
INSERT INTO nodes (label, key, tenant, more, name, part, state, started_us, ended_us, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: update_node
UPDATE nodes SET more = ?, name = ?, part = ?, state = ?, started_us = ?, ended_us = ?, body = ? WHERE id = ?;

-- name: put_relationship
INSERT INTO relationships (start, type, end, key, body) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (start, type, end, key) DO UPDATE SET body = excluded.body;

-- name: of_run
-- What belongs to one run: itself, its steps, their attempts.
SELECT id FROM nodes WHERE label = 'Run' AND key = :run
UNION ALL SELECT id FROM nodes WHERE label IN ('Step', 'Attempt') AND key >= :run || '/' AND key < :run || '0';

-- name: drop_relationships
DELETE FROM relationships WHERE start = :id OR end = :id;

-- name: drop_node
DELETE FROM nodes WHERE id = :id;

-- name: runs_behind
SELECT key FROM nodes WHERE label = 'Run' AND key > ? ORDER BY key LIMIT ?;

-- name: begin_reading
BEGIN;

-- name: end_reading
ROLLBACK;

-- name: look
-- A transaction begins to see at its first question.
SELECT count(*) FROM positions;

-- name: node
SELECT id, label, key, more, name, state, body FROM nodes
WHERE id = :id AND tenant IN ('', :tenant)

-- name: relationship
SELECT r.id, r.type, r.start, r.end, r.body FROM relationships AS r
JOIN nodes AS s ON s.id = r.start JOIN nodes AS e ON e.id = r.end
WHERE r.id = :id AND s.tenant IN ('', :tenant) AND e.tenant IN ('', :tenant);

-- name: leaving
-- With the node at the other end, which is asked for next.
SELECT r.id, r.type, r.start, r.end, r.body, n.id, n.label, n.key, n.more, n.name, n.state, n.body
FROM relationships AS r JOIN nodes AS n ON n.id = r.end
WHERE r.start = :id AND n.tenant IN ('', :tenant)

-- name: entering
SELECT r.id, r.type, r.start, r.end, r.body, n.id, n.label, n.key, n.more, n.name, n.state, n.body
FROM relationships AS r JOIN nodes AS n ON n.id = r.start
WHERE r.end = :id AND n.tenant IN ('', :tenant)

-- name: of_types
AND r.type IN (SELECT value FROM json_each(:types))

-- name: of_type
AND r.type = :type

-- name: count_nodes
SELECT count(*) FROM nodes
WHERE (:label IS NULL OR label = :label) AND tenant IN ('', :tenant);

-- name: count_relationships
SELECT count(*) FROM relationships AS r
JOIN nodes AS s ON s.id = r.start JOIN nodes AS e ON e.id = r.end
WHERE (:type IS NULL OR r.type = :type)
    AND s.tenant IN ('', :tenant) AND e.tenant IN ('', :tenant);

-- name: nodes
-- Followed by what is asked for; SQLite chooses the index. All of it is looked at again by the query.
SELECT id, label, key, more, name, state, body FROM nodes
WHERE true

-- name: tagged
SELECT id, label, key, more, name, state, body FROM nodes
WHERE label = 'Node' AND more <> '' AND tenant = :tenant;

-- name: count
SELECT count(*) FROM nodes
WHERE true

-- name: count_by_name
SELECT name, count(*) FROM nodes
WHERE true

-- name: count_by_part
SELECT part, count(*) FROM nodes
WHERE true

-- name: count_by_state
SELECT state, count(*) FROM nodes
WHERE true

-- name: count_by_name_and_state
SELECT name, state, count(*) FROM nodes
WHERE true

-- name: by_name
GROUP BY name

-- name: by_part
GROUP BY part

-- name: by_state
GROUP BY state

-- name: by_name_and_state
GROUP BY name, state

-- name: of_label
AND label = :label AND tenant = :tenant

-- name: of_shared_label
AND label = :label AND tenant = ''

-- name: of_stateful_labels
AND label IN ('Run', 'Step', 'Attempt') AND tenant = :tenant

-- name: of_any_label
AND tenant IN ('', :tenant)

-- name: of_ids
AND id IN (SELECT value FROM json_each(:of_ids))

-- name: of_keys
AND key IN (SELECT value FROM json_each(:of_keys))

-- name: of_names
AND name IN (SELECT value FROM json_each(:of_names))

-- name: of_node_parts
AND label = 'Node' AND part IN (SELECT value FROM json_each(:of_node_parts))

-- name: of_states
AND state IN (SELECT value FROM json_each(:of_states))

-- name: started_after
AND started_us > :started_after

-- name: started_from
AND started_us >= :started_from

-- name: started_before
AND started_us < :started_before

-- name: started_until
AND started_us <= :started_until

-- name: ended_after
AND ended_us > :ended_after

-- name: ended_from
AND ended_us >= :ended_from

-- name: ended_before
AND ended_us < :ended_before

-- name: ended_until
AND ended_us <= :ended_until

-- name: reached
-- Hosts and secrets belong to nobody: they are there for whoever has something that reaches or sends them.
AND (label NOT IN ('Host', 'Secret') OR EXISTS (
    SELECT 1 FROM relationships AS r JOIN nodes AS n ON n.id = r.start
    WHERE r.end = nodes.id AND n.tenant IN ('', :tenant)
))
