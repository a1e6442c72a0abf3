"""The signature that authorises a request, its nonce, and the secrets that are never shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engines.wiro.signing import Credentials, NonceMaker, auth_headers, sign

# Computed with: printf '%s' "$secret$nonce" | openssl dgst -sha256 -hmac "$key"
VECTORS = [
    (
        "smoke-key",
        "smoke-secret",
        "1734513807",
        "33975d8f995d36a60ec6178465f27a95fcdd4ac36669cc0b13318bb21bd1b9af",
    ),
    ("k", "s", "0", "40aa1452b7f7055f21b75ba3e99e5068ddb364547bee2f23dd19b83ba413aca5"),
    (
        "Zm9vYmFy0123456789abcdefghijklmn",
        "00ff11ee22dd33cc44bb55aa66998877",
        "1795392000123",
        "83700b69e878081568877089f3127d1009b4ed1557397d37877fbaa41c25203b",
    ),
    ("ключ", "секрет", "1", "24ba86e0be2f6851a54c857d4ed9b4c0b83556e3ed66d553a512e1bb2d006de5"),
]


@pytest.mark.parametrize(("key", "secret", "nonce", "expected"), VECTORS)
def test_a_signature_is_the_one_openssl_computes(key: str, secret: str, nonce: str, expected: str) -> None:
    assert sign(key, secret, nonce) == expected


def test_a_signature_project_sends_key_nonce_and_signature() -> None:
    headers = auth_headers(Credentials("smoke-key", "smoke-secret"), "1734513807")
    assert headers == {"x-api-key": "smoke-key", "x-nonce": "1734513807", "x-signature": VECTORS[0][3]}


def test_a_key_only_project_sends_just_its_key() -> None:
    assert auth_headers(Credentials("smoke-key"), "1") == {"x-api-key": "smoke-key"}


def test_credentials_show_neither_key_nor_secret() -> None:
    credentials = Credentials("smoke-key", "smoke-secret")
    shown = repr(credentials) + str(credentials) + f"{credentials!r:>5}"
    assert "smoke" not in shown


def test_credentials_take_themselves_out_of_a_text() -> None:
    text = Credentials("smoke-key", "smoke-secret").redact(
        f"smoke-key, smoke-secret, tok, {'a1' * 32}", "tok", ""
    )
    assert text == "…, …, …, …"


@pytest.mark.parametrize("bad", ["abc123\n", "abc 123", "abc123\x00", "\u200babc123"])
def test_credentials_with_blanks_are_refused_without_being_named(bad: str) -> None:
    with pytest.raises(ValueError, match="no blanks") as caught:
        Credentials(bad)
    assert "123" not in str(caught.value)


@given(st.lists(st.floats(min_value=0, max_value=4e9), min_size=2, max_size=40))
def test_nonces_only_ever_grow_whatever_the_clock_does(times: list[float]) -> None:
    readings = iter(times)
    make = NonceMaker(lambda: next(readings))
    nonces = [int(make()) for _ in times]
    assert nonces == sorted(set(nonces))


def test_a_nonce_is_the_time_in_milliseconds() -> None:
    assert NonceMaker(lambda: 1_795_392_000.1234)() == "1795392000123"
