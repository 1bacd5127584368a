"""Every function that a module may import, called with hundreds of wrong pointers, lengths, descriptors and flags."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest

from cypher_executor.worker.admission import IMPORTS, type_of
from cypher_executor.worker.sandbox import Called, Failed, Output
from tests.hostile.cases import FOLDER, binary
from tests.worker.conftest import Run

TEMPLATE = (FOLDER.parent / "templates" / "arguments.wat").read_text("utf-8")
NUMBERS = (0, 1, 2, 3, 8, 1023, 65528, 65535, 65536, 1 << 30, (1 << 31) - 1, 1 << 31, (1 << 32) - 8, (1 << 32) - 1)
LONG_NUMBERS = (0, 1, (1 << 32) + 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
TIMES = 400
NAMES = sorted(name for name in IMPORTS if name[1] not in ("proc_exit", "call"))


def _arguments(shape: str) -> Iterator[str]:
    """All there are, or this many of them."""
    pools = [LONG_NUMBERS if letter == "I" else NUMBERS for letter in shape]
    everything = list(itertools.islice(itertools.product(*pools), 100_000))
    chosen = everything if len(everything) <= TIMES else random.Random(shape).sample(everything, TIMES)
    for values in chosen:
        yield " ".join(f"(i{64 if k == 'I' else 32}.const {v})" for k, v in zip(shape, values, strict=True))


def _filled(name: tuple[str, str], calls: str) -> bytes:
    shape, gives = IMPORTS[name]
    type_ = "".join(f"(param i{64 if k == 'I' else 32})" for k in shape) + ("(result i32)" if gives else "")
    text = TEMPLATE.replace("@MODULE@", name[0]).replace("@NAME@", name[1])
    return binary(text.replace("@TYPE@", type_).replace("@CALLS@", calls))


@pytest.mark.parametrize("name", NAMES, ids=[name for _, name in NAMES])
def test_wrong_arguments_are_answered_with_an_errno(run: Run, name: tuple[str, str]) -> None:
    assert type_of(name).results
    wrong = _arguments(IMPORTS[name][0])
    if name[1] == "fd_close":  # the template says `true` at the end, through descriptor 1
        wrong = (arguments for arguments in wrong if arguments != "(i32.const 1)")
    calls = "\n".join(f"(drop (call $f {arguments}))" for arguments in wrong)
    result = run(_filled(name, calls), input=b"x" * 5000, output_kb=1 << 20)
    assert isinstance(result, Output) and result.data.endswith(b"true")


def test_wrong_arguments_to_a_call_end_the_part_and_nothing_else(run: Run) -> None:
    name = ("cypher", "call")
    for arguments in itertools.islice(_arguments("iiii"), 60):
        result = run(_filled(name, f"(drop (call $f {arguments}))"))
        assert isinstance(result, Called) or (isinstance(result, Failed) and result.code in ("trap", "request_limit"))
