"""A part's folder, read: `part.toml`, `examples.toml` and the module beside them.

The manifest is what its author says; what can be known from the module is taken from the module (purity, digest).
A field of `[input]` is short JSON Schema with `required = true` where the field must be given; together they become
the JSON Schema of the whole input map. Other fields are refused unless the manifest says `additional = true`.

Every error names the file and the key, so that the author can go there. `RequestInvalid` is a wrong manifest,
`ModuleMissing` a module that is not there or cannot be read, `ModuleRefused` a wrong one.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, TypeVar, overload

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cypher_executor.core.parts import Example, Grants, Limits, Part, digest_of
from cypher_executor.core.patterns import read_pattern
from cypher_executor.core.recipe import Digest
from cypher_executor.errors import ModuleRefused, RequestInvalid
from cypher_executor.partkit.module import MAX_MODULE_BYTES, admit
from cypher_executor.partkit.packaged import Package, packaged_module

_RESERVED = """
    retry timeout deadline join for_each as concurrency on_item_fail repeat cache concurrency_key concurrency_limit
"""
_SCHEMA_WORDS = """
    type title description default examples enum const required items prefixItems contains minItems maxItems uniqueItems
    properties additionalProperties patternProperties propertyNames minProperties maxProperties minimum maximum
    exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern format allOf anyOf oneOf not $ref $defs
"""
M = TypeVar("M", bound=BaseModel)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")


class ModuleMissing(RequestInvalid):
    """A part whose module lies nowhere, or may not be read; the message says where it belongs."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Setup(_Strict):
    """What has to be done once before a part can be built: a command that `makes` something in the folder."""

    command: Annotated[list[str], Field(min_length=1)]
    makes: str


class Build(_Strict):
    """How the module is made: a command, and the files (patterns relative to the folder) that it is made of.

    The command runs in the part's folder with `environment` added to that of whoever builds. Its first word is a
    program, or one of the compilers that `partkit.toolchains` knows by name; `{module}` is the file to write. A program
    that does not let itself be told where to write says where its module lies in `output`.
    """

    command: Annotated[list[str], Field(min_length=1)]
    watch: list[str] = []
    environment: dict[str, str] = {}
    output: str | None = None
    setup: Setup | None = None


class _Grants(_Strict):
    http: list[str] = []
    kv: bool = False
    secrets: list[str] = []
    callback: bool = False


class _Limits(_Strict):
    timeout_ms: Annotated[int, Field(ge=1, le=3_600_000)] = 5_000
    memory_mb: Annotated[int, Field(ge=1, le=1_024)] = 64
    output_kb: Annotated[int, Field(ge=1, le=65_536)] = 1_024
    fuel: Annotated[int, Field(ge=1)] | None = None


class _Manifest(_Strict):
    name: str
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    summary: Annotated[str, Field(min_length=1, max_length=200)]
    engine: bool = False
    additional: bool = False
    input: dict[str, dict[str, Any]] = {}
    output: dict[str, Any] = {}
    grants: _Grants = _Grants()
    limits: _Limits = _Limits()
    build: Build | None = None
    package: Package | None = None


class _Call(_Strict):
    request: dict[str, Any]
    answer: dict[str, Any]


class _Example(_Strict):
    """TOML has no null; a value that holds one is given as JSON text in `input_json` or `output_json`."""

    title: Annotated[str, Field(min_length=1)]
    input: dict[str, Any] | None = None
    input_json: str | None = None
    output: Any = None
    output_json: str | None = None
    error: dict[str, Any] | None = None
    calls: list[_Call] = []

    @model_validator(mode="after")
    def _exactly_one(self) -> _Example:
        if (self.input is None) == (self.input_json is None):
            raise ValueError("give either `input` or `input_json`")
        ends = [self.output is not None, self.output_json is not None, self.error is not None]
        if ends.count(True) != 1:
            raise ValueError("give exactly one of `output`, `output_json` and `error`")
        return self


class _Examples(_Strict):
    example: list[_Example] = []


@dataclass(frozen=True, slots=True)
class PartFolder:
    """A part and the folder it was read from. Parts that run in the engine have no module and nothing to build."""

    part: Part
    folder: Path
    engine: bool
    build: Build | None
    package: Package | None = None

    @property
    def module_path(self) -> Path:
        """Where the built module lies; one out of a package lies nowhere."""
        return self.folder / f"{self.part.name}.wasm"

    def read_module(self) -> bytes:
        """The module as it is now. Raises OSError, `PackageMissing` or `errors.ModuleRefused`."""
        return packaged_module(self.folder, self.package) if self.package else self.module_path.read_bytes()


def read_folder(folder: Path, *, examples_now: bool = True, most_module_bytes: int = MAX_MODULE_BYTES) -> PartFolder:
    """Read one part. Raises ModuleRefused for a module that cannot be one, or is too large.

    With `examples_now` False they are read when somebody asks for one, and what is wrong with them is told then.
    """
    manifest = _read_manifest(folder / "part.toml")
    data = _module_bytes(folder / f"{manifest.name}.wasm", manifest)
    pure = _is_pure(folder, data, manifest.engine, most_module_bytes)
    return _read(folder, manifest, data, pure, examples_now=examples_now)


def read_without_module(folder: Path) -> PartFolder:
    """A part that has not been built yet, or whose module is of no use: what its manifest says (`pure`, no digest)."""
    manifest = _read_manifest(folder / "part.toml")
    return _read(folder, manifest, None, not manifest.engine)


def _read(
    folder: Path, manifest: _Manifest, data: bytes | None, pure: bool, *, examples_now: bool = True
) -> PartFolder:
    examples = (_read_examples if examples_now else LaterExamples)(folder / "examples.toml")
    part = _part(manifest, None if data is None else digest_of(data), pure, examples)
    return PartFolder(part, folder, manifest.engine, manifest.build, manifest.package)


def part_of(name: str, manifest: str, examples: str, data: bytes, *, pure: bool) -> Part:
    """A part from texts and a module that were sent: TOML as it stands in the files of a folder.

    Raises RequestInvalid (`manifest_invalid`) with everything that is wrong.
    """
    try:
        return _sent(name, manifest, examples, data, pure=pure)
    except RequestInvalid as wrong:
        raise RequestInvalid(wrong.message, code="manifest_invalid") from None


def _sent(name: str, manifest: str, examples: str, data: bytes, *, pure: bool) -> Part:
    where = Path("manifest")
    read = _parsed(_Manifest, manifest, where)
    if read.name != name:
        raise RequestInvalid(f"the manifest is of the part {read.name!r}, not of {name!r}")
    if read.engine or read.package is not None:
        what = "engine" if read.engine else "package"
        raise RequestInvalid(f"{where}: a part that is sent may not have `{what}`")
    _check(where, read)
    shown = _parsed(_Examples, examples, Path("examples")).example
    return _part(read, digest_of(data), pure, tuple(_example(Path("examples"), one) for one in shown))


def plain_part(name: str, data: bytes, *, pure: bool) -> Part:
    """A part of which nothing is known but its module: it takes any map, gives anything, and asks for nothing."""
    summary = "A module that came without a manifest: any map in, any JSON out."
    anything = {"type": "object", "properties": {}, "additionalProperties": True}
    return Part(name, "0.0.1", summary, digest_of(data), pure, input=anything)


def _part(manifest: _Manifest, digest: Digest | None, pure: bool, examples: Sequence[Example]) -> Part:
    grants = manifest.grants
    return Part(
        name=manifest.name,
        version=manifest.version,
        summary=manifest.summary,
        digest=digest,
        pure=pure,
        input=_input_schema(manifest),
        output=manifest.output,
        grants=Grants(tuple(grants.http), grants.kv, tuple(grants.secrets), grants.callback),
        limits=Limits(**manifest.limits.model_dump()),
        examples=examples,
    )


def _is_pure(folder: Path, data: bytes | None, engine: bool, most_bytes: int) -> bool:
    if data is None:
        return not engine
    try:
        return admit(data, most_bytes).pure
    except ModuleRefused as refused:
        raise ModuleRefused(f"{folder.name}: {refused.message}") from None


def _module_bytes(path: Path, manifest: _Manifest) -> bytes | None:
    if manifest.engine:
        return None
    if manifest.package is not None:
        return packaged_module(path.parent, manifest.package)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        build = f"run `cypher-executor parts build {manifest.name}`"
        raise ModuleMissing(f"{path}: the module is missing; {build}, or put it back") from None
    except OSError as wrong:
        raise ModuleMissing(f"{path}: the module cannot be read: {wrong.strerror}") from None


def _read_manifest(path: Path) -> _Manifest:
    manifest = _validated(_Manifest, path)
    if manifest.name != path.parent.name:
        raise RequestInvalid(f"{path}: `name` is {manifest.name!r}, but the folder is called {path.parent.name!r}")
    _check(path, manifest)
    return manifest


def _check(path: Path, manifest: _Manifest) -> None:
    """Raise RequestInvalid for what the models cannot know."""
    if (why := refuse_name(manifest.name)) is not None:
        raise RequestInvalid(f"{path}: {why}")
    for field, schema in manifest.input.items():
        _check_field(path, field, schema)
    for pattern in manifest.grants.http:
        try:
            read_pattern(pattern)
        except ValueError as wrong:
            raise RequestInvalid(f"{path}: grants.http: {wrong}") from None
    if manifest.engine and manifest.build is not None:
        raise RequestInvalid(f"{path}: a part with `engine = true` has no module, so it has nothing to `build`")


def refuse_name(name: str) -> str | None:
    """Why this cannot be the name of a part, or None."""
    if _NAME.match(name):
        return None
    return f"`name` must be letters, digits and `_`, so that it can be a label in a recipe; this is {name!r}"


def _check_field(path: Path, field: str, schema: Mapping[str, Any]) -> None:
    where = f"{path}: input.{field}"
    if field in _RESERVED.split():
        raise RequestInvalid(f"{where}: this name is reserved: it steers the step in every recipe; use another")
    if unknown := sorted(set(schema) - set(_SCHEMA_WORDS.split())):
        raise RequestInvalid(f"{where}: unknown keys {', '.join(unknown)}")
    if not isinstance(schema.get("required", False), bool):
        raise RequestInvalid(f"{where}: `required` must be true or false")
    if not schema.get("description"):
        raise RequestInvalid(f"{where}: `description` is missing; say in one sentence what the field is")


def _input_schema(manifest: _Manifest) -> dict[str, Any]:
    properties = {f: {k: v for k, v in s.items() if k != "required"} for f, s in manifest.input.items()}
    required = [f for f, s in manifest.input.items() if s.get("required")]
    schema = {"type": "object", "properties": properties, "additionalProperties": manifest.additional}
    return {**schema, "required": required} if required else schema


def _read_examples(path: Path) -> tuple[Example, ...]:
    if not path.is_file():
        return ()
    return tuple(_example(path, e) for e in _validated(_Examples, path).example)


class LaterExamples(Sequence[Example]):
    """The examples in a file that is read when the first of them is asked for: most of a manifest's cost is theirs."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def _read(self) -> tuple[Example, ...]:
        return _read_examples(self._path)

    @overload
    def __getitem__(self, index: int) -> Example: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Example]: ...

    def __getitem__(self, index: int | slice) -> Example | Sequence[Example]:
        return self._read[index]

    def __len__(self) -> int:
        return len(self._read)


def _example(path: Path, read: _Example) -> Example:
    where = f"{path}: example {read.title!r}"
    given = read.input if read.input_json is None else _from_json(read.input_json, f"{where}: input_json")
    output = read.output if read.output_json is None else _from_json(read.output_json, f"{where}: output_json")
    calls = tuple((c.request, c.answer) for c in read.calls)
    return Example(title=read.title, input=given, output=output, error=read.error, calls=calls)


def _from_json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as wrong:
        raise RequestInvalid(f"{where}: not JSON: {wrong}") from None


def _validated(model: type[M], path: Path) -> M:
    try:
        return _parsed(model, path.read_text(encoding="utf-8"), path)
    except FileNotFoundError:
        raise RequestInvalid(f"{path}: the file is missing; every part has one") from None
    except UnicodeDecodeError as wrong:
        raise RequestInvalid(f"{path}: not TOML: {wrong}") from None


def _parsed(model: type[M], text: str, where: Path) -> M:
    try:
        return model.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as wrong:
        raise RequestInvalid(f"{where}: not TOML: {wrong}") from None
    except ValidationError as wrong:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in wrong.errors())
        raise RequestInvalid(f"{where}: {problems}") from None
