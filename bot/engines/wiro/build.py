"""The engine of the account that the settings name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import aiohttp

from bot.domain.clock import Clock
from bot.engines.wiro.client import WiroClient
from bot.engines.wiro.engine import WiroEngine
from bot.engines.wiro.ports import Folders
from bot.engines.wiro.signing import Credentials
from bot.engines.wiro.socket import SocketTally, Spawn, TaskFeed
from bot.engines.wiro.subscriptions import Keep
from bot.settings import Settings


def wiro_client(settings: Settings, session: aiohttp.ClientSession, clock: Clock) -> WiroClient:
    """The client of the settings' account."""
    credentials = Credentials(
        settings.wiro_api_key.get_secret_value(), settings.wiro_api_secret.get_secret_value()
    )
    return WiroClient(session, settings.wiro_api_url, credentials, clock=clock, run_key=settings.wiro_run_key)


def wiro_engine(
    settings: Settings,
    session: aiohttp.ClientSession,
    clock: Clock,
    folders: Folders,
    *,
    spawn: Spawn,
    keep: Keep,
    reconnects: Callable[[], Iterator[float]],
    tally: SocketTally,
) -> WiroEngine:
    """`reconnects` gives the seconds before each new connection of a socket."""

    def open_feed() -> TaskFeed:
        return TaskFeed(session, settings.wiro_socket_url, spawn=spawn, delays=reconnects, tally=tally)

    client = wiro_client(settings, session, clock)
    return WiroEngine(client, folders, open_feed, keep, at_once=settings.wiro_max_running)
