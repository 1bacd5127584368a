"""How processes are started: what they hold, what they say at their end, and what is left of them."""

from __future__ import annotations

import logging
import os
import socket
from pathlib import Path

import pytest

from cypher_executor.adapters.dispatch_local import examination, launch
from cypher_executor.adapters.dispatch_local.launch import Child
from cypher_executor.errors import Unavailable


def test_what_a_process_said_is_told_once_it_has_ended(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        child = Child("cypher_executor.worker", [])  # it lacks its sockets
        child._process.wait(60)
        assert child.end() != 0
    said = [record.getMessage() for record in caplog.records]
    assert any(line.startswith(f"process {child.pid} said: ValueError") for line in said)


def test_a_process_cannot_write_what_looks_like_another_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        child = Child("cypher_executor.worker.examine", [theirs])
        child._process.wait(60)
        child._said.write(b"\x1b[2J\rINFO all is well\n" + b"x" * 20_000 + b"\n")
        child._said.flush()
        with caplog.at_level(logging.WARNING):
            child.end()
    assert all("\x1b" not in record.getMessage() for record in caplog.records)
    assert sum(len(record.getMessage()) for record in caplog.records) < 2 * launch._TOLD_BYTES


def test_a_modest_process_leaves_the_processor_to_others_in_its_session_and_outside() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        child = Child("cypher_executor.worker.examine", [theirs])
        child.be_modest()
        session = Path(f"/proc/{child.pid}/autogroup")
        assert os.getpriority(os.PRIO_PROCESS, child.pid) == launch._MODEST
        assert not session.exists() or session.read_text("ascii").endswith(f" nice {launch._MODEST}\n")
        child.end()


def test_nothing_is_left_of_a_process_that_has_ended() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        child = Child("cypher_executor.worker.examine", [theirs])
        folder = child._folder.path
        assert Path(folder).is_dir()
        child.end()
    assert not Path(folder).exists() and child._said.closed


def test_where_no_process_can_be_started_an_examination_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for program in ("/bin/false", "/no/such/program"):
        monkeypatch.setattr(launch.sys, "executable", program)
        with pytest.raises(Unavailable) as refused:
            examination.examined()
        assert refused.value.code == "no_workers"
