"""PackStream: what is packed is unpacked again, as the official driver does it; nothing that is declared is trusted."""

from __future__ import annotations

import struct
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from neo4j._codec.packstream.v1 import PackableBuffer, Packer, UnpackableBuffer, Unpacker

from cypher_executor.bolt.packing import packed
from cypher_executor.bolt.structure import Structure
from cypher_executor.bolt.unpacking import MAX_DEPTH, Malformed, unpacked
from cypher_executor.errors import ExpressionError

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(max_size=40)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=5), inner, max_size=20)
)


@given(VALUES)
@settings(deadline=None)
def test_what_is_packed_is_unpacked(value: object) -> None:
    assert unpacked(packed(value)) == value


@given(VALUES)
@settings(deadline=None)
@example(list(range(70_000)))
@example({str(key): key for key in range(70_000)})
@example("x" * 70_000)
@example(b"x" * 70_000)
@example([-(2**63), -(2**31) - 1, -(2**31), -32769, -32768, -129, -128, -17, -16, 127, 128, 2**63 - 1])
def test_the_official_driver_packs_and_unpacks_the_same(value: object) -> None:
    buffer = PackableBuffer()
    Packer(buffer).pack(value)
    assert bytes(buffer.data) == packed(value)
    assert Unpacker(UnpackableBuffer(packed(value))).unpack() == value


def test_structures_have_a_tag_and_fields() -> None:
    value = Structure(0x4E, (1, ["A"], {"a": Structure(0x44, (3,))}))
    assert packed(value)[:2] == b"\xb3\x4e"
    assert unpacked(packed(value)) == value


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, [2**64]])
def test_integers_beyond_64_bits_are_told(value: object) -> None:
    with pytest.raises(ExpressionError, match="64 bits"):
        packed(value)


def test_half_a_pair_of_surrogates_is_a_question_mark() -> None:
    assert unpacked(packed("a\ud800b")) == "a?b"


@pytest.mark.parametrize(
    "hexadecimal",
    [
        "",
        "81",  # a text of one byte, and no byte
        "D0FF",
        "D2FFFFFFFF",  # a text of four gigabytes
        "D6FFFFFFFF",  # a list of four thousand million items
        "DAFFFFFFFF",
        "CEFFFFFFFF",
        "DA00000001",
        "D67FFFFFFF01",
        "92 01",
        "A1 8161",
        "A1 01 01",  # a number as a key
        "A2 8161 01 8161 02",  # the same key twice
        "81 FF",  # no UTF-8
        "83 EDA080",  # half a pair of surrogates
        "C4",  # no marker
        "DF",
        "E0",
        "B1",
        "B1 4E",
        "01 01",  # something follows
        "C1 00",
    ],
)
def test_what_is_malformed_is_refused(hexadecimal: str) -> None:
    with pytest.raises(Malformed):
        unpacked(bytes.fromhex(hexadecimal))


@pytest.mark.parametrize("size", [2**16, 2**31 - 1, 2**32 - 1])
@pytest.mark.parametrize("marker", [0xD6, 0xDA, 0xD2, 0xCE])
def test_a_declared_size_costs_nothing(marker: int, size: int) -> None:
    message = struct.pack(">BI", marker, size) + b"\x01" * 1000
    tracemalloc.start()
    try:
        with pytest.raises(Malformed):
            unpacked(message)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("opening", [b"\x91", b"\xa1\x80", b"\xb1\x4e"])
def test_nesting_has_a_limit(opening: bytes) -> None:
    assert unpacked(opening * (MAX_DEPTH - 1) + b"\x90")
    with pytest.raises(Malformed, match="deeper"):
        unpacked(opening * 100_000 + b"\x90")


def test_deep_answers_are_packed_however_deep() -> None:
    value: object = 1
    for _ in range(100_000):
        value = [value]
    assert packed(value) == b"\x91" * 100_000 + b"\x01"
