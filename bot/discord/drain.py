"""The end of the bot: refuse what still comes, bring home what is on its way, stop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

from bot.discord.client import BotClient
from bot.services.runs.service import Jobs

# Together with what is closed afterwards they fit into the time that the stop signal gives.
LINGER_S: Final = 0.2  # for commands that were sent before anybody could see that the bot goes
DRAIN_S: Final = 2.7  # a moment longer than endings on their way are given
CLOSE_S: Final = 0.4  # for Discord to answer to a farewell


async def drain(bot: BotClient, jobs: Jobs, serving: asyncio.Task[None]) -> None:
    """Each step is bounded, whatever hangs."""
    jobs.refuse_more()
    if not serving.done():
        await asyncio.sleep(LINGER_S)  # whoever presses at this moment is told, not left alone
    # Commands on their way in have just been refused, and telling that takes Discord a moment.
    await asyncio.gather(_within(DRAIN_S, jobs.drain()), _within(DRAIN_S, _all_answered(bot)))
    for answer in bot.answering():
        answer.cancel()  # else each would fail on the closed session
    await _within(CLOSE_S, bot.close())


async def _all_answered(bot: BotClient) -> None:
    while answers := bot.answering():
        await asyncio.wait(answers)


async def _within(limit_s: float, step: Coroutine[Any, Any, None]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            await step
