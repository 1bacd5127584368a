"""Query strings: decoded strictly, so that a name in them is what the caller wrote or is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, get_origin
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError

from cypher_executor.service.fitting import misfits
from cypher_executor.service.problems import Refusal

M = TypeVar("M", bound=BaseModel)

MOST_FIELDS = 500


def query_of(raw: bytes) -> dict[str, list[str]]:
    """Every name and its values, in order. Raises Refusal (`query_invalid`)."""
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as wrong:  # UnicodeDecodeError among them
        why = "it is not UTF-8" if isinstance(wrong, UnicodeDecodeError) else str(wrong)
        raise Refusal(f"the query string cannot be read: {why}", code="query_invalid") from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def names_of(model: type[BaseModel]) -> list[str]:
    """The names that this model takes from a query string."""
    return [field.alias or name for name, field in model.model_fields.items()]


def fitted_query(model: type[M], query: Mapping[str, list[str]]) -> M:
    """The query as `model`. Raises RequestInvalid for what does not fit; only lists may be given several times."""
    lists = {f.alias or name for name, f in model.model_fields.items() if get_origin(f.annotation) is list}
    twice = next((name for name, values in query.items() if len(values) > 1 and name not in lists), None)
    if twice is not None:
        raise Refusal(f"{twice!r} stands more than once in the query string", code="query_invalid")
    given = {n: v if n in lists else v[0] for n, v in query.items()}
    try:
        return model.model_validate(given)
    except ValidationError as wrong:
        raise misfits(model, given, wrong.errors(include_url=False, include_input=False)) from None
