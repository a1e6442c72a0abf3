"""A job only moves forwards, ends once, and shrugs at what it knows already."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.job.events import (
    Accepted,
    Cancelled,
    Event,
    Gap,
    Progressed,
    Reached,
    Refused,
    Settled,
    TextStreamed,
    Unanswered,
    Unrecognised,
)
from bot.domain.job.job import Cause, Job, Progress, Stage, StreamedText
from bot.domain.job.ledger import settlement_of
from bot.domain.job.lifecycle import advance
from bot.domain.job.status_update import StatusUpdate
from bot.domain.money import Money
from tests.support.histories import endings, events, passing_news
from tests.support.samples import PNG, a_job

PASSING = [stage for stage in Stage if not stage.is_terminal]
ENDINGS = [stage for stage in Stage if stage.is_terminal]


def after(job: Job, *history: Event) -> Job:
    for event in history:
        job = advance(job, event)
    return job


@given(st.lists(events, max_size=30))
def test_no_history_turns_a_job_back(history: list[Event]) -> None:
    job = a_job()
    for event in history:
        moved = advance(job, event)
        assert moved.stage >= job.stage
        job = moved


@given(st.lists(passing_news, max_size=10), endings, st.lists(events, max_size=10))
def test_an_ended_job_stays_as_it_ended(before: list[Event], ending: Event, late: list[Event]) -> None:
    ended = after(a_job(), *before, ending)
    assert ended.is_terminal
    assert after(ended, *late) is ended


@given(st.lists(passing_news, max_size=30))
def test_only_an_ending_ends_a_job(history: list[Event]) -> None:
    assert not after(a_job(), *history).is_terminal


@given(st.lists(events, max_size=10), events)
def test_the_same_news_twice_is_the_very_same_job(history: list[Event], event: Event) -> None:
    once = after(a_job(), *history, event)
    assert advance(once, event) is once


@given(st.lists(events, max_size=10), events)
def test_a_job_that_is_not_the_same_object_has_changed(history: list[Event], event: Event) -> None:
    job = after(a_job(), *history)
    moved = advance(job, event)
    assert (moved is job) == (moved == job)


@given(st.data(), st.lists(passing_news, max_size=8), endings)
def test_repeated_and_shuffled_news_settles_the_same(
    data: st.DataObject, news: list[Event], ending: Event
) -> None:
    in_order = after(a_job(task_id="100"), *news, ending)
    shuffled = after(a_job(task_id="100"), *data.draw(st.permutations([*news, *news, ending, ending])))
    assert shuffled.stage is in_order.stage
    assert shuffled.cause is in_order.cause
    assert shuffled.outputs == in_order.outputs
    assert shuffled.elapsed_s == in_order.elapsed_s
    assert settlement_of(shuffled) == settlement_of(in_order)


@given(st.lists(events, max_size=20))
def test_what_was_asked_and_held_never_changes(history: list[Event]) -> None:
    job = a_job()
    moved = after(job, *history)
    moving = ("stage", "task_id", "progress", "speech", "cause", "detail", "cost", "elapsed_s", "outputs")
    moving += ("is_charge_open",)
    assert replace(moved, **{name: getattr(job, name) for name in moving}) == job


@pytest.mark.parametrize("stage", PASSING)
@pytest.mark.parametrize("reached", list(Stage))
def test_stages_may_be_skipped_and_only_forwards(stage: Stage, reached: Stage) -> None:
    job = a_job(stage=stage)
    moved = advance(job, Reached(reached))
    if reached > stage and not reached.is_terminal:
        assert moved == replace(job, stage=reached)
    else:
        assert moved is job


def test_an_accepted_job_is_in_wiros_queue_under_its_task() -> None:
    moved = advance(a_job(), Accepted("101"))
    assert (moved.stage, moved.task_id) == (Stage.QUEUED, "101")


def test_a_task_learned_late_does_not_turn_a_job_back() -> None:
    moved = advance(a_job(stage=Stage.RUNNING), Accepted("101"))
    assert (moved.stage, moved.task_id) == (Stage.RUNNING, "101")


def test_no_answer_is_a_doubt_only_before_a_task_is_known() -> None:
    assert advance(a_job(), Unanswered()).stage is Stage.UNKNOWN
    queued = a_job(stage=Stage.QUEUED)
    assert advance(queued, Unanswered()) is queued


@pytest.mark.parametrize("cause", list(Cause))
def test_a_refusal_ends_a_job_with_its_cause(cause: Cause) -> None:
    moved = advance(a_job(), Refused(cause, "words"))
    assert moved.stage is (Stage.CANCELLED if cause is Cause.CANCELLED else Stage.FAILED)
    assert (moved.cause, moved.detail) == (cause, "words")


def test_steps_mean_running_and_are_remembered() -> None:
    moved = advance(a_job(stage=Stage.QUEUED), Progressed(Progress(3, 28)))
    assert (moved.stage, moved.progress) == (Stage.RUNNING, Progress(3, 28))


def test_steps_do_not_count_down() -> None:
    job = a_job(stage=Stage.RUNNING, progress=Progress(5, 28))
    assert advance(job, Progressed(Progress(4, 28))) is job


def test_the_next_picture_of_a_job_counts_its_steps_anew() -> None:
    job = a_job(stage=Stage.RUNNING, progress=Progress(28, 28))
    assert advance(job, Progressed(Progress(1, 30))).progress == Progress(1, 30)


def test_steps_after_the_end_was_announced_are_late() -> None:
    job = a_job(stage=Stage.FINISHING)
    assert advance(job, Progressed(Progress(1, 28))) is job


def test_steps_known_before_the_start_was_heard_still_start_it() -> None:
    job = a_job(stage=Stage.PREPARING, progress=Progress(5, 28))
    assert advance(job, Progressed(Progress(5, 28))).stage is Stage.RUNNING


def test_a_success_brings_cost_time_and_outputs() -> None:
    moved = advance(a_job(), Settled(is_success=True, cost=Money(7), outputs=(PNG,), elapsed_s=4.2))
    assert moved.stage is Stage.SUCCEEDED
    assert (moved.cost, moved.outputs, moved.elapsed_s, moved.cause) == (Money(7), (PNG,), 4.2, None)


def test_a_failure_brings_its_cause_and_no_outputs() -> None:
    moved = advance(
        a_job(),
        Settled(is_success=False, cost=Money(7), outputs=(PNG,), elapsed_s=4.2, detail="out of memory"),
    )
    assert moved.stage is Stage.FAILED
    assert (moved.cause, moved.detail, moved.outputs) == (Cause.WIRO_FAILED, "out of memory", ())


def test_a_cancelled_task_brings_what_it_cost_all_the_same() -> None:
    moved = advance(a_job(stage=Stage.FINISHING), Cancelled(Money(3), 1.5))
    assert moved.stage is Stage.CANCELLED
    assert (moved.cause, moved.cost, moved.elapsed_s) == (Cause.CANCELLED, Money(3), 1.5)


@pytest.mark.parametrize("event", [Gap("closed 1006"), Unrecognised("task_dance")])
@pytest.mark.parametrize("stage", list(Stage))
def test_gaps_and_unknown_frames_move_nothing(event: Event, stage: Stage) -> None:
    job = a_job(stage=stage)
    assert advance(job, event) is job


def test_a_job_is_finished_when_it_ended_and_the_member_was_told() -> None:
    assert not a_job(stage=Stage.RUNNING, is_delivered=True).is_finished
    assert not a_job(stage=Stage.FAILED).is_finished
    assert a_job(stage=Stage.FAILED, is_delivered=True).is_finished


def test_news_of_a_job_says_nothing_that_is_not_known() -> None:
    news = StatusUpdate(a_job())
    assert (news.queue_position, news.quiet_since_s, news.is_cancelling, news.note) == (None, None, False, "")


def test_the_endings_are_the_three_last_stages() -> None:
    assert ENDINGS == [Stage.SUCCEEDED, Stage.FAILED, Stage.CANCELLED]


def test_what_was_said_is_never_unsaid() -> None:
    job = advance(a_job(stage=Stage.QUEUED), TextStreamed(StreamedText("One two", "hm")))
    assert (job.stage, job.speech) == (Stage.RUNNING, StreamedText("One two", "hm"))
    for older in (
        StreamedText("One", "hm"),
        StreamedText("One two"),
        StreamedText("", "hm and hm"),
        StreamedText("One two", "hm"),
    ):
        assert advance(job, TextStreamed(older)) is job
    cut = StreamedText("two three", "hm", cut_answer=4)
    assert advance(job, TextStreamed(cut)).speech == cut
    assert advance(replace(job, stage=Stage.FINISHING), TextStreamed(cut)).speech == StreamedText(
        "One two", "hm"
    )
