"""What every body that we send has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """A body that we send. Only the documentation asks what it looks like, so that is not worked out at the start."""

    model_config = ConfigDict(defer_build=True)
