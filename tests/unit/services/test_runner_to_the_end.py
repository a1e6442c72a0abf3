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


async def test_an_accepted_job_ends_as_a_success_with_its_picture(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    await harness.hears(
        task_id,
        Reached(Stage.PREPARING),
        Reached(Stage.RUNNING),
        Progressed(Progress(3, 28)),
    )
    await until(lambda: any(n.job.progress == Progress(3, 28) for n in harness.board.shown))
    harness.wiro.tell(task_id, SUCCESS)
    await harness.hears(task_id, Reached(Stage.FINISHING))
    job = await harness.end_of()
    assert job.stage is Stage.SUCCEEDED
    assert (job.cost, job.outputs, job.elapsed_s, job.is_delivered) == (COST, (PNG,), 4.2, True)
    (news, pictures), *rest = harness.board.concluded
    assert (news.job.stage, news.note, rest) == (Stage.SUCCEEDED, "", [])
    assert [picture.filename for picture in pictures] == [PNG.name]
    assert harness.pictures.fetched == [PNG.name]
    assert len(harness.wiro.runs) == 1
    assert await harness.spent() == (1, 0, COST.pico, 0)


async def test_stages_are_shown_as_they_come_and_never_turn_back(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    await harness.hears(task_id, Reached(Stage.RUNNING), Reached(Stage.PREPARING), Reached(Stage.FINISHING))
    harness.wiro.tell(task_id, SUCCESS)
    await harness.end_of()
    stages = [news.job.stage for news in harness.board.shown]
    assert stages == sorted(stages)
    assert {Stage.SUBMITTING, Stage.QUEUED, Stage.RUNNING, Stage.FINISHING} <= set(stages)


async def test_run_is_sent_the_recorded_seed(harness: BotHarness) -> None:
    job = await harness.submit(steps=20)
    await harness.watched()
    ((model, parameters),) = harness.wiro.runs
    assert model == MODEL
    assert parameters == {"prompt": job.request.prompt, "samples": 1, "steps": 20, "seed": str(job.seed)}


async def test_each_job_has_a_run_key_that_stays_its_own(harness: BotHarness) -> None:
    harness.wiro.run_faults.append(EngineBusy("too many", code=96))  # asked again, by the same key
    for job_id in (1, 2):
        await harness.submit_and_watch(job_id)
    first, again, other = harness.wiro.run_keys
    assert first == again == a_job(job_id=1).run_key == "19b6f295-5e48-5e9b-9f2e-9884f7b0cf46"
    assert other == a_job(job_id=2).run_key


async def test_intent_is_on_record_before_run_is_sent(harness: BotHarness) -> None:
    harness.wiro.run_gate.clear()
    await harness.submit()
    await until(lambda: harness.wiro.runs)
    recorded = await harness.store.job(1)
    assert recorded is not None
    assert recorded.sent_at_s is not None
    assert recorded.stage is Stage.SUBMITTING
    harness.wiro.run_gate.set()
    await harness.watched()


async def test_nothing_is_settled_before_detail_says_so(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    await harness.hears(task_id, Reached(Stage.FINISHING))
    await harness.stage_reached(Stage.FINISHING)
    asked = harness.wiro.details_asked
    await until(lambda: harness.wiro.details_asked > asked + 2)
    assert harness.board.concluded == []
    harness.wiro.tell(task_id, SUCCESS)
    assert (await harness.end_of()).stage is Stage.SUCCEEDED


async def test_a_failed_task_is_void(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    harness.wiro.tell(task_id, FAILURE)
    await harness.hears(task_id, Reached(Stage.FINISHING))
    job = await harness.end_of()
    assert (job.stage, job.cause, job.detail) == (Stage.FAILED, Cause.WIRO_FAILED, "CUDA out of memory")
    assert await harness.spent() == (0, 0, 0, 0)
    assert harness.pictures.fetched == []


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
    harness: BotHarness, fault: EngineError, cause: Cause
) -> None:
    harness.wiro.run_faults.append(fault)
    await harness.submit()
    job = await harness.end_of()
    assert (job.stage, job.cause, job.is_delivered) == (Stage.FAILED, cause, True)
    assert await harness.spent() == (0, 0, 0, 0)
    assert len(harness.wiro.runs) == 1
    assert harness.wiro.lists_asked == 0
    assert harness.queue.running == 0


@pytest.mark.parametrize(
    "fault", [EngineUnreachable("timeout"), EngineServerFault("bad gateway", http_status=502)]
)
async def test_an_unanswered_run_that_arrived_is_found_by_its_seed_and_adopted(
    harness: BotHarness, fault: EngineError
) -> None:
    harness.wiro.is_made_although_unanswered = True
    harness.wiro.run_faults.append(fault)
    task_id = await harness.submit_and_watch()
    assert Stage.UNKNOWN in [news.job.stage for news in harness.board.shown]
    harness.wiro.tell(task_id, SUCCESS)
    await harness.hears(task_id, Reached(Stage.FINISHING))
    job = await harness.end_of()
    assert (job.stage, job.task_id) == (Stage.SUCCEEDED, task_id)
    assert len(harness.wiro.runs) == 1
    assert await harness.spent() == (1, 0, COST.pico, 0)


async def test_an_unanswered_run_that_is_nowhere_after_the_grace_is_void(harness: BotHarness) -> None:
    harness.wiro.run_faults.append(EngineUnreachable("timeout"))
    await harness.submit()
    await until(lambda: harness.wiro.lists_asked > 2)
    assert harness.board.concluded == []
    assert (await harness.spent())[1] == 1
    harness.time.forward(121)
    job = await harness.end_of()
    assert (job.stage, job.cause) == (Stage.FAILED, Cause.UNANSWERED)
    assert len(harness.wiro.runs) == 1
    assert await harness.spent() == (0, 0, 0, 0)


@pytest.mark.parametrize("jump_s", [-3_600.0, 3_600.0])
async def test_a_wall_clock_that_jumps_neither_shortens_nor_lengthens_the_grace(
    harness: BotHarness, jump_s: float
) -> None:
    harness.wiro.run_faults.append(EngineUnreachable("timeout"))
    await harness.submit()
    await until(lambda: harness.wiro.lists_asked > 2)
    harness.time.put_right(jump_s)
    asked = harness.wiro.lists_asked
    await until(lambda: harness.wiro.lists_asked > asked + 2)
    assert harness.board.concluded == []
    harness.time.forward(121)
    assert (await harness.end_of()).cause is Cause.UNANSWERED


@pytest.mark.parametrize("jump_s", [-7_200.0, 7_200.0])
async def test_a_wall_clock_that_jumps_does_not_end_a_running_task(
    harness: BotHarness, jump_s: float
) -> None:
    task_id = await harness.submit_and_watch()
    harness.time.put_right(jump_s)
    await harness.hears(task_id, Reached(Stage.RUNNING))
    harness.wiro.tell(task_id, SUCCESS)
    await harness.hears(task_id, Reached(Stage.FINISHING))
    assert (await harness.end_of()).stage is Stage.SUCCEEDED
    assert await harness.spent() == (1, 0, COST.pico, 0)


async def test_an_unanswered_run_that_shows_up_late_is_still_adopted(harness: BotHarness) -> None:
    harness.wiro.run_faults.append(EngineUnreachable("timeout"))
    await harness.submit()
    await until(lambda: harness.wiro.lists_asked > 2)
    task = harness.wiro.make(harness.wiro.runs[0][1])
    assert await harness.watched() == task.task_id
    assert len(harness.wiro.runs) == 1


async def test_the_grace_does_not_run_out_while_the_list_cannot_be_read(harness: BotHarness) -> None:
    harness.wiro.run_faults.append(EngineUnreachable("timeout"))
    harness.wiro.list_faults.extend([EngineServerFault("down")] * 1000)
    await harness.submit()
    await until(lambda: harness.wiro.lists_asked)
    harness.time.forward(121)
    asked = harness.wiro.lists_asked
    await until(lambda: harness.wiro.lists_asked > asked + 2)
    assert harness.board.concluded == []
    harness.wiro.list_faults.clear()
    assert (await harness.end_of()).cause is Cause.UNANSWERED


async def test_a_list_that_cannot_be_read_until_the_deadline_ends_the_doubt(harness: BotHarness) -> None:
    harness.wiro.run_faults.append(EngineUnreachable("timeout"))
    harness.wiro.list_faults.extend([EngineServerFault("down")] * 1000)
    await harness.submit()
    await until(lambda: harness.wiro.lists_asked)
    harness.time.forward(3601)
    assert (await harness.end_of()).cause is Cause.UNANSWERED
    assert len(harness.wiro.runs) == 1


async def test_a_socket_that_says_nothing_is_no_obstacle(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    harness.wiro.tell(task_id, SUCCESS)
    assert (await harness.end_of()).stage is Stage.SUCCEEDED


async def test_a_long_silence_is_told_and_forgotten_with_the_next_news(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    await until(lambda: harness.board.shown[-1].quiet_since_s is not None)
    await harness.hears(task_id, Reached(Stage.RUNNING))
    await until(lambda: harness.board.shown[-1].job.stage is Stage.RUNNING)
    assert harness.board.shown[-1].quiet_since_s is None


async def test_a_gap_is_answered_by_asking_detail(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    await until(lambda: harness.wiro.details_asked)
    harness.wiro.tell(task_id, SUCCESS)
    await harness.hears(task_id, Gap("closed 1006"))
    assert (await harness.end_of()).stage is Stage.SUCCEEDED


async def test_unknown_frames_end_nothing(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    await harness.hears(task_id, Unrecognised("task_dance"), Progressed(Progress(1, 4)))
    await until(lambda: harness.board.shown[-1].job.progress == Progress(1, 4))
    assert harness.board.concluded == []


async def test_detail_may_fail_for_a_while(harness: BotHarness) -> None:
    harness.wiro.detail_faults.extend(
        [EngineServerFault("down"), EngineUnreachable(""), EngineServerFault("down")]
    )
    task_id = await harness.submit_and_watch()
    harness.wiro.tell(task_id, SUCCESS)
    assert (await harness.end_of()).stage is Stage.SUCCEEDED


async def test_a_task_that_wiro_shows_late_is_not_taken_for_lost(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    report = harness.wiro.reports.pop(task_id)
    await harness.hears(task_id, Reached(Stage.FINISHING))
    asked = harness.wiro.details_asked
    await until(lambda: harness.wiro.details_asked > asked + 2 * NOT_FOUND_TRIES)
    harness.wiro.reports[task_id] = report
    harness.wiro.tell(task_id, SUCCESS)
    assert (await harness.end_of()).stage is Stage.SUCCEEDED


async def test_a_task_that_wiro_no_longer_knows_is_lost_and_void(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    del harness.wiro.reports[task_id]
    harness.time.forward(harness.context.timeouts.unknown_grace_s + 1)
    await harness.hears(task_id, Reached(Stage.FINISHING))
    job = await harness.end_of()
    assert (job.stage, job.cause) == (Stage.FAILED, Cause.LOST)
    assert await harness.spent() == (0, 0, 0, 0)


async def test_a_task_that_detail_does_not_know_yet_is_not_lost(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    await until(lambda: harness.wiro.details_asked)
    report = harness.wiro.reports.pop(task_id)
    asked = harness.wiro.details_asked
    await until(lambda: harness.wiro.details_asked > asked + 1)
    harness.wiro.reports[task_id] = report
    harness.wiro.tell(task_id, SUCCESS)
    assert (await harness.end_of()).stage is Stage.SUCCEEDED


async def test_a_task_past_its_deadline_is_stopped_and_its_ending_is_what_detail_says(
    harness: BotHarness,
) -> None:
    task_id = await harness.submit_and_watch()
    await harness.hears(task_id, Reached(Stage.RUNNING))
    await harness.stage_reached(Stage.RUNNING)
    harness.wiro.on_stop = Settled(is_success=False, cost=Money(0), detail="killed")
    harness.time.forward(3601)
    job = await harness.end_of()
    assert harness.wiro.stopped == [("kill", task_id)]
    assert (job.stage, job.detail) == (Stage.FAILED, "killed")


async def test_a_member_does_not_pay_for_a_task_that_was_stopped_at_its_deadline(
    harness: BotHarness,
) -> None:
    task_id = await harness.submit_and_watch()
    harness.wiro.on_stop = Cancelled(COST, 3600.0)
    harness.time.forward(3601)
    job = await harness.end_of()
    assert harness.wiro.stopped == [("cancel", task_id)]
    assert (job.stage, job.cause, job.cost) == (Stage.FAILED, Cause.DEADLINE, COST)
    assert await harness.spent() == (0, 0, 0, 0)


async def test_a_task_that_cannot_be_stopped_is_given_up_after_the_deadline(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    harness.time.forward(3601)
    await until(lambda: harness.wiro.stopped)
    harness.time.forward(61)
    job = await harness.end_of()
    assert (job.stage, job.cause) == (Stage.FAILED, Cause.DEADLINE)
    assert harness.wiro.stopped == [("cancel", task_id)]
    assert await harness.spent() == (0, 0, 0, 0)


async def test_an_output_that_cannot_be_shown_costs_the_member_nothing(harness: BotHarness) -> None:
    harness.pictures.faults[PNG.name] = OutputUnusable(PNG.name, "html")
    task_id = await harness.submit_and_watch()
    harness.wiro.tell(task_id, SUCCESS)
    job = await harness.end_of()
    assert (job.stage, job.cause, job.detail) == (Stage.FAILED, Cause.OUTPUT_UNUSABLE, "html")
    assert (job.cost, job.outputs) == (COST, ())
    assert await harness.spent() == (0, 0, 0, 0)
    ((news, pictures),) = harness.board.concluded
    assert (news.job.cause, pictures) == (Cause.OUTPUT_UNUSABLE, ())


async def test_a_success_without_any_output_is_none(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    harness.wiro.tell(task_id, Settled(is_success=True, cost=COST))
    job = await harness.end_of()
    assert (job.cause, job.detail) == (Cause.OUTPUT_UNUSABLE, "there was no output")


async def test_an_output_that_cannot_be_fetched_yet_is_linked_and_paid(harness: BotHarness) -> None:
    harness.pictures.faults[PNG.name] = OutputUnavailable(PNG.name, "HTTP 503")
    task_id = await harness.submit_and_watch()
    harness.wiro.tell(task_id, SUCCESS)
    assert (await harness.end_of()).stage is Stage.SUCCEEDED
    ((_, (picture,)),) = harness.board.concluded
    assert (picture.content, picture.url) == (None, PNG.url)
    assert await harness.spent() == (1, 0, COST.pico, 0)


async def test_what_is_left_out_of_several_outputs_is_told(harness: BotHarness) -> None:
    other = Output("other.png", "image/png", "https://elsewhere.example/other.png")
    harness.pictures.faults["other.png"] = OutputHostRefused("other.png", "host")
    task_id = await harness.submit_and_watch()
    harness.wiro.tell(task_id, Settled(is_success=True, cost=COST, outputs=(PNG, other)))
    await harness.end_of()
    ((news, pictures),) = harness.board.concluded
    assert [picture.filename for picture in pictures] == [PNG.name]
    assert news.note == "1 of 2 could not be shown: host."


async def test_a_request_that_the_model_does_not_take_any_more_is_void(harness: BotHarness) -> None:
    """The catalogue may change between the record and the next start."""
    harness.wiro.run_gate.clear()
    await harness.submit(steps=20)
    job = await harness.store.job(1)
    assert job is not None
    await harness.stop()
    harness.wiro.known_models[MODEL.lower()] = Model(MODEL, "SD3", (Parameter("prompt", Kind.LONG_TEXT),))
    await harness.store.save(job)  # as it was before Run was sent
    again = BotHarness(harness.store, harness.wiro)
    harness.wiro.run_gate.set()
    runs = len(harness.wiro.runs)
    await again.jobs.resume()
    ended = await again.end_of()
    assert (ended.cause, ended.detail) == (Cause.REFUSED, "steps: 20")
    assert len(harness.wiro.runs) == runs
    await again.stop()


async def test_a_deleted_message_does_not_keep_a_job_from_settling(harness: BotHarness) -> None:
    harness.board.delivery = DeliveryOutcome.GONE
    task_id = await harness.submit_and_watch()
    harness.wiro.tell(task_id, SUCCESS)
    job = await harness.end_of()
    assert (job.stage, job.is_delivered) == (Stage.SUCCEEDED, True)
    assert await harness.spent() == (1, 0, COST.pico, 0)


async def test_a_task_cancelled_elsewhere_is_cancelled_here(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    harness.wiro.tell(task_id, Cancelled(COST, 2.0))
    await harness.hears(task_id, Reached(Stage.FINISHING))
    job = await harness.end_of()
    assert (job.stage, job.cause, job.cost) == (Stage.CANCELLED, Cause.CANCELLED, COST)
    assert await harness.spent() == (1, 0, COST.pico, 0)


async def test_a_hundred_ticks_in_one_breath_are_survived(harness: BotHarness) -> None:
    task_id = await harness.submit_and_watch()
    harness.wiro.tell(task_id, Reached(Stage.RUNNING))
    for step in range(1, 101):
        harness.sockets.say(task_id, Progressed(Progress(step, 100)))
    await until(lambda: harness.board.shown[-1].job.progress == Progress(100, 100))
    harness.wiro.tell(task_id, SUCCESS)
    assert (await harness.end_of()).stage is Stage.SUCCEEDED


async def test_a_socket_that_breaks_down_is_logged_and_detail_carries_on(
    harness: BotHarness, caplog: pytest.LogCaptureFixture
) -> None:
    task_id = await harness.submit_and_watch()
    (feed,) = harness.sockets.feeds
    feed.say(task_id, Reached(Stage.PREPARING))
    feed._events.put_nowait(("too", "many", "values"))  # type: ignore[arg-type]  # what nobody foresaw
    harness.wiro.tell(task_id, SUCCESS)
    with caplog.at_level(logging.ERROR):
        assert (await harness.end_of()).stage is Stage.SUCCEEDED
    assert "socket: a fault of ours" in caplog.messages


async def test_jobs_of_one_channel_share_a_socket_which_closes_with_the_last(harness: BotHarness) -> None:
    one = await harness.submit_and_watch(1)
    other = await harness.submit_and_watch(2, user_id=2)
    assert len(harness.sockets.feeds) == 1
    for job_id, task_id in ((1, one), (2, other)):
        harness.wiro.tell(task_id, SUCCESS)
        assert (await harness.end_of(job_id)).stage is Stage.SUCCEEDED
    assert harness.sockets.open_feeds == []
    await asyncio.sleep(0)
    assert len(harness.engine.sockets) == 0
