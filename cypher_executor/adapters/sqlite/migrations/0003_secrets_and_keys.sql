-- Layout 3: secrets, sealed before they come here, and the key-value store of recipes.

-- `hosts` is a JSON list of patterns: where the operator lets the secret go; empty means wherever a recipe grants it.
CREATE TABLE secrets (
    tenant     TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    key_id     TEXT    NOT NULL,
    nonce      BLOB    NOT NULL,
    sealed     BLOB    NOT NULL,
    hosts      TEXT    NOT NULL,
    changed_us INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;

-- `space` is a number, so that the tables and their indexes do not repeat the names of recipes.
CREATE TABLE kv_spaces (
    number INTEGER PRIMARY KEY,
    tenant TEXT    NOT NULL,
    recipe TEXT    NOT NULL,
    keys   INTEGER NOT NULL DEFAULT 0,
    bytes  INTEGER NOT NULL DEFAULT 0,
    UNIQUE (tenant, recipe)
) STRICT;

CREATE TABLE kv (
    space      INTEGER NOT NULL REFERENCES kv_spaces (number),
    key        TEXT    NOT NULL,
    value      BLOB    NOT NULL,
    expires_us INTEGER,
    PRIMARY KEY (space, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX kv_by_expiry ON kv (expires_us) WHERE expires_us IS NOT NULL;

-- How much a space holds, kept as it changes: a limit must not cost a count of everything.
CREATE TRIGGER kv_in AFTER INSERT ON kv BEGIN
    UPDATE kv_spaces SET keys = keys + 1, bytes = bytes + octet_length(NEW.key) + octet_length(NEW.value)
    WHERE number = NEW.space;
END;
CREATE TRIGGER kv_changed AFTER UPDATE OF value ON kv BEGIN
    UPDATE kv_spaces SET bytes = bytes + octet_length(NEW.value) - octet_length(OLD.value) WHERE number = NEW.space;
END;
CREATE TRIGGER kv_out AFTER DELETE ON kv BEGIN
    UPDATE kv_spaces SET keys = keys - 1, bytes = bytes - octet_length(OLD.key) - octet_length(OLD.value)
    WHERE number = OLD.space;
END;

-- Which changes were carried out, and their answers: a change that is asked for again after a crash is not made again.
-- Nobody asks again for what a run did that has ended.
CREATE TABLE kv_done (
    run    TEXT    NOT NULL,
    op     TEXT    NOT NULL,
    answer INTEGER NOT NULL,
    PRIMARY KEY (run, op)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER kv_done_ended AFTER UPDATE OF ended_us ON runs WHEN NEW.ended_us IS NOT NULL BEGIN
    DELETE FROM kv_done WHERE run = NEW.id;
END;
CREATE TRIGGER kv_done_gone AFTER DELETE ON runs BEGIN
    DELETE FROM kv_done WHERE run = OLD.id;
END;

PRAGMA user_version = 3;
