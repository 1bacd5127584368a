"""The input of a run, against the recipe's own schema: defaults filled in, then checked as JSON Schema 2020-12.

Formats are asserted, patterns are matched in linear time, and nothing is ever fetched: a `$ref` stays inside its
schema. A schema is bounded when its recipe is checked (`cost`), and the time for one input by what its schema asks for
times its size. Misfits are reported together, each with the path of the value that does not fit; values are repeated
only as far as a person reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final

import jsonschema_rs
import orjson

from cypher_executor.core.recipe import Value
from cypher_executor.errors import RequestInvalid
from cypher_executor.inputs.applied import Unresolved
from cypher_executor.inputs.cost import MOST_WORK, TooMuch, work_of
from cypher_executor.inputs.size import size_of

_CACHED_SCHEMAS: Final = 512
MOST_TOLD: Final = 20
"""How many misfits are told."""
LONGEST_MESSAGE: Final = 200
"""Of one misfit, in characters."""
MOST_WORK_FOR_AN_INPUT: Final = 50_000_000
"""How often subschemas are applied for one input: about a second."""
_LITTLE_WORK: Final = 25
"""A schema that asks for no more is checked in time against whatever fits into a body."""
_WORK_FOR_ALL: Final = 20_000
"""Up to here all misfits are looked for, beyond it only the first: the library collects all before it tells any."""


def admit(schema: Mapping[str, Value] | None, given: Value) -> Value:
    """The input with its defaults filled in. Raises RequestInvalid (code `input_invalid`) when it does not fit."""
    if schema is None:
        return given
    filled = with_defaults(schema, given)
    found = _checked(schema, filled)
    if found:
        raise _misfits(found)
    return filled


def misfits(schema: Any, value: Value) -> Sequence[Mapping[str, str]]:
    """The places, with what is wrong there, at which a value does not fit a schema that nobody has looked at before.

    A schema that is none, or that would take too long, fits nothing, and says so at the root. Defaults are not filled
    in: whoever waits for the value gets it as it came.
    """
    unusable = schema_problem(schema)
    found = [("", f"cannot be checked: {unusable[1]}")] if unusable is not None else _checked(schema, value)
    return _problems(found)


def _checked(schema: Any, value: Value) -> Iterable[tuple[str, str]]:
    validator, work = _validator(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS))
    if work > _LITTLE_WORK and size_of(value, MOST_WORK_FOR_AN_INPUT // work) is None:
        return [("", "has more values than can be checked against this schema in reasonable time")]
    if validator.is_valid(value):
        return []
    return _found(validator, value, all_of_them=size_of(value, _WORK_FOR_ALL // work) is not None)


def schema_problem(schema: Any) -> tuple[str, str] | None:
    """Why this cannot be an input's schema, as a code and a sentence; None when it can.

    `invalid_schema`: it is not a JSON Schema. `schema_too_complex`: checking one value could take too long.
    """
    try:
        work_of(schema)
        _made(schema)
    except TooMuch as found:
        return "schema_too_complex", f"the schema at {_shown(found.where)} {found.why}"
    except Unresolved as found:
        where = _shown(found.where)
        return (
            "invalid_schema",
            f"the reference {_cut(found.reference)!r} at {where} leads to nothing inside the schema",
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        return "invalid_schema", _cut(str(error).splitlines()[0])
    return None


def with_defaults(schema: Any, given: Value) -> Value:
    """A copy of `given` in which the properties that it lacks have their defaults, at every depth of the schema."""
    if not isinstance(schema, Mapping) or not isinstance(given, dict):
        return given
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return given
    filled = dict(given)
    for name, of in properties.items():
        if name in filled:
            filled[name] = with_defaults(of, filled[name])
        elif isinstance(of, Mapping) and "default" in of:
            filled[name] = of["default"]
    return filled


def _misfits(found: Iterable[tuple[str, str]]) -> RequestInvalid:
    problems = _problems(found)
    listed = "; ".join(f"{p['path'] or 'input'}: {p['message']}" for p in problems)
    return RequestInvalid(f"the input does not fit the recipe: {listed}", code="input_invalid", problems=problems)


def _problems(found: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"path": path, "message": message} for path, message in found]


def _found(
    validator: jsonschema_rs.Draft202012Validator, given: Value, *, all_of_them: bool
) -> Iterable[tuple[str, str]]:
    if all_of_them:
        return [_told(error) for error in islice(validator.iter_errors(given), MOST_TOLD)]
    try:
        validator.validate(given)
    except jsonschema_rs.ValidationError as error:
        return [_told(error)]
    raise AssertionError("what is not valid has an error")


def _told(error: jsonschema_rs.ValidationError) -> tuple[str, str]:
    return _cut("/".join(["", *map(_escaped, error.instance_path)])), _cut(error.message)


def _shown(pointer: str) -> str:
    return f"`{_cut(pointer)}`" if pointer else "the root"


def _escaped(step: str | int) -> str:
    return str(step).replace("~", "~0").replace("/", "~1")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_MESSAGE else f"{text[: LONGEST_MESSAGE - 1]}…"


@lru_cache(maxsize=_CACHED_SCHEMAS)
def _validator(schema: bytes) -> tuple[jsonschema_rs.Draft202012Validator, int]:
    """The validator of a schema, and how much work it asks for. One that was stored under older rules has no limit."""
    made = orjson.loads(schema)
    try:
        return _made(made), work_of(made)
    except (TooMuch, Unresolved):
        return _made(made), MOST_WORK


def _made(schema: Any) -> jsonschema_rs.Draft202012Validator:
    patterns = jsonschema_rs.RegexOptions()
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True, pattern_options=patterns)
