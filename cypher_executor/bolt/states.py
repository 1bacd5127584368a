"""Which requests are possible in which state of a connection.

                     HELLO                    LOGON
    NEGOTIATION ────────────▶ AUTHENTICATION ───────▶ READY ──RUN──▶ STREAMING ──all rows──▶ READY
                (5.0 and 4.4: to READY at once)         │
                                                      BEGIN ──▶ TX_READY ──RUN──▶ TX_STREAMING ──all rows──▶ TX_READY
                                                                TX_READY ──COMMIT, ROLLBACK──▶ READY

What fails leads to FAILED, where all but RESET is ignored. RESET leads to READY from everywhere, and interrupts what is
going on: what was sent before it and is not done yet is ignored. A request that is not possible ends the connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from cypher_executor.bolt.handshake import Version


class State(Enum):
    """How far a connection is."""

    NEGOTIATION = "negotiation"
    AUTHENTICATION = "authentication"
    READY = "ready"
    STREAMING = "streaming"
    TX_READY = "transaction ready"
    TX_STREAMING = "transaction streaming"
    FAILED = "failed"
    DEFUNCT = "defunct"


_POSSIBLE: Mapping[State, frozenset[str]] = {
    State.NEGOTIATION: frozenset({"HELLO"}),
    State.AUTHENTICATION: frozenset({"LOGON"}),
    State.READY: frozenset({"RUN", "BEGIN", "ROUTE", "LOGOFF", "TELEMETRY"}),
    State.STREAMING: frozenset({"PULL", "DISCARD"}),
    State.TX_READY: frozenset({"RUN", "COMMIT", "ROLLBACK"}),
    State.TX_STREAMING: frozenset({"RUN", "PULL", "DISCARD"}),
}
_SINCE: Mapping[str, Version] = {
    "LOGON": Version(5, 1),
    "LOGOFF": Version(5, 1),
    "TELEMETRY": Version(5, 4),
}

AUTHENTICATED = frozenset({State.READY, State.STREAMING, State.TX_READY, State.TX_STREAMING, State.FAILED})


def possible(state: State, request: str, version: Version) -> bool:
    """Whether this may be asked now. GOODBYE may always be, and RESET once somebody has said who they are."""
    if version < _SINCE.get(request, version):
        return False
    if request in ("RESET", "GOODBYE"):
        return request == "GOODBYE" or state in AUTHENTICATED
    return request in _POSSIBLE.get(state, ())
