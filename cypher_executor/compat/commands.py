"""SHOW: a command is rewritten as a CALL of a procedure of ours, so that YIELD, WHERE, ORDER BY and RETURN behind it
are those of the language.

    SHOW DATABASES YIELD name AS n, role ORDER BY n WHERE role = 'primary'
    CALL show.databases() YIELD `name`, ... WITH name AS n, role ORDER BY n WHERE role = 'primary' RETURN n, role
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cypher_executor.compat.refusals import ADMINISTRATION, READ_ONLY, SYNTAX, Refused
from cypher_executor.compat.scanning import Word, plain, words


@dataclass(frozen=True, slots=True)
class Shown:
    """A kind of thing that SHOW shows: the columns that it has, and how many of them it shows without YIELD."""

    procedure: str
    columns: tuple[str, ...]
    usual: int


@dataclass(frozen=True, slots=True)
class Command:
    """How a kind is asked for: a pattern of the words behind SHOW."""

    pattern: re.Pattern[str]
    shown: str


def _command(pattern: str, shown: str) -> Command:
    return Command(re.compile(pattern), shown)


_EXECUTABLE = r"(?: EXECUTABLE(?: BY (?:CURRENT USER|\w+))?)?"
_KINDS_OF_INDEX = "ALL|BTREE|FULLTEXT|LOOKUP|POINT|RANGE|TEXT|VECTOR"
COMMANDS: Sequence[Command] = (
    _command("DATABASES", "databases"),
    _command(r"DATABASE(?: \w+)?", "databases"),
    _command("DEFAULT DATABASE", "default_database"),
    _command("HOME DATABASE", "default_database"),
    _command(f"PROCEDURES?{_EXECUTABLE}", "procedures"),
    _command(f"(?:(?:ALL|BUILT IN) )?FUNCTIONS?{_EXECUTABLE}", "functions"),
    _command(f"USER DEFINED FUNCTIONS?{_EXECUTABLE}", "nothing_defined"),
    _command(rf"(?:(?:{_KINDS_OF_INDEX}) )?INDEX(?:ES)?", "indexes"),
    _command(r"(?:[\w ]+ )?CONSTRAINTS?", "constraints"),
    _command("TRANSACTIONS?", "transactions"),
    _command("SETTINGS?", "settings"),
    _command("CURRENT USER", "current_user"),
    _command("USERS", "users"),
)

_TAILS = ("ORDER", "SKIP", "OFFSET", "LIMIT", "WHERE", "RETURN")
_BEHIND = ("YIELD", "WHERE", "RETURN")
_ADMINISTERS = re.compile(
    r"(?:ALTER|DENY|DROP|ENABLE|GRANT|RENAME|REVOKE|START|STOP|TERMINATE|DEALLOCATE|REALLOCATE)\b"
)
_CREATES = re.compile(r"CREATE (?:OR REPLACE )?(?:COMPOSITE |IMMUTABLE )?(?:ALIAS|DATABASE|ROLE|USER)\b")
_SCHEMA = re.compile(
    rf"(?:CREATE (?:(?:{_KINDS_OF_INDEX}) )?INDEX|CREATE CONSTRAINT|DROP INDEX|DROP CONSTRAINT|LOAD CSV|FOREACH)\b"
)


def rewritten(text: str, kinds: Mapping[str, Shown]) -> str | None:
    """The text as a query, if it is a SHOW. Raises Refused for one that shows nothing we have, and for commands."""
    found = list(words(text))
    if not found:
        return None
    if found[0].text == "SHOW":
        return _shown(plain(text), kinds)
    _refuse_commands(" ".join(word.text for word in found[:6]))
    return None


def _refuse_commands(beginning: str) -> None:
    if _SCHEMA.match(beginning):
        raise Refused(READ_ONLY, "Writing in read access mode not allowed. Nothing here is changed by a query.")
    if _CREATES.match(beginning) or _ADMINISTERS.match(beginning):
        raise Refused(ADMINISTRATION, f"Unsupported administration command: {beginning}")


def _shown(text: str, kinds: Mapping[str, Shown]) -> str:
    all_words = list(words(text))
    at = next((index for index, word in enumerate(all_words) if word.text in _BEHIND), len(all_words))
    what = " ".join(word.text for word in all_words[1:at])
    command = next((one for one in COMMANDS if one.pattern.fullmatch(what)), None)
    if command is None or command.shown not in kinds:
        raise _unknown(what)
    kind = kinds[command.shown]
    head_end = all_words[at].start if at < len(all_words) else len(text)
    named = _of_name(text[all_words[1].end : head_end]) if all_words[1].text == "DATABASE" else ""
    if at == len(all_words):
        return _call(kind, kind.usual) + named + _returned(kind.columns[: kind.usual])
    behind = all_words[at:]
    if behind[0].text == "WHERE":
        condition = text[behind[0].end :]
        joined = f"{named} AND ({condition}\n)" if named else f" WHERE {condition}\n"
        return _call(kind, kind.usual) + joined + _returned(kind.columns[: kind.usual])
    if behind[0].text != "YIELD":
        raise Refused(SYNTAX, f"`{behind[0].text}` cannot stand behind SHOW without YIELD")
    return _call(kind, len(kind.columns)) + named + _yielded(text, behind, kind)


def _of_name(given: str) -> str:
    """The condition of SHOW DATABASE name; there need not be a name."""
    name = given.strip(" `\n\r\t")
    return f" WHERE `name` = {_literal(name)} OR {_literal(name)} IN `aliases`" if name else ""


def _literal(text: str) -> str:
    escaped = text.lower().replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _call(kind: Shown, columns: int) -> str:
    return f"CALL {kind.procedure}() YIELD {_named(kind.columns[:columns])}"


def _named(columns: Sequence[str]) -> str:
    return ", ".join(f"`{column}`" for column in columns)


def _returned(columns: Sequence[str]) -> str:
    return f" RETURN {_named(columns)}"


def _yielded(text: str, behind: Sequence[Word], kind: Shown) -> str:
    """What stands behind YIELD: the columns as a WITH, what follows them, and a RETURN where there is none."""
    tails = [word for word in behind if word.text in _TAILS]
    end = tails[0].start if tails else len(text)
    items = text[behind[0].end : end].strip()
    columns = _named(kind.columns) if items == "*" else items
    names = _named(kind.columns) if items == "*" else ", ".join(map(_alias, _split(items)))
    rest = text[end:]
    returned = next((word for word in tails if word.text == "RETURN"), None)
    ending = "" if returned is not None else f"\nRETURN {names}"
    return f" WITH {columns}\n{rest}{ending}"


def _split(items: str) -> list[str]:
    commas = [word.start for word in words(items) if word.text == ","]
    return [items[a:b].strip(" ,\n\t\r") for a, b in zip([0, *commas], [*commas, None], strict=True)]


def _alias(item: str) -> str:
    """The name that an item has afterwards."""
    return re.split(r"\sAS\s", item, flags=re.IGNORECASE)[-1].strip()


def _unknown(what: str) -> Refused:
    if re.match(r"(?:ALL |POPULATED )?(?:ROLES?|PRIVILEGES?|ALIAS(?:ES)?|SERVERS?|USERS?|SUPPORTED)", what):
        return Refused(ADMINISTRATION, f"Unsupported administration command: SHOW {what}")
    known = "DATABASES, PROCEDURES, FUNCTIONS, INDEXES, CONSTRAINTS, TRANSACTIONS, SETTINGS, CURRENT USER and USERS"
    return Refused(SYNTAX, f"SHOW {what} is not known here; SHOW shows {known}")
