"""GET /impact: what depends on a part, a host or a secret. GET /policies, and what the stored recipes match of them."""

from __future__ import annotations

from dataclasses import asdict

from pydantic import Field
from starlette.responses import Response

from cypher_executor.errors import RequestInvalid
from cypher_executor.service.answers import Answer
from cypher_executor.service.endpoint import Endpoint, Exchange, Told, reply
from cypher_executor.service.requests import ImpactQuery

FAMILY = "dependents"


class DependentLine(Answer):
    """A recipe that depends on it."""

    name: str
    version: int | None
    through: list[str] = Field(description="from this recipe, over those that it starts, to the one that uses it")
    what: str = Field(description="the node that uses the part; the pattern that covers the host; the secret")
    open: dict[str, int] = Field(description="its runs that go on or wait, by state")
    last_month: dict[str, int] = Field(description="its runs that began in the last 30 days, by state")


class ImpactAnswer(Answer):
    """What depends on it. `could`: recipes that work out by themselves which other one they start."""

    recipes: list[DependentLine]
    could: list[str]


class PolicyLine(Answer):
    """A policy: a query whose rows must not be."""

    name: str
    about: str
    query: str


class PolicyList(Answer):
    """Every policy."""

    policies: list[PolicyLine]


class ViolationLine(Answer):
    """A row of a policy. `recipes`: those that have a part in it."""

    policy: str
    about: str
    path: str
    recipes: list[str]


class ViolationList(Answer):
    """What the current recipes match."""

    violations: list[ViolationLine]


async def show_impact(exchange: Exchange) -> Response:
    """The recipes that depend on one thing."""
    from cypher_executor.service.impact import impact_of

    query: ImpactQuery = exchange.query
    asked = [
        (kind, name) for kind, name in (("part", query.part), ("host", query.host), ("secret", query.secret)) if name
    ]
    if len(asked) != 1:
        raise RequestInvalid("ask for one of `part`, `host` and `secret`")
    (kind, name), questions = asked[0], exchange.house.questions
    found = await impact_of(questions, exchange.caller.tenant, kind, name)  # type: ignore[arg-type]
    return reply(200, {"recipes": [asdict(one) for one in found.dependents], "could": list(found.could)})


async def list_policies(exchange: Exchange) -> Response:
    """Every policy of the operator."""
    found = await exchange.house.policies.all()
    return reply(200, {"policies": [{"name": one.name, "about": one.about, "query": one.text} for one in found]})


async def list_violations(exchange: Exchange) -> Response:
    """What the stored recipes of the caller match; they were stored before a policy was, or their parts changed."""
    house, tenant = exchange.house, exchange.caller.tenant
    current = await house.catalog.list_current(tenant)
    found = await house.policies.violations(tenant, current, house.library.by_digest)
    return reply(200, {"violations": [asdict(one) for one in found]})


ENDPOINTS = (
    Endpoint(
        name="show_impact",
        method="GET",
        path="/impact",
        summary="Which recipes depend on a part, a host or a secret, also through recipes that they start",
        family=FAMILY,
        handler=show_impact,
        needs="read",
        query=ImpactQuery,
        answers={200: Told("the recipes that depend on it, those that use it directly first", ImpactAnswer)},
        errors=("graph_unavailable", "journal_unavailable"),
    ),
    Endpoint(
        name="list_policies",
        method="GET",
        path="/policies",
        summary="The policies of the operator: what no stored recipe may match",
        family=FAMILY,
        handler=list_policies,
        needs="read",
        answers={200: Told("every policy, by name", PolicyList)},
        errors=("policy_invalid",),
    ),
    Endpoint(
        name="list_violations",
        method="GET",
        path="/policies/violations",
        summary="What the current recipes match of the policies",
        family=FAMILY,
        handler=list_violations,
        needs="read",
        answers={200: Told("every violation, with the recipes that have a part in it", ViolationList)},
        errors=("policy_invalid", "journal_unavailable"),
    ),
)
