"""A request on its way to the store, as the use cases send it."""

from __future__ import annotations

from bot.domain.job.job import Job
from bot.domain.limits.limit import OPERATOR, Audience, Limit, LimitReached, Measure, Window
from bot.domain.limits.policies import LimitKey, LimitPolicy, counters_for, resolve_limits
from bot.domain.request.requester import ChannelContext, Requester
from bot.services.guild_settings.ports import GuildStore
from tests.support.store_samples import GUILD, Ledger

ROLES = {1: frozenset({10}), 2: frozenset({10, 11})}
OPERATORS_CAP = Limit(OPERATOR, Measure.SPEND, Window.DAY, 10**12, Audience.OPERATOR)
DEFAULTS = [LimitPolicy(Audience.DEFAULT, 0, LimitKey(Measure.RUNS, Window.DAY), 500)]


def requester_of(job: Job) -> Requester:
    origin = job.origin
    place = ChannelContext(origin.guild_id, origin.channel_id, origin.ruled_channel_id or None)
    return Requester(origin.user_id, ROLES.get(origin.user_id, frozenset()), place)


async def submit(store: Ledger, guilds: GuildStore, job: Job) -> bool:
    """As the front door does it: rules and dimensions are read first, the reservation decides.

    For jobs of an odd number it knows of no counters: the store must find them all by itself.
    """
    rules, tracked = await guilds.limit_rules(GUILD), await guilds.tracked(GUILD)
    requester, model = requester_of(job), job.request.model
    limits = resolve_limits(rules, DEFAULTS, [OPERATORS_CAP], requester, model, {})
    counters = () if job.job_id % 2 else counters_for(tracked, DEFAULTS, requester, model)
    try:
        return await store.reserve(job, limits, counters)
    except LimitReached:
        return False
