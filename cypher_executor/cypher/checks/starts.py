"""What triggers start: nodes outside of loops, under conditions that say only how a run began."""

from __future__ import annotations

from cypher_executor.cypher.plan.planned import Planned, PlannedRelationship, Reading
from cypher_executor.cypher.report import Report, as_written


def check_starts(planned: Planned, report: Report) -> None:
    """Reports starts into loops, starts that are drawn twice, and conditions that name a node."""
    for trigger in planned.triggers.values():
        seen: set[tuple[str, bool]] = set()
        conditional = any(start.condition.conditional for start in trigger.starts)
        for start in trigger.starts:
            if start.condition.otherwise and not conditional:
                _report_alone(start, report)
            _check_target(planned, start, report)
            _check_twice(start, seen, report)
    for reading in planned.conditions_of_starts():
        _check_condition(reading, report)


def _report_alone(start: PlannedRelationship, report: Report) -> None:
    sentence = f"no other `STARTS` from `{start.source}` has a `when`, so `otherwise` changes nothing here."
    report.add("otherwise_alone", sentence, start.condition.places["otherwise"], node=start.target)


def _check_target(planned: Planned, start: PlannedRelationship, report: Report) -> None:
    if not planned.graph.cycles and planned.loops.paths[start.target]:
        sentence = f"`{start.target}` is in the body of a loop, which only its FOR_EACH leads into: start before it."
        report.add("loop_leak", sentence, start.drawn.place, node=start.target)


def _check_twice(start: PlannedRelationship, seen: set[tuple[str, bool]], report: Report) -> None:
    if start.when is not None:
        return
    key = (start.target, start.condition.otherwise)
    if key in seen:
        sentence = f"`{start.source}` starts `{start.target}` already."
        report.add("duplicate_relationship", sentence, start.drawn.place, node=start.target)
    seen.add(key)


def _check_condition(reading: Reading, report: Report) -> None:
    for variable in reading.references.variables:
        written = as_written(variable.name)
        when = "a run begins" if reading.step is None else "a trigger starts"
        sentence = f"no node has run when {when}, so there is no {written}: read `$input` and `$trigger`."
        report.add("not_upstream", sentence, variable.place, node=reading.step)
