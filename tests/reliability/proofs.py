"""The proofs, by name: what each is about, how it is carried out, and how much of it is the short and the full measure.

CI carries out the short measure of each (`test_proofs.py`), `cypher-executor bench reliability` that or, with `--full`,
the full one. The same seed and measure give the same proof, as far as moments of real processes can be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Say = Callable[[str], None]
"""Takes a line about how far a proof has come."""


@dataclass(slots=True)
class Verdict:
    """What was done, as figures by name, and every promise that was found broken, as sentences."""

    figures: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def count(self, more: Mapping[str, float]) -> None:
        """Add figures to those of the same name."""
        for name, figure in more.items():
            self.figures[name] = self.figures.get(name, 0) + figure


@dataclass(frozen=True, slots=True)
class Task:
    """One carrying out of a proof: with this seed, in this empty folder, in the full measure or the short one."""

    seed: int
    folder: Path
    full: bool
    say: Say = lambda line: None


@dataclass(frozen=True, slots=True)
class Proof:
    """A promise that is tried. `about` is a sentence; `short` and `full` say what its measures are."""

    name: str
    about: str
    short: str
    full: str
    carry_out: Callable[[Task], Verdict]


def all_proofs() -> tuple[Proof, ...]:
    """Every proof, in the order in which they are carried out."""
    from tests.reliability import disk_full, io_errors, kills, neighbours, power, races
    from tests.reliability.simulation import stories

    return (
        Proof(
            "simulation",
            "the engine under a virtual clock, in a seeded order, with crashes, failing disks and clocks that are set",
            f"{stories.SHORT:,} seeds",
            f"{stories.FULL:,} seeds",
            stories.carry_out,
        ),
        Proof(
            "power",
            "the power goes, and what was not synced is kept, lost or torn, write by write; a control arm has to lose",
            f"{power.SHORT:,} trials",
            f"{power.FULL:,} trials",
            power.carry_out,
        ),
        Proof(
            "io_errors",
            "the k-th write, sync or open of the disk fails, once or for good, for every k",
            f"every k of {io_errors.SHORT} life of a journal",
            f"every k of {io_errors.FULL} lives of a journal",
            io_errors.carry_out,
        ),
        Proof(
            "disk_full",
            "the disk of a service fills up under load, and is freed again; nothing is lost, reading goes on",
            f"{disk_full.SHORT} rounds",
            f"{disk_full.FULL} rounds",
            disk_full.carry_out,
        ),
        Proof(
            "callbacks",
            f"{races.CALLERS} callers of each wait at once, and kill -9 in the middle: one is accepted",
            f"{races.WAITS[0]:,} waits",
            f"{races.WAITS[1]:,} waits",
            races.callbacks,
        ),
        Proof(
            "keys",
            f"{races.DUPLICATES} requests under each idempotency key, and kill -9 in the middle: one run for each key",
            f"{races.KEYS[0]:,} keys",
            f"{races.KEYS[1]:,} keys",
            races.keys,
        ),
        Proof(
            "neighbours",
            "a part that takes its workers down and one that answers twice, beside runs that must not notice",
            f"{neighbours.RUNS[0]:,} good runs beside {neighbours.BAD[0]} of each bad kind",
            f"{neighbours.RUNS[1]:,} good runs beside {neighbours.BAD[1]} of each bad kind",
            neighbours.carry_out,
        ),
        Proof(
            "kills",
            "kill -9 of the service at random moments and at named points, under a mixed load",
            "{} kills over {:,} runs".format(*kills.SHORT),
            "{:,} kills over {:,} runs".format(*kills.FULL),
            kills.carry_out,
        ),
    )
