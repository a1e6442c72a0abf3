"""Where discord.py would wait for ever, dial in vain or line up: its gates, put right from outside."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Ratelimit, Route

from bot.domain.discord_limits import EDITS_IN_A_WINDOW

RESUME_TRIES: Final = 2  # at an address that does not answer, before the gateway's own is dialled
EDIT_ROUTE: Final = "PATCH /channels/{channel_id}/messages/{message_id}"


class GatewayDial:
    """Opens gateway connections, and leaves a dead resume address for the gateway's own.

    discord.py 2.7.1 would dial the resume address for ever (client.py, connect; discord.py issue 10511).
    """

    def __init__(self, dial: Callable[..., Awaitable[Any]]) -> None:
        self._dial = dial
        self._tries = 0

    async def __call__(self, url: str, **options: Any) -> Any:
        if self._tries >= RESUME_TRIES:
            url = str(DiscordWebSocket.DEFAULT_GATEWAY.with_query(yarl.URL(url).query))
        self._tries += 1  # before its outcome: a try that hangs is cancelled from outside
        socket = await self._dial(url, **options)
        self._tries = 0
        return socket


class BotGate(asyncio.Event):
    """What discord.py asks before each request with the bot's token: open unless Discord said to wait.

    Its own gate is shut for the pause of a global 429 and stays shut for ever when that request is cancelled
    meanwhile (discord.py 2.7.1, http.py, request).
    """

    def __init__(self, pause_s: Callable[[], float]) -> None:
        super().__init__()
        self._pause_s = pause_s

    def is_set(self) -> bool:
        return self._pause_s() <= 0

    async def wait(self) -> Literal[True]:
        while (pause_s := self._pause_s()) > 0:  # noqa: ASYNC110 — time alone opens it
            await asyncio.sleep(pause_s)
        return True


class FirstEdits:
    """Lets the first edits of a channel's messages go out side by side.

    discord.py 2.7.1 sends one alone until an answer has told the limit, so a first one that hangs would hold
    up every other message of its channel (http.py, Ratelimit).
    """

    def __init__(self, find: Callable[[str], Ratelimit]) -> None:
        self._find = find

    def __call__(self, key: str) -> Ratelimit:
        found = self._find(key)
        is_new = found.limit == found.remaining == 1 and not found.dirty and found.outgoing == 0
        if is_new and key.startswith(EDIT_ROUTE):
            found.limit = found.remaining = EDITS_IN_A_WINDOW - 1  # a margin
        return found


def use_api(url: str) -> None:
    """Point discord.py at another API, given with or without its path and version.

    discord.py 2.7.1 keeps the address in a class attribute (http.Route.BASE).
    """
    base = url.rstrip("/")
    if not yarl.URL(base).path.strip("/"):
        base += "/api"
    if not re.search(r"/v\d+$", base):
        base += "/v10"
    Route.BASE = base
