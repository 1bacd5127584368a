"""Every recovery in every test is looked at, without the test asking for it: what `doctor --deep` finds is a failure.

A recovery is whatever begins from a journal that is there already. Three doors lead to one, and all are watched:

* an engine recovers (`Engine._recover`), over any journal: what it reads is audited, all runs of it and their families;
* a data folder is opened in this process (`Database`), or opened again after a failure: its file is inspected;
* a process is started that serves a data folder (`subprocess.Popen`): the folder is inspected before, as whoever was
  killed has left it, and again at the end of the test, as the last one has. Helpers that know when a service is ready
  call `look_into` then.

Findings are noted and not raised, so that nothing can swallow them; the test that they belong to fails at its end. A
test that breaks a journal or an engine on purpose says so with the mark `breaks_journals`.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cypher_executor.adapters.sqlite import Database
from cypher_executor.adapters.sqlite.inspecting import inspect, looking_into
from cypher_executor.cli.doctor import compile_text
from cypher_executor.core.audit import Finding, Relatives, audit_families, audit_run
from cypher_executor.core.events import Event, RunId, RunStarted
from cypher_executor.core.recipe import Digest, Recipe
from cypher_executor.engine import Engine
from cypher_executor.errors import CypherExecutorError
from cypher_executor.ports import Unreadable

MARK = "breaks_journals"
NOT_OURS = frozenset({"no_journal", "journal_too_old", "journal_too_new", "not_a_journal", "journal_unavailable"})
"""Why a folder cannot be looked into: that is for the test to judge, which has put there what is there."""
INVENTED = frozenset({"recipe_damaged", "recipe_text_missing"})
"""Tests of the storage file runs of recipes that are none: these cannot be replayed, all else of them is looked at."""

found: list[str] = []
"""What was found since the last test has ended."""
_served: set[Path] = set()


def watch() -> Callable[[], None]:
    """Watch the doors from now on; the way to stop that."""
    patch = pytest.MonkeyPatch()
    patch.setattr(Engine, "_recover", _recovering(Engine._recover))
    patch.setattr(Database, "__init__", _opening(Database.__init__))
    patch.setattr(Database, "reopen", _opening_again(Database.reopen))
    patch.setattr(subprocess.Popen, "__init__", _starting(subprocess.Popen.__init__))
    return patch.undo


@contextlib.contextmanager
def of_one_test(*, on_purpose: bool) -> Iterator[None]:
    """What was found when the block is left belongs to one test, which fails for it unless it is `on_purpose`.

    A finding from before the test, when what several tests share was made, belongs to the first of them.
    """
    yield
    for folder in sorted(_served):
        look_into(folder, "at the end")
    _served.clear()
    problems = list(dict.fromkeys(found))
    found.clear()
    if problems and not on_purpose:
        pytest.fail("a recovery left something wrong:\n  " + "\n  ".join(problems), pytrace=False)


def look_into(folder: Path, when: str) -> None:
    """Inspect the journal of a data folder, whether something uses it or not, and note what is wrong with it."""
    found.extend(inspected(folder, when))


def inspected(folder: Path, when: str) -> list[str]:
    """What is wrong with the journal of a data folder."""
    try:
        with looking_into(folder) as connection:
            return _told(when, (one for one in inspect(connection, _compiled).errors if one.code not in INVENTED))
    except CypherExecutorError as error:
        if error.code not in NOT_OURS:
            raise
        return []


# --- the doors --------------------------------------------------------------------------------------------------------


def _recovering(recover: Any) -> Any:
    async def watched(self: Engine) -> None:
        with contextlib.suppress(CypherExecutorError):  # The engine finds that out itself, and what to do then.
            found.extend(_told("when an engine recovered", await _audited(self)))
        await recover(self)

    return watched


async def _audited(engine: Engine) -> list[Finding]:
    journal: Any = engine._journal
    runs: dict[RunId, list[tuple[int, Any]]] = {}
    for _, run, seq, event in await journal.follow(0, sys.maxsize) if hasattr(journal, "follow") else ():
        runs.setdefault(run, []).append((seq, event))
    findings, families = list[Finding](), list[Relatives]()
    for run, events in runs.items():
        facts = [event for _, event in events]
        if [seq for seq, _ in events] != list(range(1, len(events) + 1)):
            findings.append(Finding("incomplete", f"its events have the numbers {[seq for seq, _ in events]}", run))
        elif not any(isinstance(fact, Unreadable) for fact in facts):
            errors, relatives = audit_run(run, facts, await _recipe(engine, facts))
            findings += [one for one in errors if one.severity == "error"]
            families += [] if relatives is None else [relatives]
    return findings + list(audit_families(families))


async def _recipe(engine: Engine, facts: Sequence[Event]) -> Recipe | None:
    first = facts[0]
    with contextlib.suppress(CypherExecutorError):
        return await engine._recipes.by_digest(first.recipe) if isinstance(first, RunStarted) else None
    return None


def _opening(opens: Any) -> Any:
    def watched(self: Database, folder: Path, *given: Any, **more: Any) -> None:
        there = (folder / "journal.sqlite3").exists()
        opens(self, folder, *given, **more)
        if there:
            look_into(folder, "when a folder was opened")

    return watched


def _opening_again(reopens: Any) -> Any:
    async def watched(self: Database) -> None:
        await reopens(self)
        await asyncio.to_thread(look_into, self.path.parent, "when a folder was opened again")

    return watched


def _starting(starts: Any) -> Any:
    def watched(self: Any, args: Any, *given: Any, **more: Any) -> None:
        folder = _serves(args)
        if folder is not None:
            look_into(folder, "before a start")
            _served.add(folder)
        starts(self, args, *given, **more)

    return watched


def _serves(args: Any) -> Path | None:
    """The data folder that a command serves."""
    words = [str(word) for word in args] if isinstance(args, list | tuple) else []
    if "serve" in words and "--data-dir" in words[:-1]:
        return Path(words[words.index("--data-dir") + 1])
    return None


# --- helps ------------------------------------------------------------------------------------------------------------


def _told(when: str, findings: Iterable[Finding]) -> list[str]:
    return [f"{when}: {one.code} {one.run or ''}: {one.message}" for one in findings]


def _compiled(digest: Digest, text: str) -> Recipe:
    recipe = _compile(digest, text)
    if isinstance(recipe, CypherExecutorError):
        raise recipe
    return recipe


@cache
def _compile(digest: Digest, text: str) -> Recipe | CypherExecutorError:
    try:
        return compile_text(digest, text)
    except CypherExecutorError as error:
        return error
