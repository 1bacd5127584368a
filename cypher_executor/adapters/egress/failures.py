"""What goes wrong with a request, as the answer that a part gets.

The words are ours: an HTTP client's own messages quote what it sent and what it got, and either may hold a secret, cut
where nobody could recognise it any more.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping

import aiohttp

from cypher_executor.adapters.egress.phases import PhaseTimeout
from cypher_executor.adapters.egress.rule import EgressRefused
from cypher_executor.core.recipe import Value
from cypher_executor.errors import CypherExecutorError
from cypher_executor.ports import failed_call


def failed(error: Exception) -> Mapping[str, Value] | None:
    """The answer; None for an error that should not happen."""
    if (refused := _refusal(error)) is not None:
        return failed_call("egress_refused", str(refused))
    if isinstance(error, CypherExecutorError):
        return failed_call(error.code, error.message, retryable=error.retryable)
    if isinstance(error, PhaseTimeout | TimeoutError):
        return failed_call("timeout", str(error) or "no answer in time", retryable=True)
    if isinstance(error, aiohttp.InvalidURL):
        return failed_call("request_invalid", "the request cannot be sent: its address is not valid")
    if isinstance(error, aiohttp.ClientError | OSError):
        return _failed_connection(error)
    return None


def _failed_connection(error: Exception) -> Mapping[str, Value]:
    lasting = isinstance(error, aiohttp.ClientSSLError | ssl.SSLError)
    return failed_call("connection_failed", _reason(error), retryable=not lasting)


def _reason(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return f"the certificate of {error.host} port {error.port} is not to be trusted: {_why(error)}"
        case aiohttp.ClientSSLError():
            return f"no TLS connection with {error.host} port {error.port}: {_why(error)}"
        case aiohttp.ClientConnectorDNSError():
            return f"the name {error.host} cannot be looked up: {error.os_error.strerror or 'unknown name'}"
        case aiohttp.ClientConnectorError():
            return f"cannot connect to {error.host} port {error.port}: {_system(error.os_error)}"
        case aiohttp.ServerDisconnectedError():
            return "the server closed the connection before it answered"
        case aiohttp.ClientPayloadError():
            return "the answer broke off, or is not encoded as it says"
        case aiohttp.ClientResponseError():
            return "what the server answered is not HTTP"
        case OSError():
            return f"the connection failed: {_system(error)}"
    return f"the connection failed ({type(error).__name__})"


def _why(error: aiohttp.ClientConnectorError | aiohttp.ClientConnectorCertificateError) -> str:
    inner = error.__cause__ or getattr(error, "os_error", None)
    reason = getattr(inner, "verify_message", None) or getattr(inner, "reason", None)
    return str(reason or "the handshake failed")


def _system(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else type(error).__name__


def _refusal(error: BaseException) -> EgressRefused | None:
    """aiohttp wraps what a resolver or a socket factory raises, several deep and in groups."""
    todo: list[BaseException | None] = [error]
    seen: set[int] = set()
    while todo:
        here = todo.pop()
        if isinstance(here, EgressRefused):
            return here
        if here is None or id(here) in seen:
            continue
        seen.add(id(here))
        todo += [here.__cause__, here.__context__, getattr(here, "os_error", None)]
        todo += here.exceptions if isinstance(here, BaseExceptionGroup) else []
    return None
