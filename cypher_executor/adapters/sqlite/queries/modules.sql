-- name: modules
SELECT m.digest, length(m.module), u.since_us
FROM part_modules AS m LEFT JOIN unneeded_modules AS u USING (digest)
ORDER BY m.digest;

-- name: head_position
SELECT coalesce(max(position), 0) FROM events;

-- name: newest
SELECT CAST(v.digest AS BLOB) FROM parts AS p JOIN part_versions AS v ON v.name = p.name AND v.number = p.current;

-- name: pinned_by_recipes
SELECT DISTINCT CAST(pins AS BLOB) FROM recipe_versions;

-- name: pinned_by_runs
-- How every run began, by the index: what it pins, or all of it where that cannot be told. Few of these differ. As
-- bytes, because what is damaged is no text.
SELECT DISTINCT CASE
    WHEN json_valid(CAST(e.body AS TEXT)) THEN CAST(CAST(e.body AS TEXT) ->> '$.parts' AS BLOB)
    ELSE e.body
END
FROM runs JOIN events AS e ON e.run = runs.number AND e.seq = 1;

-- name: pinned_by_later_runs
-- The same of those that began after a position.
SELECT DISTINCT CASE
    WHEN json_valid(CAST(body AS TEXT)) THEN CAST(CAST(body AS TEXT) ->> '$.parts' AS BLOB)
    ELSE body
END
FROM events WHERE position > ? AND seq = 1;

-- name: pinned_outside
-- Pins that are so many that they are kept as a large value.
SELECT b.body
FROM events AS e JOIN blobs AS b ON b.digest = e.outside ->> '$.parts'
WHERE e.position > ? AND e.seq = 1 AND e.outside IS NOT NULL;

-- name: mark
INSERT OR IGNORE INTO unneeded_modules (digest, since_us) VALUES (?, ?);

-- name: unmark
DELETE FROM unneeded_modules WHERE digest = ?;

-- name: since
SELECT since_us FROM unneeded_modules WHERE digest = ?;

-- name: drop_kept
DELETE FROM kept_parts WHERE digest = ?;

-- name: drop_versions
DELETE FROM part_versions WHERE digest = ?;

-- name: drop_module
DELETE FROM part_modules WHERE digest = ?;
