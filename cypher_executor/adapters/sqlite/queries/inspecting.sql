-- name: counts
SELECT
    (SELECT count(*) FROM runs WHERE state <> 'forgotten'),
    (SELECT count(*) FROM runs WHERE ended_us IS NULL AND NOT imported),
    (SELECT count(*) FROM events);

-- name: quick
PRAGMA quick_check(20);

-- name: integrity
PRAGMA integrity_check(20);

-- name: foreign_keys
PRAGMA foreign_key_check;

-- name: incomplete
SELECT runs.id, 'it has ' || coalesce(has.many, 0) || ' events, numbered ' || coalesce(has.first, 0) || ' to '
    || coalesce(has.last, 0)
FROM runs LEFT JOIN (
    SELECT run, count(*) AS many, min(seq) AS first, max(seq) AS last FROM events GROUP BY run
) AS has ON has.run = runs.number
WHERE runs.state <> 'forgotten' AND (has.run IS NULL OR has.first <> 1 OR has.last <> has.many)
ORDER BY runs.number;

-- name: version_missing
SELECT NULL, 'recipe ' || r.name || ' of ' || r.tenant || ' points at version ' || r.current
FROM recipes AS r
WHERE r.current IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM recipe_versions AS v WHERE v.tenant = r.tenant AND v.name = r.name AND v.version = r.current
);

-- name: version_number
SELECT NULL, 'recipe ' || v.name || ' of ' || v.tenant || ' has version ' || v.version || ', and its last is said to be '
    || coalesce(r.last, 0)
FROM recipe_versions AS v LEFT JOIN recipes AS r ON r.tenant = v.tenant AND r.name = v.name
WHERE coalesce(r.last, 0) < v.version;

-- name: recipe_text_missing
SELECT min(id), 'the text of its recipe ' || digest || ' is not there'
FROM runs
WHERE state <> 'forgotten' AND digest NOT IN (SELECT digest FROM recipe_texts)
GROUP BY digest;

-- name: texts
SELECT digest, text FROM recipe_texts WHERE digest IN (SELECT digest FROM runs WHERE state <> 'forgotten');

-- name: text
SELECT text FROM recipe_texts WHERE digest = ?;

-- name: blobs
SELECT digest, body, EXISTS (SELECT 1 FROM blob_uses WHERE blob_uses.digest = blobs.digest) FROM blobs;

-- name: modules
SELECT digest, module FROM part_modules;

-- name: blob_references
SELECT DISTINCT runs.id, taken_out.value,
    EXISTS (SELECT 1 FROM blobs WHERE digest = taken_out.value),
    EXISTS (SELECT 1 FROM blob_uses WHERE digest = taken_out.value AND run = events.run)
FROM events JOIN runs ON runs.number = events.run,
    json_each(CASE WHEN json_valid(events.outside) THEN events.outside ELSE '{}' END) AS taken_out
WHERE events.outside IS NOT NULL AND runs.state <> 'forgotten';

-- name: runs
SELECT number, id, digest, recipe, version, tenant, parent, started_us, state, ended_us, imported
FROM runs
WHERE number > ? AND state <> 'forgotten'
ORDER BY number
LIMIT ?;
