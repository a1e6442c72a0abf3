"""Submitting, asking again, looking around: one interaction is one job, and a refusal leaves nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.domain.catalogue.errors import ModelUnknown
from bot.domain.catalogue.model import Kind, Model, Parameter
from bot.domain.errors import BotError
from bot.domain.job.errors import JobNotFound
from bot.domain.job.events import Settled
from bot.domain.job.job import Stage
from bot.domain.limits.limit import LimitReached, Measure
from bot.domain.money import Money
from bot.domain.request.errors import OptionRefused, PromptRefused
from bot.domain.request.interactions import NotAccepting
from bot.domain.request.run_request import MAX_SEED
from bot.services.limits.service import DefaultLimits
from tests.support.bot_harness import BotHarness, a_harness
from tests.support.clocks import until
from tests.support.samples import MODEL, PNG, a_request, a_requester, an_origin

SUCCESS = Settled(is_success=True, cost=Money.parse("0.001"), outputs=(PNG,), elapsed_s=2.0)


async def test_the_same_interaction_twice_is_one_job(harness: BotHarness) -> None:
    await harness.submit()
    assert await harness.jobs.submit(1, a_request(), an_origin(), a_requester()) is None
    await harness.watched()
    assert (len(harness.wiro.runs), harness.jobs.running) == (1, 1)
    assert (await harness.spent())[1] == 1


async def test_the_same_interaction_at_the_same_time_is_one_job(harness: BotHarness) -> None:
    jobs = await asyncio.gather(
        *(harness.jobs.submit(1, a_request(), an_origin(), a_requester()) for _ in range(5))
    )
    assert sum(job is not None for job in jobs) == 1
    await harness.watched()
    assert len(harness.wiro.runs) == 1


async def test_the_same_interaction_after_its_end_is_still_that_job(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    harness.wiro.tell(task_id, SUCCESS)
    await harness.end_of()
    assert await harness.jobs.submit(1, a_request(), an_origin(), a_requester()) is None
    assert len(harness.wiro.runs) == 1


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        ({"prompt": "\u200b"}, PromptRefused),
        ({"prompt": "x" * 2001}, PromptRefused),
        ({"negative_prompt": "x" * 2001}, PromptRefused),
        ({"steps": 0}, OptionRefused),
        ({"count": 5}, OptionRefused),
        ({"model": "nobody/nothing"}, ModelUnknown),
    ],
)
async def test_a_refused_request_leaves_nothing_behind(
    harness: BotHarness, request_: dict[str, Any], refusal: type[BotError]
) -> None:
    with pytest.raises(refusal):
        await harness.submit(**request_)
    assert await harness.store.job(1) is None
    assert (harness.wiro.runs, harness.jobs.running, harness.board.shown) == ([], 0, [])
    assert await harness.spent() == (0, 0, 0, 0)


async def test_the_prompt_is_sent_without_the_blanks_around_it(harness: BotHarness) -> None:
    job = await harness.submit(prompt="  a fox\n", negative_prompt=" \u200b ")
    assert (job.request.prompt, job.request.negative_prompt) == ("a fox", None)


async def test_no_number_of_requests_at_once_passes_a_limit(file: Path) -> None:
    default_limits = DefaultLimits(3, Money.parse("2"), Money.parse("20"))
    async with a_harness(file, default_limits=default_limits) as harness:
        answers = await asyncio.gather(
            *(
                harness.jobs.submit(job_id, a_request(), an_origin(), a_requester())
                for job_id in range(1, 11)
            ),
            return_exceptions=True,
        )
        refused = [answer for answer in answers if isinstance(answer, LimitReached)]
        assert len(refused) == 7
        assert {(r.limit, r.used + r.held) for r in refused} == {(3, 3)}
        assert not any(r.is_money or r.is_operator for r in refused)
        assert (await harness.spent())[1] == 3
        await until(lambda: len(harness.wiro.runs) == 3)


async def test_the_operators_stop_binds_members_together(file: Path) -> None:
    default_limits = DefaultLimits(50, Money.parse("2"), Money.parse("0.07"))
    async with a_harness(file, default_limits=default_limits) as harness:
        await harness.submit(1, user_id=1)
        with pytest.raises(LimitReached) as refused:
            await harness.submit(2, user_id=2)
        assert refused.value.is_operator
        assert await harness.store.job(2) is None


async def test_a_seed_is_chosen_where_none_was_asked(harness: BotHarness) -> None:
    jobs = [await harness.submit(job_id) for job_id in (1, 2)]
    assert all(1 <= job.seed <= MAX_SEED for job in jobs)
    assert jobs[0].seed != jobs[1].seed
    assert (await harness.submit(3, seed=77)).seed == 77
    assert (await harness.submit(4, seed=0)).seed != 0


async def test_the_card_of_a_job_knows_what_the_model_fills_in(harness: BotHarness) -> None:
    harness.wiro.known_models[MODEL.lower()] = Model(
        MODEL, "SD3", (Parameter("prompt", Kind.TEXT), Parameter("steps", Kind.WHOLE, default="28"))
    )
    assert (await harness.submit()).request.steps == 28


async def test_the_hold_follows_our_own_median_where_wiro_prices_by_the_second(harness: BotHarness) -> None:
    harness.wiro.known_models[MODEL.lower()] = Model(MODEL, "SD3", cost_per_second=Money.parse("0.01"))
    assert (await harness.submit(1)).hold == Money.parse("0.05")
    harness.wiro.tell(await harness.watched(1), SUCCESS)
    await harness.end_of(1)
    assert (await harness.submit(2)).hold == Money.parse("0.02")


async def test_again_is_the_same_request_with_another_seed_on_the_clickers_quota(harness: BotHarness) -> None:
    await harness.submit(1, seed=77, steps=20)
    again = await harness.jobs.again(1, 2, an_origin(user_id=5), a_requester(5), is_retry=False)
    assert again is not None
    assert (again.request.prompt, again.request.steps) == ("a lighthouse at dusk", 20)
    assert again.seed != 77
    assert (await harness.spent(1))[1] == (await harness.spent(5))[1] == 1


async def test_a_retry_keeps_the_seed_that_was_asked(harness: BotHarness) -> None:
    await harness.submit(1, seed=77)
    retry = await harness.jobs.again(1, 2, an_origin(), a_requester(), is_retry=True)
    assert retry is not None
    assert retry.seed == 77


async def test_what_is_not_on_record_cannot_be_asked_again(harness: BotHarness) -> None:
    with pytest.raises(JobNotFound):
        await harness.jobs.again(404, 2, an_origin(), a_requester(), is_retry=False)


async def test_a_job_is_known_while_it_runs_and_after(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    assert (await harness.jobs.job(1)).task_id == task_id
    harness.wiro.tell(task_id, SUCCESS)
    await harness.end_of()
    assert (await harness.jobs.job(1)).stage is Stage.SUCCEEDED


async def test_a_channel_knows_its_running_jobs_oldest_first(harness: BotHarness) -> None:
    await harness.submit_and_watch(3)
    await harness.submit_and_watch(1, user_id=2)
    await harness.submit_and_watch(2, channel_id=31)
    assert [news.job.job_id for news in harness.jobs.running_in(30)] == [1, 3]
    harness.wiro.tell(harness.task_of(3), SUCCESS)
    await harness.end_of(3)
    assert [news.job.job_id for news in harness.jobs.running_in(30)] == [1]
    assert harness.jobs.running_in(99) == []


async def test_a_bot_that_stops_takes_nothing_more(harness: BotHarness) -> None:
    await harness.stop()
    with pytest.raises(NotAccepting):
        await harness.submit()
    assert await harness.store.job(1) is None


async def test_a_message_is_let_go_of_when_its_job_is_over(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    assert harness.board.dropped == []
    harness.wiro.tell(task_id, SUCCESS)
    await harness.end_of()
    assert harness.board.dropped == [1]


async def test_the_purse_tells_a_members_day_and_when_it_ends(harness: BotHarness) -> None:
    await harness.submit()
    runs = next(
        status
        for status in await harness.limit_service.statuses(a_requester(), MODEL)
        if status.limit.measure is Measure.RUNS
    )
    assert (runs.held, runs.limit.amount, runs.left) == (1, 50, 49)
    assert runs.resets_at_s % 86_400 == 0
    assert runs.resets_at_s > harness.time.wall()
