"""What expressions see: the outputs of steps, the items of loops, the input of the run.

An expression is read in a *pass* (`table.py`). A name in it is, looking outwards from there: the item of a loop around,
or its place; the output of a node of this pass or of one around it; or, for a node of a loop that stands in one of
these, the list of its outputs in the order of the items, once that loop has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from cypher_executor.core.callbacks import Wait
from cypher_executor.core.commands import Place
from cypher_executor.core.events import CallbackReceived, Item, RunStarted
from cypher_executor.core.fingerprint import canonical
from cypher_executor.core.origin import Wanted
from cypher_executor.core.recipe import Expression, Recipe, Scope, Value
from cypher_executor.core.regions import Region
from cypher_executor.core.secret_handles import handle
from cypher_executor.core.step import Step
from cypher_executor.core.table import MAX_STEPS, Pass, Table
from cypher_executor.core.weight import Scales
from cypher_executor.errors import ExpressionError, Failure

WaitKey = tuple[str, Item, int, int]
"""A wait for a callback: its node, its item, the turn of its step, and its number among the waits of that turn."""


@dataclass(slots=True)
class Given:
    """What comes into a run from outside and is the same for all of its steps: how it began, and what time it is."""

    first: RunStarted | None = None
    now_us: int = 0
    callbacks: dict[WaitKey, CallbackReceived] = field(default_factory=dict)
    """The callbacks that have come, those for waits which have not begun included."""
    wanted: Wanted = field(default_factory=Wanted)
    """What the run does itself, and which results it has from another one."""

    @property
    def started(self) -> RunStarted:
        assert self.first is not None
        return self.first


class Values:
    """Evaluates what a recipe says, in the run as it is now. `mint` makes the tokens of waits."""

    def __init__(self, recipe: Recipe, table: Table, given: Given, mint: Callable[[Wait], str]) -> None:
        self._recipe = recipe
        self._mint = mint
        self._table = table
        self._given = given
        self._scales = Scales()

    def input_of(self, step: Step) -> Value:
        """The map that the author wrote, or else the item or the output that the step is fed by.

        Raises ExpressionError, also when it is too large or too deep to be handed to anybody.
        """
        return self._scales.check(self._input_of(step), f"the input of {step.name!r}")

    def _input_of(self, step: Step) -> Value:
        within = self._table.pass_of(step)
        if step.node.inputs is not None:
            return self._evaluate(step.node.inputs, f"node {step.name}{_at(step.item)}", within)
        if step.name == within.region.first:
            return self._item(within)
        sources = list(dict.fromkeys(r.source for r in self._recipe.incoming[step.name] if r.type != "STARTS"))
        if not sources:
            return self._given.started.input
        if len(sources) == 1:
            return self.value_of(within, sources[0])
        return {source: self.value_of(within, source) for source in sources}

    def items_of(self, region: Region, within: Pass, purpose: str) -> list[Value] | Failure:
        """The list that the loop of a region goes over, or why there is none."""
        loop = region.loop
        assert loop is not None
        try:
            items = loop.items.evaluate(self._scope(within, f"{purpose}{_at(within.item)}"))
        except ExpressionError as error:
            return error.failure()
        if isinstance(items, list):
            return items if self._table.reserve(region, len(items)) else _too_many(len(items))
        return Failure("not_a_list", f"`{loop.items.text}` is {_KINDS.get(type(items), 'a map')}, and not a list")

    def condition(self, condition: Expression, within: Pass, purpose: str) -> Value:
        """The value of a condition. Raises ExpressionError."""
        return condition.evaluate(self._scope(within, f"{purpose}{_at(within.item)}"))

    def until(self, condition: Expression, step: Step) -> bool:
        """Whether a step that repeats has what it repeats for: here its own name is its latest output."""
        within = self._table.pass_of(step)
        purpose = f"until {step.name}{_at(step.item)}:{step.turn}"
        return condition.evaluate(self._scope(within, purpose, latest=step)) is True

    def share_of(self, step: Step) -> Place | None:
        """What an attempt that begins needs a place among; None where nothing limits it. Raises ExpressionError."""
        share = step.node.share
        if share is None or share.key is None:
            return None if share is None else (share.limit, "")
        purpose = f"concurrency_key {step.name}{_at(step.item)}:{step.attempt}"
        key = share.key.evaluate(self._scope(self._table.pass_of(step), purpose))
        return None if key is None else (share.limit, canonical(key))

    def schema_ahead(self, name: str) -> Value:
        """What the callback of a node has to fit that waits later; None when it is anything, or not known yet.

        It is known when no step is read: from what the recipe says and what the run began with.
        """
        node = self._recipe.nodes[name]
        said = dict(node.inputs or ()).get("schema") if node.part == "wait_for_callback" else None
        if said is None or said.names:
            return None
        try:
            found = said.evaluate(self._scope(self._table.passes["", ()], f"schema {name}"))
        except ExpressionError:
            return None  # Then the step will say so.
        return found if isinstance(found, dict | bool) else None

    def result(self) -> Value:
        """What RETURN says, or else what the last nodes gave, by name. Raises ExpressionError.

        A run of a part of its recipe has the RETURN that names nothing beyond that, or else its own last nodes.
        """
        whole, returns, wanted = self._table.passes["", ()], self._recipe.returns, self._given.wanted
        if returns is not None and all(map(wanted.wants, self._named(returns))):
            result = self._evaluate(returns, "return", whole)
        else:
            result = {name: self.value_of(whole, name) for name in self._last(wanted) if not self._skipped(name)}
        return self._scales.check(result, "the result")

    def _named(self, fields: Iterable[tuple[str, Expression]]) -> set[str]:
        """The nodes that these expressions read."""
        return {name for _, expression in fields for name in expression.names if name in self._recipe.nodes}

    def _last(self, wanted: Wanted) -> Iterable[str]:
        """The nodes whose outputs are the result when nothing says otherwise."""
        only = wanted.only
        if only is None:
            return self._recipe.ends
        leading = {name: {way.target for way in self._recipe.outgoing[name]} for name in self._recipe.nodes}
        return [name for name in self._recipe.nodes if name in only and not leading[name] & only]

    def value_of(self, within: Pass, name: str) -> Value:
        """What `name` means in a pass; None where it means nothing."""
        for loop, inside in self._table.around(within):
            if name in (loop.loop.item, loop.loop.index) and not inside.stillborn:
                index = inside.item[-1]
                return loop.items[index] if name == loop.loop.item else index
        region = self._table.regions.of.get(name)
        return None if region is None else self._output(self._around_both(within, region), region, name)

    # --- names --------------------------------------------------------------------------------------------------------

    def _around_both(self, within: Pass, region: Region) -> Pass:
        """The innermost pass that has both this pass and the region in it."""
        while not within.region.holds(region):
            within = self._table.passes[within.region.above, self._table.loop_of(within).item]
        return within

    def _output(self, within: Pass, region: Region, name: str) -> Value:
        """The output of a node from outside: a list for each loop between."""
        way = [self._table.regions.by_key[key] for key in region.path[len(within.region.path) :]]
        return self._list(way, within.item, name)

    def _list(self, way: Sequence[Region], item: Item, name: str) -> Value:
        if not way:
            step = self._table.steps.get((name, item))
            return None if step is None else step.value
        loop = self._table.loops.get((way[0].key, item))
        if loop is None or not loop.ended:
            return None
        if name not in loop.lists:
            inside = way[1:]
            items = [(*item, index) for index in range(len(loop.items))]
            gone = loop.stillborn
            loop.lists[name] = self._list(inside, item, name) if gone else [self._list(inside, i, name) for i in items]
        return loop.lists[name]

    def _skipped(self, name: str) -> bool:
        """Whether the only step of a node was skipped."""
        step = self._table.steps.get((name, ()))
        return step is not None and step.state == "skipped"

    def _item(self, within: Pass) -> Value:
        return self._table.loop_of(within).items[within.item[-1]]

    # --- expressions --------------------------------------------------------------------------------------------------

    def _evaluate(self, fields: Iterable[tuple[str, Expression]], purpose: str, within: Pass) -> dict[str, Value]:
        """A map of expressions, each with a seed of its own: two `uuid()` of one node are two."""
        scope = self._scope(within, purpose)
        seed, found = scope.seed, dict[str, Value]()
        for key, expression in fields:
            scope.seed = f"{seed}.{key}"
            found[key] = expression.evaluate(scope)
        return found

    def _scope(self, within: Pass, purpose: str, latest: Step | None = None) -> Scope:
        started = self._given.started
        value_of = partial(self.value_of, within) if latest is None else partial(self._value_after, within, latest)
        return Scope(
            value_of=value_of,
            params=started.input if isinstance(started.input, dict) else {},
            input=started.input,
            trigger=started.trigger,
            at_us=self._given.now_us,
            seed=f"{started.run}:{purpose}",
            secret=partial(handle, started.seed, started.run),
            callback_url=partial(self._callback_url, within),
        )

    def _callback_url(self, within: Pass, node: str) -> str:
        """The address of the first wait of a node: the one in this pass, or in one around it."""
        region = self._table.regions.of.get(node)
        around = None if region is None else self._around_both(within, region)
        if around is None or around.region is not region:
            raise ExpressionError(f"callbackUrl('{node}'): no such node waits where this is asked", code="not_waiting")
        step = self._table.steps.get((node, around.item))
        started = self._given.started
        token = self._mint(Wait(started.run, node, around.item, step.turn if step is not None else 1))
        return f"{started.address}/callbacks/{token}"

    def _value_after(self, within: Pass, latest: Step, name: str) -> Value:
        return latest.output if name == latest.name else self.value_of(within, name)


_KINDS = {type(None): "null", bool: "true or false", int: "a number", float: "a number", str: "a text"}


def _too_many(items: int) -> Failure:
    message = f"a run has at most {MAX_STEPS} steps: there is no room for a loop over {items} items"
    return Failure("too_many_steps", f"{message}; let it start runs that do a part of them each")


def _at(item: Item) -> str:
    """The item as it stands in seeds, so that those of a run without loops are as they were."""
    return f"[{dotted(item)}]" if item else ""


def dotted(item: Sequence[int]) -> str:
    """An item as it stands in keys and seeds: `2.0`."""
    return ".".join(map(str, item)) if item else ""
