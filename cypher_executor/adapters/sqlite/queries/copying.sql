-- name: set_up_copy
-- Until the copy is whole nobody knows its name, so its pages need no way back. It is synced when it is committed.
PRAGMA journal_mode = OFF;
PRAGMA synchronous = FULL;

-- name: look
-- A transaction begins to see at its first question.
SELECT count(*) FROM sqlite_schema;

-- name: one_file
PRAGMA journal_mode = DELETE;

-- name: integrity
PRAGMA integrity_check(20);

-- name: counts
SELECT (SELECT count(*) FROM runs WHERE state <> 'forgotten'), (SELECT count(*) FROM events);

-- name: incomplete
-- Every run has the events 1 to n.
SELECT runs.id
FROM runs LEFT JOIN (
    SELECT run, count(*) AS many, min(seq) AS first, max(seq) AS last FROM events GROUP BY run
) AS has ON has.run = runs.number
WHERE runs.state <> 'forgotten' AND (has.run IS NULL OR has.first <> 1 OR has.last <> has.many)
ORDER BY runs.number
LIMIT ?;
