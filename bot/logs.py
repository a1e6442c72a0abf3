"""Logging for an operator: text or JSON lines, with every secret cut out."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable
from typing import Final

from pythonjsonlogger.json import JsonFormatter

MASK: Final = "***"
_SHORTEST: Final = 4  # shorter secrets would blot out ordinary words
# Interaction tokens stand in Discord's addresses; discord.py logs those (webhook/async_.py, 2.7.1).
_ADDRESS_TOKEN: Final = re.compile(r"(/(?:webhooks|interactions)/\d+/)[A-Za-z0-9_.\-]+")


class Redacting(logging.Formatter):
    """Formats through another formatter and masks what must not be seen, tracebacks included."""

    def __init__(self, inner: logging.Formatter, secrets: Iterable[str]) -> None:
        super().__init__()
        self._inner = inner
        self._secrets = sorted((s for s in secrets if len(s) >= _SHORTEST), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        text = self._inner.format(record)
        for secret in self._secrets:
            text = text.replace(secret, MASK)
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
        inner = logging.Formatter("{asctime} {levelname:<7} {name}: {message}", style="{")
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
