"""Any text in any variable: a usable setting, or one sentence that names the variable and tells no secret."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from bot.engines.wiro.signing import Credentials
from bot.settings import Settings, SettingsInvalid, load_settings
from bot.view.files.addresses import normalised
from tests.fuzz.fuzz_json import NUMBER_TEXTS, TEXTS
from tests.fuzz.fuzz_profile import tries

NEEDED = {"DISCORD_TOKEN": "discord-canary", "WIRO_API_KEY": "key-canary", "WIRO_API_SECRET": "secret-canary"}
NAMES = sorted(name.upper() for name in Settings.model_fields)
SECRETS = frozenset(NEEDED)
ADDRESSES = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(
        ["https://", "http://", "wss://", "ws://", "sqlite:///", "HTTPS://", "ftp://", "//", "", "https:"]
    ),
    st.sampled_from(
        [
            "a",
            "127.0.0.1",
            "[::1]",
            "[",
            "a..b",
            "a b",
            "u:p@a",
            "a" * 70,
            "",
            "*.a",
            "ü.de",
            "-",
            "%",
            "\x01",
        ]
    ),
    st.sampled_from(["", ":0", ":65535", ":65536", ":-1", ":x", ":", ":٣"]),
    st.sampled_from(["", "/", "/v1", "/v1/", "//", "/../x", "/a\\b", "/\u202e", "/:memory:"]),
    st.sampled_from(["", "?a=b", "#f", "?", "#", " ", "\n", "\0"]),
)
VALUES = st.one_of(TEXTS, NUMBER_TEXTS, ADDRESSES, ADDRESSES.map(lambda address: f"a.de,{address}"))


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    kept = dict(os.environ)
    try:
        for name in NAMES:
            os.environ.pop(name, None)
        os.environ.update(values)
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


def check_usable(settings: Settings) -> None:
    """What the start does with the settings before anything can be told to anybody."""
    for address in (settings.wiro_api_url, settings.wiro_socket_url, settings.discord_api_url):
        url = URL(f"{address}/path")
        assert url.host
        assert 0 < (url.port or 0) < 65_536
        assert not url.query_string
        assert url.path.endswith("/path")
    assert "" not in normalised(settings.wiro_output_hosts)
    Credentials(settings.wiro_api_key.get_secret_value(), settings.wiro_api_secret.get_secret_value())
    f"Bot {settings.discord_token.get_secret_value()}".encode("ascii")
    assert settings.database_path.name
    os.fsencode(settings.database_path)
    for seconds in (settings.edit_interval_s, settings.silence_s, settings.job_deadline_s):
        assert 0 <= seconds <= 86_400  # false of NaN


@tries(500)
@given(name=st.sampled_from(NAMES), value=VALUES)
@example(name="WIRO_API_URL", value="https://[")
@example(name="WIRO_API_URL", value="https://a:65536")
@example(name="WIRO_API_URL", value="https://a:0")
@example(name="WIRO_SOCKET_URL", value="wss://a?x=1")
@example(name="WIRO_OUTPUT_HOSTS", value="cdn1.wiro.ai:443")
@example(name="WIRO_OUTPUT_HOSTS", value="[")
@example(name="WIRO_API_KEY", value="a key")
@example(name="WIRO_API_KEY", value=" \t ")
@example(name="DISCORD_TOKEN", value="two\nlines")
@example(name="DATABASE_URL", value="sqlite:////")
@example(name="DATABASE_URL", value="sqlite:///a?mode=ro")
@example(name="DATABASE_URL", value="sqlite:///" + "a" * 5_000)
@example(name="EDIT_INTERVAL_S", value="nan")
@example(name="DEFAULT_ESTIMATE", value="1e999999999")
@example(name="HEALTH_PORT", value="65536")
@example(name="WIRO_MAX_RUNNING", value="9" * 5_000)
def test_a_variable_is_usable_or_named_in_one_sentence(name: str, value: str) -> None:
    if "\0" in value:  # an environment cannot hold it; the file below can
        value = value.replace("\0", "\x01")
    value = os.fsdecode(value.encode("utf-8", "surrogateescape" if _is_escaped(value) else "replace"))
    with environment(NEEDED | {name: value}):
        try:
            settings = load_settings(_env_file=None)
        except SettingsInvalid as error:
            check_sentences(error, name, value)
        else:
            check_usable(settings)
            assert not any(secret in repr(settings) for secret in NEEDED.values() if len(secret) > 3)


def _is_escaped(value: str) -> bool:
    return all(
        not 0xD800 <= ord(character) < 0xE000 or 0xDC80 <= ord(character) < 0xDD00 for character in value
    )


def check_sentences(error: SettingsInvalid, name: str, value: str) -> None:
    (sentence,) = error.sentences
    assert sentence.startswith(f"{name} ")
    assert sentence.endswith((".", "README)."))
    assert len(sentence) < 300
    assert error.__context__ is None
    told = f"{error!r} {sentence}"
    assert not any(secret in told for secret in NEEDED.values())
    assert name not in SECRETS or len(value) < 8 or value not in told


@tries(100)
@given(
    content=st.binary(max_size=80)
    | st.lists(st.tuples(st.sampled_from(NAMES), VALUES)).map(
        lambda pairs: "\n".join(f"{name}={value}" for name, value in pairs).encode("utf-8", "replace")
    )
)
@example(content=b"DISCORD_TOKEN=\xff\xfe\n")
@example(content=b"DATABASE_URL=sqlite:///a\0b\n")
@example(content=b'WIRO_API_KEY="never closed\n')
def test_a_file_of_any_content_is_read_or_refused_in_sentences(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzzed.env"
    file.write_bytes(content)
    with environment({}):
        try:
            settings = load_settings(_env_file=file)
        except SettingsInvalid as error:
            check_all_told(error)
        else:
            check_usable(settings)


def check_all_told(error: SettingsInvalid) -> None:
    assert error.sentences
    assert all(sentence.endswith(".") for sentence in error.sentences)
    assert error.__context__ is None


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    with environment(NEEDED):
        assert load_settings(_env_file=tmp_path).wiro_api_key.get_secret_value() == "key-canary"
    file = tmp_path / "latin.env"
    file.write_bytes("WIRO_MODEL=größe/x\n".encode("latin-1"))
    with environment(NEEDED), pytest.raises(SettingsInvalid, match=r"The file \.env cannot be read: .*UTF-8"):
        load_settings(_env_file=file)


def test_blanks_around_a_key_are_taken_for_a_slip(tmp_path: Path) -> None:
    with environment(NEEDED | {"WIRO_API_KEY": "  key-canary\n"}):
        assert load_settings(_env_file=None).wiro_api_key.get_secret_value() == "key-canary"


@pytest.mark.parametrize(
    "name", ["my data/bot.sqlite3", "dätabase.sqlite3", "a%20b.sqlite3", "a'b;c.sqlite3"]
)
def test_a_path_of_any_letters_is_the_file_that_is_made(tmp_path: Path, name: str) -> None:
    with environment(NEEDED | {"DATABASE_URL": f"sqlite:///{tmp_path}/{name}"}):
        path = load_settings(_env_file=None).database_path
    assert path == tmp_path / name
    path.parent.mkdir(exist_ok=True)
    sqlite3.connect(path).close()
