"""Where parts may connect to, by default and when the operator says otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from cypher_executor.adapters.egress import EgressRefused, EgressRule
from cypher_executor.adapters.egress.networks import read_address
from cypher_executor.errors import RequestInvalid

LISTS = (Path(__file__).parent / "addresses.txt").read_text("utf-8").split("\n\n")
REFUSED, PUBLIC = ([a for a in part.splitlines() if not a.startswith("#")] for part in LISTS)


def may(rule: EgressRule, address: str, port: int = 443, host: str = "") -> bool:
    try:
        rule.check_target(host or address, port)
        rule.check_address(host or address, read_address(address), port)
    except EgressRefused:
        return False
    return True


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not may(EgressRule(), address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_open_on_80_and_443_only(address: str) -> None:
    rule = EgressRule()
    assert may(rule, address, 80) and may(rule, address, 443)
    assert not any(may(rule, address, port) for port in (0, 22, 25, 8080, 65535))


@pytest.mark.parametrize(
    ("allow", "opens", "leaves_closed"),
    [
        ("10.0.0.0/8", [("10.1.2.3", 80), ("10.1.2.3", 443)], [("10.1.2.3", 8080), ("127.0.0.1", 80)]),
        ("10.0.0.0/8:8080", [("10.1.2.3", 8080)], [("10.1.2.3", 80), ("192.168.0.1", 8080)]),
        ("127.0.0.1:9000", [("127.0.0.1", 9000)], [("127.0.0.1", 80), ("127.0.0.2", 9000)]),
        ("[fd00::1]:8443", [("fd00::1", 8443)], [("fd00::1", 443), ("fd00::2", 8443)]),
        ("fd00::/8", [("fd00::1", 443)], [("fd00::1", 8443), ("fe80::1", 443)]),
        ("[fd00::/8]:81", [("fd12::1", 81)], [("fd12::1", 80)]),
        ("8.8.8.8:8080", [("8.8.8.8", 8080), ("8.8.8.8", 80)], [("8.8.4.4", 8080)]),
        ("::ffff:0:0/96", [], [("::ffff:127.0.0.1", 80)]),
        ("64:ff9b::/96", [("64:ff9b::8.8.8.8", 443)], [("64:ff9b::127.0.0.1", 443)]),
        ("2002::/16", [("2002:808:808::1", 443)], [("2002:7f00:1::1", 443)]),
    ],
)
def test_an_allowed_network_is_open_on_its_ports_and_nothing_else_is(
    allow: str, opens: list[tuple[str, int]], leaves_closed: list[tuple[str, int]]
) -> None:
    rule = EgressRule(allow=[allow])
    assert all(may(rule, *target) for target in opens)
    assert not any(may(rule, *target) for target in leaves_closed)


def test_an_allowed_name_opens_what_it_resolves_to_and_only_under_this_name() -> None:
    rule = EgressRule(allow=["api.internal:8443", "*.corp.example"])
    assert may(rule, "10.0.0.1", 8443, "api.internal") and may(rule, "10.0.0.1", 8443, "API.internal.")
    assert not may(rule, "10.0.0.1", 443, "api.internal") and not may(rule, "10.0.0.1", 8443, "other.internal")
    assert may(rule, "10.0.0.1", 443, "a.b.corp.example")
    assert not may(rule, "10.0.0.1", 443, "corp.example") and not may(rule, "10.0.0.1", 443, "evilcorp.example")


def test_a_restriction_refuses_everything_else_and_opens_nothing_internal() -> None:
    rule = EgressRule(only=["api.example.com", "8.8.8.0/24", "10.0.0.1"])
    assert may(rule, "1.1.1.1", 443, "api.example.com") and may(rule, "8.8.8.8")
    assert not may(rule, "1.1.1.1") and not may(rule, "1.1.1.1", 443, "example.com")
    assert not may(rule, "10.0.0.1")
    assert may(EgressRule(allow=["10.0.0.1"], only=["10.0.0.1"]), "10.0.0.1")


def test_names_that_a_restriction_lacks_are_refused_before_they_are_looked_up() -> None:
    with pytest.raises(EgressRefused):
        EgressRule(only=["api.example.com"]).check_target("example.com", 443)


WRONG = [
    "10.0.0.0/33",
    "10.0.0.1/8",
    "256.1.1.1",
    "1.2.3",
    "a/b",
    "http://x",
    "x:0",
    "x:99999",
    "x:y",
    "-a",
    "*",
    "*.",
    "[::1",
    "::1]",
    "[::1]80",
    "[::1]:",
    ":80",
    "10.0.0.1:80/8",
]


@pytest.mark.parametrize("entry", WRONG)
def test_an_entry_that_cannot_be_understood_is_refused(entry: str) -> None:
    with pytest.raises(RequestInvalid):
        EgressRule(allow=[entry])


def test_empty_entries_are_nothing() -> None:
    assert not may(EgressRule(allow=["", " "], only=[" "]), "127.0.0.1")
    assert may(EgressRule(allow=["", " "], only=[" "]), "8.8.8.8")
