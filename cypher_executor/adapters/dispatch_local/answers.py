"""What a worker answered, as the event that the engine journals.

Here a part's output is read for the first time. It is JSON or the attempt fails; a map whose only key is `error` is a
failure that the part reports itself. The code of such a failure becomes `part:<code>`, so that no part can pretend to
be the engine. One exception: a part that made a call may pass on the failure that this call answered, under the code
that the host gave it, because that is the truth and authors write `retry.on` and `ON_FAIL` branches for it. What may be
passed on is `passable`: the code of a call that failed, or for a call that answered with an HTTP status, `http_4xx`,
`http_429` or `http_5xx`, whichever this status is. Only the last answer on the tape counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from cypher_executor import strict_json
from cypher_executor.adapters.dispatch_local import part_log
from cypher_executor.adapters.dispatch_local.process import Answer
from cypher_executor.core.commands import Execute
from cypher_executor.core.events import AttemptFailed, AttemptLost, AttemptSucceeded, CallRequested, Event
from cypher_executor.core.recipe import Value
from cypher_executor.errors import Failure, RequestInvalid
from cypher_executor.worker import frames

_CODE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_LONGEST_MESSAGE: Final = 4096
_SHOWN_OUTPUT: Final = 200
_QUOTED: Final = 40
_SHOWN_LOG: Final = 2000
_LONGEST_RETRY_AFTER_MS: Final = 24 * 3600 * 1000


Log = Callable[[bytes, Answer], None]
"""Gets what a part wrote to its standard error in an execution that went well, and the answer of that execution."""


def write_log(written: bytes, answer: Answer) -> None:
    """Into the service's log."""
    part_log.write(written, answer.order.run, answer.order.execute)


def event_of(answer: Answer, behind_us: int, log: Log = write_log) -> Event:
    """The event of an OUTPUT, CALL or FAILED frame. `behind_us` is how far the monotonic clock is behind the time.

    Raises frames.FrameError, ValueError or TypeError when a worker does not keep to the format.
    """
    execute, body = answer.order.execute, answer.body
    where = _where(execute) | {
        "started_us": answer.ending.began_ns // 1000 + behind_us,
        "at_us": answer.ending.ended_ns // 1000 + behind_us,
    }
    match answer.kind:
        case frames.OUTPUT:
            written, output = frames.read_output(body)
            log(written, answer)
            return _of_output(output, written, execute, where)
        case frames.CALL:
            return _of_call(*frames.read_call(body), where)
        case frames.FAILED:
            return AttemptFailed(failure=Failure(**orjson.loads(body)), **where)
    raise frames.FrameError(f"a worker sent a frame of kind {answer.kind}")


def refused(execute: Execute, failure: Failure, now_us: int) -> Event:
    """The event of an execution that no worker was asked for."""
    return AttemptFailed(at_us=now_us, started_us=now_us, failure=failure, **_where(execute))


def lost(execute: Execute, now_us: int) -> Event:
    """The event of an execution whose worker went down."""
    return AttemptLost(at_us=now_us, **_where(execute))


def _where(execute: Execute) -> dict[str, Any]:
    return {"node": execute.node, "item": execute.item, "attempt": execute.attempt}


def _of_output(data: bytes, log: bytes, execute: Execute, where: dict[str, Any]) -> Event:
    try:
        output = strict_json.loads(data)
    except RequestInvalid as error:
        return AttemptFailed(failure=_invalid_output(data, log, error), **where)
    if isinstance(output, dict) and output.keys() == {"error"}:
        return AttemptFailed(failure=reported_failure(output["error"], execute), **where)
    return AttemptSucceeded(output=output, **where)


def _invalid_output(data: bytes, log: bytes, error: RequestInvalid) -> Failure:
    shown = data[:_SHOWN_OUTPUT].decode("utf-8", "replace")
    said = {"stderr": log[:_SHOWN_LOG].decode("utf-8", "replace")} if log else {}
    message = "the part wrote nothing to its output, which is to be one JSON value"
    if data:
        begins = f"it begins {_quoted(shown)}, and is to be one JSON value"
        message = f"the part's output is refused: {error.message}; {begins}. Text for people goes to standard error"
    return Failure(
        "invalid_output", message, details={"reason": error.code, "bytes": len(data), "begins": shown, **said}
    )


def _quoted(shown: str) -> str:
    """The first of it, on one line."""
    line = part_log.harmless(" ".join(shown.split()))
    return repr(line if len(line) <= _QUOTED else f"{line[:_QUOTED]}...")


def _of_call(number: int, data: bytes, where: dict[str, Any]) -> Event:
    try:
        request = strict_json.loads(data)
    except RequestInvalid as error:
        return AttemptFailed(failure=_invalid_call(number, f"is refused: {error.message}"), **where)
    if not isinstance(request, dict) or not isinstance(request.get("op"), str):
        return AttemptFailed(failure=_invalid_call(number, "is not a map with the name of an 'op'"), **where)
    return CallRequested(number=number, request=request, **where)


def _invalid_call(number: int, what: str) -> Failure:
    return Failure("invalid_call", f"the request of the part's call {number} {what}", details={"call": number})


def reported_failure(error: Value, execute: Execute) -> Failure:
    """What a part means by `{"error": error}`. Whatever is there becomes a failure; nothing in it is trusted."""
    if not isinstance(error, Mapping):
        error = {"message": error if isinstance(error, str) else orjson.dumps(error).decode()}
    code, message = error.get("code"), error.get("message")
    known = code if isinstance(code, str) and _CODE.fullmatch(code) else "error"
    return Failure(
        known if known in passable(execute) else f"part:{known}",
        message[:_LONGEST_MESSAGE] if isinstance(message, str) else "the part reported an error without a message",
        error.get("retryable") is True,
        _details(error) or None,
        _retry_after(error.get("retry_after_ms")),
    )


def _details(error: Mapping[str, Value]) -> Mapping[str, Value]:
    """What the part says beyond that: its own `details`, and fields that have no meaning here."""
    details = error.get("details", {})
    known = ("code", "message", "retryable", "retry_after_ms", *(("details",) if isinstance(details, dict) else ()))
    others = {name: value for name, value in error.items() if name not in known}
    return others | details if isinstance(details, dict) else others


def passable(execute: Execute) -> frozenset[str]:
    """The codes of the host that this execution may report as its own."""
    if not execute.tape:
        return frozenset()
    answer = execute.tape[-1][1]
    error, status = answer.get("error"), answer.get("status")
    if answer.get("ok") is False and isinstance(error, Mapping):
        return frozenset({str(error.get("code"))})
    if isinstance(status, int) and 400 <= status <= 599:
        return frozenset({"http_5xx" if status >= 500 else "http_429" if status == 429 else "http_4xx"})
    return frozenset()


def _retry_after(value: Value) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return min(value, _LONGEST_RETRY_AFTER_MS)
