"""Recipes of the older kind become Cypher, and nothing of them is dropped in silence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cypher_executor.cli.older import MOST_BYTES, read_older
from cypher_executor.cypher.fmt import format_recipe
from cypher_executor.cypher.importing import Imported, WrongDocument, import_recipe
from cypher_executor.cypher.importing.relations import read_relation
from cypher_executor.cypher.parse import parse
from cypher_executor.errors import RequestInvalid
from tests.cypher.fixture_cases import Case, cases


def imported(text: str) -> Imported:
    return import_recipe(read_older(text, "old.yaml"))


def report(found: Imported) -> str:
    return "\n".join(f"{note.fate}: {note}" for note in found.notes if note.fate != "carried")


@pytest.mark.parametrize("case", cases("import"), ids=str)
def test_an_older_recipe_becomes_this_one(case: Case) -> None:
    found = imported(case.recipe)
    cypher, *notes = case.sections
    assert found.text.rstrip("\n") == cypher
    assert report(found) == (notes[0] if notes else "")
    assert format_recipe(found.text) == found.text


@pytest.mark.parametrize(
    ("words", "kind", "argument"),
    [
        *((word, "success", "") for word in ("完成後", "ON_SUCCESS", "on_success", "PIPE")),
        *((word, "fail", "") for word in ("失敗時", "ON_FAIL")),
        *((word, "if", "") for word in ("條件滿足時", "IF")),
        *((word, "true", "") for word in ("成立時", "ON_TRUE")),
        *((word, "false", "") for word in ("不成立時", "ON_FALSE")),
        *((word, "branch", "big one") for word in ("分支(big one)", "分支（big one）", "ON_BRANCH(big one)")),
        *((word, "each", "file") for word in ("對每個 file", "對每個file", "FOREACH file", "foreach file")),
        ("否則", "otherwise", ""),
        ("CONTINUE", "complete", ""),
        ("CALLS_SUBFLOW", "call", ""),
    ],
)
def test_relations_are_known_in_english_and_in_chinese(words: str, kind: str, argument: str) -> None:
    relation = read_relation(words)
    assert relation is not None
    assert (relation.kind, relation.argument) == (kind, argument)


@pytest.mark.parametrize("words", ["", "sometimes", "ON_BRANCH", "FOREACH", "ON_SUCCESS x", "分支()", "查詢匯率"])
def test_other_words_are_no_relation(words: str) -> None:
    assert read_relation(words) is None


@pytest.mark.parametrize(
    "text", ["", "just text", "- a\n- b", "name: x", "flow: a >> ON_SUCCESS >> b", "flow: []", "flow: ['a >> b']"]
)
def test_what_has_no_triplets_is_refused(text: str) -> None:
    with pytest.raises(WrongDocument):
        imported(text)


BOMB = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BOMB, "anchors"),
        ("flow: [*missing]", "anchors"),
        ("flow: !!python/object/apply:os.system ['true']", "tags"),
        ("config: !custom {a: 1}", "tags"),
        ("a: 1\n---\nb: 2", "more than one document"),
        ("a: {b: 1, b: 2}", "twice"),
        ("? [a, b]\n: 1", "key"),
        ("a: " + "[" * 1_000 + "]" * 1_000, "deep"),
        ("a: [1, 2", "not YAML"),
        ("a: 'b", "not YAML"),
        ("a:\tb: c", "not YAML"),
        ("x" * (MOST_BYTES + 1), "KiB"),
        ("\x00", "not YAML"),
    ],
)
def test_hostile_yaml_is_refused_in_a_sentence(text: str, why: str) -> None:
    with pytest.raises(RequestInvalid, match=why):
        read_older(text, "old.yaml")


def test_what_yaml_makes_of_words_is_what_was_written() -> None:
    assert read_older("a: 2026-01-01\nb: yes\nc: 0x10\nd: null\n2: x\n<<: y", "f") == {
        "a": "2026-01-01", "b": True, "c": 16, "d": None, "2": "x", "<<": "y",
    }  # fmt: skip


WORDS = st.sampled_from(["a", "b", "input", "output", "c-d", "摘要", "match", "`", "a b", ""])
RELATIONS = st.sampled_from(["ON_SUCCESS", "失敗時", "FOREACH x", "分支(`y')", "否則", "IF", "??", "CALLS_SUBFLOW"])
TEXTS = st.text(alphabet="{}a.0 '\"\\\n[]|x", max_size=12) | st.sampled_from(
    ["{{input.a.0.b}}", "{{a.b}} {{x}}", "{{credential.k}}"]
)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(st.tuples(WORDS, RELATIONS, WORDS).map(" >> ".join), min_size=1, max_size=6),
    st.dictionaries(
        WORDS, st.dictionaries(st.sampled_from(["component", "url", "timeout", "limits", "x y"]), DATA), max_size=3
    ),
    DATA,
)
@settings(max_examples=300, deadline=None)
def test_whatever_it_says_the_result_can_be_read_and_everything_has_a_note(
    flow: list[str], config: dict[str, object], extra: object
) -> None:
    try:
        found = import_recipe({"name": "x", "flow": flow, "config": config, "extra": extra})
    except WrongDocument:
        return
    assert parse(found.text).statement is not None
    told = report(found) + "".join(str(note) for note in found.notes)
    assert "`extra`" in told
    assert all(f"`{one}`" in told or " >> ".join(w.strip() for w in one.split(">>")) in told for one in flow)
    lost = [note for note in found.notes if note.fate == "lost"]
    assert found.text.count("// Not carried over:") >= len({str(note) for note in lost})
