"""Exit codes, and the one place where an error becomes one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec

import typer

from cypher_executor import errors

OK = 0
RUN_FAILED = 1
USAGE = 2
NOT_REACHABLE = 3
NOT_FOUND = 4
RECIPE_INVALID = 5
INTERRUPTED = 130

_CODES: tuple[tuple[type[errors.CypherExecutorError], int], ...] = (
    (errors.RecipeInvalid, RECIPE_INVALID),
    (errors.NotFound, NOT_FOUND),
    (errors.Unavailable, NOT_REACHABLE),
    (errors.RequestInvalid, USAGE),
    (errors.Conflict, USAGE),
    (errors.ModuleRefused, USAGE),
)

P = ParamSpec("P")


def exit_code_of(error: errors.CypherExecutorError) -> int:
    """The exit code that tells this error to a shell; 1 for whatever has none of its own."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), RUN_FAILED)


def command(body: Callable[P, int | None]) -> Callable[P, None]:
    """A command whose errors are told in one piece, without a traceback; what it returns is its exit code.

    A bug still ends with its traceback: hiding it would help nobody.
    """

    @functools.wraps(body)
    def told(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = body(*args, **kwargs) or OK
        except KeyboardInterrupt:
            code = INTERRUPTED
        except (errors.CypherExecutorError, BaseExceptionGroup) as error:
            code = _tell(_only(error), as_json=bool(kwargs.get("as_json")))
        raise typer.Exit(code)

    # typer reads the parameters from here; what the wrapped function returns is no concern of it.
    told.__annotations__ = {**body.__annotations__, "return": None}
    return told


def _only(error: BaseException) -> errors.CypherExecutorError:
    """The error itself, out of the groups that task groups put around it. Raises what is not an error of ours."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    if isinstance(error, errors.CypherExecutorError):
        return error
    raise error


def _tell(error: errors.CypherExecutorError, *, as_json: bool) -> int:
    from cypher_executor.cli import problems, terminal

    code: Any = exit_code_of(error)
    if as_json:
        terminal.note_json({"error": problems.to_json(error), "exit_code": code})
    else:
        terminal.note(problems.to_text(error))
    return int(code)
