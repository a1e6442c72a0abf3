"""The task of an unanswered Run is told from every other by prompt, seed, time and owner."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.job.events import Reached
from bot.domain.job.job import Stage
from bot.domain.job.task import Task, TaskReport
from bot.domain.request.files import InputFile
from bot.engines.wiro.find import CLOCK_SKEW_S, is_task_of
from tests.support.samples import NOON_S, a_job

JOB = a_job(sent_at_s=NOON_S)


def a_report(created_at_s: float = NOON_S, **parameters: str) -> TaskReport:
    sent = {"prompt": JOB.request.prompt, "seed": str(JOB.seed)} | parameters
    return TaskReport(Task("101", "token"), Reached(Stage.QUEUED), sent, created_at_s)


def test_a_task_with_the_jobs_prompt_and_seed_is_its_own() -> None:
    assert is_task_of(a_report(), JOB)


@pytest.mark.parametrize(
    "report",
    [
        a_report(prompt="another"),
        a_report(seed="5"),
        a_report(seed="04"),
    ],
)
def test_a_task_that_differs_is_not(report: TaskReport) -> None:
    assert not is_task_of(report, JOB)


def test_an_older_task_with_the_seed_that_a_member_asked_for_is_anothers() -> None:
    asked = replace(JOB, request=replace(JOB.request, seed=JOB.seed))
    assert is_task_of(a_report(NOON_S - CLOCK_SKEW_S + 1), asked)
    assert not is_task_of(a_report(NOON_S - CLOCK_SKEW_S - 1), asked)


@pytest.mark.parametrize("fast_s", [-3_600, 3_600])
def test_a_clock_that_was_wrong_hides_no_task(fast_s: float) -> None:
    assert is_task_of(a_report(NOON_S - fast_s), JOB)


def test_before_run_was_sent_no_task_can_be_ours() -> None:
    assert not is_task_of(a_report(), a_job())


def test_a_task_without_a_prompt_is_not_ours() -> None:
    assert not is_task_of(
        TaskReport(Task("1", "t"), Reached(Stage.QUEUED), {"seed": str(JOB.seed)}, NOON_S), JOB
    )


def test_a_model_that_takes_no_seed_is_told_by_its_prompt() -> None:
    assert is_task_of(
        TaskReport(Task("1", "t"), Reached(Stage.QUEUED), {"prompt": JOB.request.prompt}, NOON_S), JOB
    )


UPSCALED = replace(
    JOB,
    request=replace(
        JOB.request,
        prompt="",
        files=(
            InputFile("inputImage", "https://cdn/a", "mill one.png", stored_url="https://cdn1/1/mill.png"),
        ),
    ),
)


def a_wordless_report(**parameters: str) -> TaskReport:
    return TaskReport(Task("1", "t"), Reached(Stage.QUEUED), parameters, NOON_S)


@pytest.mark.parametrize(
    "echo",
    [
        {"inputImageUrl": "https://cdn1/1/mill.png"},
        {"inputImage": "https://api.wiro.ai/v1/File/key/mill%20one.png"},
        {"inputImage": '["https:\\/\\/cdn1\\/1\\/mill.png"]'},
        {"seed": str(JOB.seed)},
    ],
)
def test_a_job_without_words_is_told_by_its_file_or_its_seed(echo: dict[str, str]) -> None:
    assert is_task_of(a_wordless_report(**echo), UPSCALED)


@pytest.mark.parametrize("echo", [{"inputImageUrl": "https://cdn1/2/house.png"}, {"scale": "2"}, {}])
def test_a_task_that_shows_nothing_of_a_job_without_words_is_not_its_own(echo: dict[str, str]) -> None:
    assert not is_task_of(a_wordless_report(**echo), UPSCALED)


def test_a_job_without_words_is_told_by_a_value_of_its_form() -> None:
    job = replace(UPSCALED, request=replace(UPSCALED.request, values=(("scale", 2),), files=()))
    assert is_task_of(a_wordless_report(scale="2.0"), job)
    assert not is_task_of(a_wordless_report(scale="4"), job)


def test_a_seed_that_fits_outweighs_another_address_of_the_file() -> None:
    assert is_task_of(a_wordless_report(seed=str(JOB.seed), inputImage="https://elsewhere/9"), UPSCALED)


def test_a_task_whose_time_wiro_does_not_tell_is_told_by_the_rest() -> None:
    assert is_task_of(a_report(0.0), JOB)


@given(st.floats(-CLOCK_SKEW_S, 1e6))
def test_clocks_may_differ_a_little(late_s: float) -> None:
    assert is_task_of(a_report(NOON_S + late_s), JOB)


def test_a_job_whose_prompt_was_erased_is_told_by_its_seed_in_a_task_that_has_a_prompt() -> None:
    erased = replace(JOB, request=replace(JOB.request, prompt=""), is_forgotten=True)
    assert is_task_of(a_report(), erased)
    assert not is_task_of(a_report(seed="5"), erased)
    assert not is_task_of(a_wordless_report(seed=str(JOB.seed)), erased)
    assert not is_task_of(a_wordless_report(prompt="a mill"), erased)
