-- name: kinds
SELECT DISTINCT tenant, recipe, state FROM runs WHERE ended_us IS NOT NULL AND state <> 'forgotten';

-- name: count
SELECT count(*) FROM runs
WHERE tenant = ? AND recipe IS ? AND state = ? AND ended_us IS NOT NULL AND NOT imported;

-- name: oldest
SELECT ended_us, number FROM runs
WHERE tenant = ? AND recipe IS ? AND state = ? AND (ended_us, number) > (?, ?) AND ended_us IS NOT NULL
    AND NOT imported
ORDER BY ended_us, number
LIMIT ?;

-- name: half_forgotten
SELECT number FROM runs WHERE tenant = '' AND state = 'forgotten' ORDER BY number;

-- name: walk_events
SELECT kind, body FROM events WHERE run = ?;

-- name: walk_blobs
SELECT body FROM blobs JOIN blob_uses USING (digest) WHERE blob_uses.run = ?;

-- name: state
SELECT state FROM runs WHERE number = ?;

-- name: give_up
-- Never an open run, one that an open run names as its child, or one whose key is still remembered.
UPDATE runs SET id = 'forgotten ' || number, tenant = '', recipe = NULL, parent = NULL, state = 'forgotten'
WHERE number = :number AND ended_us IS NOT NULL AND NOT imported
    AND NOT EXISTS (
        SELECT 1 FROM runs AS above
        WHERE above.id = runs.parent AND above.ended_us IS NULL AND NOT above.imported
    )
    AND NOT EXISTS (
        SELECT 1 FROM children JOIN runs AS above ON above.number = children.parent
        WHERE children.child = runs.id AND above.ended_us IS NULL AND NOT above.imported
    )
    AND NOT EXISTS (SELECT 1 FROM claims WHERE claims.run = runs.number AND claims.expires_us > :now_us);

-- name: drop_claims
DELETE FROM claims WHERE run = ?;

-- name: recipe_of
SELECT digest FROM runs WHERE number = ?;

-- name: drop_some_events
DELETE FROM events WHERE position IN (SELECT position FROM events WHERE run = ? ORDER BY seq DESC LIMIT 20);

-- name: a_blob
SELECT digest FROM blob_uses WHERE run = ? LIMIT 1;

-- name: drop_use
DELETE FROM blob_uses WHERE digest = ? AND run = ?;

-- name: drop_unused_blob
DELETE FROM blobs WHERE digest = :digest AND NOT EXISTS (SELECT 1 FROM blob_uses WHERE digest = :digest);

-- name: drop_run
DELETE FROM runs WHERE number = ?;

-- name: drop_text
-- A recipe's text goes with the last run and the last stored version that has it.
DELETE FROM recipe_texts
WHERE digest = :digest
    AND NOT EXISTS (SELECT 1 FROM runs WHERE digest = :digest)
    AND NOT EXISTS (SELECT 1 FROM recipe_versions WHERE digest = :digest);

-- name: old_claim
SELECT 1 FROM claims WHERE expires_us <= ? LIMIT 1;

-- name: forget_claims
DELETE FROM claims WHERE (scope, key) IN (
    SELECT scope, key FROM claims WHERE expires_us <= ? ORDER BY expires_us LIMIT 200
);
