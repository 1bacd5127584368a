"""Parts: the catalogue, bringing one's own, and trying one alone."""

from __future__ import annotations

from starlette.responses import Response

from cypher_executor.core.parts import Part
from cypher_executor.errors import NotFound, nearest
from cypher_executor.ports import PartVersion, names_of
from cypher_executor.service import answers, requests
from cypher_executor.service.bodies import json_body
from cypher_executor.service.endpoint import Endpoint, Exchange, Told, in_path, reply
from cypher_executor.service.part_bodies import part_body
from cypher_executor.service.part_view import part_line, part_view, version_line, version_view
from cypher_executor.service.trying import trial_view, try_part

FAMILY = "parts"


async def list_parts(exchange: Exchange) -> Response:
    """Every part, shortly."""
    return reply(200, {"parts": [part_line(part) for part in exchange.house.parts.all()]})


async def show_part(exchange: Exchange) -> Response:
    """One part, with all that its manifest says."""
    return reply(200, part_view(_part(exchange)))


async def put_part(exchange: Exchange) -> Response:
    """Take a part that was sent."""
    exchange.caller.must_operate("parts")
    if exchange.query.approve:
        exchange.caller.must("admin")
    name, query = exchange.path["name"], exchange.query
    taken = await exchange.house.uploads.put(name, exchange.body, approve=query.approve, develop=query.develop)
    view = version_view(taken.version, taken.version)
    return reply(201 if taken.fresh else 200, view, location=f"/parts/{in_path(name)}")


async def delete_part(exchange: Exchange) -> Response:
    """Forget a part that was sent."""
    exchange.caller.must_operate("parts")
    await exchange.house.uploads.delete(exchange.path["name"])
    return Response(status_code=204)


async def list_versions(exchange: Exchange) -> Response:
    """Every version of a part that was sent."""
    found = exchange.house.uploads.versions(exchange.path["name"])
    lines = [version_line(version, found[-1]) for version in found]
    return reply(200, {"name": exchange.path["name"], "versions": lines})


async def show_version(exchange: Exchange) -> Response:
    """One version of a part that was sent."""
    found = exchange.house.uploads.versions(exchange.path["name"])
    return reply(200, version_view(_numbered(exchange, exchange.path["number"]), found[-1]))


async def call_part(exchange: Exchange) -> Response:
    """Run a part alone, once."""
    body: requests.CallPart = exchange.body
    part = _part(exchange) if body.number is None else _numbered(exchange, str(body.number)).part
    tape = tuple((entry.request, entry.answer) for entry in body.tape)
    house = exchange.house
    trial = await try_part(house.workbench, house.clock, part, body.input, tape, body.timeout_ms)
    return reply(200, trial_view(part, trial))


def _part(exchange: Exchange) -> Part:
    parts, name = exchange.house.parts, exchange.path["name"]
    part = parts.find(name)
    if part is None:
        near = nearest(name, names_of(parts.all()))
        raise NotFound(f"there is no part {name!r}", code="unknown_part", did_you_mean=near)
    return part


def _numbered(exchange: Exchange, number: str) -> PartVersion:
    found = exchange.house.uploads.versions(exchange.path["name"])
    version = next((one for one in found if str(one.number) == number), None)
    if version is None:
        raise NotFound(f"the part {exchange.path['name']!r} has no version {number}", code="unknown_part_version")
    return version


_TAKEN = Told("taken; this is the newest version now", answers.PartVersionAnswer, ("location",))
_KNOWN = Told("this is the newest version already", answers.PartVersionAnswer, ("location",))

ENDPOINTS = (
    Endpoint(
        name="list_parts",
        method="GET",
        path="/parts",
        summary="Every part that recipes may use",
        family=FAMILY,
        handler=list_parts,
        needs="read",
        answers={200: Told("the parts, by name", answers.PartList)},
    ),
    Endpoint(
        name="show_part",
        method="GET",
        path="/parts/{name}",
        summary="A part with its schemas, grants, limits and examples",
        family=FAMILY,
        handler=show_part,
        needs="read",
        answers={200: Told("the part", answers.PartAnswer)},
        errors=("unknown_part",),
    ),
    Endpoint(
        name="put_part",
        method="PUT",
        path="/parts/{name}",
        summary="Bring a part: a WebAssembly module alone, or with a manifest",
        family=FAMILY,
        handler=put_part,
        needs="write",
        query=requests.PutPartQuery,
        body=part_body(),
        answers={201: _TAKEN, 200: _KNOWN},
        errors=(
            *("module_refused", "compile_limit", "manifest_invalid", "invalid_name", "multipart_invalid"),
            *("text_invalid", "part_name_taken", "approval_needed", "scope_missing", "journal_unavailable"),
        ),
    ),
    Endpoint(
        name="delete_part",
        method="DELETE",
        path="/parts/{name}",
        summary="Forget a part that was brought here, unless recipes use it",
        family=FAMILY,
        handler=delete_part,
        needs="write",
        answers={204: Told("forgotten; runs that began with it go on")},
        errors=("unknown_part", "part_in_use"),
    ),
    Endpoint(
        name="list_part_versions",
        method="GET",
        path="/parts/{name}/versions",
        summary="Every version of a part that was brought here",
        family=FAMILY,
        handler=list_versions,
        needs="read",
        answers={200: Told("the versions, oldest first", answers.PartVersionList)},
        errors=("unknown_part",),
    ),
    Endpoint(
        name="show_part_version",
        method="GET",
        path="/parts/{name}/versions/{number}",
        summary="One version of a part that was brought here",
        family=FAMILY,
        handler=show_version,
        needs="read",
        answers={200: Told("the version", answers.PartVersionAnswer)},
        errors=("unknown_part", "unknown_part_version"),
    ),
    Endpoint(
        name="call_part",
        method="POST",
        path="/parts/{name}/call",
        summary="Try a part alone: sandboxed, limited, and without touching the world",
        family=FAMILY,
        handler=call_part,
        needs="run",
        body=json_body(requests.CallPart, required=False),
        answers={200: Told("what came of it, whether it went well or not", answers.TrialAnswer)},
        errors=(
            *("unknown_part", "unknown_part_version", "part_without_module", "trial_too_long", "overloaded"),
            *("no_workers",),
        ),
    ),
)
