"""An error as people and as programs are told it, and back from the JSON that a service answers with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from cypher_executor import errors
from cypher_executor.errors import Diagnostic, Place, TextEdit

REMEDIES: Mapping[str, tuple[str, ...]] = {
    "unknown_recipe": ("`cypher-executor recipes list` shows every name; without a server the shipped ones are there",),
    "unknown_run": ("`cypher-executor runs list` shows the newest",),
    "input_invalid": ("give the input with -d key=value",),
    "recipe_invalid": (),
    "reaches_more": ("if it may, do the same again with --allow",),
    "key_missing": ("set CYPHER_EXECUTOR_API_KEY, or CYPHER_EXECUTOR_API_KEY_FILE to a file that holds the key",),
    "key_invalid": ("look at CYPHER_EXECUTOR_API_KEY; who has the data folder makes another: keys create --data-dir",),
    "unknown_key": ("`cypher-executor keys list` shows every id",),
    "parameter_missing": ("give it with -p name=value",),
    "not_ready": ("try again in a moment",),
    "unavailable": ("try again in a moment",),
    "journal_unavailable": ("try again in a moment, and look at the log of the service",),
}
"""What to do next, for those codes whose advice over HTTP speaks of requests and headers."""


class SourceInvalid(errors.RecipeInvalid):
    """A recipe with problems, together with the text and the file that they are in, so that they can be shown."""

    def __init__(self, found: errors.RecipeInvalid, text: str, file: str) -> None:
        super().__init__(found.diagnostics, name=PurePath(file).name)
        self.text = text
        self.file = file


# --- to be read -----------------------------------------------------------------------------------------------------


def to_text(error: errors.CypherExecutorError) -> str:
    """What is wrong, where, what was probably meant, and what to do next."""
    lines = [_headline(error)]
    if isinstance(error, SourceInvalid):
        from cypher_executor.cypher.diagnostics import render

        lines.insert(0, render(error.text, error.diagnostics, file=error.file))
    elif isinstance(error, errors.RecipeInvalid | errors.RequestInvalid):
        found: tuple[Diagnostic, ...] = getattr(error, "diagnostics", ())
        lines.extend(f"  line {d.place.line}, column {d.place.column}: {d.message}" for d in found)
    if error.did_you_mean and f"did you mean {error.did_you_mean}" not in error.message:
        lines.append(f"  did you mean {error.did_you_mean}?")
    lines.extend(f"  {action}" for action in error.next_actions)
    return "\n".join(lines)


def _headline(error: errors.CypherExecutorError) -> str:
    if isinstance(error, SourceInvalid):
        return summary(error.diagnostics, error.file)
    return f"error: {error.message}"


def summary(found: tuple[Diagnostic, ...], file: str) -> str:
    """How many errors and warnings a recipe has, in one line."""
    counts = [(sum(d.severity == kind for d in found), kind) for kind in ("error", "warning")]
    said = " and ".join(f"{n} {kind}{'' if n == 1 else 's'}" for n, kind in counts if n)
    return f"{file}: {said or 'no problems'}"


def to_json(error: errors.CypherExecutorError) -> dict[str, Any]:
    """The same for programs, with the field names of the HTTP interface."""
    told: dict[str, Any] = {
        "code": error.code,
        "detail": error.message,
        "retryable": error.retryable,
        "where": _where(error.place),
        "did_you_mean": error.did_you_mean,
        "next_actions": list(error.next_actions),
    }
    if isinstance(error, errors.RecipeInvalid):
        from cypher_executor.cypher import diagnostics

        told["diagnostics"] = [diagnostics.to_json(d) for d in error.diagnostics]
    if isinstance(error, errors.RequestInvalid) and error.problems:
        told["problems"] = [dict(p) for p in error.problems]
    return told


def _where(place: Place | None) -> dict[str, Any] | None:
    if place is None:
        return None
    return {"line": place.line, "column": place.column, "node": place.node}


# --- from the answer of a service -------------------------------------------------------------------------------------


def from_answer(status: int, problem: Mapping[str, Any]) -> errors.CypherExecutorError:
    """The error that a service answered with, as the one that it was at the other end."""
    if problem.get("code") == "query_text_invalid" and isinstance(problem.get("diagnostics"), list):
        from cypher_executor.queries import QueryInvalid

        return QueryInvalid([read_diagnostic(d) for d in problem["diagnostics"]])
    if isinstance(problem.get("diagnostics"), list):
        invalid = errors.RecipeInvalid([read_diagnostic(d) for d in problem["diagnostics"]])
        invalid.message = str(problem.get("detail") or invalid.message)
        return invalid
    message = str(problem.get("detail") or problem.get("title") or f"the service answered {status}")
    code = str(problem.get("code") or f"http_{status}")
    more: dict[str, Any] = {
        "code": code,
        "did_you_mean": problem.get("did_you_mean"),
        "next_actions": REMEDIES.get(code, problem.get("next_actions") or ()),
    }
    return _kind_of(status)(message, **more)


def _kind_of(status: int) -> type[errors.CypherExecutorError]:
    if status == 404:
        return errors.NotFound
    if status == 409:
        return errors.Conflict
    if status in (429, 502, 503, 504):
        return errors.Unavailable
    return errors.RequestInvalid if status < 500 else errors.CypherExecutorError


def read_diagnostic(told: Mapping[str, Any]) -> Diagnostic:
    """A diagnostic from its JSON."""
    fix = told.get("fix")
    return Diagnostic(
        code=str(told["code"]),
        message=str(told["message"]),
        place=_place(told["where"]),
        severity="warning" if told.get("severity") == "warning" else "error",
        did_you_mean=told.get("did_you_mean"),
        fix=TextEdit(_place(fix["where"]), str(fix["text"])) if fix else None,
    )


def _place(where: Mapping[str, Any]) -> Place:
    line, column = int(where["line"]), int(where["column"])
    place = Place(line, column, int(where.get("end_line") or line), int(where.get("end_column") or column + 1))
    return replace(place, node=where.get("node"))
