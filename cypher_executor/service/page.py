"""Our own page: files that ship in `web/`, served as they are, and the questions that the documentation asks the graph.

Nothing of it comes from elsewhere and nothing of it may load anything from elsewhere: the policy that goes with every
file says so to the browser, too. Only files that are there when the first one is asked for are served; a name is looked
up among them and never becomes a path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response

from cypher_executor.service.endpoint import encoded

_PACKAGE = Path(__file__).parent.parent
_QUESTION = re.compile(r"^([A-Z][^\n]+[?.])\n\n```cypher\n([\s\S]+?)```", re.MULTILINE)
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".json": "application/json"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
INDEX = "index.html"
QUESTIONS = "questions.json"


def wants_page(headers: Headers) -> bool:
    """Whether this is a browser that goes to an address, and no program that asks for JSON."""
    kinds = [part.partition(";")[0].strip().lower() for part in headers.get("accept", "").split(",")]
    return "text/html" in kinds and "application/json" not in kinds


def file_of(name: str) -> Response | None:
    """A file of the page; None for what is none."""
    content = _files().get(name)
    if content is None:
        return None
    headers = {"content-security-policy": _POLICY, "vary": "Accept, Origin"}
    return Response(content, media_type=_TYPES[Path(name).suffix], headers=headers)


def questions() -> Mapping[str, str]:
    """Questions worth asking the graph, and how they are asked, as its page in the documentation has them."""
    return dict(_QUESTION.findall((_PACKAGE / "docs" / "graph.md").read_text("utf-8")))


@cache
def _files() -> Mapping[str, bytes]:
    found = {path.name: path.read_bytes() for path in (_PACKAGE / "web").iterdir() if path.suffix in _TYPES}
    listed = [{"question": question, "query": text.strip()} for question, text in questions().items()]
    return {**found, QUESTIONS: encoded({"questions": listed})}
