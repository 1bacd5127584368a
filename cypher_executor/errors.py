"""Everything that can go wrong, in one tree.

    CypherExecutorError
    ├── RecipeInvalid          a recipe has problems; carries every one of them as a Diagnostic
    ├── RequestInvalid         a request, an input or a setting that cannot be understood or does not fit
    ├── NotFound               no such recipe, run, part, ...; carries the nearest names
    ├── Conflict               the same key with another body; a journal that has moved on
    ├── Unavailable            not now: overloaded, draining, or the journal cannot be written
    ├── ExpressionError        an expression could not be evaluated; becomes the failure of a step
    └── ModuleRefused          a WebAssembly module that may not be admitted

A wrong request is an exception from this tree. A failing *part* is not an exception but a value, `Failure`, because
it is an ordinary thing for a workflow to handle. A bug is an `assert`.

Every error carries what programs branch on (`code`, `retryable`) and what people need (`message`, `did_you_mean`,
`next_actions`). Codes are part of the interface: they are added to, never changed.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a text: lines and columns count from 1 in code points (a tab is one), the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    node: str | None = None


@dataclass(frozen=True, slots=True)
class TextEdit:
    """A fix: put `text` where `place` is."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem of a recipe or a query: a code, one sentence, where it is, and the fix where there is one."""

    code: str
    message: str
    place: Place
    severity: Literal["error", "warning"] = "error"
    did_you_mean: str | None = None
    fix: TextEdit | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """How a step or a run failed. A value: it is journaled, shown, and read by `ON_FAIL` branches.

    `details` holds JSON values that help to understand this failure (the limit and its value, the HTTP status, ...).
    `retry_after_ms` is the least delay that the other side asked for before the next attempt.
    """

    code: str
    message: str
    retryable: bool = False
    details: Mapping[str, Any] | None = None
    retry_after_ms: int | None = None


class CypherExecutorError(Exception):
    """The root of every error that this package raises on purpose."""

    code = "error"
    retryable = False

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        place: Place | None = None,
        did_you_mean: str | None = None,
        next_actions: Iterable[str] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.place = place
        self.did_you_mean = did_you_mean
        self.next_actions = tuple(next_actions)


class RecipeInvalid(CypherExecutorError):
    """A recipe cannot be stored or run; `diagnostics` has all problems, errors and warnings."""

    code = "recipe_invalid"

    def __init__(self, diagnostics: Iterable[Diagnostic], *, name: str | None = None) -> None:
        self.diagnostics = tuple(diagnostics)
        errors = [d for d in self.diagnostics if d.severity == "error"]
        what = f"recipe {name!r}" if name else "the recipe"
        plural = "problem" if len(errors) == 1 else "problems"
        first = f": {errors[0].message}" if errors else ""
        super().__init__(f"{what} has {len(errors)} {plural}{first}", place=errors[0].place if errors else None)


class RequestInvalid(CypherExecutorError):
    """The request itself is wrong. `problems` lists each place of a body that does not fit its schema."""

    code = "request_invalid"

    def __init__(self, message: str, *, problems: Iterable[Mapping[str, Any]] = (), **more: Any) -> None:
        super().__init__(message, **more)
        self.problems = tuple(problems)


class NotFound(CypherExecutorError):
    """Nothing has this name or id (or it belongs to another tenant, which looks the same)."""

    code = "not_found"


class Conflict(CypherExecutorError):
    """What was asked contradicts what is already there."""

    code = "conflict"


class Unavailable(CypherExecutorError):
    """Not now; asking again later may succeed. `retry_after_s` says when."""

    code = "unavailable"
    retryable = True

    def __init__(self, message: str, *, retry_after_s: float = 1.0, **more: Any) -> None:
        super().__init__(message, **more)
        self.retry_after_s = retry_after_s


class ExpressionError(CypherExecutorError):
    """An expression could not be evaluated (a wrong type, a number out of range, a budget used up)."""

    code = "expression_error"

    def failure(self) -> Failure:
        """This error as the failure of the step that needed the value. The code is always `expression_error`."""
        return Failure("expression_error", self.message, details={"reason": self.code})


class UsedUp(ExpressionError):
    """A limit of an expression or a query was reached; `limit` says which one."""

    code = "budget_used_up"

    def __init__(self, message: str, limit: Literal["rows", "steps", "bytes", "seconds"]) -> None:
        super().__init__(message)
        self.limit = limit


LONGEST_REFUSAL = 1000
"""In characters."""


class ModuleRefused(CypherExecutorError):
    """A module that imports what no part may have, is too large, or is not WebAssembly.

    The message may hold names out of the module: so it is made printable, and no longer than `LONGEST_REFUSAL`.
    """

    code = "module_refused"

    def __init__(self, message: str, **more: Any) -> None:
        shown = message if len(message) <= LONGEST_REFUSAL else f"{message[: LONGEST_REFUSAL - 3]}..."
        super().__init__("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in shown), **more)


def module_too_large(size: int, most_bytes: int) -> ModuleRefused:
    """What to say of a module of so many bytes where an operator admits fewer."""
    limit = f"the limit of {most_bytes} ({most_bytes / 1048576:g} MiB)"
    setting = "CYPHER_EXECUTOR_MAX_MODULE_MB is the setting, 16 at most"
    return ModuleRefused(f"the module has {size} bytes, more than {limit}; {setting}")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was most likely meant to be, or None when nothing is near."""
    names = list(known)
    by_lower = {n.lower(): n for n in names}
    if name.lower() in by_lower:
        return by_lower[name.lower()]
    cutoff = 0.6 if name.isascii() else 0.5  # a Chinese name of two characters has half of them right
    found = difflib.get_close_matches(name, names, n=1, cutoff=cutoff)
    return found[0] if found else None
