"""Every example of every shipped part is true, and every operation that a manifest names has one."""

from __future__ import annotations

from typing import Any

import pytest

from cypher_executor.core.parts import Example
from cypher_executor.files import shipped
from cypher_executor.partkit.build import part_folders
from cypher_executor.partkit.examples import Execute, failure_of, problem_of
from cypher_executor.partkit.manifest import PartFolder, read_folder

PARTS = [read_folder(folder) for folder in part_folders(shipped("parts"))]
MODULES = [p for p in PARTS if not p.engine]
EXAMPLES = [(p, e) for p in MODULES for e in p.part.examples]


@pytest.mark.parametrize(("folder", "example"), EXAMPLES, ids=[f"{p.part.name}: {e.title}" for p, e in EXAMPLES])
def test_an_example_is_true(folder: PartFolder, example: Example, execute: Execute) -> None:
    assert problem_of(example, folder.read_module(), execute) is None


@pytest.mark.parametrize("folder", PARTS, ids=lambda p: p.part.name)
def test_every_part_has_four_examples_and_one_of_them_is_a_refusal(folder: PartFolder) -> None:
    examples = folder.part.examples
    assert len(examples) >= 4
    assert any(e.error is not None for e in examples) or folder.part.name == "trigger_workflow"


@pytest.mark.parametrize("folder", MODULES, ids=lambda p: p.part.name)
def test_every_operation_that_a_manifest_names_has_an_example(folder: PartFolder) -> None:
    named = set(folder.part.input["properties"].get("operation", {}).get("enum", ()))
    shown = {e.input.get("operation") for e in folder.part.examples if isinstance(e.input, dict) and e.error is None}
    assert named <= shown


@pytest.mark.parametrize("name", ["string_ops", "number_ops", "array_ops", "json_ops", "encode", "date_ops", "csv"])
def test_the_manifest_names_exactly_the_operations_that_the_part_knows(name: str, part: Any, call: Any) -> None:
    refusal = failure_of(call(name, operation="no such thing", text="", value=1, items=[]))
    assert refusal is not None
    known = refusal["message"].split("known are: ")[1].split(", ")
    assert part(name).part.input["properties"]["operation"]["enum"] == known


@pytest.mark.parametrize("folder", MODULES, ids=lambda p: p.part.name)
def test_examples_use_only_fields_that_the_manifest_declares(folder: PartFolder) -> None:
    schema = folder.part.input
    for example in folder.part.examples:
        if isinstance(example.input, dict) and not schema["additionalProperties"]:
            assert set(example.input) <= set(schema["properties"]), example.title
