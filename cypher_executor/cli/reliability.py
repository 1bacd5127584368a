"""`bench reliability`: the proofs of what is promised of runs, carried out on this machine.

The proofs kill services, fail disks and cut the power of simulated machines. They are tests, and tests do not ship in
the package: they are carried out from a checkout of the source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cypher_executor.cli import exits, options

if TYPE_CHECKING:
    from pathlib import Path

PROOFS = "tests.reliability"

Names = Annotated[list[str] | None, typer.Argument(help="Which proofs; all of them when not given.", metavar="PROOF")]
Full = Annotated[bool, typer.Option("--full", help="As much as is promised (hours), and not what fits into a minute.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Another seed: other moments, other orders.")]
Listed = Annotated[bool, typer.Option("--list", help="Tell which proofs there are, and carry none out.")]


@exits.command
def reliability(
    names: Names = None, full: Full = False, seed: Seed = 0, listed: Listed = False, as_json: options.AsJson = False
) -> int:
    """Carry out the proofs that nothing is lost: kill -9, power cuts, failing disks, a simulated service.

    Each prints what it did and what it found; exit code 1 when a promise was broken. Needs a checkout of the source.
    """
    import subprocess
    import sys

    chosen = {"--full": full, "--list": listed, "--json": as_json}
    options = [option for option, wanted in chosen.items() if wanted]
    command = [sys.executable, "-m", PROOFS, *(names or ()), "--seed", str(seed), *options]
    return subprocess.run(command, cwd=checkout(), check=False).returncode


def checkout() -> Path:
    """The folder of the source that this program, or whoever calls it, stands in. Raises NotFound."""
    from pathlib import Path

    import cypher_executor
    from cypher_executor.errors import NotFound

    places = (Path(cypher_executor.__file__).resolve().parent.parent, Path.cwd())
    for place in places:
        if place.joinpath(*PROOFS.split("."), "__main__.py").is_file():
            return place
    raise NotFound(
        "the proofs are not in the installed package: they are tests, and need a checkout of the source",
        code="no_checkout",
        next_actions=[
            "clone the repository, change into it, and install it with `pip install -e .`",
            "call `cypher-executor bench reliability` there",
        ],
    )
