"""Every code that the service answers with: its status, its title, and what to do about it.

Codes are part of the interface: added to, never changed. One that the rest of the house begins to raise, and that is
not here yet, has the status of its class (`problems.kind_of`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class Kind:
    """What all problems of one code have in common."""

    status: int
    title: str
    remedy: str | None = None
    """What to do about it, where the error itself does not say."""


KINDS: Mapping[str, Kind] = {
    # how the request was sent
    "http_invalid": Kind(400, "This is not HTTP"),
    "headers_too_large": Kind(431, "The request line and headers are too large"),
    "headers_too_slow": Kind(408, "The headers did not arrive in time"),
    "header_invalid": Kind(400, "A header has a value that it cannot have"),
    "path_invalid": Kind(400, "The path is not valid"),
    "query_invalid": Kind(400, "The query string is not valid"),
    "encoding_unsupported": Kind(
        415, "Compressed bodies are not read", "send the body as it is, without Content-Encoding"
    ),
    "media_type_unsupported": Kind(415, "A body of this type is not read here"),
    "body_too_large": Kind(
        413, "The body is too large", "send less: the setting CYPHER_EXECUTOR_MAX_BODY_KB raises the limit"
    ),
    "body_too_slow": Kind(408, "The body did not arrive in time"),
    "multipart_invalid": Kind(400, "The form cannot be read", "send `module` and `manifest` as multipart/form-data"),
    "text_invalid": Kind(400, "The body is not UTF-8 text"),
    "json_invalid": Kind(400, "The body is not JSON"),
    "json_duplicate_key": Kind(400, "A key stands twice in one object"),
    "json_too_deep": Kind(400, "The body is nested too deeply"),
    "number_out_of_range": Kind(400, "A number is out of range"),
    # who asks, and for what
    "key_missing": Kind(
        401, "A key is needed", "send it as Authorization: Bearer cx_..., or as X-API-Key; an administrator makes keys"
    ),
    "key_invalid": Kind(401, "The key opens nothing", "ask an administrator for another one"),
    "scope_missing": Kind(403, "The key may not do this", "use a key that has the scope, or ask for one"),
    "unknown_key": Kind(404, "There is no such key", "GET /keys lists them"),
    "scope_invalid": Kind(422, "There is no such scope"),
    "first_key_not_admin": Kind(422, "The first key must be an administrator's"),
    "tenant_refused": Kind(403, "Keys of another tenant are not yours to make"),
    "host_refused": Kind(403, "The service does not answer under this name"),
    "origin_refused": Kind(403, "Another site's page may not do this"),
    "unknown_route": Kind(404, "There is nothing at this path", "GET /openapi.json lists every path"),
    "method_not_allowed": Kind(405, "This method is not allowed here"),
    # what is asked
    "request_invalid": Kind(422, "The request does not fit"),
    "recipe_invalid": Kind(
        422, "The recipe has problems", "mend what `diagnostics` lists; POST /check tells the same without storing"
    ),
    "recipe_too_large": Kind(413, "The recipe is too large"),
    "invalid_name": Kind(422, "This cannot be a name"),
    "name_missing": Kind(
        422, "The recipe has no name", "write (:Recipe {name: '...'}) into the recipe, or give ?name=..."
    ),
    "name_mismatch": Kind(422, "The recipe has two names"),
    "input_invalid": Kind(422, "The input does not fit the recipe", "GET /recipes/{name} shows the `input_schema`"),
    "idempotency_conflict": Kind(
        422, "The idempotency key was used for something else", "use a new key for another request"
    ),
    "expression_error": Kind(422, "An expression cannot be evaluated"),
    "query_text_invalid": Kind(422, "This query is not answered", "mend what `diagnostics` lists"),
    "parameter_missing": Kind(422, "The query needs a value that was not given", "give it in `parameters`"),
    "budget_used_up": Kind(
        422, "The query is too much work", "begin at something: a name, an id, a state, a time; or ask for less"
    ),
    "policy_violated": Kind(422, "A policy forbids this recipe", "GET /policies lists every policy"),
    "no_runs_returned": Kind(422, "The query gives no runs"),
    "too_many_found": Kind(422, "The query finds too many runs"),
    "selection_changed": Kind(409, "The query finds other runs than before"),
    "module_refused": Kind(422, "The module may not be admitted"),
    "compile_limit": Kind(422, "Compiling the module takes too much"),
    "manifest_invalid": Kind(422, "The manifest is wrong"),
    "part_name_taken": Kind(409, "The name belongs to another part", "take another name"),
    "approval_needed": Kind(
        409,
        "The part asks for grants that nobody has given it",
        "look at what it asks for; if it may have that, send it again with `?approve=1` or `--approve` (scope `admin`)",
    ),
    "part_in_use": Kind(409, "Recipes use the part"),
    "part_without_module": Kind(422, "The part runs in the engine"),
    "trial_too_long": Kind(422, "The trial took too long"),
    "not_found": Kind(404, "There is no such thing"),
    "unknown_recipe": Kind(404, "There is no such recipe", "GET /recipes lists every name"),
    "unknown_version": Kind(404, "There is no such version of the recipe", "GET /recipes/{name}/versions lists them"),
    "unknown_run": Kind(404, "There is no such run", "GET /runs lists them, newest first"),
    "unknown_step": Kind(404, "There is no such step", "GET /runs/{id} lists every step"),
    "unknown_part": Kind(404, "There is no such part", "GET /parts lists every name"),
    "unknown_part_version": Kind(404, "There is no such version of the part", "GET /parts/{name}/versions lists them"),
    "unknown_secret": Kind(404, "There is no such secret", "GET /secrets lists every name"),
    "signature_missing": Kind(401, "The delivery is not signed"),
    "signature_invalid": Kind(401, "The signature does not fit", "sign the raw body with the secret of the hook"),
    "delivery_expired": Kind(401, "The delivery is too old or too new", "send it anew, with the time of sending"),
    "unknown_hook": Kind(404, "There is no such hook", "GET /recipes/{name} lists the `hooks` of a recipe"),
    "unknown_schedule": Kind(404, "There is no such schedule", "GET /schedules lists every schedule"),
    "hook_taken": Kind(409, "Another recipe has this hook", "give the hook another path or method"),
    "reaches_more": Kind(
        409,
        "The recipe would reach more than before",
        "look at what is new in `more`; if it may, send the same again with `?allow=1`, or with `allow` in JSON",
    ),
    "hook_secret_unusable": Kind(
        503, "The secret of the hook cannot be used", "store it: cypher-executor secrets set NAME"
    ),
    "unknown_wait": Kind(404, "Nobody waits under this address", "GET /waits lists every wait with its address"),
    "wait_over": Kind(410, "The wait is over", "GET /runs/{id} tells what became of its run"),
    "callback_misfit": Kind(
        422, "The body is not what is waited for", "send what fits the `schema` of the wait; it goes on until then"
    ),
    "conflict": Kind(409, "This contradicts what is there"),
    "run_ended": Kind(409, "The run has ended"),
    "fork_misfit": Kind(422, "The run cannot be forked like this"),
    "value_missing": Kind(
        422, "A value that is needed is not there", "name a run in `values_from` that has it, or run that node, too"
    ),
    "selection_invalid": Kind(422, "The query selects no part of the recipe"),
    "nothing_runs": Kind(422, "Nothing of what is selected would be run"),
    "origin_too_large": Kind(422, "The results of the run are too large for another one"),
    "run_not_ended": Kind(409, "The run has not ended", "wait for its end, or cancel it first"),
    "run_succeeded": Kind(409, "The run has succeeded", "start a new run: POST /runs"),
    "run_not_paused": Kind(409, "Nobody paused the run", "GET /runs/{id} tells what it waits for"),
    "keys_are_given": Kind(409, "The keys of the secrets belong to the operator"),
    # the service itself
    "unavailable": Kind(503, "Not now", "ask again after Retry-After, with the same Idempotency-Key"),
    "too_many_waiting": Kind(503, "Too many callers wait", "ask again after Retry-After"),
    "too_many_runs": Kind(429, "There are too many open runs", "ask again after Retry-After"),
    "overloaded": Kind(503, "There is more to do than is good", "ask again after Retry-After"),
    "not_ready": Kind(503, "The service is not ready", "ask again after Retry-After; GET /readyz says when"),
    "no_workers": Kind(503, "No worker process can be started", "the service's log says why"),
    "part_unavailable": Kind(503, "The module of a part cannot be had now", "ask again after Retry-After"),
    "policy_invalid": Kind(503, "A policy cannot be kept"),
    "graph_unavailable": Kind(503, "The graph cannot be asked just now", "ask again after Retry-After"),
    "journal_unavailable": Kind(
        503, "The journal cannot be written or read", "ask again after Retry-After, with the same Idempotency-Key"
    ),
    "secret_key_missing": Kind(503, "The key of the secrets is missing"),
    "secret_key_exposed": Kind(503, "Others can read the key of the secrets"),
    "secret_damaged": Kind(503, "A secret cannot be opened"),
    "run_unreadable": Kind(
        503, "The run cannot be read", "the service's log says what is damaged; other runs are not concerned"
    ),
    "run_moved": Kind(503, "The run went on elsewhere", "ask again after Retry-After"),
    "internal_error": Kind(500, "A bug in cypher-executor", "look for the request id in the log of the service"),
}

assert all(HTTPStatus(kind.status) for kind in KINDS.values()), "every status is one of HTTP's"
