"""What is counted of the sockets: those open now, outages told, connections made again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import repeat

import aiohttp

from bot.domain.job.events import Gap
from bot.domain.job.task import Task
from bot.engines.wiro.socket import SocketTally, TaskFeed
from tests.integration.engines.wiro.wiro_scripted import ScriptedSocket


def no_delays() -> Iterator[float]:
    return repeat(0.001)


async def test_feeds_with_one_tally_count_together(
    session: aiohttp.ClientSession, wire: ScriptedSocket
) -> None:
    tally = SocketTally()
    feeds = [
        TaskFeed(session, wire.url, spawn=asyncio.create_task, delays=no_delays, tally=tally)
        for _ in range(2)
    ]
    try:
        for number, feed in enumerate(feeds):
            feed.register(Task(f"{number}", f"token-{number}"))
            await anext(feed.events())
            await wire.until_registered(number, f"token-{number}")
        assert tally == SocketTally(open=2)

        feeds[0].register(Task("more", "token-more"))
        events = feeds[0].events()
        await anext(events)
        await wire.until_registered(0, "token-more")
        await wire.connections[0].close()
        told = [await anext(events) for _ in range(4)]
        assert sum(event == Gap("connected") for _, event in told) == 2
        assert tally == SocketTally(open=2, reconnects=1, gaps=2)

        feeds[1].forget("1")
        await wire.until(lambda wire: wire.connections[1].closed)
    finally:
        for feed in feeds:
            await feed.close()
    assert tally == SocketTally(open=0, reconnects=1, gaps=2)
