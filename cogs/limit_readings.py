"""How a member stands here: the limits of the usual model, then those of models with limits of their own."""

from __future__ import annotations

from typing import Final

from bot.domain.limits.limit import Audience, LimitStatus
from bot.domain.limits.policies import LimitPolicy, key_of
from bot.domain.request.requester import ChannelContext, Requester
from bot.services.guild_settings.service import GuildSettingsService
from bot.services.limits.service import LimitService

MAX_MODELS: Final = 10  # read for one answer; each is a handful of counters


async def readings(
    guild_settings: GuildSettingsService, limit_service: LimitService, requester: Requester, usual_model: str
) -> tuple[tuple[LimitStatus, ...], tuple[LimitPolicy, ...]]:
    """Every limit that can bind the member at this place, and the server's rules.

    Those that bind the usual model come first, the tightest of them leading; each limit comes once.
    """
    rules = (await guild_settings.of(requester.channel.guild_id)).limits
    models = dict.fromkeys(
        (usual_model.lower(), *sorted(r.dimension.model for r in rules if r.dimension.model))
    )
    found: dict[object, LimitStatus] = {}
    for model in list(models)[:MAX_MODELS]:
        for status in await limit_service.statuses(requester, model):
            limit = status.limit
            found.setdefault((limit.scope, limit.measure, limit.window, limit.audience), status)
    return tuple(found.values()), rules


async def defaults(limit_service: LimitService) -> tuple[LimitPolicy, ...]:
    """The operator's defaults: what binds where no server has set anything, in direct messages."""
    limits, _ = await limit_service.limits(Requester(0, frozenset(), ChannelContext(None, 0)), "")
    return tuple(
        LimitPolicy(limit.audience, 0, key_of(limit), limit.amount)
        for limit in limits
        if limit.audience is Audience.DEFAULT
    )
