-- name: behind
-- Recipes whose schedules are not those of their current version, and those that are no more.
SELECT r.tenant, r.name
FROM recipes AS r JOIN recipe_versions AS v ON v.tenant = r.tenant AND v.name = r.name AND v.version = r.current
WHERE r.scheduled IS NOT v.digest
UNION ALL
SELECT tenant, name FROM recipes INDEXED BY recipes_scheduled WHERE scheduled IS NOT NULL AND current IS NULL;

-- name: digest
SELECT v.digest
FROM recipes AS r JOIN recipe_versions AS v ON v.tenant = r.tenant AND v.name = r.name AND v.version = r.current
WHERE r.tenant = ? AND r.name = ?;

-- name: note_digest
UPDATE recipes SET scheduled = ? WHERE tenant = ? AND name = ?;

-- name: drop_others
DELETE FROM schedules
WHERE tenant = ? AND recipe = ? AND node NOT IN (SELECT value FROM json_each(?));

-- name: same_times
SELECT cron = :cron AND timezone = :timezone FROM schedules
WHERE tenant = :tenant AND recipe = :recipe AND node = :node;

-- name: drop_fires
DELETE FROM schedule_fires
WHERE schedule = (SELECT number FROM schedules WHERE tenant = :tenant AND recipe = :recipe AND node = :node);

-- name: declare
-- A schedule whose times have changed begins anew; one that is paused stays so.
INSERT INTO schedules (tenant, recipe, node, cron, timezone, overlap, catch_up, jitter_ms, input, seen_us, next_us)
VALUES (:tenant, :recipe, :node, :cron, :timezone, :overlap, :catch_up, :jitter_ms, :input, :seen_us, :next_us)
ON CONFLICT (tenant, recipe, node) DO UPDATE SET
    seen_us = iif(cron = :cron AND timezone = :timezone, seen_us, :seen_us),
    next_us = CASE
        WHEN paused_us IS NOT NULL THEN NULL
        WHEN cron = :cron AND timezone = :timezone THEN next_us
        ELSE :next_us
    END,
    cron = :cron, timezone = :timezone, overlap = :overlap, catch_up = :catch_up, jitter_ms = :jitter_ms,
    input = :input;

-- name: next_due
SELECT min(next_us) FROM schedules WHERE next_us IS NOT NULL AND paused_us IS NULL;

-- name: due
SELECT s.*, 0 FROM schedules AS s WHERE next_us <= ? AND paused_us IS NULL ORDER BY next_us LIMIT ?;

-- name: ahead
SELECT s.*, 0 FROM schedules AS s WHERE seen_us > ? AND paused_us IS NULL;

-- name: pass
UPDATE schedules SET
    seen_us = :until_us, next_us = :next_us, missed_us = coalesce(:missed_us, missed_us),
    skipped_us = coalesce(:skipped_us, skipped_us)
WHERE number = :number AND seen_us = :seen_us AND cron = :cron AND timezone = :timezone AND paused_us IS NULL;

-- name: note_fire
INSERT OR IGNORE INTO schedule_fires (schedule, fire_us, begin_us, made_up) VALUES (?, ?, ?, ?);

-- name: fires
SELECT f.schedule, f.fire_us, f.begin_us, f.made_up FROM schedule_fires AS f ORDER BY f.schedule, f.fire_us;

-- name: numbered
SELECT s.*, (SELECT count(*) FROM schedule_fires WHERE schedule = s.number) FROM schedules AS s WHERE number = ?;

-- name: drop_fire
DELETE FROM schedule_fires WHERE schedule = :number AND fire_us = :fire_us;

-- name: begun
UPDATE schedules SET fired_us = :fire_us, run = :run, refused_us = NULL, refusal = NULL WHERE number = :number;

-- name: skipped
UPDATE schedules SET skipped_us = :fire_us WHERE number = :number;

-- name: refused
UPDATE schedules SET refused_us = :fire_us, refusal = :refusal WHERE number = :number;

-- name: one
SELECT s.*, (SELECT count(*) FROM schedule_fires WHERE schedule = s.number) FROM schedules AS s
WHERE tenant = ? AND recipe = ? AND node = ?;

-- name: list
SELECT s.*, (SELECT count(*) FROM schedule_fires WHERE schedule = s.number) FROM schedules AS s
WHERE tenant = :tenant AND (recipe, node) > (:after_recipe, :after_node)
    AND (recipe, node) >= (coalesce(:recipe, ''), '') AND (:recipe IS NULL OR recipe = :recipe)
ORDER BY recipe, node
LIMIT :limit;

-- name: pause
UPDATE schedules SET paused_us = ?, next_us = NULL
WHERE tenant = ? AND recipe = ? AND node = ? AND paused_us IS NULL;

-- name: resume
UPDATE schedules SET paused_us = NULL, seen_us = :seen_us, next_us = :next_us
WHERE number = :number AND paused_us IS NOT NULL AND cron = :cron AND timezone = :timezone;
