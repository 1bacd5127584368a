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
        raise misfits(model, value, wrong.errors(include_url=False, include_input=False)) from None


def misfits(model: type[BaseModel], value: Mapping[str, Any], found: list[ErrorDetails]) -> RequestInvalid:
    """All that does not fit a model in what was given, as one error.

    What fits none of several alternatives is one misfit of its place, though each alternative says so by itself.
    """
    known = [field.alias or name for name, field in model.model_fields.items()]
    told: dict[str, list[str]] = {}
    for error in found:
        told.setdefault(_place(value, error), []).append(_sentence(model, error))
    problems = [{"path": path, "message": "; or: ".join(dict.fromkeys(sentences))} for path, sentences in told.items()]
    unknown = [str(e["loc"][-1]) for e in found if e["type"] == "extra_forbidden"]
    listed = "; ".join(f"{p['path'][1:]}: {p['message']}" if p["path"] else p["message"] for p in problems)
    near = nearest(unknown[0], known) if unknown else None
    hint = f"; known are {', '.join(known)}" if unknown else ""
    return RequestInvalid(f"the request does not fit: {listed}{hint}", problems=problems, did_you_mean=near)


def _place(value: Any, error: ErrorDetails) -> str:
    """Where something does not fit: a place in what was given, without the names that alternatives have."""
    path = ""
    for step in error["loc"]:
        if isinstance(value, Mapping) and (step in value or error["type"] == "missing"):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return path
        path += f"/{step}"
    return path


def _sentence(model: type[BaseModel], error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such field"
    if error["type"] == "string_pattern_mismatch":
        field = model.model_fields.get(str(error["loc"][0]))
        return f"this is not what is meant here: {field.description}" if field is not None else error["msg"]
    return error["msg"].removeprefix("Value error, ")
