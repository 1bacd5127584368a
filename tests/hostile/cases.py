"""The hostile modules: WebAssembly text with a head that says what it attacks and how it must end.

    ;; Attack: one sentence.
    ;; Expect: output JSON | failed CODE | called | refused WORDS
    ;; With: timeout_ms=50 memory_mb=8 output_kb=16 fuel=1000 tape=2

`With` has limits, and how many answers to `{"op":"now"}` are on the tape. In the text, `@repeat(n)<...>@` stands for n
times what is inside, with `{i}` counting from 0 and `{j}` from 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import wasmtime

from cypher_executor.core.parts import Limits

FOLDER: Final = Path(__file__).parent / "modules"
LIMITS: Final = ("timeout_ms", "memory_mb", "output_kb", "fuel")
NOW: Final[Mapping[str, Any]] = {"op": "now"}
ANSWER: Final[Mapping[str, Any]] = {"ok": True, "unix_ms": 1}

_HEAD: Final = re.compile(r";; Attack: (?P<attack>.+)\n;; Expect: (?P<expect>.+)\n(;; With: (?P<with>.+)\n)?")
_REPEAT: Final = re.compile(r"@repeat\((?P<times>\d+)\)<(?P<text>.*?)>@", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Case:
    """One hostile module. `expect` is a kind and what belongs to it."""

    name: str
    attack: str
    expect: tuple[str, str]
    limits: Limits
    tape: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]
    text: str

    @property
    def code(self) -> bytes:
        """The binary module."""
        return binary(self.text)


def cases() -> list[Case]:
    """All of them, by name."""
    return [_read(path) for path in sorted(FOLDER.glob("*.wat"))]


def agrees(found: tuple[str, str], expected: tuple[str, str]) -> bool:
    """Refusals only have to say the words."""
    if found[0] == expected[0] == "refused":
        return expected[1] in found[1]
    return found == expected


def _read(path: Path) -> Case:
    text = path.read_text("utf-8")
    head = _HEAD.match(text)
    assert head, f"{path.name} has no head"
    given = {name: int(value) for name, value in (pair.split("=") for pair in (head["with"] or "").split())}
    tape = ((NOW, ANSWER),) * given.pop("tape", 0)
    assert given.keys() <= set(LIMITS), path.name
    kind, _, what = head["expect"].partition(" ")
    return Case(path.stem, head["attack"], (kind, what), Limits(**given), tape, text)  # type: ignore[arg-type]


@cache
def binary(text: str) -> bytes:
    """The module that this text means, with its repetitions written out."""
    return bytes(wasmtime.wat2wasm(_REPEAT.sub(_repeated, text)))


def _repeated(found: re.Match[str]) -> str:
    times, text = int(found["times"]), found["text"]
    if "{" not in text:
        return text * times
    return " ".join(text.replace("{i}", str(i)).replace("{j}", str(i + 1)) for i in range(times))
