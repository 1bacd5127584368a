"""How fast texts are read and expressions evaluated: `python tests/bench/bench_language.py`.

Figures are processor time, the least of several runs, and growth as a ratio of two figures of the same run.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cypher_executor.core.recipe import Scope
from cypher_executor.cypher import compile_recipe
from cypher_executor.cypher.expressions import CompiledExpression, compile_expression
from cypher_executor.cypher.parse import Parser
from tests.cypher.known_parts import PARTS

EXPRESSIONS = (
    "$n",
    "fetch.body.items",
    "fetch.body.items[0].title",
    "1 + 2 * $n",
    "toUpper(fetch.body.items[0].title)",
)


def best_ms(work: Callable[[], object], runs: int) -> float:
    """The least processor time of one run, in milliseconds."""
    found = []
    for _ in range(runs):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found) * 1000


def recipe(nodes: int) -> str:
    """A chain of parts with an expression, a template and a condition each."""
    lines = ["CREATE (:Recipe {name: 'bench'})", "CREATE (n0:set {x: $text})"]
    for i in range(1, nodes):
        lines.append(
            f"CREATE (n{i - 1})-[:ON_SUCCESS {{when: n{i - 1}.x > {i}}}]->"
            f"(n{i}:http_request {{url: 'https://example.com/{{{{ n{i - 1}.x }}}}', body: {{a: [1, 2], b: $text}}}})"
        )
    return "\n".join([*lines, f"RETURN n{nodes - 1}.body AS body"])


def compiled(parser: Parser, text: str) -> CompiledExpression:
    parsed = parser.parse_expression(text)
    assert parsed.expression is not None
    expression, _ = compile_expression(parsed.expression)
    assert expression is not None
    return expression


def evaluation_us(expression: CompiledExpression) -> float:
    """The time of one evaluation in microseconds."""
    outputs = {"fetch": {"body": {"items": [{"title": "one"}]}}}
    scope = Scope(outputs.get, {"n": 3}, None, None, 0, "seed")

    def thousand() -> None:
        for _ in range(1000):
            expression.evaluate(scope)

    return best_ms(thousand, 20)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "grammar"
        print(f"making the grammar's tables      {best_ms(lambda: Parser(file), 1):8.1f} ms")
        print(f"loading them                     {best_ms(lambda: Parser(file), 5):8.1f} ms")
        parser = Parser(file)
    parser.parse(recipe(8))
    print(f"a recipe of 8 parts              {best_ms(lambda: parser.parse(recipe(8)), 30):8.2f} ms")
    hundred = best_ms(lambda: parser.parse(recipe(100)), 5)
    thousand = best_ms(lambda: parser.parse(recipe(1000)), 3)
    print(f"of 100 and of 1,000 parts        {hundred:8.1f} ms, {thousand:.0f} ms: {thousand / hundred:.1f} times")
    for nodes in (8, 100, 1000):
        text = recipe(nodes)
        found = best_ms(lambda text=text: compile_recipe(text, parts=PARTS), 30 if nodes == 8 else 3)  # type: ignore[misc]
        print(f"check of {nodes:4} parts              {found:8.2f} ms")
    for text in EXPRESSIONS:
        print(f"{text:32} {evaluation_us(compiled(parser, text)):8.2f} us")


if __name__ == "__main__":
    main()
