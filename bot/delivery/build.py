"""What speaks to Discord for the use cases, and the trace that shows its answers to all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace

import aiohttp
import discord

from bot.delivery import acceptance
from bot.delivery.apologies import Apologies
from bot.delivery.budgets import Budgets
from bot.delivery.editor import Pace, Start
from bot.delivery.mod_log import DiscordModLog
from bot.delivery.status_messages import DiscordStatusMessages
from bot.domain.clock import Clock
from bot.settings import Settings
from bot.view.cards.renderer import Look


@dataclass(frozen=True, slots=True)
class Delivery:
    """The ways to members and moderators."""

    status_messages: DiscordStatusMessages
    mod_log: DiscordModLog
    apologies: Apologies


def build_delivery(
    client: discord.Client,
    settings: Settings,
    start: Start,
    budgets: Budgets,
    clock: Clock,
    retry_delays: Callable[[], Iterator[float]],
) -> Delivery:
    """Nothing is sent yet."""
    pace = Pace(settings.edit_interval_s, retry_delays)
    look = Look(can_upscale=bool(settings.wiro_upscale_model), has_ai_notice=settings.ai_notice)
    return Delivery(
        DiscordStatusMessages(client, start, budgets, clock, pace, look),
        DiscordModLog(client, clock.monotonic),
        Apologies(client),
    )


def answers_traced(budgets: Budgets) -> aiohttp.TraceConfig:
    """Shows every answer of Discord as it comes: discord.py keeps the rate-limit headers to itself."""
    trace = aiohttp.TraceConfig()

    async def on_end(
        _session: aiohttp.ClientSession, _context: SimpleNamespace, end: aiohttp.TraceRequestEndParams
    ) -> None:
        acceptance.observe(end.method, end.url.path, end.response.status)
        budgets.observe(end.method, end.url.path, end.response.status, end.response.headers)

    trace.on_request_end.append(on_end)
    return trace
