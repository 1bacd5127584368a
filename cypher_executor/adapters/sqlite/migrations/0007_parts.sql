-- Layout 7: parts that were brought to a running service, and the modules that stored recipes and runs go on using.

-- Content-addressed: the digest is that of the bytes.
CREATE TABLE part_modules (
    digest TEXT PRIMARY KEY,
    module BLOB NOT NULL
) STRICT;

-- `current` NULL: the name was deleted. The row stays for `last`, so that a number never means two versions.
CREATE TABLE parts (
    name    TEXT PRIMARY KEY,
    current INTEGER,
    last    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- `part` is the part as JSON, `made`: it came without a manifest of its own.
CREATE TABLE part_versions (
    name       TEXT    NOT NULL,
    number     INTEGER NOT NULL,
    digest     TEXT    NOT NULL REFERENCES part_modules (digest),
    part       TEXT    NOT NULL,
    made       INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    PRIMARY KEY (name, number)
) STRICT;

-- Parts from other places (those that ship, folders, S3) as they were when something began to need them.
CREATE TABLE kept_parts (
    name   TEXT NOT NULL,
    digest TEXT NOT NULL REFERENCES part_modules (digest),
    part   TEXT NOT NULL,
    PRIMARY KEY (name, digest)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 7;
