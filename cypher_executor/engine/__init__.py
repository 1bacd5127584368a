"""The shell around the run machine: it drains, journals, applies and dispatches. `Engine` is all that others need."""

from cypher_executor.engine.engine import Engine
from cypher_executor.engine.live import Started

__all__ = ["Engine", "Started"]
