"""Which roles, members and channels of a server's limits are there no more, as Discord says when asked."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import discord

from bot.delivery.discord_errors import DISCORD_ERRORS
from bot.domain.limits.limit import Audience
from bot.domain.limits.policies import LimitPolicy

log = logging.getLogger(__name__)

MAX_ASKED: Final = 10  # members, and channels that the list lacks: one request each


async def gone_of(guild: discord.Guild | None, rules: Iterable[LimitPolicy]) -> frozenset[int]:
    """The ids that Discord does not know here. What it will not tell counts as present."""
    if guild is None:
        return frozenset()
    rules = tuple(rules)
    role_ids = {rule.audience_id for rule in rules if rule.audience is Audience.ROLE}
    user_ids = {rule.audience_id for rule in rules if rule.audience is Audience.MEMBER}
    channel_ids = {rule.dimension.channel_id for rule in rules} - {0}
    try:
        gone_roles = role_ids - {role.id for role in await guild.fetch_roles()} if role_ids else set()
        # The list has no threads, so what it lacks is asked for by name.
        missing = channel_ids - {c.id for c in await guild.fetch_channels()} if channel_ids else set()
        gone_channels = await _unknown(missing, guild.fetch_channel)
        gone_members = await _unknown(user_ids, guild.fetch_member)
    except DISCORD_ERRORS as error:
        log.warning("the roles and channels of a server cannot be read: %s", type(error).__name__)
        return frozenset()
    return frozenset(gone_roles | gone_channels | gone_members)


async def _unknown(ids: Iterable[int], fetch: Callable[[int], Awaitable[object]]) -> set[int]:
    unknown: set[int] = set()
    for snowflake in sorted(ids)[:MAX_ASKED]:
        try:
            await fetch(snowflake)
        except discord.NotFound:
            unknown.add(snowflake)
        except (discord.Forbidden, discord.InvalidData):
            continue  # there, though not for us
    return unknown
