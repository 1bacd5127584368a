"""What is wrong with a question, in the codes of Neo4j, because drivers and tools branch on them.

A driver tries a `Neo.TransientError` again by itself, so only what may go better soon is one; what takes too much
memory is one because a Neo4j says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from cypher_executor.errors import (
    Conflict,
    CypherExecutorError,
    Diagnostic,
    ExpressionError,
    NotFound,
    Place,
    RequestInvalid,
    Unavailable,
    UsedUp,
)
from cypher_executor.queries import QueryInvalid

SYNTAX = "Neo.ClientError.Statement.SyntaxError"
READ_ONLY = "Neo.ClientError.Statement.AccessMode"
ADMINISTRATION = "Neo.ClientError.Statement.UnsupportedAdministrationCommand"
NO_PROCEDURE = "Neo.ClientError.Procedure.ProcedureNotFound"
CALL_FAILED = "Neo.ClientError.Procedure.ProcedureCallFailed"
NO_DATABASE = "Neo.ClientError.Database.DatabaseNotFound"
NOT_ON_SYSTEM = "Neo.ClientError.Statement.SemanticError"
INVALID_REQUEST = "Neo.ClientError.Request.Invalid"
INVALID_FORMAT = "Neo.ClientError.Request.InvalidFormat"
UNAUTHORIZED = "Neo.ClientError.Security.Unauthorized"
FORBIDDEN = "Neo.ClientError.Security.Forbidden"
STOPPED = "Neo.TransientError.Transaction.Terminated"
NOT_NOW = "Neo.TransientError.General.DatabaseUnavailable"
BUG = "Neo.DatabaseError.General.UnknownError"


class Refused(Exception):
    """A question that is not answered; `code` is Neo4j's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


_OF_LIMITS: Mapping[str, str] = {
    "steps": "Neo.ClientError.Transaction.TransactionTimedOut",
    "seconds": "Neo.ClientError.Transaction.TransactionTimedOut",
    "bytes": "Neo.TransientError.General.MemoryPoolOutOfMemoryError",
    "rows": "Neo.ClientError.Statement.ArgumentError",
}
"""A Neo4j has no limit of rows; its code says that something else must be asked."""

_OF_EXPRESSIONS: Mapping[str, str] = {
    "division_by_zero": "Neo.ClientError.Statement.ArithmeticError",
    "number_out_of_range": "Neo.ClientError.Statement.ArithmeticError",
    "invalid_temporal": "Neo.ClientError.Statement.ArgumentError",
    "negative_integer_argument": "Neo.ClientError.Statement.ArgumentError",
    "pattern_invalid": "Neo.ClientError.Statement.ArgumentError",
    "parameter_missing": "Neo.ClientError.Statement.ParameterMissing",
    "parameter_invalid": INVALID_REQUEST,
    "query_stopped": STOPPED,
    "wrong_type": "Neo.ClientError.Statement.TypeError",
}

_OF_DIAGNOSTICS: Mapping[str, str] = {
    "query_writes": READ_ONLY,
    "unknown_procedure": NO_PROCEDURE,
}


def refusal(error: CypherExecutorError, text: str) -> Refused:
    """The refusal that one of our errors is, of a question with this text."""
    if isinstance(error, QueryInvalid):
        return _of_text(error.diagnostics, text)
    if isinstance(error, UsedUp):
        return Refused(_OF_LIMITS[error.limit], error.message)
    if isinstance(error, ExpressionError):
        return Refused(_OF_EXPRESSIONS.get(error.code, "Neo.ClientError.Statement.ArgumentError"), error.message)
    if isinstance(error, Unavailable):
        return Refused(NOT_NOW, error.message)
    if isinstance(error, RequestInvalid | NotFound | Conflict):
        return Refused("Neo.ClientError.Statement.ArgumentError", error.message)
    return Refused(CALL_FAILED, error.message)


def _of_text(diagnostics: tuple[Diagnostic, ...], text: str) -> Refused:
    """What matters most is told first: that a question writes, before that a name is missing after the writing."""
    errors = [found for found in diagnostics if found.severity == "error"]
    first = next((found for found in errors if found.code == "query_writes"), errors[0])
    code = _OF_DIAGNOSTICS.get(first.code, SYNTAX)
    if code == READ_ONLY:
        return Refused(code, f"Writing in read access mode not allowed. {first.message}")
    return Refused(code, pointed(first.message, first.place, text))


def pointed(message: str, place: Place, text: str) -> str:
    """A message with its place, and the line of the text with a caret under it: Browser and cypher-shell show it."""
    lines = text.split("\n")
    if not 1 <= place.line <= len(lines):
        return message
    line = lines[place.line - 1]
    offset = sum(len(one) + 1 for one in lines[: place.line - 1]) + place.column - 1
    caret = " " * place.column + "^"
    return f'{message} (line {place.line}, column {place.column} (offset: {offset}))\n"{line}"\n{caret}'
