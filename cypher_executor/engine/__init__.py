"""The shell around the run machine: it drains, journals, applies and dispatches. `Engine` is all that others need."""

from cypher_executor.engine.engine import Engine
from cypher_executor.engine.live import Started
from cypher_executor.engine.steering import Called, WaitOver

__all__ = ["Called", "Engine", "Started", "WaitOver"]
