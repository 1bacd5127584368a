"""Messages in chunks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cypher_executor.bolt.chunks import Dechunker, TooLong, chunked


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=10), st.lists(st.integers(1, 50), min_size=1))
def test_messages_come_out_however_they_are_cut(messages: list[bytes], cuts: list[int]) -> None:
    data = b"\0\0".join(chunked(message) for message in messages)
    dechunker, found, at = Dechunker(1_000), [], 0
    while at < len(data):
        size = cuts[at % len(cuts)]
        found += dechunker.feed(data[at : at + size])
        at += size
    assert found == messages


def test_a_message_longer_than_a_chunk_is_several() -> None:
    message = bytes(range(256)) * 1_000
    assert list(Dechunker(len(message)).feed(chunked(message))) == [message]


def test_a_message_that_is_too_long_is_refused_by_what_it_declares() -> None:
    with pytest.raises(TooLong, match="1,000 bytes"):
        list(Dechunker(1_000).feed((1_001).to_bytes(2, "big")))


def test_a_flood_of_small_chunks_is_refused_when_it_is_too_long() -> None:
    dechunker = Dechunker(1_000)
    with pytest.raises(TooLong):
        for _ in range(1_001):
            list(dechunker.feed(b"\0\x01x"))


def test_a_flood_of_empty_chunks_keeps_nothing() -> None:
    dechunker = Dechunker(10)
    for _ in range(20):
        assert list(dechunker.feed(b"\0\0" * 10_000)) == []
    assert (len(dechunker._waiting), len(dechunker._message)) == (0, 0)


def test_messages_before_one_that_is_too_long_are_there() -> None:
    found = []
    with pytest.raises(TooLong):
        for message in Dechunker(5).feed(chunked(b"one") + chunked(b"too long")):
            found.append(message)
    assert found == [b"one"]
