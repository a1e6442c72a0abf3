"""An ending that a late edit may overwrite is looked at again, put back, and otherwise left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import accumulate

import aiohttp
import discord
import pytest

from bot.delivery.budgets import Budgets, channel_key
from bot.delivery.channels import DeliveryChannels, SendFault, may_yet_apply
from bot.delivery.verification import PAUSES_S, UNREADABLE_S, UNSURE_S, FinalMessage, FinalMessageVerifier
from bot.domain.job.job import Progress, Stage
from bot.domain.job.status_update import StatusUpdate
from bot.view.cards.renderer import final_card, progress_mark, status_card
from tests.support.clocks import StoppedClock, settle_down
from tests.support.discord_side import TOKEN, FakeRoute, an_http_error
from tests.support.samples import CHANNEL, GUILD, a_job, a_picture

JOB = a_job(stage=Stage.RUNNING, progress=Progress(9, 28))
DONE = a_job(stage=Stage.SUCCEEDED)
ENDING = final_card(StatusUpdate(DONE), [a_picture()])
LATE = status_card(StatusUpdate(JOB))


class Watch:
    """Looks at one message, one after the other as fast as they go."""

    def __init__(self, pauses_s: Sequence[float] = (0.0, 0.0, 0.0)) -> None:
        self.time = StoppedClock()
        self.budgets = Budgets(self.time.monotonic)
        self.budgets.bind(TOKEN, CHANNEL)
        self.route = FakeRoute()
        self.other = FakeRoute(channel_key(CHANNEL))
        self.channels = DeliveryChannels([self.route, self.other])
        self.verifier = FinalMessageVerifier(self.budgets, self.time.clock, pauses_s)
        self.route.shows = self.other.shows = [ENDING.text]

    async def keep(self, unsure_s: float = UNSURE_S) -> None:
        unsure_until_s = self.time.monotonic() + unsure_s
        mark = progress_mark(DONE)
        await self.verifier.verify(
            FinalMessage(1, CHANNEL, GUILD, self.channels, ENDING, mark, unsure_until_s)
        )


@pytest.fixture
def watch() -> Watch:
    return Watch()


def texts_after_a_late_edit() -> list[str]:
    return [LATE.text, f"-# {LATE.small_print}"]


async def test_an_ending_that_stands_is_only_looked_at(watch: Watch) -> None:
    await watch.keep()
    assert (watch.route.reads, watch.route.sent) == (3, [])


async def test_an_overwritten_ending_is_put_back_with_the_files_that_are_there(watch: Watch) -> None:
    watch.route.shows = texts_after_a_late_edit()
    watch.route.on_send = lambda: setattr(watch.route, "shows", [ENDING.text])
    await watch.keep()
    assert watch.route.sent == [(ENDING, None)]
    assert watch.route.reads == 3


async def test_each_late_edit_is_put_right(watch: Watch) -> None:
    watch.route.shows = texts_after_a_late_edit()
    await watch.keep()
    assert watch.route.sent == [(ENDING, None)] * 3


async def test_whatever_else_the_message_says_is_left_alone(watch: Watch) -> None:
    watch.route.shows = ["### a lighthouse", "||[hidden](https://cdn.example)||"]
    await watch.keep()
    assert watch.route.sent == []


@pytest.mark.parametrize(
    "fault", [an_http_error(404, 10008), an_http_error(404, 10003), an_http_error(403, 50001)]
)
async def test_a_message_that_is_gone_or_closed_is_left_at_once(
    watch: Watch, fault: discord.HTTPException
) -> None:
    watch.route.faults.append(fault)
    await watch.keep()
    assert (watch.route.reads, watch.other.reads, watch.route.tried) == (1, 0, 0)


async def test_a_channel_that_may_not_be_read_is_asked_once_for_all_its_messages(watch: Watch) -> None:
    watch.route.faults.append(an_http_error(403, 50001))
    for _ in range(5):
        await watch.keep()
    assert watch.route.reads == 1
    watch.time.forward(UNREADABLE_S)
    await watch.keep()
    assert watch.route.reads == 4


async def test_a_message_that_is_deleted_after_the_look_is_left(watch: Watch) -> None:
    watch.route.shows = texts_after_a_late_edit()
    watch.route.on_send = lambda: watch.route.faults.append(an_http_error(404, 10008))
    await watch.keep()
    assert (watch.route.reads, watch.route.tried, watch.other.tried) == (1, 1, 0)


async def test_a_dead_token_gives_way_to_the_bots_own(watch: Watch) -> None:
    watch.route.faults.append(an_http_error(401, 50027))
    watch.other.shows = texts_after_a_late_edit()
    watch.other.on_send = lambda: setattr(watch.other, "shows", [ENDING.text])
    await watch.keep()
    assert (watch.route.reads, watch.other.reads) == (1, 2)
    assert watch.other.sent == [(ENDING, None)]


async def test_without_any_way_nothing_is_looked_at(watch: Watch) -> None:
    watch.channels.close(watch.route, SendFault.NO_ACCESS)
    await watch.keep()
    assert watch.route.reads == watch.other.reads == 0


async def test_an_ending_whose_files_are_not_found_is_put_back_without_them(watch: Watch) -> None:
    watch.route.shows = texts_after_a_late_edit()
    faults = [an_http_error(400, 50035)]
    watch.route.on_send = lambda: watch.route.faults.extend([faults.pop()] if faults else [])
    watch.verifier = FinalMessageVerifier(watch.budgets, watch.time.clock, [0.0])
    await watch.keep()
    ((card, pictures),) = watch.route.sent
    assert (card.text, card.pictures, card.files, pictures) == (ENDING.text, (), (), None)


async def test_the_looks_end_once_no_edit_can_come_any_more(watch: Watch) -> None:
    await watch.keep(unsure_s=-1.0)
    assert watch.route.reads == 1


async def test_a_look_that_fails_is_made_again_even_afterwards(watch: Watch) -> None:
    watch.route.faults += [an_http_error(503), aiohttp.ServerDisconnectedError()]
    await watch.keep(unsure_s=-1.0)
    assert watch.route.reads == 3


async def test_no_look_is_made_while_discord_has_banned_the_bot(watch: Watch) -> None:
    watch.budgets.observe("GET", "/x", 429, {"Retry-After": "9"})
    await watch.keep()
    assert watch.route.reads == 0


async def test_looks_at_many_messages_come_a_few_at_a_time(watch: Watch) -> None:
    watch.route.shows = texts_after_a_late_edit()
    watch.route.gate.clear()
    keeping = [asyncio.create_task(watch.keep()) for _ in range(20)]
    await settle_down()
    assert watch.route.in_flight == 2
    watch.route.gate.set()
    await asyncio.gather(*keeping)
    assert watch.route.most_in_flight == 2


def test_the_pauses_grow_and_a_handful_of_looks_outlasts_the_doubt() -> None:
    assert sorted(PAUSES_S) == list(PAUSES_S)
    moments = list(accumulate(PAUSES_S))
    assert moments[0] <= 5
    assert moments[4] > UNSURE_S > moments[3]


@pytest.mark.parametrize(
    ("error", "may"),
    [
        (TimeoutError(), True),
        (ConnectionResetError(), True),
        (aiohttp.ServerDisconnectedError(), True),
        (an_http_error(502), True),
        (an_http_error(404, 10008), False),
        (an_http_error(429), False),
        (TypeError("a 429 in plain words"), False),
    ],
)
def test_only_an_edit_that_nobody_refused_may_yet_be_carried_out(error: Exception, may: bool) -> None:
    assert may_yet_apply(error) is may


def test_the_mark_is_in_every_passing_card_and_in_no_ending() -> None:
    mark = progress_mark(JOB)
    stages = [stage for stage in Stage if stage < Stage.SUCCEEDED]
    for stage in stages:
        assert mark in status_card(StatusUpdate(a_job(stage=stage))).small_print
    for stage in (Stage.SUCCEEDED, Stage.FAILED, Stage.CANCELLED):
        card = final_card(StatusUpdate(a_job(stage=stage)), [])
        assert mark not in "\n".join((card.text, card.body, card.small_print))
