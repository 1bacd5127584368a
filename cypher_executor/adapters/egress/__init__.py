"""HTTP for parts: the op `http_request`, and the one place that decides where a part may connect to.

`rule` knows which addresses are refused and what the operator opens or restricts, `request` reads what a part asks,
`answer` makes what it gets back, `connection` is what is in between, and `http` loads all that when it is first needed.
"""

from cypher_executor.adapters.egress.http import Egress
from cypher_executor.adapters.egress.rule import EgressRefused, EgressRule

__all__ = ["Egress", "EgressRefused", "EgressRule"]
