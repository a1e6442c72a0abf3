"""The client and the sockets of the account that the settings name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import aiohttp

from bot.domain.clock import Clock
from bot.engines.wiro.client import WiroClient
from bot.engines.wiro.signing import Credentials
from bot.engines.wiro.socket import SocketTally, Spawn, TaskFeed
from bot.settings import Settings


def wiro_client(settings: Settings, session: aiohttp.ClientSession, clock: Clock) -> WiroClient:
    """The client of the settings' account."""
    credentials = Credentials(
        settings.wiro_api_key.get_secret_value(), settings.wiro_api_secret.get_secret_value()
    )
    return WiroClient(session, settings.wiro_api_url, credentials, clock=clock, run_key=settings.wiro_run_key)


def wiro_feeds(
    settings: Settings,
    session: aiohttp.ClientSession,
    spawn: Spawn,
    delays: Callable[[], Iterator[float]],
    tally: SocketTally,
) -> Callable[[], TaskFeed]:
    """Opens one more socket with each call."""
    return lambda: TaskFeed(session, settings.wiro_socket_url, spawn=spawn, delays=delays, tally=tally)
