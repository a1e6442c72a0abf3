"""A job on its way from Run to its ending: what Wiro says, what the member sees, what is paid."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bot.domain.catalogue.model import Kind, Model, Parameter
from bot.domain.job.events import Cancelled, Gap, Progressed, Reached, Settled, Unrecognised
from bot.domain.job.job import Cause, Output, Progress, Stage
from bot.domain.job.output_file import OutputHostRefused, OutputUnavailable, OutputUnusable
from bot.domain.job.status_update import DeliveryOutcome
from bot.domain.money import Money
from bot.engines.port import (
    EngineAuthFailed,
    EngineBusy,
    EngineError,
    EngineNoFunds,
    EngineRefused,
    EngineServerFault,
    EngineUnreachable,
)
from bot.services.runs._monitor import NOT_FOUND_TRIES
from tests.support.bot_harness import BotHarness
from tests.support.clocks import until
from tests.support.samples import MODEL, PNG, a_job

COST = Money.parse("0.003510000000")
SUCCESS = Settled(is_success=True, cost=COST, outputs=(PNG,), elapsed_s=4.2)
FAILURE = Settled(is_success=False, cost=Money(0), elapsed_s=1.0, detail="CUDA out of memory")


async def test_an_accepted_job_ends_as_a_success_with_its_picture(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    await house.hears(
        task_id,
        Reached(Stage.PREPARING),
        Reached(Stage.RUNNING),
        Progressed(Progress(3, 28)),
    )
    await until(lambda: any(n.job.progress == Progress(3, 28) for n in house.board.shown))
    house.wiro.tell(task_id, SUCCESS)
    await house.hears(task_id, Reached(Stage.FINISHING))
    job = await house.end_of()
    assert job.stage is Stage.SUCCEEDED
    assert (job.cost, job.outputs, job.elapsed_s, job.is_delivered) == (COST, (PNG,), 4.2, True)
    (news, pictures), *rest = house.board.concluded
    assert (news.job.stage, news.note, rest) == (Stage.SUCCEEDED, "", [])
    assert [picture.filename for picture in pictures] == [PNG.name]
    assert house.pictures.fetched == [PNG.name]
    assert len(house.wiro.runs) == 1
    assert await house.spent() == (1, 0, COST.pico, 0)


async def test_stages_are_shown_as_they_come_and_never_turn_back(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    await house.hears(task_id, Reached(Stage.RUNNING), Reached(Stage.PREPARING), Reached(Stage.FINISHING))
    house.wiro.tell(task_id, SUCCESS)
    await house.end_of()
    stages = [news.job.stage for news in house.board.shown]
    assert stages == sorted(stages)
    assert {Stage.SUBMITTING, Stage.QUEUED, Stage.RUNNING, Stage.FINISHING} <= set(stages)


async def test_run_is_sent_the_recorded_seed(house: BotHarness) -> None:
    job = await house.submit(steps=20)
    await house.watched()
    ((model, parameters),) = house.wiro.runs
    assert model == MODEL
    assert parameters == {"prompt": job.request.prompt, "samples": 1, "steps": 20, "seed": str(job.seed)}


async def test_each_job_has_a_run_key_that_stays_its_own(house: BotHarness) -> None:
    house.wiro.run_faults.append(EngineBusy("too many", code=96))  # asked again, by the same key
    for job_id in (1, 2):
        await house.submit_and_watch(job_id)
    first, again, other = house.wiro.run_keys
    assert first == again == a_job(job_id=1).run_key == "19b6f295-5e48-5e9b-9f2e-9884f7b0cf46"
    assert other == a_job(job_id=2).run_key


async def test_intent_is_on_record_before_run_is_sent(house: BotHarness) -> None:
    house.wiro.run_gate.clear()
    await house.submit()
    await until(lambda: house.wiro.runs)
    recorded = await house.store.job(1)
    assert recorded is not None
    assert recorded.sent_at_s is not None
    assert recorded.stage is Stage.SUBMITTING
    house.wiro.run_gate.set()
    await house.watched()


async def test_nothing_is_settled_before_detail_says_so(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    await house.hears(task_id, Reached(Stage.FINISHING))
    await house.stage_reached(Stage.FINISHING)
    asked = house.wiro.details_asked
    await until(lambda: house.wiro.details_asked > asked + 2)
    assert house.board.concluded == []
    house.wiro.tell(task_id, SUCCESS)
    assert (await house.end_of()).stage is Stage.SUCCEEDED


async def test_a_failed_task_is_void(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    house.wiro.tell(task_id, FAILURE)
    await house.hears(task_id, Reached(Stage.FINISHING))
    job = await house.end_of()
    assert (job.stage, job.cause, job.detail) == (Stage.FAILED, Cause.WIRO_FAILED, "CUDA out of memory")
    assert await house.spent() == (0, 0, 0, 0)
    assert house.pictures.fetched == []


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (EngineNoFunds("Insufficient balance", code=97), Cause.NO_FUNDS),
        (EngineAuthFailed("Unauthorized", http_status=401), Cause.AUTH),
        (EngineRefused("prompt not allowed", code=12), Cause.REFUSED),
        (EngineUnreachable("connection refused", may_have_arrived=False), Cause.UNREACHABLE),
    ],
)
async def test_a_definite_no_to_run_is_void_with_its_cause(
    house: BotHarness, fault: EngineError, cause: Cause
) -> None:
    house.wiro.run_faults.append(fault)
    await house.submit()
    job = await house.end_of()
    assert (job.stage, job.cause, job.is_delivered) == (Stage.FAILED, cause, True)
    assert await house.spent() == (0, 0, 0, 0)
    assert len(house.wiro.runs) == 1
    assert house.wiro.lists_asked == 0
    assert house.queue.running == 0


@pytest.mark.parametrize(
    "fault", [EngineUnreachable("timeout"), EngineServerFault("bad gateway", http_status=502)]
)
async def test_an_unanswered_run_that_arrived_is_found_by_its_seed_and_adopted(
    house: BotHarness, fault: EngineError
) -> None:
    house.wiro.is_made_although_unanswered = True
    house.wiro.run_faults.append(fault)
    task_id = await house.submit_and_watch()
    assert Stage.UNKNOWN in [news.job.stage for news in house.board.shown]
    house.wiro.tell(task_id, SUCCESS)
    await house.hears(task_id, Reached(Stage.FINISHING))
    job = await house.end_of()
    assert (job.stage, job.task_id) == (Stage.SUCCEEDED, task_id)
    assert len(house.wiro.runs) == 1
    assert await house.spent() == (1, 0, COST.pico, 0)


async def test_an_unanswered_run_that_is_nowhere_after_the_grace_is_void(house: BotHarness) -> None:
    house.wiro.run_faults.append(EngineUnreachable("timeout"))
    await house.submit()
    await until(lambda: house.wiro.lists_asked > 2)
    assert house.board.concluded == []
    assert (await house.spent())[1] == 1
    house.time.forward(121)
    job = await house.end_of()
    assert (job.stage, job.cause) == (Stage.FAILED, Cause.UNANSWERED)
    assert len(house.wiro.runs) == 1
    assert await house.spent() == (0, 0, 0, 0)


@pytest.mark.parametrize("jump_s", [-3_600.0, 3_600.0])
async def test_a_wall_clock_that_jumps_neither_shortens_nor_lengthens_the_grace(
    house: BotHarness, jump_s: float
) -> None:
    house.wiro.run_faults.append(EngineUnreachable("timeout"))
    await house.submit()
    await until(lambda: house.wiro.lists_asked > 2)
    house.time.put_right(jump_s)
    asked = house.wiro.lists_asked
    await until(lambda: house.wiro.lists_asked > asked + 2)
    assert house.board.concluded == []
    house.time.forward(121)
    assert (await house.end_of()).cause is Cause.UNANSWERED


@pytest.mark.parametrize("jump_s", [-7_200.0, 7_200.0])
async def test_a_wall_clock_that_jumps_does_not_end_a_running_task(house: BotHarness, jump_s: float) -> None:
    task_id = await house.submit_and_watch()
    house.time.put_right(jump_s)
    await house.hears(task_id, Reached(Stage.RUNNING))
    house.wiro.tell(task_id, SUCCESS)
    await house.hears(task_id, Reached(Stage.FINISHING))
    assert (await house.end_of()).stage is Stage.SUCCEEDED
    assert await house.spent() == (1, 0, COST.pico, 0)


async def test_an_unanswered_run_that_shows_up_late_is_still_adopted(house: BotHarness) -> None:
    house.wiro.run_faults.append(EngineUnreachable("timeout"))
    await house.submit()
    await until(lambda: house.wiro.lists_asked > 2)
    task = house.wiro.make(house.wiro.runs[0][1])
    assert await house.watched() == task.task_id
    assert len(house.wiro.runs) == 1


async def test_the_grace_does_not_run_out_while_the_list_cannot_be_read(house: BotHarness) -> None:
    house.wiro.run_faults.append(EngineUnreachable("timeout"))
    house.wiro.list_faults.extend([EngineServerFault("down")] * 1000)
    await house.submit()
    await until(lambda: house.wiro.lists_asked)
    house.time.forward(121)
    asked = house.wiro.lists_asked
    await until(lambda: house.wiro.lists_asked > asked + 2)
    assert house.board.concluded == []
    house.wiro.list_faults.clear()
    assert (await house.end_of()).cause is Cause.UNANSWERED


async def test_a_list_that_cannot_be_read_until_the_deadline_ends_the_doubt(house: BotHarness) -> None:
    house.wiro.run_faults.append(EngineUnreachable("timeout"))
    house.wiro.list_faults.extend([EngineServerFault("down")] * 1000)
    await house.submit()
    await until(lambda: house.wiro.lists_asked)
    house.time.forward(3601)
    assert (await house.end_of()).cause is Cause.UNANSWERED
    assert len(house.wiro.runs) == 1


async def test_a_socket_that_says_nothing_is_no_obstacle(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    house.wiro.tell(task_id, SUCCESS)
    assert (await house.end_of()).stage is Stage.SUCCEEDED


async def test_a_long_silence_is_told_and_forgotten_with_the_next_news(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    await until(lambda: house.board.shown[-1].quiet_since_s is not None)
    await house.hears(task_id, Reached(Stage.RUNNING))
    await until(lambda: house.board.shown[-1].job.stage is Stage.RUNNING)
    assert house.board.shown[-1].quiet_since_s is None


async def test_a_gap_is_answered_by_asking_detail(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    await until(lambda: house.wiro.details_asked)
    house.wiro.tell(task_id, SUCCESS)
    await house.hears(task_id, Gap("closed 1006"))
    assert (await house.end_of()).stage is Stage.SUCCEEDED


async def test_unknown_frames_end_nothing(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    await house.hears(task_id, Unrecognised("task_dance"), Progressed(Progress(1, 4)))
    await until(lambda: house.board.shown[-1].job.progress == Progress(1, 4))
    assert house.board.concluded == []


async def test_detail_may_fail_for_a_while(house: BotHarness) -> None:
    house.wiro.detail_faults.extend(
        [EngineServerFault("down"), EngineUnreachable(""), EngineServerFault("down")]
    )
    task_id = await house.submit_and_watch()
    house.wiro.tell(task_id, SUCCESS)
    assert (await house.end_of()).stage is Stage.SUCCEEDED


async def test_a_task_that_wiro_shows_late_is_not_taken_for_lost(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    report = house.wiro.reports.pop(task_id)
    await house.hears(task_id, Reached(Stage.FINISHING))
    asked = house.wiro.details_asked
    await until(lambda: house.wiro.details_asked > asked + 2 * NOT_FOUND_TRIES)
    house.wiro.reports[task_id] = report
    house.wiro.tell(task_id, SUCCESS)
    assert (await house.end_of()).stage is Stage.SUCCEEDED


async def test_a_task_that_wiro_no_longer_knows_is_lost_and_void(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    del house.wiro.reports[task_id]
    house.time.forward(house.tools.timeouts.unknown_grace_s + 1)
    await house.hears(task_id, Reached(Stage.FINISHING))
    job = await house.end_of()
    assert (job.stage, job.cause) == (Stage.FAILED, Cause.LOST)
    assert await house.spent() == (0, 0, 0, 0)


async def test_a_task_that_detail_does_not_know_yet_is_not_lost(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    await until(lambda: house.wiro.details_asked)
    report = house.wiro.reports.pop(task_id)
    asked = house.wiro.details_asked
    await until(lambda: house.wiro.details_asked > asked + 1)
    house.wiro.reports[task_id] = report
    house.wiro.tell(task_id, SUCCESS)
    assert (await house.end_of()).stage is Stage.SUCCEEDED


async def test_a_task_past_its_deadline_is_stopped_and_its_ending_is_what_detail_says(
    house: BotHarness,
) -> None:
    task_id = await house.submit_and_watch()
    await house.hears(task_id, Reached(Stage.RUNNING))
    await house.stage_reached(Stage.RUNNING)
    house.wiro.on_stop = Settled(is_success=False, cost=Money(0), detail="killed")
    house.time.forward(3601)
    job = await house.end_of()
    assert house.wiro.stopped == [("kill", task_id)]
    assert (job.stage, job.detail) == (Stage.FAILED, "killed")


async def test_a_member_does_not_pay_for_a_task_that_was_stopped_at_its_deadline(
    house: BotHarness,
) -> None:
    task_id = await house.submit_and_watch()
    house.wiro.on_stop = Cancelled(COST, 3600.0)
    house.time.forward(3601)
    job = await house.end_of()
    assert house.wiro.stopped == [("cancel", task_id)]
    assert (job.stage, job.cause, job.cost) == (Stage.FAILED, Cause.DEADLINE, COST)
    assert await house.spent() == (0, 0, 0, 0)


async def test_a_task_that_cannot_be_stopped_is_given_up_after_the_deadline(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    house.time.forward(3601)
    await until(lambda: house.wiro.stopped)
    house.time.forward(61)
    job = await house.end_of()
    assert (job.stage, job.cause) == (Stage.FAILED, Cause.DEADLINE)
    assert house.wiro.stopped == [("cancel", task_id)]
    assert await house.spent() == (0, 0, 0, 0)


async def test_an_output_that_cannot_be_shown_costs_the_member_nothing(house: BotHarness) -> None:
    house.pictures.faults[PNG.name] = OutputUnusable(PNG.name, "html")
    task_id = await house.submit_and_watch()
    house.wiro.tell(task_id, SUCCESS)
    job = await house.end_of()
    assert (job.stage, job.cause, job.detail) == (Stage.FAILED, Cause.OUTPUT_UNUSABLE, "html")
    assert (job.cost, job.outputs) == (COST, ())
    assert await house.spent() == (0, 0, 0, 0)
    ((news, pictures),) = house.board.concluded
    assert (news.job.cause, pictures) == (Cause.OUTPUT_UNUSABLE, ())


async def test_a_success_without_any_output_is_none(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    house.wiro.tell(task_id, Settled(is_success=True, cost=COST))
    job = await house.end_of()
    assert (job.cause, job.detail) == (Cause.OUTPUT_UNUSABLE, "there was no output")


async def test_an_output_that_cannot_be_fetched_yet_is_linked_and_paid(house: BotHarness) -> None:
    house.pictures.faults[PNG.name] = OutputUnavailable(PNG.name, "HTTP 503")
    task_id = await house.submit_and_watch()
    house.wiro.tell(task_id, SUCCESS)
    assert (await house.end_of()).stage is Stage.SUCCEEDED
    ((_, (picture,)),) = house.board.concluded
    assert (picture.content, picture.url) == (None, PNG.url)
    assert await house.spent() == (1, 0, COST.pico, 0)


async def test_what_is_left_out_of_several_outputs_is_told(house: BotHarness) -> None:
    other = Output("other.png", "image/png", "https://elsewhere.example/other.png")
    house.pictures.faults["other.png"] = OutputHostRefused("other.png", "host")
    task_id = await house.submit_and_watch()
    house.wiro.tell(task_id, Settled(is_success=True, cost=COST, outputs=(PNG, other)))
    await house.end_of()
    ((news, pictures),) = house.board.concluded
    assert [picture.filename for picture in pictures] == [PNG.name]
    assert news.note == "1 of 2 could not be shown: host."


async def test_a_request_that_the_model_does_not_take_any_more_is_void(house: BotHarness) -> None:
    """The catalogue may change between the record and the next start."""
    house.wiro.run_gate.clear()
    await house.submit(steps=20)
    job = await house.store.job(1)
    assert job is not None
    await house.stop()
    house.wiro.known_models[MODEL.lower()] = Model(MODEL, "SD3", (Parameter("prompt", Kind.LONG_TEXT),))
    await house.store.save(job)  # as it was before Run was sent
    again = BotHarness(house.store, house.guilds, house.wiro)
    house.wiro.run_gate.set()
    runs = len(house.wiro.runs)
    await again.jobs.resume()
    ended = await again.end_of()
    assert (ended.cause, ended.detail) == (Cause.REFUSED, "steps: 20")
    assert len(house.wiro.runs) == runs
    await again.stop()


async def test_a_deleted_message_does_not_keep_a_job_from_settling(house: BotHarness) -> None:
    house.board.delivery = DeliveryOutcome.GONE
    task_id = await house.submit_and_watch()
    house.wiro.tell(task_id, SUCCESS)
    job = await house.end_of()
    assert (job.stage, job.is_delivered) == (Stage.SUCCEEDED, True)
    assert await house.spent() == (1, 0, COST.pico, 0)


async def test_a_task_cancelled_elsewhere_is_cancelled_here(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    house.wiro.tell(task_id, Cancelled(COST, 2.0))
    await house.hears(task_id, Reached(Stage.FINISHING))
    job = await house.end_of()
    assert (job.stage, job.cause, job.cost) == (Stage.CANCELLED, Cause.CANCELLED, COST)
    assert await house.spent() == (1, 0, COST.pico, 0)


async def test_a_hundred_ticks_in_one_breath_are_survived(house: BotHarness) -> None:
    task_id = await house.submit_and_watch()
    house.wiro.tell(task_id, Reached(Stage.RUNNING))
    for step in range(1, 101):
        house.sockets.say(task_id, Progressed(Progress(step, 100)))
    await until(lambda: house.board.shown[-1].job.progress == Progress(100, 100))
    house.wiro.tell(task_id, SUCCESS)
    assert (await house.end_of()).stage is Stage.SUCCEEDED


async def test_a_socket_that_breaks_down_is_logged_and_detail_carries_on(
    house: BotHarness, caplog: pytest.LogCaptureFixture
) -> None:
    task_id = await house.submit_and_watch()
    (feed,) = house.sockets.feeds
    feed.say(task_id, Reached(Stage.PREPARING))
    feed._events.put_nowait(("too", "many", "values"))  # type: ignore[arg-type]  # what nobody foresaw
    house.wiro.tell(task_id, SUCCESS)
    with caplog.at_level(logging.ERROR):
        assert (await house.end_of()).stage is Stage.SUCCEEDED
    assert "socket: a fault of ours" in caplog.messages


async def test_jobs_of_one_channel_share_a_socket_which_closes_with_the_last(house: BotHarness) -> None:
    one = await house.submit_and_watch(1)
    other = await house.submit_and_watch(2, user_id=2)
    assert len(house.sockets.feeds) == 1
    for job_id, task_id in ((1, one), (2, other)):
        house.wiro.tell(task_id, SUCCESS)
        assert (await house.end_of(job_id)).stage is Stage.SUCCEEDED
    assert house.sockets.open_feeds == []
    await asyncio.sleep(0)
    assert house.tools.tracker.sockets == 0
