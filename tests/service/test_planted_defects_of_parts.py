"""What is promised of parts that are brought along, and of their grants: each defect planted here turns a test red."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from cypher_executor import uploads
from cypher_executor.adapters.egress import connection
from cypher_executor.adapters.parts_stacked import StackedParts
from cypher_executor.library import Library
from cypher_executor.uploads import Uploads
from cypher_executor.wiring import House
from tests.service import test_parts
from tests.service.support import Ask

Plant = Callable[[pytest.MonkeyPatch], None]


def approval_is_off(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(uploads, "_check_approved", lambda part, last, *, approve: None)


def only_the_first_version_is_approved(patch: pytest.MonkeyPatch) -> None:
    check = uploads._check_approved

    def first(part: Any, last: Any, *, approve: bool) -> None:
        check(part, last, approve=approve or last is not None)

    patch.setattr(uploads, "_check_approved", first)


def grants_of_parts_are_not_checked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(connection, "check_granted", lambda wanted, context: None)


def a_module_has_the_grants_of_whoever_has_it_too(patch: pytest.MonkeyPatch) -> None:
    by_digest = StackedParts.by_digest
    patch.setattr(StackedParts, "by_digest", lambda self, digest, name=None: by_digest(self, digest))


def shipped_names_can_be_taken(patch: pytest.MonkeyPatch) -> None:
    put = Uploads.put

    async def taking(self: Uploads, *given: Any, **more: Any) -> Any:
        patch.setattr(self, "_elsewhere", StackedParts([]))
        return await put(self, *given, **more)

    patch.setattr(Uploads, "put", taking)


def parts_in_use_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    async def nobody(*_: Any) -> list[Any]:
        return []

    patch.setattr("cypher_executor.schedules.catalog.AnnouncedCatalog.using", nobody)


def pins_are_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Library, "_running", lambda self, pins: {})


def modules_are_not_compiled_before_they_are_taken(patch: pytest.MonkeyPatch) -> None:
    async def read(self: Uploads, name: str, sent: uploads.Sent) -> Any:
        return uploads.plain_part(name, sent.module, pure=True)

    patch.setattr(Uploads, "_read", read)


CUT = {"code": test_parts.ECHO[:-3], "said": ""}
Test = Callable[..., Awaitable[None]]
DEFECTS: list[tuple[Plant, Test, dict[str, Any]]] = [
    (approval_is_off, test_parts.test_what_a_part_asks_for_must_be_approved, {}),
    (
        only_the_first_version_is_approved,
        test_parts.test_a_new_version_that_asks_for_more_is_refused_until_it_is_approved,
        {},
    ),
    (grants_of_parts_are_not_checked, test_parts.test_two_parts_with_one_module_have_the_grants_of_their_own, {}),
    (
        a_module_has_the_grants_of_whoever_has_it_too,
        test_parts.test_two_parts_with_one_module_have_the_grants_of_their_own,
        {},
    ),
    (shipped_names_can_be_taken, test_parts.test_the_names_of_shipped_parts_cannot_be_taken, {}),
    (parts_in_use_are_forgotten, test_parts.test_a_part_that_recipes_use_stays, {}),
    (pins_are_ignored, test_parts.test_versions_are_listed_and_recipes_keep_theirs, {}),
    (
        modules_are_not_compiled_before_they_are_taken,
        test_parts.test_what_cannot_be_a_part_is_refused_before_anything_is_stored,
        CUT,
    ),
]


@pytest.mark.parametrize(("plant", "test", "more"), DEFECTS, ids=[plant.__name__ for plant, _, _ in DEFECTS])
async def test_a_planted_defect_turns_a_test_red(
    ask: Ask, house: House, name: str, monkeypatch: pytest.MonkeyPatch, plant: Plant, test: Test, more: dict[str, Any]
) -> None:
    wanted = inspect.signature(test).parameters
    given = {"ask": ask, "name": name, "house": house, **more}
    arguments = {key: value for key, value in given.items() if key in wanted}
    await test(**arguments)
    plant(monkeypatch)
    with pytest.raises((AssertionError, KeyError)):
        await test(**{**arguments, "name": f"{name}_planted"} if "name" in wanted else arguments)
