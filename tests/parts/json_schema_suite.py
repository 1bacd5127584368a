"""The official JSON-Schema-Test-Suite of 2020-12 through the part `validate_json`.

    python -m tests.parts.json_schema_suite FOLDER

FOLDER holds `tests/` and `remotes/` of the suite; it is not kept here. The source distribution of `jsonschema` on PyPI
carries it in `json/`: `pip download --no-deps --no-binary jsonschema jsonschema==4.23.0`. Counted for each keyword is
how many of its cases the part answers as the suite does. Ends with exit code 1 when a required case is answered
otherwise that is not among the known ones: references to the metaschema, which is not among the schemas that are given,
and what a metaschema of one's own switches off.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cypher_executor.files import shipped
from cypher_executor.partkit.manifest import read_folder
from tests.parts.conftest import run_module

DRAFT: Final = "draft2020-12"
HOST: Final = "http://localhost:1234/"
METASCHEMA: Final = "https://json-schema.org/"
KNOWN: Final = frozenset({"schema that uses custom metaschema with with no validation vocabulary"})


@dataclass(frozen=True)
class Case:
    """One value for one schema; `optional` ones are about what implementations may leave out."""

    keyword: str
    group: str
    title: str
    schema: Any
    value: Any
    valid: bool

    @property
    def optional(self) -> bool:
        """Whether the draft leaves it open."""
        return self.keyword.startswith("optional")


def cases(folder: Path) -> Iterator[Case]:
    """All cases of the draft."""
    root = folder / "tests" / DRAFT
    for path in sorted(root.rglob("*.json")):
        keyword = path.relative_to(root).with_suffix("").as_posix()
        for group in json.loads(path.read_text("utf-8")):
            for test in group["tests"]:
                about = (keyword, group["description"], test["description"])
                yield Case(*about, group["schema"], test["data"], test["valid"])


def remotes(folder: Path) -> Mapping[str, Any]:
    """The schemas that the suite's server would give, by their addresses."""
    root = folder / "remotes"
    files = [path for path in [*root.glob("*.json"), *(root / DRAFT).rglob("*.json")] if "metaschema" not in path.name]
    return {HOST + path.relative_to(root).as_posix(): json.loads(path.read_text("utf-8")) for path in files}


def wanted(schema: Any, others: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the other schemas whose names stand in this one, or in one that is wanted."""
    found, texts = dict[str, Any](), [json.dumps(schema)]
    while texts:
        text = texts.pop()
        for address in others.keys() - found.keys():
            if address.rpartition("/")[2] in text:
                found[address] = others[address]
                texts.append(json.dumps(others[address]))
    return found


def answered(module: bytes, others: Mapping[str, Any], case: Case) -> object:
    """What the part says: whether it is valid, or the code of its refusal."""
    formats = case.keyword.startswith("optional/format")
    given = {"value": case.value, "schema": case.schema, "schemas": wanted(case.schema, others), "formats": formats}
    got = json.loads(run_module(module, json.dumps(given).encode(), ()))
    return got["valid"] if "valid" in got else got["error"]["code"]


def main() -> int:
    """The command."""
    folder = Path(sys.argv[1])
    module, others = read_folder(shipped("parts") / "validate_json").read_module(), remotes(folder)
    well, all_of, unexpected = Counter[str](), Counter[str](), list[Case]()
    for case in cases(folder):
        all_of[case.keyword] += 1
        if answered(module, others, case) == case.valid:
            well[case.keyword] += 1
        elif not case.optional and METASCHEMA not in json.dumps(case.schema) and case.group not in KNOWN:
            unexpected.append(case)
    for keyword, count in all_of.items():
        sys.stdout.write(f"{well[keyword]:5} of {count:4}  {keyword}\n")
    for left_open in (False, True):
        keys = [keyword for keyword in all_of if keyword.startswith("optional") == left_open]
        good, count = sum(well[key] for key in keys), sum(all_of[key] for key in keys)
        sys.stdout.write(f"{good:5} of {count:4}  {'optional' if left_open else 'required'}\n")
    for case in unexpected:
        sys.stdout.write(f"{case.keyword}: {case.group}: {case.title}\n")
    return 1 if unexpected else 0


if __name__ == "__main__":
    sys.exit(main())
