"""The commands of a run that have not been answered yet. A step has at most one timer and one piece of work, a run one
timer and one end."""

from __future__ import annotations

from typing import Literal

from cypher_executor.core.commands import Command, Conclude, Execute, Interrupt, Perform, StartChild, StartTimer
from cypher_executor.core.events import Item
from cypher_executor.core.step import Step

_Key = tuple[str, Item, str]
Pausable = Execute | Perform | StartChild
"""The work that is not begun while a run is paused."""

_END: _Key = ("", (), "end")


class Outstanding:
    """What was asked for and is still wanted, in the order in which it came up."""

    def __init__(self) -> None:
        self._open: dict[_Key, Command] = {}
        self._new: list[Command] = []
        self._withheld: dict[_Key, Pausable] = {}
        self.withholding = False
        """While a run is paused, new work is noted here, and asked for when it goes on."""

    @property
    def all(self) -> tuple[Command, ...]:
        """Without what is withheld: nobody has been asked for that."""
        return tuple(command for key, command in self._open.items() if self._withheld.get(key) is not command)

    def ask(self, command: Command) -> None:
        """One more command; it takes the place of one of the same kind."""
        key = _key_of(command)
        self._open.pop(key, None)
        self._open[key] = command
        if self.withholding and isinstance(command, Pausable):
            self._withheld[key] = command
        else:
            self._new.append(command)

    def begin(self, step: Step, work: Pausable, now_us: int) -> None:
        """Ask for work, or have it noted while the run is paused: then the step waits from now on."""
        self.ask(work)
        step.state, step.held_since_us = ("waiting", now_us) if self.withholding else ("running", None)

    def start_timer(self, step: Step, due_us: int, state: Literal["waiting", "retrying"] = "waiting") -> None:
        """Let a step do nothing until then."""
        step.state = state
        self.ask(StartTimer(node=step.name, item=step.item, attempt=step.attempt, due_us=due_us))

    def withholds(self, step: Step) -> bool:
        """Whether a pause of the run is all that this step waits for."""
        key = (step.name, step.item, "work")
        return key in self._withheld and self._open.get(key) is self._withheld[key]

    @property
    def withheld(self) -> list[Pausable]:
        """The work that was asked for while the run is paused, and is still wanted."""
        return [command for key, command in self._withheld.items() if self._open.get(key) is command]

    def release(self) -> list[Pausable]:
        """The run goes on: what was withheld is given back, to be asked for anew."""
        self.withholding, withheld = False, self.withheld
        self._withheld.clear()
        return withheld

    def take_new(self) -> list[Command]:
        """What came up since last time. What was given up again in the meantime is not asked for at all."""
        new, self._new = self._new, []
        return [c for c in new if isinstance(c, Interrupt) or self._open.get(_key_of(c)) is c]

    def work(self, node: str, item: Item) -> Command | None:
        """What a step has asked to be done."""
        return self._open.get((node, item, "work"))

    def timer(self, node: str, item: Item) -> StartTimer | None:
        """The timer that a step, or the run itself (under an empty name), has going."""
        timer = self._open.get((node, item, "timer"))
        assert timer is None or isinstance(timer, StartTimer)
        return timer

    @property
    def concluding(self) -> bool:
        """Whether the run has asked for its end."""
        return _END in self._open

    def drop_work(self, step: Step) -> None:
        self._open.pop((step.name, step.item, "work"), None)

    def drop_timer(self, node: str = "", item: Item = ()) -> StartTimer | None:
        """Nobody waits for this timer any more; gives it back if it was going."""
        timer = self.timer(node, item)
        self._open.pop((node, item, "timer"), None)
        return timer

    def withdraw(self, step: Step) -> None:
        """Nothing that this step asked for is awaited any more."""
        self.drop_work(step)
        self.drop_timer(step.name, step.item)

    def interrupt(self, step: Step) -> None:
        """The same, and whoever is working on it is told."""
        self.withdraw(step)
        self._new.append(Interrupt(node=step.name, item=step.item, attempt=step.attempt))

    def clear(self) -> None:
        self._open.clear()
        self._withheld.clear()


def _key_of(command: Command) -> _Key:
    match command:
        case Conclude():
            return _END
        case StartTimer(node=node, item=item):
            return (node, item, "timer")
        case _:
            return (command.node, command.item, "work")
