"""What the demonstration prints, and what it says to programs."""

from __future__ import annotations

import json
import shlex
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cypher_executor.cli import terminal
from cypher_executor.cli.client import Json
from cypher_executor.cli.timeline import Span, Timeline, bar, duration_ms, timeline_of

if TYPE_CHECKING:
    from cypher_executor.cli.demo import Shown

USUAL_URL = "http://127.0.0.1:8080"
WIDTH = 100


def to_json(shown: Shown) -> Json:
    """Everything in one document. Times are milliseconds; `start_ms` counts from the start of the first run."""
    timeline = timeline_of(shown.last.family.all)
    return {
        "url": shown.url,
        "input": shown.input,
        "answered_ms": round(shown.last.answered_ms, 3),
        "run": shown.last.family.first,
        "children": shown.last.family.children,
        "timeline": [_span(span) for span in timeline.spans],
        "total_ms": round(timeline.total_ms, 3),
        "sum_of_steps_ms": round(timeline.sum_ms, 3),
        "totals_of_all_runs_ms": [round(total, 3) for total in _totals(shown)],
        "next": commands(USUAL_URL),
    }


def _span(span: Span) -> Json:
    return {
        "run": span.run,
        "recipe": span.recipe,
        "step": span.step,
        "state": span.state,
        "start_ms": round(span.start_ms, 3),
        "duration_ms": round(span.duration_ms, 3),
    }


def print_report(shown: Shown, *, goes_on: bool) -> None:
    """The input, the timeline, the results, and what to try next."""
    timeline = timeline_of(shown.last.family.all)
    _paragraph(_wrapped(shown.input["text"]))
    _paragraph(f"The webhook of parallel_fanout answered in {shown.last.answered_ms:.1f} ms. What ran when:")
    _print_timeline(timeline)
    terminal.result("")
    _paragraph(f"total {timeline.total_ms:.1f} ms, sum of the steps {timeline.sum_ms:.1f} ms")
    _paragraph(_wrapped(_about_all(shown)))
    for child in shown.last.family.children:
        terminal.result(f"{child['recipe']}  {child['state']}  {duration_ms(child) or 0:.1f} ms")
        _paragraph(_wrapped(_outcome(child), indent="  "))
    _print_next(shown.url, goes_on=goes_on)


def _paragraph(text: str) -> None:
    terminal.result(text)
    terminal.result("")


def _wrapped(text: str, indent: str = "") -> str:
    lines = text.splitlines()
    return "\n".join(textwrap.fill(line, WIDTH, initial_indent=indent, subsequent_indent=indent) for line in lines)


def _totals(shown: Shown) -> list[float]:
    return [timeline_of(run.family.all).total_ms for run in shown.runs]


def _about_all(shown: Shown) -> str:
    *before, _ = (f"{total:.0f}" for total in _totals(shown))
    why = "for the first ones modules are compiled, or read from the cache, and loaded by the workers"
    return f"{len(before)} runs went before this one, which took {', '.join(before)} ms: {why}."


def _print_next(url: str, *, goes_on: bool) -> None:
    if goes_on:
        terminal.result("The service goes on until Ctrl-C. Try in another terminal:")
    else:
        terminal.result("The service of the demonstration has ended. Start one with `cypher-executor serve`, and try:")
    for command in commands(url if goes_on else USUAL_URL):
        terminal.result(f"  {command}")


def _print_timeline(timeline: Timeline) -> None:
    rows = [
        (f"{s.recipe}.{s.step}", f"{s.start_ms:.1f}", f"{s.duration_ms:.1f}", _bar(s, timeline)) for s in timeline.spans
    ]
    terminal.result_table(("STEP", "START ms", "TOOK ms", ""), rows)


def _bar(span: Span, timeline: Timeline) -> str:
    return bar(span.start_ms, span.end_ms, timeline.total_ms)


def _outcome(run: Json) -> str:
    value: Any = run["result"] if run["state"] == "succeeded" else run["error"]
    if isinstance(value, dict):
        return "\n".join(f"{key}: {v if isinstance(v, str) else terminal.as_json(v)}" for key, v in value.items())
    return terminal.as_json(value)


def commands(url: str) -> Sequence[str]:
    """Five commands that work while a service with the shipped recipes runs at this address."""
    body = shlex.quote(json.dumps({"text": "The train was late. Many people waited.", "target_lang": "de"}))
    recipe = shlex.quote('(a:string_ops {operation: "upper", text: $text}) RETURN a.result AS shout')
    return (
        f"curl -X POST {url}/webhooks/named/parallel_fanout/trigger -d {body}",
        f"cypher-executor runs list --server {url}",
        f"cypher-executor recipes show parallel_fanout --server {url}",
        f"cypher-executor run classify -d text='The team won the match.' --server {url}",
        f"echo {recipe} | cypher-executor run - -d text=hello --server {url}",
    )
