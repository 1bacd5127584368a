-- Layout 5: schedules, and how far each has come.

-- The digest of the version whose schedules stand in `schedules`; NULL: none was looked at yet.
ALTER TABLE recipes ADD COLUMN scheduled TEXT;
CREATE INDEX recipes_scheduled ON recipes (tenant, name) WHERE scheduled IS NOT NULL;

-- One row for each schedule that the current version of a recipe declares. `number` is never given twice, because the
-- service knows a schedule by it while it begins a run.
-- Every time up to `seen_us` has been dealt with: begun, noted in `schedule_fires`, or left out. `next_us` is the first
-- one behind it; NULL when there is none any more, or while the schedule is paused.
-- `fired_us` is the time that was begun last, and `run` its run; the other times are those of the latest such event.
CREATE TABLE schedules (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant     TEXT    NOT NULL,
    recipe     TEXT    NOT NULL,
    node       TEXT    NOT NULL,
    cron       TEXT    NOT NULL,
    timezone   TEXT    NOT NULL,
    overlap    TEXT    NOT NULL,
    catch_up   INTEGER NOT NULL,
    jitter_ms  INTEGER NOT NULL,
    input      BLOB    NOT NULL,
    seen_us    INTEGER NOT NULL,
    next_us    INTEGER,
    paused_us  INTEGER,
    fired_us   INTEGER,
    run        TEXT,
    skipped_us INTEGER,
    missed_us  INTEGER,
    refused_us INTEGER,
    refusal    TEXT,
    UNIQUE (tenant, recipe, node)
) STRICT;

CREATE INDEX schedules_due ON schedules (next_us) WHERE next_us IS NOT NULL;

-- Times that are to begin and have not: later by jitter, behind a run that still goes on, or just now. A row goes in the
-- transaction that notes what became of it; the run that it begins claims the time, so that it begins once.
CREATE TABLE schedule_fires (
    schedule INTEGER NOT NULL REFERENCES schedules (number) ON DELETE CASCADE,
    fire_us  INTEGER NOT NULL,
    begin_us INTEGER NOT NULL,
    made_up  INTEGER NOT NULL,
    PRIMARY KEY (schedule, fire_us)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 5;
