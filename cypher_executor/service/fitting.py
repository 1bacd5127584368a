"""From JSON to the models of `requests`: all misfits at once, and the nearest name for a field that is not known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cypher_executor.errors import RequestInvalid, nearest

M = TypeVar("M", bound=BaseModel)


def fitted(model: type[M], value: Any) -> M:
    """The value as `model`. Raises RequestInvalid with every misfit, and the nearest name for an unknown field."""
    if not isinstance(value, Mapping):
        misfit = {"path": "", "message": "must be an object"}
        raise RequestInvalid("the body must be a JSON object", problems=[misfit])
    try:
        return model.model_validate(value)
    except ValidationError as wrong:
        raise misfits(model, wrong.errors(include_url=False, include_input=False)) from None


def misfits(model: type[BaseModel], found: list[ErrorDetails], code: str | None = None) -> RequestInvalid:
    """All that does not fit a model, as one error."""
    known = [field.alias or name for name, field in model.model_fields.items()]
    problems = [{"path": "".join(f"/{step}" for step in e["loc"]), "message": _sentence(e)} for e in found]
    unknown = [str(e["loc"][-1]) for e in found if e["type"] == "extra_forbidden"]
    listed = "; ".join(f"{p['path'][1:]}: {p['message']}" if p["path"] else p["message"] for p in problems)
    near = nearest(unknown[0], known) if unknown else None
    hint = f"; known are {', '.join(known)}" if unknown else ""
    return RequestInvalid(f"the request does not fit: {listed}{hint}", code=code, problems=problems, did_you_mean=near)


def _sentence(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such field"
    return error["msg"].removeprefix("Value error, ")
