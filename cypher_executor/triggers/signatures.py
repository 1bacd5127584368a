"""Whether a delivery to a hook was signed by whoever knows its secret. Three forms, all HMAC-SHA256 over the raw body:

    standard  Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature: v1,<base64> ...`
    github    `x-hub-signature-256: sha256=<hex>`, `x-github-delivery`
    stripe    `stripe-signature: t=<seconds>,v1=<hex>,...`

Each hook has one form. If any of them were accepted, whoever has seen one delivery could send it again in a form that
does not sign the time. Signatures are compared in constant time, and nothing of the body is looked at before.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from cypher_executor.core.triggers import SignatureForm

_SECONDS = re.compile(r"[0-9]{1,12}")
_PREFIX = "whsec_"
_MOST_SIGNATURES = 16
"""Of one delivery; a header that holds more is not a sender's who changes keys."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A genuine delivery. `id` tells it from others of the same sender; None when the form does not give one."""

    id: str | None


Reason = Literal["signature_missing", "signature_invalid", "delivery_expired", "secret_invalid"]


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A delivery that is refused. `message` is for its sender and does not say what would have been right."""

    reason: Reason
    message: str


Verdict = Signed | Unsigned


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came in. The names of `headers` are in lower case; `at_us` is when, by our clock."""

    headers: Mapping[str, str]
    body: bytes
    at_us: int


def verify(form: SignatureForm, secrets: Iterable[str], delivery: Delivery, tolerance_ms: int) -> Verdict:
    """Whether `delivery` was signed with one of `secrets`: several while a sender changes them.

    Where the form signs a time, it may differ from ours by `tolerance_ms`, in both directions.
    """
    claim = _CLAIMS[form](delivery)
    if isinstance(claim, Unsigned):
        return claim
    keys = [key_of(form, secret) for secret in secrets]
    if not keys or any(key is None for key in keys):
        return Unsigned("secret_invalid", "the secret of this hook cannot be used for its form of signatures")
    if not _is_signed(claim, [key for key in keys if key is not None]):
        return Unsigned("signature_invalid", "the signature does not fit the body and the secret of this hook")
    if claim.sent_s is not None and abs(delivery.at_us - claim.sent_s * 1_000_000) > tolerance_ms * 1000:
        return Unsigned("delivery_expired", f"the delivery is older or newer than {tolerance_ms // 1000} seconds")
    return Signed(claim.id if claim.id is not None else _id_in(delivery.body) if form == "stripe" else None)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a delivery says of itself: what is signed, the signatures, its id, and its time in seconds since 1970."""

    content: bytes
    signatures: tuple[bytes, ...]
    id: str | None = None
    sent_s: int | None = None


def _is_signed(claim: _Claim, keys: list[bytes]) -> bool:
    expected = [hmac.new(key, claim.content, hashlib.sha256).digest() for key in keys]
    # No short cut at the first that fits: how long this takes must not tell which one it was.
    fits = [hmac.compare_digest(mac, given) for mac in expected for given in claim.signatures]
    return any(fits)


def _standard(delivery: Delivery) -> _Claim | Unsigned:
    headers = delivery.headers
    id_, sent, signed = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not (id_ and sent and signed):
        return _missing("`webhook-id`, `webhook-timestamp` and `webhook-signature`")
    if not _SECONDS.fullmatch(sent):
        return Unsigned("signature_invalid", "`webhook-timestamp` must be a number of seconds since 1970")
    versions = [part.split(",", 1) for part in signed.split()[:_MOST_SIGNATURES]]
    found = [_from_base64(text[0]) for version, *text in versions if version == "v1" and text]
    content = f"{id_}.{sent}.".encode("utf-8", "surrogatepass") + delivery.body
    return _claim(content, found, "`webhook-signature` holds no signature `v1,...`", id_, int(sent))


def _github(delivery: Delivery) -> _Claim | Unsigned:
    signed = delivery.headers.get("x-hub-signature-256", "")
    if not signed:
        return _missing("`x-hub-signature-256`")
    found = [_from_hex(signed.removeprefix("sha256="))] if signed.startswith("sha256=") else []
    wrong = "`x-hub-signature-256` must be `sha256=` and 64 hexadecimal digits"
    return _claim(delivery.body, found, wrong, delivery.headers.get("x-github-delivery") or None, None)


def _stripe(delivery: Delivery) -> _Claim | Unsigned:
    signed = delivery.headers.get("stripe-signature", "")
    if not signed:
        return _missing("`stripe-signature`")
    pairs = [part.strip().partition("=") for part in signed.split(",")[: 2 * _MOST_SIGNATURES]]
    sent = next((value for name, _, value in pairs if name == "t"), "")
    if not _SECONDS.fullmatch(sent):
        return Unsigned("signature_invalid", "`stripe-signature` holds no time `t=...`")
    found = [_from_hex(value) for name, _, value in pairs if name == "v1"]
    content = f"{sent}.".encode() + delivery.body
    return _claim(content, found, "`stripe-signature` holds no signature `v1=...`", None, int(sent))


_CLAIMS: Mapping[SignatureForm, Callable[[Delivery], _Claim | Unsigned]] = {
    "standard": _standard,
    "github": _github,
    "stripe": _stripe,
}


def _claim(
    content: bytes, found: Iterable[bytes | None], wrong: str, id_: str | None, sent_s: int | None
) -> _Claim | Unsigned:
    signatures = tuple(each for each in found if each is not None)
    return _Claim(content, signatures, id_, sent_s) if signatures else Unsigned("signature_invalid", wrong)


def _missing(names: str) -> Unsigned:
    return Unsigned("signature_missing", f"deliveries to this hook are signed: send {names}")


def key_of(form: SignatureForm, secret: str) -> bytes | None:
    """The bytes that a form signs with. Standard Webhooks writes its secrets in base64, behind `whsec_` or not."""
    if form == "standard":
        return _from_base64(secret.strip().removeprefix(_PREFIX)) or None
    return secret.encode("utf-8", "surrogatepass") or None


def _from_base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _from_hex(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text) if len(text) == 64 and text.isascii() else None
    except ValueError:
        return None


def _id_in(body: bytes) -> str | None:
    """Stripe gives the id of an event in its body, which is genuine by now."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return None
    found = event.get("id") if isinstance(event, dict) else None
    return found if isinstance(found, str) and found else None
