"""HTTP for parts: the op `http_request`, and the one place that decides where a part may connect to.

`rule` knows which addresses are refused and what the operator opens or restricts, `permission` what part and recipe
were granted; `request` reads what a part asks, `filling` puts secrets in and `redaction` takes them out again,
`answer` and `failures` make what comes back. `connection` is what is in between, with `resolving` and `phases`
(time-outs), and `http` loads all that when it is first needed.
"""

from cypher_executor.adapters.egress.http import Egress
from cypher_executor.adapters.egress.rule import EgressRefused, EgressRule

__all__ = ["Egress", "EgressRefused", "EgressRule"]
