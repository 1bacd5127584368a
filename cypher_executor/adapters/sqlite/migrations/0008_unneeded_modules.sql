-- Layout 8: since when nothing needs a module any more. A table of its own: to change a row of `part_modules` would write
-- its module once more.

CREATE TABLE unneeded_modules (
    digest   TEXT PRIMARY KEY REFERENCES part_modules (digest) ON DELETE CASCADE,
    since_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 8;
