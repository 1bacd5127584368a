"""Logging, configured once for the whole process: our own records and those of every library, on standard error.

For people a line of text, for programs (`--json`) a line of JSON whose `event` says what happened.
"""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from cypher_executor.cli import terminal

LIBRARIES = ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "aiohttp")
"""Whose own words are of interest only when something is wrong."""


def configure(level: str, *, as_json: bool) -> None:
    """Send all records from this level on to standard error. Calling it again replaces what was there."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _as_json if as_json else _as_text,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _as_json(_: WrappedLogger, __: str, event: EventDict) -> str:
    return terminal.as_json({"event": event.pop("event"), **{name: _plain(value) for name, value in event.items()}})


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _as_text(_: WrappedLogger, __: str, event: EventDict) -> str:
    at, level, what = event.pop("timestamp", ""), event.pop("level", ""), event.pop("event")
    trace = event.pop("exception", None)
    more = "".join(f" {name}={value}" for name, value in event.items())
    line = terminal.harmless(f"{at} {level}: {what}{more}")
    return f"{line}\n{trace}" if trace else line
