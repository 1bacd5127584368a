"""Labels and relationships of the graph, once: documentation, constraints and checks are made of these tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

KEY = "cx.key"
"""The property that tells one node of a label from all others. Its name cannot be that of an input."""

POSITION = "cx.position"
"""On what a recipe draws: its place in the text, because a database keeps no order."""

STATES: Mapping[str, str] = {
    state: state.capitalize()
    for state in ("pending", "running", "waiting", "retrying", "succeeded", "failed", "cancelled", "skipped")
}
"""The label of each state, beside `Run`, `Step` or `Attempt`."""

LABELS: Mapping[str, str] = {
    "Recipe": "A version of a recipe.",
    "Node": "A node of a recipe, in graph form: `name`, `part`, and each input as a property.",
    "Part": "A part that nodes use.",
    "Host": "A host that recipes and parts may reach.",
    "Secret": "The name of a secret that recipes and parts may send.",
    "Run": "A run of a recipe, with its state as a second label.",
    "Step": "A node in a run, in loops once for each item, with its state as a second label.",
    "Attempt": "One try of a step, with its state as a second label.",
}
"""What stands for itself in the graph. Nodes of recipes have their tags as further labels."""


@dataclass(frozen=True, slots=True)
class Way:
    """A type of relationship between two labels."""

    start: str
    type: str
    end: str
    help: str


DRAWN = ("ON_SUCCESS", "ON_FAIL", "ON_COMPLETE", "FOR_EACH", "COLLECT", "STARTS")
"""The relationships of recipes themselves."""

WAYS: tuple[Way, ...] = (
    Way("Recipe", "HAS", "Node", "The nodes of a recipe."),
    Way("Recipe", "FOLLOWS", "Recipe", "The version before."),
    Way("Recipe", "REACHES", "Host", "It may send requests there."),
    Way("Recipe", "SENDS", "Secret", "It may send this secret."),
    Way("Node", "USES", "Part", "What a node runs."),
    Way("Part", "REACHES", "Host", "It asks to send requests there."),
    Way("Part", "SENDS", "Secret", "It asks for this secret."),
    *(Way("Node", type, "Node", "Drawn by the author, with its conditions.") for type in DRAWN),
    Way("Run", "OF", "Recipe", "What it is a run of."),
    Way("Run", "RAN", "Step", "The steps of a run."),
    Way("Run", "STARTED", "Run", "Runs that a run has started."),
    Way("Step", "STARTED", "Run", "The same, from the step that did it."),
    Way("Step", "OF", "Node", "What it is a step of."),
    Way("Step", "TRIED", "Attempt", "The tries of a step."),
    *(Way("Step", type, "Step", "What was taken in this run.") for type in DRAWN if type != "STARTS"),
)


def constraint_name(label: str) -> str:
    """The name of the constraint that makes keys unique under a label."""
    return f"cypher_executor_{label.lower()}_key"


INDEXED: Mapping[str, tuple[str, ...]] = {
    "Recipe": ("name",),
    "Node": ("name",),
    "Run": ("id", "name", "started_at"),
    "Step": ("name", "started_at"),
}
"""Properties that questions begin with, beside the keys."""
