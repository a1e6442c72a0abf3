"""What an operator reads is complete, and no secret is in it."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from bot.observability.logs import MASK, Redacting, set_up_logging

SECRETS = ("discord-token-5f3a", "discord-token-5f3a-longer", "wiro-secret", "abc")
LOGGERS = ("", "discord", "aiohttp", "discord.state", "aiohttp.access")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    known = {name: logging.getLogger(name).level for name in LOGGERS}
    root = logging.getLogger()
    handlers = list(root.handlers)
    yield
    root.handlers = handlers
    for name, level in known.items():
        logging.getLogger(name).setLevel(level)


def logged(message: str, *arguments: object, error: BaseException | None = None) -> str:
    record = logging.LogRecord("bot", logging.INFO, __file__, 1, message, arguments, None)
    if error is not None:
        record.exc_info = (type(error), error, error.__traceback__)
    return Redacting(logging.Formatter("{message}", style="{"), SECRETS).format(record)


def test_ordinary_words_are_left_alone() -> None:
    assert logged("job %d: succeeded, abc", 5) == "job 5: succeeded, abc"


@pytest.mark.parametrize("secret", SECRETS[:3])
def test_a_secret_is_masked_wherever_it_stands(secret: str) -> None:
    assert logged(f"key={secret}") == logged("key=%s", secret) == f"key={MASK}"


def test_a_longer_secret_is_masked_as_a_whole() -> None:
    assert "longer" not in logged("key=discord-token-5f3a-longer")


@pytest.mark.parametrize("secret", ["discord-token-5f3a", "a/b+c=%~key&9", "wiro-secret"])
def test_a_secret_is_masked_however_it_is_spelt(secret: str) -> None:
    formatter = Redacting(logging.Formatter("{message}", style="{"), [secret])

    def shown(text: str) -> str:
        return formatter.format(logging.LogRecord("bot", logging.INFO, __file__, 1, "%s", (text,), None))

    everything = "".join(f"%{ord(character):02x}" for character in secret)
    for spelling in (
        quote(secret, safe=""),
        quote(quote(secret, safe=""), safe=""),
        everything,
        everything.upper(),
    ):
        assert shown(f"GET /?key={spelling}&x=1") == f"GET /?key={MASK}&x=1"
    for before in ("", "u", "us", "use", "user"):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(f"{before}:{secret}:after".encode()).decode()
            left = shown(whole).replace(MASK, "", 1)
            around = len(whole) - len(secret) * 8 // 6
            assert len(left) <= around + 2  # two characters hold bits of the secret's ends
    assert shown("an ordinary line") == "an ordinary line"


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_what_comes_from_outside_makes_no_line_of_its_own(
    capsys: pytest.CaptureFixture[str], log_format: str
) -> None:
    set_up_logging("INFO", log_format, ())
    forged = "a/b\n2026-01-01 INFO bot: all is well\r\x1b[2J\u2028\x85\u202egnp.exe"
    logging.getLogger("bot").error("model %s is looked up", forged, exc_info=ValueError(forged))
    lines = capsys.readouterr().err.split("\n")
    assert not any(line.startswith("2026-01-01") for line in lines)
    assert not any(character in line for line in lines for character in "\r\x1b\u2028\x85\u202e")
    if log_format == "text":
        assert r"model a/b\n2026-01-01 INFO bot: all is well\r\x1b[2J" in lines[0]
        assert all(line.startswith("  ") for line in lines[1:-1])
    else:
        assert json.loads(lines[0])["message"] == f"model {forged} is looked up"


def test_a_secret_in_a_traceback_is_masked() -> None:
    text = logged("it broke", error=ValueError("could not sign with wiro-secret"))
    assert "ValueError: could not sign with ***" in text
    assert "wiro-secret" not in text


@pytest.mark.parametrize(
    "address",
    [
        "https://discord.com/api/v10/webhooks/123/aW50ZXJ.x-y_z/messages/@original",
        "/interactions/123/aW50ZXJ.x-y_z/callback",
    ],
)
def test_an_interactions_token_in_an_address_is_masked(address: str) -> None:
    text = logged("PATCH %s has returned 200", address)
    assert "aW50ZXJ" not in text
    assert "/123/***" in text


def test_text_goes_to_standard_error_with_its_level_and_logger(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO", "text", SECRETS)
    logging.getLogger("bot.services").warning("the key is %s", "wiro-secret")
    logging.getLogger("bot.services").debug("unseen")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith(f"WARNING bot.services: the key is {MASK}\n")
    assert "unseen" not in err


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO", "json", SECRETS)
    logging.getLogger("bot.services").error("it broke\nbadly", exc_info=ValueError("wiro-secret"))
    line = json.loads(capsys.readouterr().err)
    assert (line["level"], line["logger"], line["message"]) == ("ERROR", "bot.services", "it broke\nbadly")
    assert "time" in line
    assert MASK in line["exc_info"]


@pytest.mark.parametrize(("level", "library"), [("DEBUG", "INFO"), ("INFO", "INFO"), ("ERROR", "ERROR")])
def test_libraries_never_log_whole_bodies(level: str, library: str) -> None:
    set_up_logging(level, "text", ())
    assert logging.getLogger().level == logging.getLevelName(level)
    for name in ("discord", "aiohttp"):
        assert logging.getLogger(name).level == logging.getLevelName(library)


def test_setting_up_twice_logs_once(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        set_up_logging("INFO", "text", ())
    logging.getLogger("bot").info("once")
    assert capsys.readouterr().err.count("once") == 1
