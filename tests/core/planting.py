"""Where defects are registered, to be planted one at a time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Plant = Callable[[pytest.MonkeyPatch], None]

DEFECTS: dict[str, Plant] = {}


def defect(plant: Plant) -> Plant:
    """Register a defect under its name."""
    DEFECTS[plant.__name__] = plant
    return plant
