"""Addresses that open Neo4j Browser with a question in its editor, about a run or a recipe that is mirrored there."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

_RUN = "MATCH p = (:Run {{id: {}}})-[:RAN]->(s:Step) OPTIONAL MATCH q = (s)-[]->(:Step) RETURN p, q"
_RECIPE = (
    "MATCH p = (:Recipe {{name: {}, current: true}})-[:HAS]->(n:Node) OPTIONAL MATCH q = (n)-[]->(:Node) RETURN p, q"
)


def browser_of(uri: str, given: str | None) -> str:
    """Where Browser is: as the operator says, else at the usual port of the database's host."""
    host = urlsplit(uri).hostname or "localhost"
    return (given or f"http://{f'[{host}]' if ':' in host else host}:7474/browser").rstrip("/")


def draws_run(browser: str, run: str) -> str:
    """Opens the drawing of a run."""
    return _opened(browser, _RUN.format(_literal(run)))


def draws_recipe(browser: str, name: str) -> str:
    """Opens the drawing of what a name points at."""
    return _opened(browser, _RECIPE.format(_literal(name)))


def _opened(browser: str, text: str) -> str:
    return f"{browser}?cmd=edit&arg={quote(text, safe='')}"


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
