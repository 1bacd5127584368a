"""What was found, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cypher_executor.bench.floors import Floors
from cypher_executor.bench.shapes import Shape
from cypher_executor.bench.timing import Measured, Sheet

Row = tuple[str, ...]


def floors_told(floors: Floors) -> str:
    """The floors in a sentence."""
    return (
        f"floors on this machine: one sync {floors.sync_ms:.3f} ms, "
        f"one plain wasmtime-py call {floors.call_ms:.3f} ms, one request over loopback {floors.trip_ms:.3f} ms"
    )


def columns(sheets: Sequence[Sheet]) -> Row:
    """The head of the table."""
    peers = [text for sheet in sheets[1:] for text in (sheet.name, "times ours")]
    return ("SHAPE", sheets[0].name, "times its floor", "WANTED", "", *peers)


def rows(sheets: Sequence[Sheet], floors: Floors) -> Iterator[Row]:
    """One row for each shape: the first sheet is what the promises are about, the others stand beside it."""
    for at, ours in enumerate(sheets[0].shapes):
        beside = [cell for sheet in sheets[1:] for cell in _beside(ours, sheet.shapes[at])]
        kept = "" if ours.shape.wanted is None else "kept" if ours.kept else "missed"
        yield (
            ours.shape.title,
            _figure(ours),
            f"{ratio_to_floor(ours, floors):.1f}",
            _wanted(ours.shape),
            kept,
            *beside,
        )


def remarks(sheets: Sequence[Sheet]) -> Iterator[str]:
    """What a table has no room for: memory, and answers that were not right."""
    for sheet in sheets:
        if sheet.rest_mb is not None and sheet.peak_mb is not None:
            yield f"{sheet.name}, all processes: {sheet.rest_mb:.0f} MB at rest, {sheet.peak_mb:.0f} MB at most"
        for one in sheet.shapes:
            if one.wrong:
                yield f"{sheet.name}: {one.wrong} wrong answers to {one.shape.title}, such as: {one.example}"


def as_json(sheets: Sequence[Sheet], floors: Floors) -> dict[str, Any]:
    """The same for programs."""
    return {
        "floors": {"sync_ms": floors.sync_ms, "call_ms": floors.call_ms, "trip_ms": floors.trip_ms},
        "subjects": [
            {
                "name": sheet.name,
                "memory_mb": {"at_rest": sheet.rest_mb, "at_most": sheet.peak_mb},
                "shapes": [_as_json(one, floors) for one in sheet.shapes],
            }
            for sheet in sheets
        ],
    }


def ratio_to_floor(found: Measured, floors: Floors) -> float:
    """How many times the time of a run is what its syncs, calls and request cost alone.

    A run costs two syncs (its beginning and its end), which runs at the same moment share, a request, and a plain call
    for each step.
    """
    shape = found.shape
    least_ms = 2 * floors.sync_ms / shape.at_once + floors.trip_ms + shape.steps * floors.call_ms
    return shape.run_ms(found.median) / least_ms


def _beside(ours: Measured, theirs: Measured) -> tuple[str, str]:
    times = theirs.shape.run_ms(theirs.median) / ours.shape.run_ms(ours.median)
    return _figure(theirs), f"{times:.1f}"


def _figure(found: Measured) -> str:
    return _with_unit(found.shape, found.median)


def _wanted(shape: Shape) -> str:
    if shape.wanted is None:
        return ""
    return f"{'at least' if shape.more_is_better else 'at most'} {_with_unit(shape, shape.wanted)}"


def _with_unit(shape: Shape, figure: float) -> str:
    number = f"{figure:,.0f}" if shape.unit == "runs/s" else f"{figure:.2f}"
    return f"{number} {shape.unit}"


def _as_json(found: Measured, floors: Floors) -> dict[str, Any]:
    shape, figures = found.shape, sorted(found.figures)
    return {
        "shape": shape.name,
        "title": shape.title,
        "unit": shape.unit,
        "median": found.median,
        "least": figures[0],
        "most": figures[-1],
        "rounds": len(figures),
        "wanted": shape.wanted,
        "kept": found.kept,
        "wrong_answers": found.wrong,
        "times_floor": ratio_to_floor(found, floors),
    }
