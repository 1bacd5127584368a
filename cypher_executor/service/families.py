"""Every endpoint of the service, in the order in which they are documented."""

from __future__ import annotations

from collections.abc import Sequence

from cypher_executor.service.endpoint import Endpoint
from cypher_executor.service.routes import (
    actions,
    callbacks,
    dependents,
    description,
    editor,
    hook_tests,
    hooks,
    keys,
    metrics,
    mirror,
    neo4j,
    page,
    parts,
    query,
    recipes,
    runs,
    schedules,
    secrets,
    status,
    steering,
    webhooks,
)

ENDPOINTS: Sequence[Endpoint] = (
    *recipes.ENDPOINTS,
    *editor.ENDPOINTS,
    *actions.ENDPOINTS,
    *runs.ENDPOINTS,
    *steering.ENDPOINTS,
    *query.ENDPOINTS,
    *dependents.ENDPOINTS,
    *mirror.ENDPOINTS,
    *callbacks.ENDPOINTS,
    *webhooks.ENDPOINTS,
    *hook_tests.ENDPOINTS,
    *hooks.ENDPOINTS,
    *schedules.ENDPOINTS,
    *page.ENDPOINTS,
    *parts.ENDPOINTS,
    *secrets.ENDPOINTS,
    *keys.ENDPOINTS,
    *neo4j.ENDPOINTS,
    *status.ENDPOINTS,
    *metrics.ENDPOINTS,
    *description.ENDPOINTS,
)


def by_path() -> dict[str, list[Endpoint]]:
    """The endpoints of each path."""
    paths: dict[str, list[Endpoint]] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, []).append(endpoint)
    return paths
