"""How a connection begins."""

from __future__ import annotations

import pytest

from cypher_executor.bolt import handshake
from cypher_executor.bolt.handshake import NOTHING, PREAMBLE, SPOKEN, Version
from cypher_executor.compat.desk import Desk
from tests.bolt.talking import HELLO, SUCCESS, Talk, offers, serving


@pytest.mark.parametrize(
    ("offered", "version"),
    [
        (((5, 4, 4),), (5, 4)),
        (((5, 8, 8),), (5, 4)),
        (((5, 8, 2),), None),
        (((5, 2, 2), (4, 4, 2)), (5, 2)),
        (((5, 0, 0),), (5, 0)),
        (((4, 4, 2),), (4, 4)),
        (((4, 3, 1), (3, 0, 0)), None),
        (((4, 5, 1),), (4, 4)),
        (((6, 0, 0), (4, 4, 0)), (4, 4)),
        ((), None),
    ],
)
def test_the_newest_version_of_the_first_offer_that_fits(
    offered: tuple[tuple[int, int, int], ...], version: tuple[int, int] | None
) -> None:
    assert handshake.chosen(offers(*offered)[4:]) == version


def test_versions_are_those_that_are_promised() -> None:
    assert [str(version) for version in SPOKEN] == ["5.4", "5.3", "5.2", "5.1", "5.0", "4.4"]


async def test_a_client_may_choose_from_a_list(desk: Desk) -> None:
    talk = Talk(serving(desk))
    talk.say(PREAMBLE + bytes.fromhex("000001FF 00040404 00000000 00000000"))
    assert await talk.exactly(4) == bytes.fromhex("000001FF")
    assert await talk.exactly(10) == bytes.fromhex("02 00040405 00000404 00")
    talk.say(Version(5, 3).encoded + b"\x80\x00")
    assert (await talk.told(HELLO, {})).tag == SUCCESS
    talk.serving.cancel()


@pytest.mark.parametrize("choice", ["00000605", "01000405", "00000304"])
async def test_a_choice_that_is_not_of_the_list_ends_it(desk: Desk, choice: str) -> None:
    talk = Talk(serving(desk))
    talk.say(PREAMBLE + bytes.fromhex("000001FF") + bytes(12))
    await talk.exactly(14)
    talk.say(bytes.fromhex(choice) + b"\0")
    await talk.ended()
    assert talk.pipe.closed


async def test_no_version_in_common_is_told_and_ends_it(desk: Desk) -> None:
    talk = Talk(serving(desk))
    talk.say(offers((3, 0, 0)))
    await talk.ended()
    assert bytes(talk.pipe.told) == NOTHING


@pytest.mark.parametrize("said", [b"GARB" * 5, b"\x16\x03\x01\x02\x00" * 8, b""])
async def test_what_is_not_bolt_is_told_nothing(desk: Desk, said: bytes) -> None:
    talk = Talk(serving(desk))
    talk.say(said)
    await talk.ended()
    assert not talk.pipe.told


async def test_bytes_may_come_one_by_one(desk: Desk) -> None:
    talk = Talk(serving(desk))
    for byte in offers((5, 4, 4)):
        talk.say(bytes((byte,)))
    assert await talk.exactly(4) == Version(5, 4).encoded
    talk.serving.cancel()
