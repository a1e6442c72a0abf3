"""Warns a server's moderators when its dollars run low: at 50, 80 and 100 percent, once in each window."""

from __future__ import annotations

import logging
from typing import Final

from bot.domain.errors import StoreError
from bot.domain.limits.budget import BudgetWarning
from bot.domain.limits.limit import Audience, LimitReached, LimitStatus, Measure
from bot.domain.limits.policies import LimitKey, key_of
from bot.domain.money import Money
from bot.domain.request.requester import Requester
from bot.services.guild_settings.ports import GuildStore
from bot.services.guild_settings.service import GuildSettingsService
from bot.services.limits.ports import WarningChannel
from bot.services.limits.service import LimitService

log = logging.getLogger(__name__)

PERCENTS: Final = (100, 80, 50)  # the highest that is due stands for the lower ones too
# A budget is used up when the next picture does not fit any more: sums seldom meet it to the picodollar.
EXHAUSTED_FROM_PERCENT: Final = 80


class BudgetAlerts:
    """Looks at a server's own spend limits after money moved. Held amounts count as used."""

    def __init__(
        self,
        limit_service: LimitService,
        guild_settings: GuildSettingsService,
        guilds: GuildStore,
        channel: WarningChannel,
    ) -> None:
        self._limit_service = limit_service
        self._guild_settings = guild_settings
        self._guilds = guilds
        self._channel = channel
        # What this process has told: the store is the record, this spares it the question.
        self._told: dict[tuple[int, LimitKey], tuple[int, set[int]]] = {}

    async def look(self, requester: Requester, model: str, refused: LimitReached | None = None) -> None:
        """After a reservation or settlement of this member with this model here, or a refusal. Never raises.

        Only the limits that this run moves are looked at: the others stand where they stood.
        """
        guild_id = requester.channel.guild_id
        if guild_id is None:
            return
        try:
            await self._look(guild_id, requester, model, refused)
        except StoreError as error:
            log.warning("the budget of server %d could not be looked at: %s", guild_id, error.reason)

    async def _look(
        self, guild_id: int, requester: Requester, model: str, refused: LimitReached | None
    ) -> None:
        guild = await self._guild_settings.of(guild_id)
        channel_id = guild.rules.log_channel_id
        if channel_id is None or not any(
            _is_budget(rule.audience, rule.dimension.measure) for rule in guild.limits
        ):
            return
        for status in await self._limit_service.statuses(requester, model):
            limit = status.limit
            if not _is_budget(limit.audience, limit.measure):
                continue
            is_refusing = refused is not None and refused.bound == limit
            percent = await self._due(guild_id, status, is_refusing=is_refusing)
            if percent is not None:
                used, held = Money(status.used), Money(status.held)
                await self._channel.warn(
                    channel_id, BudgetWarning(limit, percent, used, held, status.resets_at_s)
                )

    async def _due(self, guild_id: int, status: LimitStatus, *, is_refusing: bool) -> int | None:
        """The highest percentage that is passed and was not told yet in this window."""
        limit = status.limit
        share = (status.used + status.held) * 100
        passed = {percent for percent in PERCENTS if share >= limit.amount * percent}
        if is_refusing and share >= limit.amount * EXHAUSTED_FROM_PERCENT:
            passed.add(100)
        dimension, starts_at_s = key_of(limit), status.starts_at_s
        told = self._told_of(guild_id, dimension, starts_at_s)
        news: list[int] = []
        # All that are passed are marked, so that a jump from 40 to 85 percent is one message, not two.
        for percent in sorted(passed - told):
            if await self._guilds.warn_once(guild_id, dimension, starts_at_s, percent):
                news.append(percent)
            told.add(percent)  # only what is on record: after a failure the next look tells it
        return max(news) if news and max(news) == max(passed) else None

    def _told_of(self, guild_id: int, dimension: LimitKey, starts_at_s: int) -> set[int]:
        known = self._told.get((guild_id, dimension))
        if known is None or known[0] != starts_at_s:
            known = self._told[guild_id, dimension] = (starts_at_s, set())
        return known[1]


def _is_budget(audience: Audience, measure: Measure) -> bool:
    return audience is Audience.SERVER and measure is Measure.SPEND
