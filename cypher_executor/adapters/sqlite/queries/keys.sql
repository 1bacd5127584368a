-- name: add
INSERT INTO keys (id, tenant, name, scopes, digest, created_us, expires_us) VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: revoke
UPDATE keys SET revoked_us = ? WHERE id = ? AND revoked_us IS NULL;

-- name: all
SELECT id, tenant, name, scopes, digest, created_us, expires_us, revoked_us FROM keys ORDER BY created_us, id;

-- name: any
SELECT EXISTS (SELECT 1 FROM keys);
