-- name: last_version
SELECT last FROM recipes WHERE tenant = ? AND name = ?;

-- name: version_of_text
SELECT version FROM recipe_versions WHERE tenant = ? AND name = ? AND digest = ? AND text = ? AND pins = ?;

-- name: set_bill
UPDATE recipe_versions SET bill = ? WHERE tenant = ? AND name = ? AND version = ?;

-- name: insert_version
INSERT INTO recipe_versions (tenant, name, version, digest, text, created_us, pins, bill)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: insert_text
INSERT OR IGNORE INTO recipe_texts (digest, text) VALUES (?, ?);

-- name: set_current
INSERT INTO recipes (tenant, name, current, last) VALUES (:tenant, :name, :version, :version)
ON CONFLICT (tenant, name) DO UPDATE SET current = :version, last = max(last, :version);

-- name: version
SELECT tenant, name, version, digest, text, created_us, pins, bill
FROM recipe_versions
WHERE tenant = ? AND name = ? AND version = ?;

-- name: versions
SELECT tenant, name, version, digest, text, created_us, pins, bill
FROM recipe_versions
WHERE tenant = ? AND name = ?
ORDER BY version;

-- name: current
SELECT v.tenant, v.name, v.version, v.digest, v.text, v.created_us, v.pins, v.bill
FROM recipes AS r JOIN recipe_versions AS v ON v.tenant = r.tenant AND v.name = r.name AND v.version = r.current
WHERE r.tenant = ? AND r.name = ?;

-- name: tenants
SELECT DISTINCT tenant FROM recipes WHERE current IS NOT NULL ORDER BY tenant;

-- name: list_current
SELECT v.tenant, v.name, v.version, v.digest, v.text, v.created_us, v.pins, v.bill
FROM recipes AS r JOIN recipe_versions AS v ON v.tenant = r.tenant AND v.name = r.name AND v.version = r.current
WHERE r.tenant = ?
ORDER BY r.name;

-- name: using
SELECT v.tenant, v.name, v.version, v.digest, v.text, v.created_us, v.pins, v.bill
FROM recipes AS r JOIN recipe_versions AS v ON v.tenant = r.tenant AND v.name = r.name AND v.version = r.current
WHERE EXISTS (SELECT 1 FROM json_each(v.pins) WHERE key = ?)
ORDER BY r.name;

-- name: forget_name
UPDATE recipes SET current = NULL WHERE tenant = ? AND name = ? AND current IS NOT NULL;

-- name: delete_versions
DELETE FROM recipe_versions WHERE tenant = ? AND name = ?;

-- name: text
SELECT text FROM recipe_texts WHERE digest = ?;
