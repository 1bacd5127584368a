"""Signed deliveries: the vectors that the forms publish, and everything that must not pass."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cypher_executor.core.triggers import SignatureForm
from cypher_executor.triggers import signatures
from cypher_executor.triggers.signatures import Delivery, Signed, Unsigned, Verdict, verify

TOLERANCE_MS = 300_000

# The example of the Standard Webhooks specification and of its libraries.
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD = Delivery(
    {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
    b'{"test": 2432232314}',
    1614265330 * 1_000_000,
)

# The values that GitHub's documentation gives for testing.
GITHUB_SECRET = "It's a Secret to Everybody"
GITHUB = Delivery(
    {
        "x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    },
    b"Hello, World!",
    1_700_000_000_000_000,
)

# Stripe publishes no vector; this one is its rule written out: HMAC-SHA256 over `{t}.{body}` with the secret as it is.
STRIPE_SECRET = "whsec_test_secret"
STRIPE_BODY = b'{"id": "evt_1", "object": "event"}'
STRIPE_MAC = hmac.new(STRIPE_SECRET.encode(), b"1492774577." + STRIPE_BODY, hashlib.sha256).hexdigest()
STRIPE = Delivery(
    {"stripe-signature": f"t=1492774577,v1={STRIPE_MAC},v0={'6' * 64}"}, STRIPE_BODY, 1492774577 * 1_000_000
)

GENUINE: list[tuple[SignatureForm, str, Delivery, str]] = [
    ("standard", STANDARD_SECRET, STANDARD, "msg_p5jXN8AQM9LWM0D4loKWxJek"),
    ("github", GITHUB_SECRET, GITHUB, "72d3162e-cc78-11e3-81ab-4c9367dc0958"),
    ("stripe", STRIPE_SECRET, STRIPE, "evt_1"),
]
EACH = pytest.mark.parametrize(("form", "secret", "delivery", "id_"), GENUINE, ids=[each[0] for each in GENUINE])


def judged(form: SignatureForm, delivery: Delivery, *secrets: str) -> Verdict:
    return verify(form, secrets, delivery, TOLERANCE_MS)


def reason(verdict: Verdict) -> str | None:
    return verdict.reason if isinstance(verdict, Unsigned) else None


def headers(delivery: Delivery, **changed: str | None) -> Delivery:
    new = {name.replace("_", "-"): value for name, value in changed.items()}
    return replace(delivery, headers={n: v for n, v in {**delivery.headers, **new}.items() if v is not None})


@EACH
def test_what_was_signed_is_known_again(form: SignatureForm, secret: str, delivery: Delivery, id_: str) -> None:
    assert judged(form, delivery, secret) == Signed(id_)


@EACH
def test_while_a_secret_is_changed_both_are_good(
    form: SignatureForm, secret: str, delivery: Delivery, id_: str
) -> None:
    assert judged(form, delivery, "b2xkIHNlY3JldA==", secret) == Signed(id_)


@EACH
def test_another_body_or_another_secret_is_refused(
    form: SignatureForm, secret: str, delivery: Delivery, id_: str
) -> None:
    assert reason(judged(form, replace(delivery, body=delivery.body + b" "), secret)) == "signature_invalid"
    assert reason(judged(form, delivery, "b2xkIHNlY3JldA==")) == "signature_invalid"
    assert reason(judged(form, delivery)) == "secret_invalid"
    assert reason(judged(form, delivery, "")) == "secret_invalid"


@EACH
def test_what_is_not_signed_is_refused(form: SignatureForm, secret: str, delivery: Delivery, id_: str) -> None:
    assert reason(judged(form, replace(delivery, headers={}), secret)) == "signature_missing"


@EACH
def test_a_form_does_not_take_what_another_signed(
    form: SignatureForm, secret: str, delivery: Delivery, id_: str
) -> None:
    for other in ("standard", "github", "stripe"):
        if other != form:
            assert isinstance(judged(other, delivery, secret), Unsigned)  # type: ignore[arg-type]


@pytest.mark.parametrize(("form", "secret", "delivery"), [g[:3] for g in GENUINE if g[0] != "github"])
@pytest.mark.parametrize(("late_ms", "good"), [(300_000, True), (300_001, False), (-300_000, True), (-300_001, False)])
def test_a_delivery_is_good_for_a_time_only(
    form: SignatureForm, secret: str, delivery: Delivery, late_ms: int, good: bool
) -> None:
    verdict = judged(form, replace(delivery, at_us=delivery.at_us + late_ms * 1000), secret)
    assert reason(verdict) == (None if good else "delivery_expired")


def test_the_time_and_the_id_are_signed_too() -> None:
    assert reason(judged("standard", headers(STANDARD, webhook_timestamp="1614265331"), STANDARD_SECRET)) == (
        "signature_invalid"
    )
    assert reason(judged("standard", headers(STANDARD, webhook_id="msg_other"), STANDARD_SECRET)) == "signature_invalid"
    moved = STRIPE.headers["stripe-signature"].replace("t=1492774577", "t=1492774578")
    assert reason(judged("stripe", headers(STRIPE, stripe_signature=moved), STRIPE_SECRET)) == "signature_invalid"


def test_one_good_signature_of_several_is_enough_and_other_versions_count_for_nothing() -> None:
    good = STANDARD.headers["webhook-signature"]
    several = headers(STANDARD, webhook_signature=f"v1,AAAA v1a,xyz {good} v2,zzz")
    assert judged("standard", several, STANDARD_SECRET) == Signed("msg_p5jXN8AQM9LWM0D4loKWxJek")
    only_others = headers(STANDARD, webhook_signature=good.replace("v1,", "v2,"))
    assert reason(judged("standard", only_others, STANDARD_SECRET)) == "signature_invalid"


@pytest.mark.parametrize("sent", ["", "now", "-1", "1e9", "1614265330.0", "٣", "9" * 30])
def test_a_time_that_is_none_is_refused(sent: str) -> None:
    assert isinstance(judged("standard", headers(STANDARD, webhook_timestamp=sent), STANDARD_SECRET), Unsigned)
    signed = f"t={sent},v1={STRIPE_MAC}"
    assert isinstance(judged("stripe", headers(STRIPE, stripe_signature=signed), STRIPE_SECRET), Unsigned)


def test_a_standard_secret_must_be_base64() -> None:
    assert reason(judged("standard", STANDARD, "whsec_not base64!")) == "secret_invalid"


def test_no_message_says_what_would_have_been_right() -> None:
    verdict = judged("github", replace(GITHUB, body=b"other"), GITHUB_SECRET)
    right = hmac.new(GITHUB_SECRET.encode(), b"other", hashlib.sha256).hexdigest()
    assert isinstance(verdict, Unsigned)
    assert right not in verdict.message and GITHUB_SECRET not in verdict.message


@given(st.sampled_from(GENUINE), st.data())
def test_any_headers_get_an_answer(genuine: tuple[Any, ...], data: st.DataObject) -> None:
    form, secret, delivery, _ = genuine
    name = data.draw(st.sampled_from(sorted(delivery.headers)))
    changed = {**delivery.headers, name: data.draw(st.text(max_size=80) | st.just(delivery.headers[name][::-1]))}
    assert isinstance(judged(form, replace(delivery, headers=changed), secret), Signed | Unsigned)


def test_the_tests_see_a_comparison_that_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signatures, "_is_signed", lambda claim, keys: True)
    assert reason(judged("github", replace(GITHUB, body=b"forged"), GITHUB_SECRET)) is None
