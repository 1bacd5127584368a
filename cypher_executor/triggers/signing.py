"""Signing a delivery as its sender would, so that a hook can be tried without one."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cypher_executor.core.triggers import SignatureForm
from cypher_executor.triggers.signatures import key_of


def signed(form: SignatureForm, secret: str, body: bytes, delivery: str, at_us: int) -> dict[str, str]:
    """The headers that make a delivery genuine; their names are in lower case. `delivery` is its id, where the form
    gives one in a header. Raises ValueError for a secret that this form cannot use."""
    key = key_of(form, secret)
    if key is None:
        raise ValueError(f"the secret cannot be used for signatures of the form '{form}'")
    sent = str(at_us // 1_000_000)
    match form:
        case "standard":
            mac = base64.b64encode(_mac(key, f"{delivery}.{sent}.".encode() + body)).decode()
            return {"webhook-id": delivery, "webhook-timestamp": sent, "webhook-signature": f"v1,{mac}"}
        case "github":
            return {"x-hub-signature-256": f"sha256={_mac(key, body).hex()}", "x-github-delivery": delivery}
        case "stripe":
            return {"stripe-signature": f"t={sent},v1={_mac(key, f'{sent}.'.encode() + body).hex()}"}


def _mac(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).digest()
