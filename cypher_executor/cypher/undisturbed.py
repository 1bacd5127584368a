"""Making many objects at once without the collector of cycles looking through all of them again and again.

A syntax tree is tens of thousands of objects without a cycle among them, and they all stay. The pauses are short: a
text has a largest size, and reading one takes seconds at most.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def undisturbed() -> Iterator[None]:
    """A stretch of work in which no garbage is collected, unless somebody else says so meanwhile."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
