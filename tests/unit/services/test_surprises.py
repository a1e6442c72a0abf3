"""A model that bills far more than was held: how far a limit can be passed, and who is told."""

from __future__ import annotations

import logging
from pathlib import Path
from random import Random

import pytest

from bot.domain.catalogue.model import Model, PriceRule
from bot.domain.job.events import Settled
from bot.domain.limits.bill_alarm import BillAlarm
from bot.domain.limits.limit import OPERATOR, LimitReached, Usage, Window, member_scope
from bot.domain.moderation.audit import AuditEntry, LogChannelChange
from bot.domain.money import Money
from bot.services.limits.bill_alarms import BillAlarms
from bot.services.limits.service import DefaultLimits
from bot.store.sqlite.bill_alarms import AlarmRecords
from tests.support.bot_harness import BotHarness, a_harness
from tests.support.clocks import until
from tests.support.samples import GUILD, MODEL, NOON_S, PNG, a_request, a_requester, an_origin

BILL = Money.parse("5")
LIMIT, STOP = Money.parse("2"), Money.parse("20")
DEFAULT_LIMITS = DefaultLimits(1_000, LIMIT, STOP, at_once=3)
MODELS = [
    Model(MODEL, "SD3"),
    Model(MODEL, "SD3", approximate_cost=Money.parse("0.05")),
    Model(MODEL, "SD3", prices=(PriceRule({}, Money.parse("0.05"), "cpr"),)),
    Model(MODEL, "SD3", cost_per_second=Money.parse("0.01"), usual_s=5.0),
]

A_SURPRISE = Settled(is_success=True, cost=BILL, outputs=(PNG,), elapsed_s=5.0)
ENTRY = AuditEntry(GUILD, 9, LogChannelChange(None, 77), NOON_S)


class Story:
    """Members ask as often as they can while bills come in one by one."""

    def __init__(self, harness: BotHarness, members: int) -> None:
        self.harness = harness
        self.members = members
        self.started: list[int] = []
        self.billed: list[int] = []
        self.running_at_first_surprise: set[int] | None = None
        self._next_id = 1

    async def everybody_asks(self) -> None:
        for user_id in range(1, self.members + 1):
            for _ in range(4):
                job_id, self._next_id = self._next_id, self._next_id + 1
                try:
                    await self.harness.jobs.submit(
                        job_id, a_request(), an_origin(user_id=user_id), a_requester(user_id)
                    )
                except LimitReached:
                    break
                self.started.append(job_id)

    async def a_bill_comes(self, chance: Random) -> None:
        open_ids = [job_id for job_id in self.started if job_id not in self.billed]
        job_id = chance.choice(open_ids)
        if self.running_at_first_surprise is None:
            self.running_at_first_surprise = set(open_ids)
        self.billed.append(job_id)
        await until(lambda: bool(self.harness.task_of(job_id)))
        self.harness.wiro.tell(await self.harness.watched(job_id), A_SURPRISE)
        await self.harness.end_of(job_id)


@pytest.mark.parametrize("model", MODELS, ids=["no price", "a mean", "a stated price", "by the second"])
@pytest.mark.parametrize("seed", [1, 2])
async def test_a_limit_is_passed_by_the_runs_of_the_first_surprise_alone(
    file: Path, model: Model, seed: int
) -> None:
    async with a_harness(file, default_limits=DEFAULT_LIMITS) as harness:
        harness.wiro.known_models[MODEL.lower()] = model
        story, chance = Story(harness, members=8), Random(seed)
        await story.everybody_asks()
        while any(job_id not in story.billed for job_id in story.started):
            await story.a_bill_comes(chance)
            await story.everybody_asks()
        at_s = harness.time.clock.wall()
        first = len(story.running_at_first_surprise or ())
        total = await harness.store.usage(OPERATOR, Window.DAY, at_s)
        assert total.spend_held_pico == 0
        assert total.spend_used_pico <= max(STOP.pico, BILL.pico * first)
        for user_id in range(1, 9):
            used = (await harness.store.usage(member_scope(GUILD, user_id), Window.DAY, at_s)).spend_used_pico
            assert used <= BILL.pico * 3  # what ran at once when the first surprise came; then nothing more
        assert set(story.started) == story.running_at_first_surprise


async def test_what_is_held_for_more_is_held_after_a_restart_too(file: Path) -> None:
    async with a_harness(file, default_limits=DEFAULT_LIMITS) as harness:
        await harness.submit(2, user_id=2)
        harness.wiro.tell(await harness.submit_and_watch(1), A_SURPRISE)
        await harness.end_of(1)
        wiro = harness.wiro
    async with a_harness(file, wiro, default_limits=DEFAULT_LIMITS) as harness:
        at_s = harness.time.clock.wall()
        assert await harness.store.usage(member_scope(GUILD, 2), Window.DAY, at_s) == Usage(
            0, 1, 0, BILL.pico
        )
        assert (await harness.holds.of_request(a_request())).amount == BILL
        with pytest.raises(LimitReached):
            await harness.submit(3, user_id=3)


class Channel:
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.alarms: list[tuple[int, BillAlarm]] = []

    async def alarm(self, channel_id: int, alarm: BillAlarm) -> None:
        self.alarms.append((channel_id, alarm))


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (A_SURPRISE, "Wiro billed $5.00 where $0.05 was held; 1 running"),
        (
            Settled(is_success=True, cost=None, outputs=(PNG,), is_cost_disbelieved=True),
            "Wiro's bill is no amount, or past belief; its hold of $0.05 stands for it",
        ),
    ],
)
async def test_the_operator_and_the_log_channel_are_told_once(
    file: Path, caplog: pytest.LogCaptureFixture, ending: Settled, words: str
) -> None:
    channel = Channel()
    async with a_harness(file, default_limits=DEFAULT_LIMITS) as harness:
        await harness.guild_settings.set_log_channel(77, ENTRY)
        alarms = BillAlarms(AlarmRecords(harness.store._database), harness.guild_settings, channel)
        await harness.submit(2, user_id=2)
        harness.wiro.tell(await harness.submit_and_watch(1), ending)
        await harness.end_of(1)
        with caplog.at_level(logging.ERROR, "bot.services.limits.bill_alarms"):
            await alarms.look()
            await alarms.look()
        (record,) = caplog.records
        assert words in record.getMessage()
        assert [channel_id for channel_id, _ in channel.alarms] == [77]
