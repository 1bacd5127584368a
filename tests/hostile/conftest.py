"""The sandbox in this process, as the worker's own tests have it."""

from tests.worker.conftest import run, sandbox, watchdog

__all__ = ["run", "sandbox", "watchdog"]
