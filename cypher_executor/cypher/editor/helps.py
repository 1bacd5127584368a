"""One line for every word of the language that is neither a function nor a part. Tests compare the keys with the
tables that the planner reads, so that none is missing and none is left over."""

from __future__ import annotations

from collections.abc import Mapping

RESERVED: Mapping[str, tuple[str, str]] = {
    "retry": ("map", "Try again after a failure: {attempts: 3, delay: '1s', factor: 2.0, max_delay: '1m'}."),
    "timeout": ("duration", "How long one attempt may take; of a part that waits, how long it waits."),
    "deadline": ("duration", "How long all attempts together may take."),
    "join": ("'all', 'any', 'settled' or a number", "How many of the relationships that enter must be taken."),
    "for_each": ("list", "Run once for each item of this list; the output is the list of outputs."),
    "as": ("text", "What `for_each` calls the item."),
    "concurrency": ("integer", "How many items of `for_each` are under way at once."),
    "on_item_fail": ("'stop' or 'collect'", "What a failing item of `for_each` does."),
    "repeat": ("map", "Run again until something is true: {until: name.done, every: '5s', times: 20}."),
    "cache": ("duration", "How long an output is used again for an equal input; for parts without effects."),
    "concurrency_key": ("expression", "Steps with the same value share `concurrency_limit`, in all runs."),
    "concurrency_limit": ("integer", "How many steps of this node are under way at once, in all runs."),
}
RETRY: Mapping[str, tuple[str, str]] = {
    "attempts": ("integer", "How many attempts there are, the first included."),
    "delay": ("duration", "How long to wait before the second attempt; without it a second."),
    "factor": ("number", "By how much the delay grows with each attempt; without it 2."),
    "max_delay": ("duration", "The longest delay; without it a minute."),
    "jitter": ("boolean", "Whether half of each delay is random; without it true."),
    "on": ("list of texts", "The failure codes that are tried again; without it whatever is marked as retryable."),
}
REPEAT: Mapping[str, tuple[str, str]] = {
    "until": ("expression", "When this is true of the latest output, the step has succeeded."),
    "every": ("duration", "How long to wait between turns; without it a second."),
    "times": ("integer", "How many turns there are at most; without it 100."),
}
RECIPE: Mapping[str, tuple[str, str]] = {
    "name": ("text", "What the recipe is called."),
    "description": ("text", "What the recipe does, for people."),
    "timeout": ("duration", "How long a run may take."),
    "fail_fast": ("boolean", "Whether one failure that nothing handles cancels the other branches."),
    "max_runs": ("integer", "How many runs of this recipe there may be at once; more are refused."),
    "concurrency_limit": ("integer", "How many runs of this recipe are under way at once; more wait for their turn."),
    "concurrency_key": (
        "expression",
        "Runs with the same value share `concurrency_limit`. It may read $input and $trigger.",
    ),
    "grants": ("map", "What the parts may reach: {http: ['https://api.example.com/*'], secrets: ['NAME'], kv: true}."),
    "input": ("map", "A JSON Schema that the input of a run must fit."),
}
GRANTS: Mapping[str, tuple[str, str]] = {
    "http": ("list of texts", "Addresses, like 'https://api.example.com/*'."),
    "secrets": ("list of texts", "Names of secrets, or a map of names to the addresses that they may be sent to."),
    "kv": ("boolean", "The key-value store."),
    "callback": ("boolean", "Waiting for callbacks from within parts."),
}
WEBHOOK: Mapping[str, tuple[str, str]] = {
    "path": ("text", "Where it is called: below /hooks/."),
    "method": ("text or list of texts", "'POST' without it; one, several, or 'ANY'."),
    "auth": ("'none', 'key' or 'hmac'", "Who may call it; 'key' without it."),
    "secret": ("text", "The name of the secret that deliveries are signed with."),
    "signature": ("'standard', 'github' or 'stripe'", "The form of the signature; Standard Webhooks without it."),
    "tolerance": ("duration", "How old a signed delivery may be; five minutes without it."),
    "respond": ("'accepted' or 'result'", "Whether the caller gets the id of the run at once, or its result."),
}
CRON: Mapping[str, tuple[str, str]] = {
    "schedule": ("text", "Five fields, like '30 6 * * MON-FRI', or a word like '@daily'."),
    "timezone": ("text", "The zone that it is read in, like 'Europe/Zurich'; UTC without it."),
    "overlap": ("'skip', 'queue' or 'allow'", "What happens while the last run still goes on; 'skip' without it."),
    "catch_up": ("boolean, text or integer", "How many missed times are made up for: none without it, true for one."),
    "jitter": ("duration", "By how much a start may be late, so that not all come at once."),
    "input": ("map", "The input of the runs."),
}
TRIGGERS: Mapping[str, tuple[str, str]] = {
    "webhook": ("trigger", "Starts the recipe when its address is called."),
    "cron": ("trigger", "Starts the recipe at certain times."),
}
TYPES: Mapping[str, tuple[str, str]] = {
    "ON_SUCCESS": ("relationship", "Taken when the source has succeeded."),
    "ON_FAIL": ("relationship", "Taken when the source has failed for good, and handles the failure."),
    "ON_COMPLETE": ("relationship", "Taken when the source has succeeded, failed or was cancelled."),
    "FOR_EACH": ("relationship", "Opens a loop: what it leads to runs once for each item of a list."),
    "COLLECT": ("relationship", "Closes a loop: taken when all of its items have ended."),
    "STARTS": ("relationship", "From a trigger to the node that it begins with."),
}
WAYS: Mapping[str, tuple[str, str]] = {
    "when": ("expression", "Taken only if this is true."),
    "branch": ("text", "Taken only if the source's output has this branch."),
    "otherwise": ("boolean", "Taken only if no sibling with `when` or `branch` was."),
}
LOOPS: Mapping[str, tuple[str, str]] = {
    "in": ("list", "What the loop goes over."),
    "item": ("text", "What the item is called in the loop; its place is then called with `_index` behind it."),
    "concurrency": ("integer", "How many items are under way at once."),
    "on_fail": ("'stop' or 'collect'", "What a failure in an item does."),
}
CLAUSES: Mapping[str, tuple[str, str]] = {
    "CREATE": ("clause", "Draws nodes and relationships."),
    "MERGE": ("clause", "The same as CREATE here."),
    "RETURN": ("clause", "What a run gives."),
}
NESTED: Mapping[tuple[str, str], Mapping[str, tuple[str, str]]] = {
    ("node", "retry"): RETRY,
    ("node", "repeat"): REPEAT,
    ("recipe", "grants"): GRANTS,
}
"""Settings that are maps, by what they are given to and their name."""

VALUES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("node", "join"): ("all", "any", "settled"),
    ("node", "on_item_fail"): ("stop", "collect"),
    ("relationship", "on_fail"): ("stop", "collect"),
    ("webhook", "method"): ("DELETE", "GET", "PATCH", "POST", "PUT", "ANY"),
    ("webhook", "auth"): ("none", "key", "hmac"),
    ("webhook", "signature"): ("standard", "github", "stripe"),
    ("webhook", "respond"): ("accepted", "result"),
    ("cron", "overlap"): ("skip", "queue", "allow"),
    ("cron", "catch_up"): ("none", "last", "all"),
}
"""The texts that a setting may be."""
BOOLEANS = frozenset({("recipe", "fail_fast"), ("relationship", "otherwise"), ("cron", "catch_up")})
