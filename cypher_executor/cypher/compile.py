"""All stages in a row: parse, plan, check, assemble."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from cypher_executor.core.parts import Part
from cypher_executor.core.recipe import Recipe
from cypher_executor.cypher.checks import SchemaProblem, check_pieces, check_whole
from cypher_executor.cypher.needs import Needs, needs_of
from cypher_executor.cypher.parse import parse
from cypher_executor.cypher.plan import plan
from cypher_executor.cypher.plan.assemble import assemble
from cypher_executor.cypher.plan.planned import Planned
from cypher_executor.cypher.plan.readings import compile_readings
from cypher_executor.cypher.plan.recipe_node import recipe_name
from cypher_executor.cypher.plan.result import name_columns
from cypher_executor.cypher.report import Report
from cypher_executor.cypher.salvage import salvage
from cypher_executor.cypher.undisturbed import undisturbed
from cypher_executor.errors import Diagnostic, Place


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of a text. `recipe` is None when there is an error among the diagnostics."""

    recipe: Recipe | None
    diagnostics: tuple[Diagnostic, ...]
    parts: Mapping[str, Part] | None = None

    @property
    def needs(self) -> Needs | None:
        """What the recipe needs in order to run; None when it cannot."""
        return None if self.recipe is None else needs_of(self.recipe, self.parts)

    @property
    def ok(self) -> bool:
        """Whether the recipe may be stored and run: warnings refuse nothing."""
        return self.recipe is not None


def compile_recipe(
    text: str,
    *,
    parts: Mapping[str, Part] | None,
    name: str | None = None,
    recipes: Collection[str] | None = None,
    schema_problem: SchemaProblem | None = None,
    trusted: bool = False,
) -> Compiled:
    """The recipe that a text draws, and every problem that it has. Never raises for what stands in the text.

    `parts` are those that exist; with None no part is looked up. `name` is what a file or a request calls the recipe,
    which must not contradict the text. With `recipes`, the names of those that are stored, unknown workflows are told;
    with `schema_problem`, which says why a value is not a JSON Schema, so is an input schema that is none.
    `trusted` says that this text was accepted before: only what stops it from being read refuses it then, so that a
    newer version with more checks still carries on with the runs of an older one.
    """
    with undisturbed():
        report = Report()
        parsed = parse(text)
        report.add_all(parsed.diagnostics)
        statement, complete = parsed.statement, True
        if statement is None:
            salvaged = salvage(text, parsed)
            statement, complete = salvaged.statement, salvaged.complete
            report.add_all(salvaged.more)
        if statement is None:
            return Compiled(None, report.sorted())
        report.doubt()
        planned = plan(statement, report, complete=complete)
        if not trusted:
            _check_name(planned, name, report)
            check_pieces(planned, parts, schema_problem, report)
        if not trusted and planned.complete:
            check_whole(planned, parts, recipes, report)
        compiled = compile_readings(planned, report)
        name_columns(planned.columns or [], compiled, report)
        recipe = None if report.has_errors else assemble(planned, compiled, text, name)
        return Compiled(recipe, report.sorted(), parts)


def _check_name(planned: Planned, name: str | None, report: Report) -> None:
    """The name that comes from outside: it must be one, and agree with the one in the text."""
    if name is None:
        return
    place = planned.draft.recipe.place if planned.draft.recipe is not None else Place(1, 1, 1, 1)
    written = planned.settings.get("name")
    try:
        recipe_name(name)
    except ValueError as problem:
        report.add("invalid_name", f"{problem}.", place)
    if written is not None and written != name:
        sentence = f"the recipe calls itself '{written}', but it is to be stored as '{name}'."
        report.add("name_mismatch", sentence, place)
