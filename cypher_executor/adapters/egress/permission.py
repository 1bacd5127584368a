"""Whether a request was granted, by both who may grant it: the operator, in the grants of the part, and the recipe.

The rule of `rule` comes on top: a grant opens no address that the rule refuses. Refusals are `grant_missing`, and say
what to write where.
"""

from __future__ import annotations

from cypher_executor.adapters.egress.request import HttpRequest
from cypher_executor.core.patterns import Pattern, one_request, read_pattern
from cypher_executor.errors import RequestInvalid
from cypher_executor.ports import CallContext

_DEFAULT_PORTS = {"http": 80, "https": 443}


def target_of(wanted: HttpRequest) -> Pattern:
    """A request as grants see it. Raises RequestInvalid for a host that none can name."""
    url = wanted.url
    try:
        return one_request(wanted.method, url.scheme, url.raw_host or "", url.port or 0, url.raw_path)
    except ValueError as error:
        raise RequestInvalid(str(error)) from None


def check_granted(wanted: HttpRequest, context: CallContext) -> None:
    """Raises RequestInvalid (`grant_missing`)."""
    target, site = target_of(wanted), _site(wanted)
    if not any(read_pattern(text).covers(target) for text in context.grants.http):
        raise _missing(
            f"the part {context.part!r} was not granted {wanted.method} {site}: "
            f"add '{site}/*' to `http` under [grants] in its part.toml, and approve it"
        )
    if not context.allowed.reaches(target):
        raise _missing(
            f"the recipe does not grant {wanted.method} {site} to the node {context.node!r}: "
            f"write (:Recipe {{grants: {{http: ['{site}/*']}}}}) into it, or the address as a constant"
        )


def check_secret(name: str, hosts: tuple[str, ...], wanted: HttpRequest, context: CallContext) -> None:
    """Whether this secret may go where the request goes; `hosts` are the operator's patterns for it, none meaning any.

    Raises RequestInvalid (`grant_missing`).
    """
    target, site = target_of(wanted), _site(wanted)
    if not {name, "*"} & set(context.grants.secrets):
        raise _missing(
            f"the part {context.part!r} was not granted the secret {name}: "
            f"add '{name}' to `secrets` under [grants] in its part.toml, and approve it"
        )
    if not context.allowed.sends(name, target):
        raise _missing(
            f"the recipe does not grant the secret {name} to {site}: "
            f"write (:Recipe {{grants: {{http: ['{site}/*'], secrets: {{{name}: ['{site}/*']}}}}}}) into it"
        )
    if hosts and not any(read_pattern(text).covers(target) for text in hosts):
        raise _missing(
            f"the operator keeps the secret {name} to {', '.join(hosts)}, and {site} is none of them: "
            f"`cypher-executor secrets set {name} --host '{site}/*'` would allow it"
        )


def _site(wanted: HttpRequest) -> str:
    """Scheme, host and port, as a grant would name them."""
    url = wanted.url
    host = f"[{url.raw_host}]" if ":" in (url.raw_host or "") else url.raw_host
    port = "" if url.port == _DEFAULT_PORTS.get(url.scheme) else f":{url.port}"
    return f"{url.scheme}://{host}{port}"


def _missing(message: str) -> RequestInvalid:
    return RequestInvalid(message, code="grant_missing")
