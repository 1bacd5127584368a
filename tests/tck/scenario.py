"""Runs one scenario: fills a graph, asks, and compares the answer, or when an error came, with what is wanted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from cypher_executor.cypher.query import Budget, Limits, MemoryGraph, Procedure, compile_query
from cypher_executor.cypher.query import types as t
from cypher_executor.cypher.query.procedures import NUMBER
from cypher_executor.errors import ExpressionError
from tests.tck.gherkin import Scenario, Step
from tests.tck.values import Comparable, comparable, read
from tests.tck.writing import Unsupported, write, writes

Verdict = Literal["pass", "fail", "skip"]

_NAMED_GRAPH = re.compile(r"the (\S+) graph")
_PROCEDURE = re.compile(r"there exists a procedure (\S+)\((.*?)\) :: \((.*?)\)")
_ERROR = re.compile(r"an? \w+ should be raised at (.*?): (\S+)")
_TYPES = {"STRING": t.STRING, "INTEGER": t.INTEGER, "FLOAT": t.FLOAT, "BOOLEAN": t.BOOLEAN, "NUMBER": NUMBER}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a scenario, and why. Scenarios whose query writes are skipped: queries of the product read."""

    verdict: Verdict
    why: str = ""


class _Failed(Exception):
    """The answer is not the one that is wanted."""


@dataclass(slots=True)
class _Answer:
    """Columns and rows, or when an error came and its sentence."""

    columns: Sequence[str] = ()
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    failed_at: str = ""
    error: str = ""


def run(scenario: Scenario, graphs: Mapping[str, str]) -> Outcome:
    """The outcome; whatever is raised that is not ours is a failure."""
    world = _World(graphs)
    try:
        for step in scenario.steps:
            world.carry_out(step)
    except Unsupported as clause:
        return Outcome("skip", f"the query writes: {clause}")
    except _Failed as wrong:
        return Outcome("fail", f"{wrong}\n{world.asked}")
    except Exception as problem:
        return Outcome("fail", f"{type(problem).__name__}: {problem}\n{world.asked}")
    return Outcome("pass")


class _World:
    """What a scenario has set up so far, and the answer of its query."""

    def __init__(self, graphs: Mapping[str, str]) -> None:
        self._graphs = graphs
        self._graph = MemoryGraph()
        self._parameters: dict[str, Any] = {}
        self._procedures: dict[str, Procedure] = {}
        self._answer = _Answer()
        self.asked = ""

    def carry_out(self, step: Step) -> None:
        words = step.words
        if words in ("an empty graph", "any graph"):
            self._graph = MemoryGraph()
        elif named := _NAMED_GRAPH.fullmatch(words):
            self._graph = write(self._graphs[named[1]], self._graph, {})
        elif words.startswith("having executed"):
            self._graph = write(step.text, self._graph, self._parameters)
        elif words.startswith("parameters are"):
            self._parameters = {name: read(value) for name, value in step.table}
        elif declared := _PROCEDURE.match(words):
            self._declare(*declared.groups(), step)
        elif words.startswith("executing"):
            self._ask(step.text)
        elif words.startswith("the result should be"):
            self._compare(step)
        elif wanted := _ERROR.fullmatch(words):
            self._want_error(wanted[1])
        elif not words.startswith(("no side effects", "the side effects")):
            raise _Failed(f"no such step: {words}")

    def _declare(self, name: str, takes: str, gives: str, step: Step) -> None:
        inputs, outputs = _signature(takes), _signature(gives)
        table = [[read(cell) for cell in row] for row in step.table[1:]]

        def rows(_: object, given: Sequence[Any]) -> list[tuple[Any, ...]]:
            count = len(inputs)
            return [tuple(row[count:]) for row in table if all(map(_same_number, row[:count], given))]

        self._procedures[name] = Procedure(name, inputs, outputs, rows)

    def _ask(self, text: str) -> None:
        self.asked = text
        if writes(text):
            self._graph = write(text, self._graph, self._parameters)
        else:
            self._answer = self._answered(text)

    def _answered(self, text: str) -> _Answer:
        compiled = compile_query(text, procedures=self._procedures)
        if compiled.query is None:
            return _Answer(failed_at="compile time", error=f"{compiled.diagnostics[0].code}")
        if missing := set(compiled.query.parameters) - self._parameters.keys():
            return _Answer(failed_at="compile time", error=f"missing parameters {missing}")
        limits = Budget(Limits())
        try:
            found = list(compiled.query.run(self._graph, self._parameters, at_us=1_700_000_000_000_000, seed="tck",
                                            budget=limits))  # fmt: skip
        except ExpressionError as error:
            return _Answer(failed_at="runtime", error=f"{error.code}: {error.message}")
        return _Answer(compiled.query.columns, found)

    def _compare(self, step: Step) -> None:
        answer = self._answer
        if answer.failed_at:
            raise _Failed(f"an error at {answer.failed_at}: {answer.error}")
        head, *rows = step.table or [[]]
        if sorted(head) != sorted(answer.columns) and step.table:
            raise _Failed(f"columns {list(answer.columns)}, wanted {head}")
        unordered = "ignoring element order" in step.words
        places = [list(answer.columns).index(name) for name in head]
        got = [tuple(comparable(row[place], unordered=unordered) for place in places) for row in answer.rows]
        wanted: list[tuple[Comparable, ...]] = [
            tuple(comparable(read(cell), unordered=unordered) for cell in row) for row in rows
        ]
        if got != wanted and ("in order" in step.words or Counter(got) != Counter(wanted)):
            raise _Failed(f"got {got}, wanted {wanted}")

    def _want_error(self, when: str) -> None:
        came = self._answer.failed_at
        if not came:
            raise _Failed(f"no error, wanted one at {when}; got {self._answer.rows}")
        if when not in ("any time", came):
            raise _Failed(f"an error at {came} ({self._answer.error}), wanted at {when}")


def _signature(text: str) -> tuple[tuple[str, Any], ...]:
    """`name :: STRING?, other :: INTEGER` as pairs of name and type."""
    fields = [field.split("::") for field in text.split(",") if field.strip()]
    return tuple((name.strip(), _TYPES[kind.strip().rstrip("?")]) for name, kind in fields)


def _same_number(wanted: Any, given: Any) -> bool:
    """Whether an argument is the one of a row; integers become floats where floats are taken."""
    widened = float(wanted) if isinstance(given, float) and isinstance(wanted, int) else wanted
    return comparable(widened) == comparable(given)
