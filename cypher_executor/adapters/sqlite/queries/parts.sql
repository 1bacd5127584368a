-- name: kept
SELECT part FROM kept_parts;

-- name: versions
SELECT number, part, made, created_us FROM part_versions ORDER BY name, number;

-- name: current
SELECT name, current FROM parts WHERE current IS NOT NULL;

-- name: module
SELECT module FROM part_modules WHERE digest = ?;

-- name: put_module
INSERT INTO part_modules (digest, module) VALUES (:digest, :module)
ON CONFLICT (digest) DO UPDATE SET module = :module;

-- name: keep
INSERT OR REPLACE INTO kept_parts (name, digest, part) VALUES (?, ?, ?);

-- name: last_number
SELECT last FROM parts WHERE name = ?;

-- name: put_version
INSERT INTO part_versions (name, number, digest, part, made, created_us) VALUES (?, ?, ?, ?, ?, ?);

-- name: set_current
INSERT INTO parts (name, current, last) VALUES (:name, :number, :number)
ON CONFLICT (name) DO UPDATE SET current = :number, last = :number;

-- name: forget_name
UPDATE parts SET current = NULL WHERE name = ? AND current IS NOT NULL;

-- name: unneeded
SELECT digest FROM unneeded_modules;

-- name: needed
DELETE FROM unneeded_modules WHERE digest = ?;
