"""One execution on its way to a worker: what to send, and whether anybody still waits for the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cypher_executor import strict_json
from cypher_executor.core.commands import Call, Execute
from cypher_executor.core.events import RunId
from cypher_executor.core.parts import Limits
from cypher_executor.errors import RequestInvalid
from cypher_executor.worker import frames

_SHORTEST_MS: Final = 1
_LONGEST_MS: Final = 24 * 3600 * 1000
_MOST: Final = (1 << 32) - 1
_MOST_FUEL: Final = (1 << 63) - 1
"""What the wire can hold: whatever a manifest says, it is sent."""


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """A compiled module: its number on the wire, whether it counts fuel, and the machine code.

    `stored` says that it was found on the disk: what it was compiled for is known by its name alone.
    """

    number: int
    fuel: bool
    code: bytes
    stored: bool = False


@dataclass(slots=True, eq=False)
class Order:
    """An `Execute` of a run. It may be sent more than once (executing is harmless), and is answered at most once.

    `step` is what this is an execution of. `module` is there when it has arrived; all orders of a part share it.
    `copies` says how many workers are to do this now. `settled` means that nothing that still arrives for it counts: it
    was answered, or nobody wants it. `long`: it is thought to take long.
    """

    run: RunId
    execute: Execute
    step: tuple[RunId, str, tuple[int, ...]]
    frame: bytes
    timeout_ms: int
    fuel: bool
    long: bool = False
    module: Module | None = None
    copies: int = 0
    settled: bool = False

    def sent_as(self, number: int) -> bytes:
        """The frame for sending this under a fresh number, when the module is there."""
        assert self.module is not None
        self.copies += 1
        return frames.renumbered(self.frame, number, self.module.number)


def order(run: RunId, execute: Execute, limits: Limits, *, long: bool = False) -> Order:
    """What a worker needs to know of an Execute. The input and the tape are encoded here, once.

    Raises errors.RequestInvalid for a value that JSON cannot hold, and for more than fits into one frame.
    """
    timeout_ms = limits.timeout_ms if execute.timeout_ms is None else min(limits.timeout_ms, execute.timeout_ms)
    timeout_ms = max(_within(timeout_ms, _LONGEST_MS), _SHORTEST_MS)
    execution = frames.Execution(
        number=0,
        module=0,
        timeout_ms=timeout_ms,
        memory_mb=_within(limits.memory_mb, _MOST),
        output_kb=_within(limits.output_kb, _MOST),
        fuel=None if limits.fuel is None else _within(limits.fuel, _MOST_FUEL),
        clock_us=execute.clock_us,
        seed=execute.seed.encode(),
        tape=tuple(map(_call, execute.tape)),
        input=strict_json.dumps(execute.input),
    )
    step = (run, execute.node, execute.item)
    return Order(run, execute, step, _frame(execution), timeout_ms, limits.fuel is not None, long)


def _frame(execution: frames.Execution) -> bytes:
    try:
        return frames.execute(execution)
    except frames.FrameError as error:  # hundreds of large answers
        raise RequestInvalid(f"input and answers together are too large: {error}") from None


def _within(value: int, most: int) -> int:
    return value if 0 <= value <= most else 0 if value < 0 else most


def _call(call: Call) -> tuple[bytes, bytes]:
    return strict_json.dumps(call[0]), strict_json.dumps(call[1])
