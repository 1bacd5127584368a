"""Logging, configured once for the whole process: our own records and those of every library, on standard error.

For people a line of text, for programs (`--json`) a line of JSON whose `event` says what happened. What a record
carries in `extra` is shown by name. The standard library does all of it: loading a logging package would cost the
service a third of the time in which it has to be ready.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

from cypher_executor.cli import terminal

LIBRARIES = ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "aiohttp")
"""Whose own words are of interest only when something is wrong."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


def configure(level: str, *, as_json: bool) -> None:
    """Send all records from this level on to standard error. Calling it again replaces what was there."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if as_json else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        told = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": _at(record),
            **dict(_extra(record)),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return terminal.as_json(told)


class TextLines(logging.Formatter):
    """A record as one line of text, with the traceback of an exception below it."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        extra = "".join(f" {name}={value}" for name, value in _extra(record))
        line = terminal.harmless(f"{_at(record)} {record.levelname.lower()}: {record.getMessage()}{extra}")
        return f"{line}\n{terminal.harmless(self.formatException(record.exc_info))}" if record.exc_info else line


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _extra(record: logging.LogRecord) -> Iterator[tuple[str, object]]:
    for name, value in vars(record).items():
        if name not in _STANDARD:
            yield name, value if isinstance(value, str | int | float | bool | None) else str(value)
