"""What people call the relationships between steps, in English and Chinese: the words of the older triplet form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Kind = Literal["success", "fail", "complete", "if", "true", "false", "otherwise", "branch", "each", "call"]

_WORDS: Mapping[Kind, str] = {
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
KINDS: Mapping[str, Kind] = {word: kind for kind, words in _WORDS.items() for word in words.split()}
