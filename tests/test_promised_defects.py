"""The defects that the sandbox promises to show, and the tests that plant them: each must be there, and run.

A defect is planted beside the tests that guard against it; this is the list, so that none of them is lost.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PLANTED = {
    "the grant check is off": ("egress/test_grants.py", "test_without_the_check_the_canary_would_be_reached"),
    "the address rule is off": ("egress/test_vectors.py", "test_without_the_rule_the_canaries_sing"),
    "a redirect is not checked again": ("egress/test_filling.py", "test_following_redirects_would_send_the_value_on"),
    "a secret goes anywhere": ("egress/test_filling.py", "test_without_the_check_the_value_would_go_anywhere"),
    "a secret is on the tape": ("secrets/test_leaks.py", "test_a_planted_defect_is_found"),
    "the digest of a module is not looked at": (
        "parts/test_parts_folder.py",
        "test_without_the_digest_a_changed_module_would_be_handed_out",
    ),
    "the digest of compiled code is not looked at": (
        "contracts/test_dispatcher_artifacts.py",
        "test_without_the_digest_damage_would_be_believed",
    ),
    "a limit is ignored": ("hostile/test_planted_defects.py", "test_a_protection_that_is_off_is_noticed"),
    "grants of a part are not approved": (
        "service/test_planted_defects_of_parts.py",
        "test_a_planted_defect_turns_a_test_red",
    ),
}


@pytest.mark.parametrize("defect", PLANTED)
def test_the_defect_is_planted_and_its_test_runs(defect: str) -> None:
    path, name = PLANTED[defect]
    functions = [
        node
        for node in ast.parse((TESTS / path).read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
    ]
    assert functions, f"{path} has no {name}: {defect!r} is planted nowhere"
    assert not any("long" in ast.unparse(mark) or "skip" in ast.unparse(mark) for mark in functions[0].decorator_list)
