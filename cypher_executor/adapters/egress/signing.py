"""Signatures that only the egress can make, because a part never has the secret.

A request may have `sign`: `{scheme: 'standard_webhooks', secret, id}` or `{scheme: 'aws_sigv4', access_key, secret_key,
session_token, region, service}`. Its values may be handles; they were filled in before this. What is signed is what is
sent: the last thing that happens to a request before it leaves.

`standard_webhooks` (standardwebhooks.com): `webhook-id`, `webhook-timestamp`, and an HMAC-SHA256 over both and the
body. The id is the same for all attempts of a step unless the request names one. A secret is base64 behind `whsec_`, or
any text. `aws_sigv4`: the header form of AWS Signature Version 4 with the payload signed, as S3 and its like take it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, unquote

from cypher_executor.adapters.egress.request import HttpRequest, check_header_value
from cypher_executor.errors import RequestInvalid

_WEBHOOK_PREFIX: Final = "whsec_"
_FIELDS: Final = {
    "standard_webhooks": ({"secret"}, {"id"}),
    "aws_sigv4": ({"access_key", "secret_key", "region"}, {"service", "session_token"}),
}
_UNRESERVED: Final = "-_.~"


def check_sign(sign: Mapping[str, str]) -> None:
    """Raises errors.RequestInvalid for a scheme that is unknown, and for fields that it lacks or does not know."""
    scheme = sign.get("scheme", "")
    if scheme not in _FIELDS:
        raise RequestInvalid(f"sign: the scheme {scheme!r} is none of {', '.join(_FIELDS)}")
    needed, other = _FIELDS[scheme]
    given = sign.keys() - {"scheme"}
    if missing := sorted(needed - given):
        raise RequestInvalid(f"sign: {scheme} needs {', '.join(missing)}")
    if strange := sorted(given - needed - other):
        raise RequestInvalid(f"sign: {scheme} does not know {', '.join(strange)}")


def signed(wanted: HttpRequest, key: str, now: datetime | None = None) -> HttpRequest:
    """The request with the headers of its signature; without `sign` as it is. `key` is the call's own key."""
    if not wanted.sign:
        return wanted
    at = now or datetime.now(UTC)
    if wanted.sign["scheme"] == "standard_webhooks":
        added = _webhook(wanted, wanted.sign.get("id") or quote(key, safe=":-._~"), int(at.timestamp()))
    else:
        added = _sigv4(wanted, at.strftime("%Y%m%dT%H%M%SZ"))
    for name, value in added.items():
        check_header_value(name, value)
    return replace(wanted, headers={**wanted.headers, **added})


def _webhook(wanted: HttpRequest, name: str, at: int) -> dict[str, str]:
    content = f"{name}.{at}.".encode() + (wanted.body or b"")
    mac = hmac.new(_webhook_key(wanted.sign["secret"]), content, hashlib.sha256).digest()
    return {
        "webhook-id": name,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def _webhook_key(secret: str) -> bytes:
    if not secret.startswith(_WEBHOOK_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_WEBHOOK_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise RequestInvalid(f"sign: the secret begins with {_WEBHOOK_PREFIX}, but is not base64 behind it") from None


def _sigv4(wanted: HttpRequest, at: str) -> dict[str, str]:
    sign, body = wanted.sign, hashlib.sha256(wanted.body or b"").hexdigest()
    added = {"x-amz-content-sha256": body, "x-amz-date": at}
    if token := sign.get("session_token"):
        added["x-amz-security-token"] = token
    covered = {"host": _host(wanted), **_amz(wanted.headers), **added}
    names = ";".join(sorted(covered))
    lines = "".join(f"{name}:{' '.join(covered[name].split())}\n" for name in sorted(covered))
    canonical = "\n".join([wanted.method, _path(wanted), _query(wanted), lines, names, body])
    scope = f"{at[:8]}/{sign['region']}/{sign.get('service', 's3')}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    secret = f"AWS4{sign['secret_key']}".encode()
    for piece in scope.split("/"):
        secret = hmac.new(secret, piece.encode(), hashlib.sha256).digest()
    signature = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
    credential = f"Credential={sign['access_key']}/{scope}"
    return {
        **added,
        "authorization": f"AWS4-HMAC-SHA256 {credential}, SignedHeaders={names}, Signature={signature}",
    }


def _amz(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.startswith("x-amz-") or name == "content-type"}


def _host(wanted: HttpRequest) -> str:
    url = wanted.url
    host = f"[{url.raw_host}]" if ":" in (url.raw_host or "") else url.raw_host or ""
    return host if url.is_default_port() else f"{host}:{url.port}"


def _path(wanted: HttpRequest) -> str:
    return quote(unquote(wanted.url.raw_path), safe=f"/{_UNRESERVED}")


def _query(wanted: HttpRequest) -> str:
    pairs = [(quote(k, safe=_UNRESERVED), quote(v, safe=_UNRESERVED)) for k, v in wanted.url.query.items()]
    return "&".join(f"{k}={v}" for k, v in sorted(pairs))
