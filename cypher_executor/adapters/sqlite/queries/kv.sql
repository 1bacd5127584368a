-- name: get
SELECT kv.value
FROM kv_spaces AS s JOIN kv ON kv.space = s.number
WHERE s.tenant = :tenant AND s.recipe = :recipe AND kv.key = :key AND (kv.expires_us IS NULL OR kv.expires_us > :now);

-- name: done
SELECT answer FROM kv_done WHERE run = ? AND op = ?;

-- name: note_done
INSERT INTO kv_done (run, op, answer)
SELECT :run, :op, :answer WHERE EXISTS (SELECT 1 FROM runs WHERE id = :run AND ended_us IS NULL);

-- name: make_space
INSERT OR IGNORE INTO kv_spaces (tenant, recipe) VALUES (:tenant, :recipe);

-- name: space
SELECT number, keys, bytes FROM kv_spaces WHERE tenant = :tenant AND recipe = :recipe;

-- name: forget_expired
DELETE FROM kv
WHERE (space, key) IN (
    SELECT space, key FROM kv WHERE expires_us IS NOT NULL AND expires_us <= ? ORDER BY expires_us LIMIT 100
);

-- name: forget_expired_here
DELETE FROM kv WHERE space = ? AND expires_us IS NOT NULL AND expires_us <= ?;

-- name: put
INSERT INTO kv (space, key, value, expires_us) VALUES (?, ?, ?, ?)
ON CONFLICT (space, key) DO UPDATE SET value = excluded.value, expires_us = excluded.expires_us;

-- name: delete
DELETE FROM kv
WHERE key = :key AND space = (SELECT number FROM kv_spaces WHERE tenant = :tenant AND recipe = :recipe)
RETURNING expires_us IS NULL OR expires_us > :now;
