"""A part as it is sent: a module alone, or a form with its manifest and its examples."""

from __future__ import annotations

from typing import Any, Final

from cypher_executor.errors import nearest
from cypher_executor.service.bodies import Body, Limit
from cypher_executor.service.multipart import fields_of
from cypher_executor.service.problems import Refusal
from cypher_executor.uploads import Sent

LIMIT: Final = Limit(lambda settings: settings.max_module_mb * 1024 + 256, "CYPHER_EXECUTOR_MAX_MODULE_MB")
"""The module, and what may stand around it."""

_MODULE_TYPES: Final = frozenset({"", "application/wasm", "application/octet-stream"})
_FORM: Final = "multipart/form-data"
_FIELDS: Final = ("module", "manifest", "examples")
_TEXTS: Final[dict[str, Any]] = {
    "manifest": {"type": "string", "description": "what stands in part.toml: name, version, summary, inputs, grants"},
    "examples": {"type": "string", "description": "what stands in examples.toml"},
}
_WASM: Final[dict[str, Any]] = {
    "type": "string",
    "contentMediaType": "application/wasm",
    "description": "the module, a WASI preview 1 command: at most 4 MiB unless the operator says otherwise",
}


def part_body() -> Body:
    """A part that is to be taken."""
    form = {"type": "object", "properties": {"module": _WASM, **_TEXTS}, "required": ["module", "manifest"]}
    return Body(_read, {"application/wasm": _WASM, _FORM: form}, whole_type=True, limit=LIMIT)


def _read(raw: bytes, content_type: str) -> Sent:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == _FORM:
        return _of_form(fields_of(raw, content_type))
    if media_type not in _MODULE_TYPES:
        message = f"a part is sent as application/wasm or as {_FORM}, not as {media_type!r}"
        raise Refusal(message, code="media_type_unsupported")
    return Sent(raw)


def _of_form(fields: dict[str, bytes]) -> Sent:
    unknown = next((name for name in fields if name not in _FIELDS), None)
    if unknown is not None:
        message = f"there is no field {unknown!r}; known are {', '.join(_FIELDS)}"
        raise Refusal(message, code="multipart_invalid", did_you_mean=nearest(unknown, _FIELDS))
    if "module" not in fields:
        raise Refusal("the form has no field `module`", code="multipart_invalid")
    manifest = _text(fields, "manifest") if "manifest" in fields else None
    return Sent(fields["module"], manifest, _text(fields, "examples"))


def _text(fields: dict[str, bytes], name: str) -> str:
    try:
        return fields.get(name, b"").decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise Refusal(f"`{name}` is not UTF-8: byte {wrong.start} does not fit", code="text_invalid") from None
