"""The words between two nodes, in English and Chinese, and what they are in Cypher."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["success", "fail", "complete", "if", "true", "false", "otherwise", "branch", "each", "call"]

_WORDS: dict[Kind, str] = {
    "success": "ON_SUCCESS PIPE 完成後 完成后 成功時 成功时 成功後 成功后 然後 然后",
    "fail": "ON_FAIL ON_FAILURE ON_ERROR 失敗時 失败时 失敗後 失败后",
    "complete": "ON_COMPLETE CONTINUE 繼續 继续 無論如何 无论如何",
    "if": "IF 條件滿足時 条件满足时",
    "true": "ON_TRUE 成立時 成立时",
    "false": "ON_FALSE 不成立時 不成立时 條件不符時 条件不符时",
    "otherwise": "ELSE OTHERWISE 否則 否则",
    "branch": "ON_BRANCH 分支",
    "each": "FOREACH FOR_EACH 對每個 对每个 對每一個 对每一个",
    "call": "CALLS_SUBFLOW 呼叫子流程 调用子流程",
}
_KINDS: dict[str, Kind] = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_WITH_ARGUMENT = ("branch", "each")
_RELATION = re.compile(
    r"(?P<word>[^\s(（:：]+)\s*(?:[(（]\s*(?P<inside>.*?)\s*[)）]|[:：]?\s*(?P<behind>.*))", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Relation:
    """`argument` is the label of a branch or the name of an item."""

    kind: Kind
    word: str
    argument: str = ""


def read_relation(text: str) -> Relation | None:
    """What a relation says; None for words that are not known."""
    found = _RELATION.fullmatch(text.strip())
    if found is None:
        return None
    word, argument = found["word"], found["inside"] or found["behind"] or ""
    kind = _KINDS.get(word) or _KINDS.get(word.upper())
    if kind is None:  # Chinese puts no space between words
        return _unspaced(text.strip())
    if bool(argument) != (kind in _WITH_ARGUMENT):
        return None
    return Relation(kind, word, argument.strip("'\"` "))


def _unspaced(text: str) -> Relation | None:
    for word, kind in _KINDS.items():
        if kind == "each" and not word.isascii() and text.startswith(word) and len(text) > len(word):
            return Relation(kind, word, text[len(word) :].strip())
    return None
