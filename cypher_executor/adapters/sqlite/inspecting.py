"""Looking into a journal from outside, whether a service is using it or not: one moment of it, and nothing is changed.

Beside what `core.audit` finds in the events of each run, this finds what only the storage can know: pages that make no
sense, rows that point nowhere, lists that disagree with the events that they summarise, and large values and recipe
texts that are missing, damaged or left over.

| code                | what is wrong                                                                                |
| ---                 | ---                                                                                          |
| damaged_file        | SQLite finds the file inconsistent                                                           |
| dangling_row        | a row belongs to another one that does not exist                                             |
| incomplete          | the events of a run are not numbered 1 to n                                                  |
| unreadable          | a run cannot be read                                                                         |
| summary_differs     | lists say something else of a run than its events                                            |
| blob_missing        | an event refers to a large value that is not there                                           |
| blob_damaged        | a large value is not what its digest says                                                    |
| blob_unused         | (a warning) no run uses a large value: space that is never freed                             |
| blob_use_missing    | a run uses a large value that could be deleted under it                                      |
| recipe_text_missing | the text of a recipe is not there                                                            |
| recipe_damaged      | the text of a recipe cannot be read, or is not what its digest says                          |
| version_missing     | a recipe's name points at a version that is not there                                        |
| version_number      | the next version of a recipe would get the number of an earlier one                          |
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

from cypher_executor import errors
from cypher_executor.adapters.sqlite.connection import layout_of, open_reader, unavailable
from cypher_executor.adapters.sqlite.reading import read_run, read_runs, snapshot
from cypher_executor.adapters.sqlite.records import digest_of
from cypher_executor.adapters.sqlite.settling import FILE_NAME, no_journal
from cypher_executor.adapters.sqlite.statements import migrations, statements
from cypher_executor.core.audit import Finding, Relatives, audit_families, audit_run
from cypher_executor.core.events import Event, RunEnded, RunId, RunStarted
from cypher_executor.core.parts import digest_of as module_digest
from cypher_executor.core.recipe import Digest, Recipe
from cypher_executor.ports import Unreadable

PAGE = 500
_SQL = statements("inspecting")
_SIMPLE = ("incomplete", "version_missing", "version_number", "recipe_text_missing")

Compile = Callable[[Digest, str], Recipe]
"""The recipe of a text that a run was started with. Raises CypherExecutorError when it is none, or another one."""


@dataclass(slots=True)
class Inspected:
    """What was looked at, and all that was wrong."""

    runs: int = 0
    open: int = 0
    events: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def errors(self) -> list[Finding]:
        """Those that are no mere warnings."""
        return [finding for finding in self.findings if finding.severity == "error"]


@contextlib.contextmanager
def looking_into(folder: Path) -> Iterator[apsw.Connection]:
    """A connection that sees one moment of a folder's journal. Raises NotFound, RequestInvalid or Unavailable."""
    path = folder / FILE_NAME
    if not path.exists():
        raise no_journal(folder)
    try:
        with contextlib.closing(open_reader(path, None)) as connection:
            _refuse_older(connection, path)
            with snapshot(connection):
                yield connection
    except (apsw.Error, OSError) as error:
        raise unavailable(error, f"the journal {path} cannot be read") from error


def inspect(connection: apsw.Connection, compile_text: Compile | None) -> Inspected:
    """Look at the storage, and with `compile_text` at every run and every value, too."""
    inspected = Inspected(*_counts(connection))
    found = inspected.findings
    found += _of_the_file(connection, deep=compile_text is not None)
    if any(finding.code == "damaged_file" for finding in found):
        return inspected
    for name in _SIMPLE:
        found += [Finding(name, message, run) for run, message in _rows(connection, name)]
    found += _dangling(connection)
    if compile_text is not None:
        found += _of_blobs(connection)
        found += _of_modules(connection)
        recipes = dict(_recipes(connection, compile_text, found))
        families: list[Relatives] = []
        found += _of_runs(connection, recipes, families)
        found += audit_families(families)
    return inspected


def history_of(connection: apsw.Connection, run: RunId) -> tuple[list[Event], str]:
    """The events of a run and the text of its recipe. Raises NotFound (`unknown_run`) or Unavailable."""
    events = read_run(connection, run, 0)
    first = events[0] if events else None
    if not isinstance(first, RunStarted):
        raise errors.NotFound(f"there is no run {run}", code="unknown_run")
    for (text,) in _rows(connection, "text", first.recipe):
        return events, text
    raise errors.Unavailable(f"the text of the recipe of run {run} is not there", code="run_unreadable")


def _refuse_older(connection: apsw.Connection, path: Path) -> None:
    layout, newest = layout_of(connection, path), max(migrations())
    if layout < newest:
        raise errors.RequestInvalid(
            f"{path} has layout {layout}, and this version reads layout {newest}",
            code="journal_too_old",
            next_actions=["start the service once: it brings the journal up to date"],
        )


def _counts(connection: apsw.Connection) -> tuple[int, int, int]:
    runs, open_, events = next(iter(_rows(connection, "counts")))
    return int(runs), int(open_), int(events)


def _of_the_file(connection: apsw.Connection, *, deep: bool) -> Iterator[Finding]:
    for (said,) in _rows(connection, "integrity" if deep else "quick"):
        if said != "ok":
            yield Finding("damaged_file", str(said))


def _dangling(connection: apsw.Connection) -> Iterator[Finding]:
    for table, row, above, _ in _rows(connection, "foreign_keys"):
        yield Finding("dangling_row", f"row {row} of {table} belongs to a row of {above} that does not exist")


# --- large values -----------------------------------------------------------------------------------------------------


def _of_blobs(connection: apsw.Connection) -> Iterator[Finding]:
    for digest, body, used in _rows(connection, "blobs"):
        if digest_of(body) != digest:
            yield Finding("blob_damaged", f"the large value {digest} has other bytes than its digest says")
        if not used:
            yield Finding("blob_unused", f"no run uses the large value {digest}", None, "warning")
    for run, digest, there, noted in _rows(connection, "blob_references"):
        if not there:
            yield Finding("blob_missing", f"the large value {digest} is not there", run)
        if not noted:
            yield Finding("blob_use_missing", f"the use of the large value {digest} is not noted", run)


def _of_modules(connection: apsw.Connection) -> Iterator[Finding]:
    for digest, module in _rows(connection, "modules"):
        if module_digest(module) != digest:
            yield Finding("module_damaged", f"the module {digest} has other bytes than its digest says")


# --- runs -------------------------------------------------------------------------------------------------------------


def _recipes(
    connection: apsw.Connection, compile_text: Compile, found: list[Finding]
) -> Iterator[tuple[Digest, Recipe]]:
    """Every recipe that some run was started with, as far as they can be read."""
    for digest, text in _rows(connection, "texts"):
        try:
            yield digest, compile_text(digest, text)
        except errors.CypherExecutorError as error:
            found.append(Finding("recipe_damaged", f"recipe {digest}: {error.message}"))


def _of_runs(
    connection: apsw.Connection, recipes: dict[Digest, Recipe], families: list[Relatives]
) -> Iterator[Finding]:
    last = 0
    while page := list(_rows(connection, "runs", last, PAGE)):
        last = page[-1][0]
        for row, events in zip(page, read_runs(connection, [row[1] for row in page]), strict=True):
            yield from _of_run(row[1:], events, recipes, families)


def _of_run(
    row: tuple[Any, ...], events: Iterable[Event] | Unreadable, recipes: dict[Digest, Recipe], families: list[Relatives]
) -> Iterator[Finding]:
    run, digest, *listed, imported = row
    if isinstance(events, Unreadable):
        yield Finding("unreadable", events.why, run)
        return
    facts = tuple(events)
    findings, relatives = audit_run(run, facts, recipes.get(digest))
    yield from findings
    yield from _summary(run, [digest, *listed], facts)
    if relatives is not None and not relatives.alone and not imported:
        families.append(relatives)


def _summary(run: RunId, listed: list[object], events: tuple[Event, ...]) -> Iterator[Finding]:
    first, last = events[0], events[-1]
    assert isinstance(first, RunStarted)
    state, ended_us = (last.state, last.at_us) if isinstance(last, RunEnded) else ("running", None)
    parent = first.parent.run if first.parent else None
    told = [first.recipe, first.name, first.version, first.tenant, parent, first.at_us, state, ended_us]
    names = ("recipe", "name", "version", "tenant", "parent", "start", "state", "end")
    for name, here, there in zip(names, listed, told, strict=True):
        if here != there:
            yield Finding("summary_differs", f"lists say {name} {here!r}, its events say {there!r}", run)


def _rows(connection: apsw.Connection, name: str, *values: apsw.SQLiteValue) -> Iterable[Any]:
    return connection.execute(_SQL[name], values)
