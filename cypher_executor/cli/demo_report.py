"""What the demonstration prints, and what it says to programs."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cypher_executor.cli import terminal
from cypher_executor.cli.client import Json
from cypher_executor.cli.timeline import Span, Timeline, bar, duration_ms, timeline_of

if TYPE_CHECKING:
    from cypher_executor.cli.demo import Shown


def to_json(shown: Shown) -> Json:
    """Everything in one document. Times are milliseconds; `start_ms` counts from the start of the first run."""
    timeline = timeline_of(shown.family.all)
    return {
        "url": shown.service.url,
        "input": shown.input,
        "answered_ms": round(shown.answered_ms, 3),
        "run": shown.family.first,
        "children": shown.family.children,
        "timeline": [_span(span) for span in timeline.spans],
        "total_ms": round(timeline.total_ms, 3),
        "sum_of_steps_ms": round(timeline.sum_ms, 3),
        "next": commands(shown),
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


def print_report(shown: Shown) -> None:
    """The timeline, the results, and what to try next."""
    timeline = timeline_of(shown.family.all)
    terminal.result(f"\n{shown.input['text']}\n")
    terminal.result(f"POST /webhooks/named/parallel_fanout/trigger answered in {shown.answered_ms:.1f} ms.\n")
    _print_timeline(timeline)
    terminal.result(f"\ntotal {timeline.total_ms:.1f} ms, sum of the steps {timeline.sum_ms:.1f} ms\n")
    for child in shown.family.children:
        terminal.result(f"{child['recipe']} ({child['state']}, {duration_ms(child) or 0:.1f} ms)")
        terminal.result(_indented(_outcome(child)))
    terminal.result("\nTry next:\n")
    for command in commands(shown):
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


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def commands(shown: Shown) -> Sequence[str]:
    """Five commands that work while the service of the demonstration runs."""
    url, run = shown.service.url, shown.family.first["id"]
    body = shlex.quote(json.dumps({"text": "The train was late. Passengers waited.", "target_lang": "de"}))
    recipe = shlex.quote("(a:string_ops {operation: 'upper', text: $text}) RETURN a.result AS shout")
    return (
        f"curl -X POST {url}/webhooks/named/parallel_fanout/trigger -d {body}",
        f"cypher-executor runs list --server {url}",
        f"cypher-executor runs show {run} --server {url}",
        f"cypher-executor recipes show parallel_fanout --server {url}",
        f"echo {recipe} | cypher-executor run - -d text=hello --server {url}",
    )
