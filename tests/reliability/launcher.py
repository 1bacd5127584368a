"""Starts `cypher-executor` again and again: `python -m tests.reliability.launcher`.

The product is loaded once, and every life is a fork of this process, which saves most of what a start costs. Each line
on standard input is an order, an object `{"argv": [...], "env": {...}, "die_at": [name, count], "full_while": path}`
(the last two may be null): a process is forked that does what the command line does with these arguments, dies at that
fail point, and finds its disk full while that file exists. Lines on standard output say `{"pid": ...}` and later
`{"ended": ...}`, the code as `os.waitstatus_to_exitcode` has it. Whatever the process says goes to standard error. No
thread is ever started here, so forking is safe.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.reliability import failpoints, quota

LOADED = (
    "cypher_executor.adapters.calls_kv",
    "cypher_executor.adapters.dispatch_local.dispatcher",
    "cypher_executor.adapters.egress",
    "cypher_executor.adapters.sqlite.inspecting",
    "cypher_executor.cli.app",
    "cypher_executor.cli.logs",
    "cypher_executor.cli.server",
    "cypher_executor.cypher",
    "cypher_executor.service.app",
    "cypher_executor.wiring",
)
"""What the command line would load when it needs it."""


def main() -> None:
    for module in LOADED:
        importlib.import_module(module)
    _warm()
    _say({"ready": True})
    for line in sys.stdin:
        _live(json.loads(line))


def _warm() -> None:
    """Do once what each life would do for the first time: make the parser, and read the manifests of the parts."""
    from cypher_executor.settings import load_settings
    from cypher_executor.wiring import checker

    checker(load_settings()).load()


def _live(order: dict[str, Any]) -> None:
    pid = os.fork()
    if pid == 0:
        _be(order)
    _say({"pid": pid})
    _say({"ended": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])})


def _be(order: dict[str, Any]) -> None:
    """Be that process, to its end."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.environ.update(order["env"])
    sys.argv = ["cypher-executor", *order["argv"]]
    if order["die_at"]:
        failpoints.install(*order["die_at"])
    if order["full_while"]:
        quota.install(Path(order["full_while"]))
    from cypher_executor.__main__ import main as command_line

    try:
        command_line()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    else:
        code = 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
