-- Layout 6: API keys. Of a key only its digest is here; one that was revoked stays, so that a service which ever had
-- keys never opens by itself.
CREATE TABLE keys (
    id         TEXT    NOT NULL PRIMARY KEY,
    tenant     TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    scopes     TEXT    NOT NULL,
    digest     BLOB    NOT NULL,
    created_us INTEGER NOT NULL,
    expires_us INTEGER,
    revoked_us INTEGER
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 6;
