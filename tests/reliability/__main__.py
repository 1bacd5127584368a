"""Carries out proofs and tells what they found: `cypher-executor bench reliability` calls this from a checkout."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.reliability.proofs import Proof, Task, Verdict, all_proofs

USAGE, BROKEN = 2, 1
SHOWN = 20
"""How many broken promises of one proof people are shown; JSON has them all."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A proof that was carried out."""

    proof: str
    seed: int
    full: bool
    took_s: float
    verdict: Verdict


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0 when every promise was kept."""
    chosen = _arguments(argv)
    known = {proof.name: proof for proof in all_proofs()}
    if unknown := [name for name in chosen.proofs if name not in known]:
        _note(f"there is no proof {unknown[0]!r}; there are {', '.join(known)}")
        return USAGE
    wanted = [known[name] for name in chosen.proofs or known]
    if chosen.list:
        _list(wanted, as_json=chosen.json)
        return 0
    carried = list(_carry_out(wanted, chosen.seed, full=chosen.full, as_json=chosen.json))
    if chosen.json:
        _say(json.dumps([asdict(one) for one in carried], indent=2))
    return BROKEN if any(one.verdict.problems for one in carried) else 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="cypher-executor bench reliability")
    parser.add_argument("proofs", nargs="*")
    parser.add_argument("--seed", type=int, default=0)
    for flag in ("--full", "--list", "--json"):
        parser.add_argument(flag, action="store_true")
    return parser.parse_args(argv)


def _list(proofs: Sequence[Proof], *, as_json: bool) -> None:
    about = [{"name": one.name, "about": one.about, "short": one.short, "full": one.full} for one in proofs]
    if as_json:
        _say(json.dumps(about, indent=2))
        return
    for one in about:
        _say(f"{one['name']}: {one['about']}\n    short: {one['short']}\n    full: {one['full']}")


def _carry_out(proofs: Sequence[Proof], seed: int, *, full: bool, as_json: bool) -> Iterator[Carried]:
    for proof in proofs:
        _note(f"{proof.name}: {proof.full if full else proof.short}, seed {seed}")
        with tempfile.TemporaryDirectory(prefix=f"{proof.name}-") as folder:
            began = time.monotonic()
            verdict = _verdict(proof, Task(seed, Path(folder), full, lambda line: _note(f"  {line}")))
            one = Carried(proof.name, seed, full, round(time.monotonic() - began, 1), verdict)
        if not as_json:
            _tell(one)
        yield one


def _verdict(proof: Proof, task: Task) -> Verdict:
    """What came of a proof; one that cannot be carried out to its end is no reason to leave out the others."""
    try:
        return proof.carry_out(task)
    except Exception as error:
        _note(traceback.format_exc())
        return Verdict(problems=[f"the proof could not be carried out to its end: {error!r}"])


def _tell(one: Carried) -> None:
    figures = ", ".join(f"{figure:,} {name}" for name, figure in one.verdict.figures.items())
    kept = "kept" if not one.verdict.problems else f"BROKEN in {len(one.verdict.problems)} places"
    _say(f"{one.proof}: {kept}; {figures}; {one.took_s} s")
    for problem in one.verdict.problems[:SHOWN]:
        _say(f"    {problem}")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _note(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
