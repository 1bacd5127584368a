"""The bench that ships: it counts what is wrong, whoever answers, and measures a real service."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cypher_executor.bench import report, timing
from cypher_executor.bench.asking import Answer, connected, request
from cypher_executor.bench.floors import Floors
from cypher_executor.bench.shapes import SHAPES, Shape, chosen
from cypher_executor.cli.app import app
from cypher_executor.errors import RequestInvalid, Unavailable
from tests.bench.peers import __main__ as peers
from tests.bench.peers import engines

FEW = replace(SHAPES[2], at_once=5, rounds=4)


@dataclass
class Peer:
    """An engine that gives the same answer to everybody, in pieces that are so long."""

    url: str
    name: str = "peer"
    pids: Sequence[int] = ()

    def asked(self, shape: Shape) -> bytes:
        return request("POST", self.url, f"/{shape.name}", b"{}")

    def is_right(self, answer: Answer) -> bool:
        return answer.status == 200 and answer.json() == {"text": "HELLO"}


@asynccontextmanager
async def peer(answer: bytes, piece: int = 1000) -> AsyncIterator[Peer]:
    class Serving(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            for at in range(0, len(answer), piece):
                self.transport.write(answer[at : at + piece])
            if not answer:
                self.transport.close()

    server = await asyncio.get_running_loop().create_server(Serving, "127.0.0.1", 0)
    async with server:
        yield Peer(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")


def http(status: int, body: bytes) -> bytes:
    return f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def test_an_answer_that_comes_byte_by_byte_is_whole() -> None:
    async with peer(http(200, b'{"text": "HELLO"}'), piece=1) as one, connected(one.url, 1) as (connection,):
        answers = [await connection.ask(one.asked(FEW)) for _ in range(2)]
    assert [(answer.status, answer.json()) for answer in answers] == [(200, {"text": "HELLO"})] * 2


async def test_each_round_of_a_shape_is_one_figure() -> None:
    async with peer(http(200, b'{"text": "HELLO"}')) as one:
        (sheet,) = await timing.measure([one], [FEW])
    (found,) = sheet.shapes
    assert len(found.figures) == FEW.rounds and found.wrong == 0 and found.median > 0


@pytest.mark.parametrize("answer", [http(500, b'{"text": "HELLO"}'), http(200, b'{"text": "hello"}'), http(200, b"")])
async def test_answers_that_are_not_right_are_counted_and_shown(answer: bytes) -> None:
    async with peer(answer) as one:
        (sheet,) = await timing.measure([one], [FEW])
    (found,) = sheet.shapes
    assert found.wrong >= FEW.rounds * FEW.at_once and not found.kept
    assert any("wrong answers" in remark for remark in report.remarks([sheet]))


async def test_a_connection_that_is_lost_is_a_wrong_answer() -> None:
    async with peer(b"") as one, connected(one.url, 1) as (connection,):
        with pytest.raises(Unavailable):
            await connection.ask(one.asked(FEW))
        with pytest.raises(Unavailable):
            await connection.ask(one.asked(FEW))


def test_a_promise_of_a_rate_is_a_least_and_one_of_a_time_a_most() -> None:
    rate, trip = timing.Measured(SHAPES[2], [2000.0]), timing.Measured(SHAPES[3], [2.0])
    assert rate.kept and trip.kept
    assert not timing.Measured(SHAPES[2], [1000.0]).kept and not timing.Measured(SHAPES[3], [4.0]).kept
    rested = timing.Measured(SHAPES[4], [4.0])
    assert rested.kept and not timing.Measured(SHAPES[4], [4.0], wrong=1).kept
    floors = Floors(sync_ms=0.5, call_ms=1.0, trip_ms=1.0)
    ((_, _, _, wanted, kept),) = report.rows([timing.Sheet("ours", None, [rested])], floors)
    assert (wanted, kept) == ("", "")


def test_figures_stand_beside_their_floor_and_beside_those_of_others() -> None:
    floors = Floors(sync_ms=0.5, call_ms=1.0, trip_ms=1.0)
    ours, theirs = (
        timing.Sheet(name, 100.0, [timing.Measured(SHAPES[3], [ms], memory_mb=120.0)])
        for name, ms in (("ours", 5.0), ("theirs", 15.0))
    )
    assert list(report.rows([ours, theirs], floors)) == [
        (SHAPES[3].title, "5.00 ms", "1.0", "at most 3.00 ms", "missed", "15.00 ms", "3.0")
    ]
    assert report.as_json([ours], floors)["subjects"][0]["shapes"][0]["times_floor"] == 1.0


def test_a_shape_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(RequestInvalid) as refused:
        chosen(["chian"])
    assert refused.value.did_you_mean == "chain"


def test_the_command_measures_a_service_of_its_own() -> None:
    ran = CliRunner().invoke(app, ["bench", "--effort", "0.01", "--shape", "chain", "--shape", "trip", "--json"])
    assert ran.exit_code == 0, ran.output
    (ours,) = json.loads(ran.stdout)["subjects"]
    assert [shape["shape"] for shape in ours["shapes"]] == ["chain", "trip"]
    assert all(shape["wrong_answers"] == 0 and shape["median"] > 0 for shape in ours["shapes"])


def test_other_engines_are_not_installed_into_the_checkout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["peers", "--into", str(peers.CHECKOUT / "node_modules")])
    monkeypatch.setattr(peers, "install", None)
    with pytest.raises(SystemExit):
        peers.main()
    assert "outside" in capsys.readouterr().err


def test_an_engine_ends_with_all_that_it_started(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with engines.process(["sh", "-c", f"sleep 60 > '{pipe}' & wait"], tmp_path / "log"):
        reading = pipe.open("rb")  # waits until there is somebody to write
    with reading:
        assert reading.read() == b""  # waits until there is nobody
