-- name: put
INSERT INTO secrets (tenant, name, key_id, nonce, sealed, hosts, changed_us) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant, name) DO UPDATE SET
    key_id = excluded.key_id, nonce = excluded.nonce, sealed = excluded.sealed, hosts = excluded.hosts,
    changed_us = excluded.changed_us;

-- name: replace
UPDATE secrets SET key_id = ?, nonce = ?, sealed = ? WHERE tenant = ? AND name = ? AND nonce = ?;

-- name: find
SELECT tenant, name, key_id, nonce, sealed, hosts, changed_us
FROM secrets
WHERE tenant = ? AND name IN (SELECT value FROM json_each(?));

-- name: of_tenant
SELECT tenant, name, key_id, nonce, sealed, hosts, changed_us FROM secrets WHERE tenant = ? ORDER BY name;

-- name: all
SELECT tenant, name, key_id, nonce, sealed, hosts, changed_us FROM secrets ORDER BY tenant, name;

-- name: delete
DELETE FROM secrets WHERE tenant = ? AND name = ?;
