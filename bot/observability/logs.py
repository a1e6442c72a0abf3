"""Logging for an operator: text or JSON lines, with every secret cut out."""

from __future__ import annotations

import base64
import logging
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pythonjsonlogger.json import JsonFormatter

MASK: Final = "***"
_SHORTEST: Final = 4  # shorter secrets would blot out ordinary words
_SHORTEST_CORE: Final = 8
# Interaction tokens stand in Discord's addresses; discord.py logs those (webhook/async_.py, 2.7.1).
_ADDRESS_TOKEN: Final = re.compile(r"(/(?:webhooks|interactions)/\d+/)[A-Za-z0-9_.\-]+")


# What would end a line, move the cursor or turn the writing round: a name from outside forges no line.
_UNPRINTED: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class OneLine(logging.Formatter):
    """A message is one line whatever is in it; the lines of a traceback are set in."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 — logging's own name
        return _spelt_out(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 — logging's own name
        lines = super().formatException(ei).split("\n")
        return "\n".join(f"  {_spelt_out(line)}" for line in lines)


class Redacting(logging.Formatter):
    """Formats through another formatter and masks what must not be seen, tracebacks included."""

    def __init__(self, inner: logging.Formatter, secrets: Iterable[str]) -> None:
        super().__init__()
        self._inner = inner
        ordered = sorted((s for s in secrets if len(s) >= _SHORTEST), key=len, reverse=True)
        spellings = [spelling for secret in ordered for spelling in _spellings(secret)]
        self._secrets = re.compile("|".join(spellings) or r"(?!)")

    def format(self, record: logging.LogRecord) -> str:
        text = self._secrets.sub(MASK, self._inner.format(record))
        return _ADDRESS_TOKEN.sub(rf"\1{MASK}", text)


def set_up_logging(level: str, log_format: str, secrets: Iterable[str]) -> None:
    """One handler on standard error for everything."""
    inner: logging.Formatter
    if log_format == "json":
        inner = JsonFormatter(
            "{asctime}{levelname}{name}{message}",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        )
    else:
        inner = OneLine("{asctime} {levelname:<7} {name}: {message}", style="{")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Redacting(inner, secrets))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # Below INFO these two log whole bodies and headers.
    for name in ("discord", "aiohttp"):
        logging.getLogger(name).setLevel(max(logging.INFO, logging.getLevelName(level)))
    # It warns that the guilds intent is off; this bot lives on interactions alone and needs none.
    logging.getLogger("discord.state").setLevel(logging.ERROR)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)


def _spelt_out(text: str) -> str:
    return _UNPRINTED.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def _spellings(secret: str) -> Iterator[str]:
    """Patterns of a secret: plain or url-encoded in any way, also twice, and base64 wherever it begins."""
    yield "".join(f"(?:{re.escape(character)}|%(?:25)*(?i:{ord(character):02x}))" for character in secret)
    content = secret.encode()
    for before in range(3):
        # Only whole characters of the secret's own: what stands before and after it changes the others.
        first, last = -(-before * 8 // 6), (before + len(content)) * 8 // 6
        core = base64.b64encode(bytes(before) + content).decode("ascii")[first:last]
        if len(core) >= _SHORTEST_CORE:
            yield re.escape(core).replace(r"\+", "[+-]").replace("/", "[/_]")
