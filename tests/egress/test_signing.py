"""Signatures against those who made the schemes: the Standard Webhooks vector, and botocore for AWS."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from yarl import URL

from cypher_executor.adapters.egress.filling import filled, handles_in
from cypher_executor.adapters.egress.request import HttpRequest
from cypher_executor.adapters.egress.signing import check_sign, signed
from cypher_executor.core.secret_handles import handle
from cypher_executor.errors import RequestInvalid

AT = datetime(2021, 2, 25, 18, 58, 30, tzinfo=UTC)
AWS = {"scheme": "aws_sigv4", "access_key": "AKID", "secret_key": "SECRET", "region": "eu-west-1"}


def request(url: str, sign: dict[str, str], body: bytes | None = None, method: str = "POST") -> HttpRequest:
    return HttpRequest(method, URL(url), {"content-type": "application/json"}, body, 1000, sign)


def test_a_webhook_is_signed_as_the_standard_says() -> None:
    sign = {
        "scheme": "standard_webhooks",
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    }
    wanted = request("https://a.example/hook", sign, b'{"test": 2432232314}')
    got = signed(wanted, "key", datetime.fromtimestamp(1614265330, UTC)).headers
    assert got["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert got["webhook-timestamp"] == "1614265330"
    assert got["webhook-id"] == "msg_p5jXN8AQM9LWM0D4loKWxJek"


def test_a_webhook_without_an_id_has_the_key_of_its_call_and_a_plain_secret_is_taken_as_it_is() -> None:
    got = signed(
        request("https://a.example/", {"scheme": "standard_webhooks", "secret": "s"}, b"x"), "run:a", AT
    ).headers
    assert got["webhook-id"] == "run:a"
    mac = hmac.new(b"s", b"run:a.1614279510.x", hashlib.sha256).digest()
    assert got["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"


@pytest.mark.parametrize(
    ("method", "url", "body"),
    # Addresses as S3 wants them encoded, which is what botocore signs; ours come through yarl, which encodes less.
    [
        ("GET", "https://bucket.s3.eu-west-1.amazonaws.com/a/b.txt", None),
        ("PUT", "http://localhost:9000/bucket/a%20b/%C3%A9%2B%3D%21.json", b"{}"),
        ("GET", "https://s3.eu-west-1.amazonaws.com/b?list-type=2&prefix=a%2Fb&x=%20", None),
    ],
)
def test_a_request_to_aws_is_signed_as_botocore_signs_it(
    method: str, url: str, body: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = request(url, AWS, body, method)
    theirs = AWSRequest(method, url, headers=dict(wanted.headers), data=body)
    theirs.context["payload_signing_enabled"] = True
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: AT.replace(tzinfo=None), raising=False)
    S3SigV4Auth(Credentials("AKID", "SECRET"), "s3", "eu-west-1").add_auth(theirs)
    at = datetime.strptime(theirs.context["timestamp"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours: Any = signed(wanted, "key", at).headers
    assert ours["authorization"] == theirs.headers["Authorization"]


@pytest.mark.parametrize(
    ("sign", "message"),
    [
        ({"scheme": "none"}, "is none of standard_webhooks, aws_sigv4"),
        ({"scheme": "standard_webhooks"}, "needs secret"),
        ({**AWS, "secret": "x"}, "does not know secret"),
    ],
)
def test_a_signature_that_cannot_be_made_is_refused(sign: dict[str, str], message: str) -> None:
    with pytest.raises(RequestInvalid, match=message):
        check_sign(sign)


def test_handles_in_a_signature_are_found_and_filled_and_the_secret_is_not_sent() -> None:
    named = handle("seed", "run", "KEY")
    wanted = request("https://a.example/", {"scheme": "standard_webhooks", "secret": named}, b"x")
    assert handles_in(wanted, "seed", "run") == {"KEY"}
    sent = signed(filled(wanted, {"KEY": "very-secret"}, "seed", "run"), "k", AT)
    assert "very-secret" not in str(sent.headers) + str(sent.url) + str(sent.body)
    assert signed(request("https://a.example/", {}), "k", AT).headers == {"content-type": "application/json"}
