"""What a member may spend here: the limits that bind, and how much of each is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.clock import Clock
from bot.domain.limits.limit import (
    DAY_S,
    OPERATOR,
    Audience,
    Limit,
    LimitStatus,
    Measure,
    Window,
    decide,
    person_scope,
    server_scope,
    window_bounds,
)
from bot.domain.limits.policies import (
    CounterKey,
    LimitKey,
    LimitPolicy,
    caution,
    counters_for,
    resolve_limits,
)
from bot.domain.money import Money
from bot.domain.request.requester import Requester
from bot.services.guild_settings.ports import GuildStore
from bot.services.guild_settings.service import GuildSettings, GuildSettingsService
from bot.services.limits.ports import UsageStore


@dataclass(frozen=True, slots=True)
class DefaultLimits:
    """What the settings grant: each member where a server says nothing, and the operator's hard stops.

    None: there is no such limit.
    """

    runs_per_day: int
    spend_per_day: Money
    operator_spend_per_day: Money
    at_once: int | None = None
    server_spend_per_day: Money | None = None  # the operator's, over all that a server decides
    person_spend_per_day: Money | None = None  # over all servers and direct messages


class LimitService:
    """Binds limits and reads their counters."""

    def __init__(
        self,
        default_limits: DefaultLimits,
        guild_settings: GuildSettingsService,
        guilds: GuildStore,
        store: UsageStore,
        clock: Clock,
    ) -> None:
        day_runs, day_spend = LimitKey(Measure.RUNS, Window.DAY), LimitKey(Measure.SPEND, Window.DAY)
        defaults = {
            day_runs: default_limits.runs_per_day,
            day_spend: default_limits.spend_per_day.pico,
            LimitKey(Measure.AT_ONCE, Window.EVER): default_limits.at_once,
        }
        self._defaults = tuple(
            LimitPolicy(Audience.DEFAULT, 0, dimension, amount)
            for dimension, amount in defaults.items()
            if amount is not None
        )
        self._allowance = default_limits
        self._guild_settings = guild_settings
        self._guilds = guilds
        self._store = store
        self._clock = clock

    async def limits(
        self, requester: Requester, model: str, *, is_approved: bool = False, is_unproven: bool = False
    ) -> tuple[tuple[Limit, ...], tuple[CounterKey, ...]]:
        """The limits that a run must keep and the counters it moves.

        A run that a moderator approved passes the member's limits, not the server's and the operator's.
        `is_unproven`: nobody can say what the model costs.
        """
        guild = await self._guild_settings.of(requester.channel.guild_id)
        granted = await self._granted(requester)
        limits = self._bound(guild, requester, model, granted, is_unproven=is_unproven)
        if is_approved:
            limits = tuple(limit for limit in limits if not limit.is_members)
        return limits, counters_for(guild.tracked, self._defaults, requester, model)

    async def check(self, limits: Sequence[Limit], hold: Money) -> None:
        """Whether one more run with this hold would fit by now; only a reservation decides for good.

        Raises LimitReached, StoreError.
        """
        at_s = self._clock.wall()
        usage = {
            (limit.scope, limit.window): await self._store.usage(limit.scope, limit.window, at_s)
            for limit in limits
        }
        refusal = decide(limits, usage, hold, at_s)
        if refusal is not None:
            raise refusal

    async def statuses(
        self, requester: Requester, model: str, *, is_unproven: bool = False
    ) -> tuple[LimitStatus, ...]:
        """Every limit that binds here, tightest first; the operator's last."""
        at_s = self._clock.wall()
        guild = await self._guild_settings.of(requester.channel.guild_id)
        granted = await self._granted(requester)
        statuses = [
            LimitStatus.of(
                limit,
                await self._store.usage(limit.scope, limit.window, at_s),
                at_s,
                granted.get((limit.measure, limit.window), 0) if limit.is_members else 0,
            )
            for limit in self._bound(guild, requester, model, granted, is_unproven=is_unproven)
        ]
        return tuple(sorted(statuses, key=_tightness))

    async def held_pico(self) -> int:
        """What is held for runs of everybody whose cost is not known yet, in picodollars. Raises StoreError.

        A hold stays in the day it was made in; no run is followed for longer than a day, and no charge is
        waited for longer than another.
        """
        today_s, _ = window_bounds(Window.DAY, self._clock.wall())
        noons_s = [today_s + DAY_S // 2 - past * DAY_S for past in range(3)]
        days = [await self._store.usage(OPERATOR, Window.DAY, noon_s) for noon_s in noons_s]
        return sum(day.held(Measure.SPEND) for day in days)

    def _bound(
        self,
        guild: GuildSettings,
        requester: Requester,
        model: str,
        granted: Mapping[tuple[Measure, Window], int],
        *,
        is_unproven: bool,
    ) -> tuple[Limit, ...]:
        wary = caution(requester, model) if is_unproven else ()
        return wary + resolve_limits(
            guild.limits, self._defaults, self._caps(requester), requester, model, granted
        )

    def _caps(self, requester: Requester) -> tuple[Limit, ...]:
        """What the operator sets above all servers, for everybody last."""
        caps = (
            (person_scope(requester.user_id), self._allowance.person_spend_per_day, Audience.CAP_PERSON),
            (
                server_scope(requester.channel.guild_id),
                self._allowance.server_spend_per_day,
                Audience.CAP_SERVER,
            ),
            (OPERATOR, self._allowance.operator_spend_per_day, Audience.OPERATOR),
        )
        return tuple(
            Limit(scope, Measure.SPEND, Window.DAY, amount.pico, audience)
            for scope, amount, audience in caps
            if amount is not None
        )

    async def _granted(self, requester: Requester) -> Mapping[tuple[Measure, Window], int]:
        if requester.channel.guild_id is None:
            return {}
        return await self._guilds.granted(requester.channel.guild_id, requester.user_id, self._clock.wall())


def _tightness(status: LimitStatus) -> tuple[bool, float]:
    share_left = status.left / status.limit.amount if status.limit.amount else 0.0
    return status.limit.scope == OPERATOR, share_left
