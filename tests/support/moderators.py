"""Cases and budgets wired to a harness: a log in memory instead of Discord."""

from __future__ import annotations

import asyncio

from bot.domain.job.job import Job
from bot.domain.limits.alternatives import Alternative
from bot.domain.moderation.cases import Case, Decision
from bot.domain.moderation.errors import CaseFault, CaseRefused
from bot.domain.money import Money
from bot.domain.request.requester import ChannelContext, Requester
from bot.services.limits.alternatives import LimitAlternatives
from bot.services.limits.budget_alerts import BudgetAlerts
from bot.services.moderation.service import Cases
from bot.store.sqlite.cases import CaseRecords
from tests.support.bot_harness import BotHarness, tiny_delays

FALLBACK = Money.parse("0.05")  # what the harness holds for a model without prices


class MemoryModLog:
    """Does what Discord would, and remembers it."""

    def __init__(self) -> None:
        self.posted: list[Case] = []
        self.told: list[Decision] = []
        self.statuses: list[Case] = []
        self.taken_back: list[int] = []
        self.shown_again: list[Case] = []
        self.deleted: list[int] = []
        self.managers: set[int] = set()
        self.can_post = True
        self.silences = 0  # how many of the next questions Discord leaves unanswered
        self.gate = asyncio.Event()  # closed, a status message hangs
        self.gate.set()

    async def post_case(
        self, channel_id: int, case: Case, alternative: Alternative | None, prompt: str, job: Job | None
    ) -> bool:
        if self.can_post:
            self.posted.append(case)
        return self.can_post

    async def find_requester(self, guild_id: int, channel_id: int, user_id: int) -> Requester:
        if self.silences:
            self.silences -= 1
            raise CaseRefused(CaseFault.DISCORD_SILENT)
        return Requester(user_id, frozenset(), ChannelContext(guild_id, channel_id))

    async def is_manager(self, guild_id: int, user_id: int) -> bool:
        return user_id in self.managers

    async def post_status(self, case: Case) -> int | None:
        self.statuses.append(case)
        await self.gate.wait()
        return 5_000 + len(self.statuses)

    async def take_back(self, channel_id: int, message_id: int) -> None:
        self.taken_back.append(message_id)

    async def show_again(self, channel_id: int, message_id: int, case: Case) -> bool:
        self.shown_again.append(case)
        return True

    async def delete_message(self, channel_id: int, message_id: int) -> bool:
        if self.silences:
            self.silences -= 1
            raise CaseRefused(CaseFault.DISCORD_SILENT)
        self.deleted.append(message_id)
        return True

    async def tell(self, decision: Decision) -> bool:
        self.told.append(decision)
        return True


class Moderation:
    """The moderators' use cases of a harness."""

    def __init__(self, harness: BotHarness) -> None:
        clock = harness.time.clock
        self.records = CaseRecords(harness.store._database)
        self.mod_log = MemoryModLog()
        self.watch = BudgetAlerts(
            harness.limit_service, harness.guild_settings, harness.guilds, harness.log_channel
        )
        self.alternatives = LimitAlternatives(
            harness.limit_service, harness.guild_settings, harness.catalogue, harness.holds
        )
        self.cases = Cases(
            self.records,
            harness.guild_settings,
            harness.limit_service,
            self.alternatives,
            harness.holds,
            harness.jobs,
            self.mod_log,
            self.watch,
            clock,
            harness.supervisor,
            tiny_delays,
        )
