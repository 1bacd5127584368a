"""What parts write to their standard error, in the service's log: lines that say whose they are.

A part is not trusted with the log either: each of its lines is a record of its own with run, node and part beside it,
without characters that could end a line or steer a terminal, and there is only so much of it. (Those of a part that
failed are in the details of its failure.)
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cypher_executor.core.commands import Execute
    from cypher_executor.core.events import RunId

_log = logging.getLogger("cypher_executor.parts")

MAX_LINES: Final = 50
MAX_CHARACTERS: Final = 1000
"""Of one line."""
_UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def write(written: bytes, run: RunId, execute: Execute) -> None:
    """Log what a part wrote in an execution that went well."""
    if not written or not _log.isEnabledFor(logging.INFO):
        return
    where = {"run": run, "node": execute.node, "item": execute.item, "part": execute.part}
    lines = [line for line in written.decode("utf-8", "replace").split("\n") if line.strip()]
    for line in lines[:MAX_LINES]:
        _log.info("%s", harmless(line), extra=where)
    if len(lines) > MAX_LINES:
        _log.info("[%d more lines are left out]", len(lines) - MAX_LINES, extra=where)


def harmless(line: str) -> str:
    """One line that cannot be taken for anything else, cut and marked."""
    safe = _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", line[:MAX_CHARACTERS].rstrip("\r"))
    return safe if len(line) <= MAX_CHARACTERS else f"{safe} [cut]"
