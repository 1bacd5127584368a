"""The HTTP interface, as commands call it. Where the requests go is the business of a `Transport`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import orjson

from cypher_executor.cli import problems
from cypher_executor.errors import CypherExecutorError, RequestInvalid

Json = dict[str, Any]

TOO_LARGE = "$too_large"
"""What stands in an answer about a run instead of a large value of a step: the address of the step."""
ONCE_S = 30.0
"""For how long a service is asked to wait at once: less than what comes between may put up with."""
PAUSE_S = 0.2
"""Before it is asked again, should it answer at once."""
RECIPE_TYPE = "application/x-cypher"


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. `path` begins with a slash and is quoted already."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back."""

    status: int
    body: bytes


class Transport(Protocol):
    """Carries one request to a service."""

    async def send(self, request: Request) -> Answer:
        """Raises `errors.Unavailable` when the service cannot be reached."""
        ...


class Client:
    """One method for each thing that commands ask of a service. Refusals are raised as the errors that they are."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def start(self, what: Mapping[str, Any], given: Any = None) -> Json:
        """Start a run of `{"recipe": name}` or `{"cypher": text}`; the run as it is when it has been accepted.

        Without an input it is what the service makes of that: nothing, or the input of the run in `values_from`.
        """
        return await self._json("POST", "/runs", {**what} if given is None else {**what, "input": given})

    async def trigger(self, name: str, given: Any) -> Json:
        """Call the webhook of a recipe and wait for its answer: the run."""
        return await self._json("POST", f"/webhooks/named/{quote(name, safe='')}/trigger", given)

    async def run(self, run: str) -> Json:
        """A run with its steps."""
        return await self._json("GET", f"/runs/{quote(run, safe='')}")

    async def whole(self, value: Any, field: str) -> Any:
        """A value of a step; what an answer about its run only points at, because it is large, is fetched."""
        link = value.get(TOO_LARGE) if isinstance(value, dict) and len(value) == 1 else None
        href = link.get("href") if isinstance(link, dict) else None
        return (await self._json("GET", href))[field] if isinstance(href, str) and href.startswith("/runs/") else value

    async def runs(self, **filters: object) -> list[Json]:
        """Runs that fit, newest first."""
        given = {name: value for name, value in filters.items() if value is not None}
        return _listed(await self._json("GET", f"/runs?{urlencode(given)}"), "runs")

    async def query(self, asked: Mapping[str, Any]) -> Json:
        """The answer to a query: `{"query": text, "parameters": {...}, ...}`, as POST /query takes it."""
        return await self._json("POST", "/query", asked)

    async def impact(self, kind: str, name: str) -> Json:
        """What depends on a part, a host or a secret."""
        return await self._json("GET", f"/impact?{urlencode({kind: name})}")

    async def policies(self) -> list[Json]:
        """Every policy."""
        return _listed(await self._json("GET", "/policies"), "policies")

    async def violations(self) -> list[Json]:
        """What the current recipes match of the policies."""
        return _listed(await self._json("GET", "/policies/violations"), "violations")

    async def act_on_runs(self, asked: Mapping[str, Any]) -> Json:
        """What becomes of all runs that a query finds, as POST /runs/actions takes it."""
        return await self._json("POST", "/runs/actions", asked)

    async def cancel(self, run: str, reason: str, *, tree: bool) -> Json:
        """Ask for the end of a run, or with `tree` of everything that descends from it, too; the run."""
        return await self._steer(run, "cancel", {"reason": reason, "tree": tree})

    async def pause(self, run: str, reason: str) -> Json:
        """Ask that nothing more begins in a run; the run."""
        return await self._steer(run, "pause", {"reason": reason})

    async def resume(self, run: str) -> Json:
        """Ask a paused run to go on; the run."""
        return await self._steer(run, "resume", {})

    async def retry(self, run: str, reason: str) -> Json:
        """Let a run go on from what failed; the run."""
        return await self._steer(run, "retry", {"reason": reason})

    async def fork(self, run: str, wish: Json) -> Json:
        """Start a new run with the results of this one, except from a step on; the new run."""
        return await self._steer(run, "fork", wish)

    async def _steer(self, run: str, wish: str, given: Json) -> Json:
        return await self._json("POST", f"/runs/{quote(run, safe='')}/{wish}", given)

    async def waits(self, recipe: str | None = None) -> list[Json]:
        """All waits for callbacks, those of the oldest runs first."""
        found, query = list[Json](), {} if recipe is None else {"recipe": recipe}
        while True:
            page = await self._json("GET", f"/waits?{urlencode(query)}")
            found += _listed(page, "waits")
            if page.get("next_after") is None:
                return found
            query["after"] = str(page["next_after"])

    async def hooks(self, recipe: str | None = None) -> list[Json]:
        """The hooks that the stored recipes declare, by path."""
        query = "" if recipe is None else f"?{urlencode({'recipe': recipe})}"
        return _listed(await self._json("GET", f"/hooks{query}"), "hooks")

    async def try_hook(self, path: str, method: str, content: Any, signed: tuple[str, str] | None = None) -> Json:
        """Send a delivery that begins nothing, signed by (form, secret) if these are given; what it would begin."""
        body, headers = orjson.dumps(content), {"content-type": "application/json"}
        if signed is not None:
            headers |= signed_headers(*signed, body)
        return await self._checked(Request(method, f"/hooks-test/{quote(path.strip('/'))}", body, headers))

    async def next_delivery(self, path: str, wait_s: float) -> Json | None:
        """The next delivery to a path, real or tried; None when none comes in that time. The service may have a lower
        limit, so it is asked again until the time is over."""
        until_s = time.monotonic() + wait_s
        while True:
            left_s = max(0.0, until_s - time.monotonic())
            address = f"/hooks-test/{quote(path.strip('/'))}?wait={min(left_s, ONCE_S):.3f}"
            found = (await self._json("GET", address)).get("delivery")
            if found is not None or time.monotonic() >= until_s:
                return found
            await asyncio.sleep(PAUSE_S)

    async def schedules(self, recipe: str | None = None) -> list[Json]:
        """All schedules, by recipe and node."""
        found, query = list[Json](), {} if recipe is None else {"recipe": recipe}
        while True:
            page = await self._json("GET", f"/schedules?{urlencode(query)}")
            found += _listed(page, "schedules")
            if page.get("next_after") is None:
                return found
            query["after"] = str(page["next_after"])

    async def schedule(self, recipe: str, node: str, times: int) -> Json:
        """A schedule with so many of its next times."""
        return await self._json("GET", f"/schedules/{quote(recipe, safe='')}/{quote(node, safe='')}?times={times}")

    async def steer_schedule(self, recipe: str, node: str, wish: str) -> Json:
        """`pause` or `resume` a schedule: the schedule; or `run` it now: the run."""
        return await self._json("POST", f"/schedules/{quote(recipe, safe='')}/{quote(node, safe='')}/{wish}")

    async def save_recipe(
        self, text: str, name: str | None = None, *, allow: bool = False, dry_run: bool = False
    ) -> Json:
        """Store a version of the recipe that this text is; with `allow` even when it reaches more than before."""
        given = {"name": name, "allow": "1" if allow else None, "dry_run": "1" if dry_run else None}
        query = urlencode({key: value for key, value in given.items() if value is not None})
        path = f"/recipes?{query}" if query else "/recipes"
        return await self._checked(Request("POST", path, text.encode(), {"content-type": RECIPE_TYPE}))

    async def versions(self, name: str) -> list[Json]:
        """The versions of a recipe, oldest first."""
        return _listed(await self._json("GET", f"/recipes/{quote(name, safe='')}/versions"), "versions")

    async def roll_back(self, name: str, version: int, *, allow: bool = False) -> Json:
        """Make a stored version the current one: the recipe."""
        given = {"version": version, "allow": allow}
        return await self._json("POST", f"/recipes/{quote(name, safe='')}/rollback", given)

    async def delete_recipe(self, name: str) -> None:
        """Forget a recipe."""
        await self._json("DELETE", f"/recipes/{quote(name, safe='')}")

    async def check(self, text: str, name: str | None = None) -> Json:
        """All that there is to say about a text, as the recipe of this name when it has none."""
        return await self._json("POST", "/check", {"cypher": text, "name": name})

    async def recipes(self) -> list[Json]:
        """The current version of every recipe."""
        return _listed(await self._json("GET", "/recipes"), "recipes")

    async def recipe(self, name: str) -> Json:
        """The current version of a recipe."""
        return await self._json("GET", f"/recipes/{quote(name, safe='')}")

    async def parts(self) -> list[Json]:
        """Every part, shortly."""
        return _listed(await self._json("GET", "/parts"), "parts")

    async def part(self, name: str) -> Json:
        """A part with all that its manifest says."""
        return await self._json("GET", f"/parts/{quote(name, safe='')}")

    async def part_versions(self, name: str) -> list[Json]:
        """The versions of a part that was brought to the service, oldest first."""
        return _listed(await self._json("GET", f"/parts/{quote(name, safe='')}/versions"), "versions")

    async def put_part(
        self,
        name: str,
        module: bytes,
        manifest: str | None = None,
        examples: str | None = None,
        *,
        approve: bool = False,
        develop: bool = False,
    ) -> Json:
        """Bring a part; without a manifest one is made. `approve` grants what it asks for; with `develop` stored
        recipes use it at once. The version that it is now."""
        query = urlencode({name: "1" for name, on in (("approve", approve), ("develop", develop)) if on})
        path = f"/parts/{quote(name, safe='')}" + (f"?{query}" if query else "")
        if manifest is None:
            return await self._checked(Request("PUT", path, module, {"content-type": "application/wasm"}))
        boundary = token_hex(16)
        fields = {"manifest": manifest.encode(), "examples": (examples or "").encode(), "module": module}
        headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
        return await self._checked(Request("PUT", path, _form(fields, boundary), headers))

    async def delete_part(self, name: str) -> None:
        """Forget a part that was brought to the service."""
        await self._json("DELETE", f"/parts/{quote(name, safe='')}")

    async def call_part(self, name: str, given: Any, tape: Sequence[Json] = (), timeout_ms: int | None = None) -> Json:
        """Try a part alone, with these answers for its calls; what came of it."""
        wish = {"input": given, "tape": list(tape), "timeout_ms": timeout_ms}
        return await self._json("POST", f"/parts/{quote(name, safe='')}/call", wish)

    async def secrets(self) -> Json:
        """The names of the secrets."""
        return await self._json("GET", "/secrets")

    async def put_secret(self, name: str, value: str, hosts: Sequence[str] = ()) -> Json:
        """Store a secret; what may be said of it."""
        return await self._json("PUT", f"/secrets/{quote(name, safe='')}", {"value": value, "hosts": list(hosts)})

    async def delete_secret(self, name: str) -> Json:
        """Forget a secret."""
        return await self._json("DELETE", f"/secrets/{quote(name, safe='')}")

    async def rotate_secrets(self) -> Json:
        """Seal all secrets with a new key."""
        return await self._json("POST", "/secret-keys")

    async def keys(self) -> list[Json]:
        """The keys, without what opens anything."""
        return _listed(await self._json("GET", "/keys"), "keys")

    async def make_key(self, wish: Json) -> Json:
        """A new key: the only answer that has it in it."""
        return await self._json("POST", "/keys", wish)

    async def revoke_key(self, key: str) -> Json:
        """Let the key of this id open nothing any more."""
        return await self._json("DELETE", f"/keys/{quote(key, safe='')}")

    async def _json(self, method: str, path: str, body: Any = None) -> Json:
        data = b"" if body is None else orjson.dumps(body)
        headers = {"content-type": "application/json"} if data else {}
        return await self._checked(Request(method, path, data, headers))

    async def _checked(self, request: Request) -> Json:
        answer = await self._transport.send(request)
        told = {} if answer.status == 204 else _parsed(answer)
        if answer.status >= 400 and not _is_run(told):
            raise problems.from_answer(answer.status, told)
        return told


def signed_headers(form: str, secret: str, body: bytes) -> dict[str, str]:
    """What signs a delivery that is sent now. Raises RequestInvalid for a secret that the form cannot use."""
    from cypher_executor.triggers.signing import signed

    try:
        return signed(form, secret, body, f"try_{token_hex(8)}", time.time_ns() // 1000)  # type: ignore[arg-type]
    except ValueError as wrong:
        raise RequestInvalid(str(wrong)) from None


def _form(fields: Mapping[str, bytes], boundary: str) -> bytes:
    """A body of `multipart/form-data`."""
    line = f"--{boundary}".encode()
    pieces: list[bytes] = []
    for name, data in fields.items():
        pieces += [line, f'Content-Disposition: form-data; name="{name}"'.encode(), b"", data]
    return b"\r\n".join([*pieces, line + b"--", b""])


def _is_run(told: Json) -> bool:
    """A named trigger answers 500 with the run when the run has failed: an answer, not a refusal."""
    return str(told.get("id", "")).startswith("run_") and "state" in told


def _parsed(answer: Answer) -> Json:
    try:
        told = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        told = None
    if isinstance(told, dict):
        return told
    message = f"this is not a cypher-executor service: it answered {answer.status} without a JSON object"
    raise CypherExecutorError(message, code="foreign_answer")


def _listed(told: Json, key: str) -> list[Json]:
    found: Sequence[Any] = told.get(key, ())
    return [item for item in found if isinstance(item, dict)]
