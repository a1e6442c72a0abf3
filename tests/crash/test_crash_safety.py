"""The bot is killed at every step of a job and of its recovery: nothing is lost, nothing is paid twice."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.crash.crash_bench import Bench, complaint, explore, opened
from tests.crash.crash_checker import violations
from tests.crash.crash_life import DATABASE, MESSAGES, SEED
from tests.crash.crash_scenarios import FAULTS, PROMPT, Build, Scenario
from tests.crash.crash_wiro import BookedTask

CHANCE = int(os.environ.get("CRASH_SEED", "1"))
SCENARIOS = int(os.environ.get("CRASH_SCENARIOS", "560"))
REPLAY = os.environ.get("CRASH_REPLAY")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="lives are forked")


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    with opened() as running:
        yield running


@pytest.mark.skipif(REPLAY is not None, reason="one scenario is replayed alone")
@pytest.mark.parametrize("fault", FAULTS)
def test_no_kill_loses_anything_or_pays_twice(
    bench: Bench, fault: str, record_property: Callable[[str, object], None]
) -> None:
    """`CRASH_SCENARIOS=n` tries more of them, `CRASH_SEED=n` others."""
    outcomes = explore(bench, fault, -(-SCENARIOS // len(FAULTS)), CHANCE)
    assert not complaint(outcomes), complaint(outcomes)
    planned = sum(len(outcome.scenario.kills) for outcome in outcomes)
    struck = sum(outcome.struck for outcome in outcomes)
    assert struck > planned / 2, "kills that find nobody prove nothing"
    record_property("crash scenarios", len(outcomes))
    record_property("lives of the bot in them", sum(len(outcome.traces) for outcome in outcomes))
    record_property("lives that were killed", struck)


@pytest.mark.skipif(REPLAY is None, reason="CRASH_REPLAY names no scenario")
def test_the_scenario_of_the_environment(bench: Bench) -> None:
    """As often as `CRASH_SCENARIOS` says: where two things race, once may not show it."""
    times = int(os.environ.get("CRASH_SCENARIOS", "1"))
    outcomes = bench.run([Scenario.parse(REPLAY or "")] * times)
    assert not complaint(outcomes), complaint(outcomes)


def test_a_build_that_sends_run_again_on_doubt_is_caught(bench: Bench) -> None:
    (outcome,) = bench.run([Scenario("lost", build=Build.RETRIES_BLINDLY)])
    assert any(sentence.startswith("2 tasks were run for 1 job") for sentence in outcome.violations)
    assert any(sentence.startswith("the ledger has") for sentence in outcome.violations)


def test_a_blind_build_is_caught_when_it_is_killed_too(bench: Bench) -> None:
    kills = ("wiro.run 1 after", "store.settle 1 after")
    (outcome,) = bench.run([Scenario("gateway", kills, build=Build.RETRIES_BLINDLY)])
    assert outcome.struck == 2
    assert any(sentence.startswith("2 tasks were run for 1 job") for sentence in outcome.violations)


def test_a_grace_shorter_than_the_lists_lag_is_caught(bench: Bench) -> None:
    (outcome,) = bench.run([Scenario("lost+lag", build=Build.IMPATIENT)])
    assert any(sentence.endswith("belongs to 0 jobs") for sentence in outcome.violations)
    assert any(sentence.startswith("the ledger has 0 picodollars") for sentence in outcome.violations)


def test_a_build_that_takes_the_first_look_for_the_last_word_is_caught(bench: Bench) -> None:
    faults = [fault for fault in FAULTS if fault.startswith("late")]
    outcomes = bench.run([Scenario(fault, build=Build.HASTY) for fault in faults])
    missed = [any("Wiro billed" in line for line in outcome.violations) for outcome in outcomes]
    assert dict(zip(faults, missed, strict=True)) == dict.fromkeys(faults, True)


def test_what_a_member_stopped_is_charged_after_kills_too(bench: Bench) -> None:
    kills = ("store.settle 1 after", "store.book_charge 1 before")
    (outcome,) = bench.run([Scenario("late+stopped", kills)])
    assert outcome.struck == 2
    assert outcome.violations == ()
    assert any(step.startswith(("wiro.kill", "wiro.cancel")) for step in outcome.traces[0])


def test_a_run_on_its_way_at_the_kill_is_found_and_charged_once(bench: Bench) -> None:
    (outcome,) = bench.run([Scenario("lag", ("wiro.run sending 1 sent",))])
    assert outcome.struck == 1
    assert outcome.violations == ()
    assert "wiro.recent_tasks 4 after" in outcome.traces[1]
    assert not any(step.startswith("wiro.run") for step in outcome.traces[1])


# --- the checker itself: sound evidence, spoilt in one place -----------------------------------------------

Spoil = Callable[[sqlite3.Connection], object]
THE_TASK = BookedTask(
    task_id="2221", prompt=PROMPT, seed=SEED, is_terminal=True, pexit="0", totalcost="0.001404000000"
)


@pytest.fixture(scope="session")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one unharmed life leaves behind."""
    folder = tmp_path_factory.mktemp("evidence")
    with opened(keep_in=folder) as running:
        (outcome,) = running.run([Scenario("none")])
    assert outcome.violations == ()
    return folder / "1"


def spoilt(evidence: Path, tmp_path: Path, sql: str) -> Path:
    copy = shutil.copytree(evidence, tmp_path / "copy")
    with closing(sqlite3.connect(copy / DATABASE)) as sqlite:
        triggers = sqlite.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            sqlite.execute(f"DROP TRIGGER {name}")
        sqlite.execute(sql)
        sqlite.commit()
    return copy


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("DELETE FROM resolution", "the reservation of job 1 is open"),
        ("DELETE FROM reservation", "jobs [1] have the reservations []"),
        ("UPDATE resolution SET amount_pico = amount_pico + 1", "the ledger has"),
        ("UPDATE jobs SET is_delivered = 0", "job 1 is not marked as told"),
        ("UPDATE jobs SET stage = 'RUNNING'", "job 1 is RUNNING"),
        ("UPDATE jobs SET stage = 'FAILED', cause = 'LOST'", "job 1 is recorded as"),
        ("UPDATE jobs SET task_id = NULL", "task 2221 belongs to 0 jobs"),
        ("UPDATE usage SET runs_held = 1", "the counter"),
        ("UPDATE usage SET spend_used_pico = spend_used_pico - 1", "the counter"),
        ("DELETE FROM usage", "the counter"),
    ],
)
def test_the_checker_sees_a_wrong_record(evidence: Path, tmp_path: Path, sql: str, sentence: str) -> None:
    copy = spoilt(evidence, tmp_path, sql)
    found = violations([THE_TASK], copy / DATABASE, copy / MESSAGES)
    assert any(line.startswith(sentence) for line in found), found


def test_the_checker_sees_wrong_books_of_wiro(evidence: Path) -> None:
    def check(*tasks: BookedTask) -> str:
        return "\n".join(violations(tasks, evidence / DATABASE, evidence / MESSAGES))

    assert not check(THE_TASK)
    assert "2 tasks were run for 1 job" in check(THE_TASK, replace(THE_TASK, task_id="2222"))
    assert "1 tasks were run for 0 job" in check(THE_TASK, replace(THE_TASK, task_id="2222", seed=5))
    assert "has not ended" in check(replace(THE_TASK, is_terminal=False))
    assert "Wiro billed 1000000000" in check(replace(THE_TASK, totalcost="0.001"))
    assert "told as a success" in check(replace(THE_TASK, pexit="1"))


def test_the_checker_sees_a_wrong_telling(evidence: Path, tmp_path: Path) -> None:
    told = (evidence / MESSAGES).read_text()

    def check(text: str) -> str:
        messages = tmp_path / "messages"
        messages.write_text(text)
        return "\n".join(violations([THE_TASK], evidence / DATABASE, messages))

    assert not check(told * 2), "the same edit twice is one telling"
    assert "was told 0 endings" in check("")
    assert "was told 2 endings" in check(told + told.replace("SUCCEEDED", "FAILED"))
    assert "was shown []" in check(told.replace('["0.png"]', "[]"))
    assert "is not on record" in check(told + told.replace('"job_id": 1', '"job_id": 9'))
