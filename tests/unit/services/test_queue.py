"""Our line before Wiro is fair, bounded, and everybody knows their place."""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import repeat
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.services.runs import queue as queue_module
from bot.services.runs.queue import FRONT, WALK_EVERY_S, FairQueue
from tests.support.clocks import StoppedClock, settle_down, until
from tests.support.virtual_loop import VirtualLoop


@dataclass
class Entrant:
    """A job in the line, and what it was told."""

    job_id: int
    user_id: int
    places: list[int] = field(default_factory=list)
    is_started: bool = False
    times_started: int = 0
    waits_since: int | None = None
    last_start: int = -1
    task: asyncio.Task[None] | None = None


class Line:
    """Plays members, Wiro's answers and the passing of time against one queue, and checks as it goes."""

    def __init__(self, max_running: int | None, delays: Callable[[], Iterator[float]] = lambda: repeat(0.01)):
        self.time = StoppedClock()
        self.max_running = max_running
        self.queue = FairQueue(max_running, self.time.monotonic, delays)
        self.entrants: dict[int, Entrant] = {}
        self.started: list[Entrant] = []  # everyone whose turn came, in order
        self.unanswered: list[int] = []
        self.running: list[int] = []
        self.step = 0

    async def arrive(self, user_id: int) -> Entrant:
        entrant = Entrant(len(self.entrants) + 1, user_id)
        self.entrants[entrant.job_id] = entrant
        await self._enter(entrant, is_first=False)
        return entrant

    async def _enter(self, entrant: Entrant, *, is_first: bool) -> None:
        self.step += 1
        entrant.is_started = False
        entrant.waits_since = self.step

        async def wait() -> None:
            await self.queue.enter(entrant.job_id, entrant.user_id, entrant.places.append, is_first=is_first)
            self._has_started(entrant)

        entrant.task = asyncio.create_task(wait())
        await settle_down()

    def _has_started(self, entrant: Entrant) -> None:
        self.step += 1
        entrant.is_started = True
        entrant.times_started += 1
        if entrant.times_started == 1:
            self._assert_was_next(entrant)
        entrant.last_start = self.step
        entrant.waits_since = None
        self.started.append(entrant)
        self.unanswered.append(entrant.job_id)
        if self.max_running is not None:
            assert self.queue.running <= self.max_running

    def _assert_was_next(self, entrant: Entrant) -> None:
        """Nobody gets a second turn while another member who waited all along has had none."""
        before = [other.last_start for other in self.entrants.values() if other.user_id == entrant.user_id]
        earlier = max(before)
        for user_id in {other.user_id for other in self.entrants.values()} - {entrant.user_id}:
            theirs = [other for other in self.entrants.values() if other.user_id == user_id]
            has_waited = any(o.waits_since is not None and o.waits_since < earlier for o in theirs)
            was_served = any(o.last_start > earlier for o in theirs)
            assert not has_waited or was_served

    async def accept(self, job_id: int) -> None:
        self.unanswered.remove(job_id)
        self.running.append(job_id)
        self.queue.accepted(job_id)
        await settle_down()

    async def refuse(self, job_id: int) -> None:
        self.unanswered.remove(job_id)
        self.queue.refused_as_busy(job_id)
        await self._enter(self.entrants[job_id], is_first=True)

    async def leave(self, job_id: int) -> None:
        self.running.remove(job_id)
        self.queue.leave(job_id)
        await settle_down()

    async def cancel(self, job_id: int) -> None:
        entrant = self.entrants[job_id]
        entrant.waits_since = None
        assert entrant.task is not None
        entrant.task.cancel()
        await asyncio.wait([entrant.task])
        self.queue.leave(job_id)
        await settle_down()

    @property
    def waiting(self) -> list[Entrant]:
        return [entrant for entrant in self.entrants.values() if entrant.waits_since is not None]

    def assert_places_are_one_to_n(self) -> None:
        assert sorted(entrant.places[-1] for entrant in self.waiting) == list(range(1, len(self.waiting) + 1))
        assert len(self.queue) == len(self.waiting)
        assert self.queue.running == len(self.unanswered) + len(self.running)

    async def serve_everybody(self) -> None:
        """Wiro takes whatever comes from now on."""
        for _ in range(4 * len(self.entrants) + 4):
            for job_id in list(self.unanswered):
                await self.accept(job_id)
            for job_id in list(self.running):
                await self.leave(job_id)
            self.time.forward(3_600)
            for _ in range(100):  # a probe wakes by itself, after 10 ms
                if self.unanswered or not self.waiting:
                    break
                await asyncio.sleep(0.001)
            else:
                raise AssertionError("nobody's turn came")
        assert self.waiting == []

    async def close(self) -> None:
        tasks = [entrant.task for entrant in self.entrants.values() if entrant.task is not None]
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, AssertionError):
                raise outcome


acts = st.tuples(
    st.sampled_from(["arrive"] * 4 + ["accept", "accept", "refuse", "leave", "cancel", "time"]),
    st.integers(0, 5),
)


async def play(line: Line, act: str, number: int) -> None:
    match act:
        case "arrive":
            await line.arrive(user_id=number % 3)
        case "accept" if line.unanswered:
            await line.accept(line.unanswered[number % len(line.unanswered)])
        case "refuse" if line.unanswered:
            await line.refuse(line.unanswered[number % len(line.unanswered)])
        case "leave" if line.running:
            await line.leave(line.running[number % len(line.running)])
        case "cancel" if line.waiting:
            await line.cancel(line.waiting[number % len(line.waiting)].job_id)
        case "time":
            line.time.forward(number)
        case _:
            pass


@settings(max_examples=60, deadline=None)
@given(st.none() | st.integers(1, 4), st.lists(acts, max_size=40))
def test_whatever_happens_the_line_is_fair_and_everybody_is_served(
    max_running: int | None, history: list[tuple[str, int]]
) -> None:
    async def the_story() -> None:
        line = Line(max_running)
        try:
            for act, number in history:
                await play(line, act, number)
                line.assert_places_are_one_to_n()
            await line.serve_everybody()
            line.assert_places_are_one_to_n()
        finally:
            await line.close()
        assert line.queue.running == 0

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(the_story())


async def test_members_are_served_in_turn_and_each_in_the_order_of_asking() -> None:
    line = Line(max_running=1)
    for user_id in (9, 1, 1, 1, 2, 3, 2):
        await line.arrive(user_id)
    await line.serve_everybody()
    assert [entrant.user_id for entrant in line.started] == [9, 1, 2, 3, 1, 2, 1]
    assert [entrant.job_id for entrant in line.started] == [1, 2, 5, 6, 3, 7, 4]


async def test_the_place_shown_is_the_turn_that_comes() -> None:
    line = Line(max_running=1)
    entrants = [await line.arrive(user_id) for user_id in (9, 1, 1, 1, 2)]
    assert [entrant.places[-1:] for entrant in entrants] == [[], [1], [3], [4], [2]]
    await line.close()


async def test_a_place_is_told_only_when_it_changes() -> None:
    line = Line(max_running=1)
    entrants = [await line.arrive(user_id) for user_id in (9, 1, 2, 3)]
    await line.accept(1)
    await line.leave(1)
    assert entrants[3].places == [3, 2]
    await line.close()


async def test_those_refused_together_stand_in_the_order_in_which_they_were_sent() -> None:
    line = Line(max_running=None)
    for user_id in range(1, 7):
        await line.arrive(user_id)
    assert len(line.unanswered) == 6
    for job_id in (1, 2):
        await line.accept(job_id)
    for job_id in (3, 4, 6, 5):
        await line.refuse(job_id)
    assert [line.entrants[job_id].places[-1] for job_id in (3, 4, 5, 6)] == [1, 2, 3, 4]
    await line.serve_everybody()
    assert [entrant.job_id for entrant in line.started[6:]] == [3, 4, 5, 6]


async def test_jobs_of_one_member_refused_together_keep_their_order() -> None:
    line = Line(max_running=None)
    for _ in range(3):
        await line.arrive(1)
    for job_id in (1, 2, 3):
        await line.refuse(job_id)
    await line.serve_everybody()
    assert [entrant.job_id for entrant in line.started[3:]] == [1, 2, 3]


async def test_after_a_refusal_no_more_are_sent_than_wiro_took() -> None:
    line = Line(max_running=None, delays=lambda: repeat(1_000.0))
    for user_id in (1, 2, 3):
        await line.arrive(user_id)
    await line.accept(1)
    await line.accept(2)
    await line.refuse(3)
    late = await line.arrive(4)
    assert (line.unanswered, late.places) == ([], [2])
    await line.leave(1)
    assert line.unanswered == [3]
    assert late.places == [2, 1]
    await line.close()


async def test_the_ceiling_is_probed_by_one_job_at_a_time_once_the_delay_is_over() -> None:
    line = Line(max_running=None, delays=lambda: repeat(1_000.0))
    await line.arrive(1)
    await line.refuse(1)
    await line.arrive(2)
    line.time.forward(999)
    line.queue._changed()
    await settle_down()
    assert line.unanswered == []
    line.time.forward(1)
    line.queue._changed()
    await settle_down()
    assert line.unanswered == [1]
    line.queue._changed()
    await settle_down()
    assert line.unanswered == [1]
    await line.accept(1)  # more are taken than was known, so the next may try at once
    assert line.unanswered == [2]
    await line.close()


async def test_a_waiting_probe_wakes_by_itself() -> None:
    line = Line(max_running=None, delays=lambda: repeat(0.0))
    await line.arrive(1)
    await line.refuse(1)
    await until(lambda: line.unanswered == [1])
    await line.close()


async def test_wiros_own_delay_is_kept() -> None:
    line = Line(max_running=None, delays=lambda: repeat(0.0))
    await line.arrive(1)
    line.unanswered.remove(1)
    line.queue.refused_as_busy(1, retry_after_s=1_000.0)
    await line._enter(line.entrants[1], is_first=True)
    line.time.forward(999)
    line.queue._changed()
    await settle_down()
    assert line.unanswered == []
    line.time.forward(2)
    line.queue._changed()
    await settle_down()
    assert line.unanswered == [1]
    await line.close()


async def test_tasks_found_after_a_restart_take_their_room() -> None:
    line = Line(max_running=2)
    line.queue.occupy(101)
    line.queue.occupy(102)
    entrant = await line.arrive(1)
    assert (entrant.is_started, entrant.places) == (False, [1])
    line.queue.leave(101)
    await settle_down()
    assert entrant.is_started
    await line.close()


async def test_a_probe_that_never_came_to_be_makes_way_for_the_next() -> None:
    line = Line(max_running=None, delays=lambda: repeat(0.0))
    await line.arrive(1)
    await line.arrive(2)
    await line.refuse(2)
    await line.refuse(1)
    await until(lambda: line.unanswered)
    (probe,) = line.unanswered
    line.unanswered.clear()
    line.queue.leave(probe)
    await until(lambda: line.unanswered)
    assert line.unanswered != [probe]
    await line.close()


async def test_who_leaves_the_line_does_not_hand_their_place_to_their_next_job() -> None:
    """A job refused as busy stands at the front; the member's other jobs do not inherit that."""
    line = Line(max_running=1, delays=lambda: repeat(1_000.0))
    for user_id in (1, 1, 2):
        await line.arrive(user_id)
    await line.refuse(1)
    assert [line.entrants[job_id].places[-1] for job_id in (1, 2, 3)] == [1, 3, 2]
    await line.cancel(1)
    assert [line.entrants[job_id].places[-1] for job_id in (2, 3)] == [2, 1]
    await line.close()


async def test_a_refused_job_that_is_cancelled_does_not_cost_its_member_their_turn() -> None:
    line = Line(max_running=2, delays=lambda: repeat(1_000.0))
    for user_id in (1, 2, 2):
        await line.arrive(user_id)
    await line.refuse(2)
    await line.refuse(1)
    line.time.forward(1_000)
    line.queue._changed()
    await settle_down()
    assert line.unanswered == [1]
    await line.arrive(1)
    await line.cancel(2)
    assert [line.entrants[job_id].places[-1] for job_id in (3, 4)] == [1, 2]
    await line.close()


@pytest.mark.parametrize("waiting", [0, 3])
async def test_the_line_can_be_measured(waiting: int) -> None:
    line = Line(max_running=1)
    for user_id in range(waiting + 1):
        await line.arrive(user_id)
    assert (len(line.queue), line.queue.running) == (waiting, 1)
    await line.close()


class Steps:
    """Counts the lines and calls that the line's own code goes through: a measure that no machine changes."""

    def __init__(self) -> None:
        self.taken = 0
        self._before = sys.gettrace()  # coverage measures by it

    def __enter__(self) -> Steps:
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def _trace(self, frame: FrameType, _event: str, _argument: object) -> Any:
        if frame.f_code.co_filename != queue_module.__file__:
            return None
        self.taken += 1
        return self._trace


async def crowd(queue: FairQueue, number: int, jobs_each: int, places: list[int]) -> list[asyncio.Task[None]]:
    """So many jobs enter at once; only the first finds room."""
    tasks = [
        asyncio.create_task(queue.enter(job_id, job_id // jobs_each, places.append))
        for job_id in range(number)
    ]
    await settle_down()
    return tasks


async def dispersed(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("jobs_each", [1, 3, 10_000], ids=["one each", "three each", "all of one member"])
async def test_a_crowd_of_twice_the_size_enters_and_is_served_at_hardly_more_than_twice_the_cost(
    jobs_each: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_module, "LOOK_S", 3_600.0)
    costs: list[int] = []
    tellings: list[int] = []
    for number in (200, 400):
        queue = FairQueue(1, StoppedClock().monotonic, lambda: repeat(1_000.0))
        places: list[int] = []
        with Steps() as steps:
            tasks = await crowd(queue, number, jobs_each, places)
            for _ in range(number // 5):
                (job_id,) = queue._running
                queue.accepted(job_id)
                queue.leave(job_id)
                await settle_down(2)
        assert len(queue) == number - number // 5 - 1
        costs.append(steps.taken)
        tellings.append(len(places))
        await dispersed(tasks)
    assert costs[1] < 2.4 * costs[0]
    assert tellings[1] < 2.4 * tellings[0]


async def test_a_refused_crowd_of_twice_the_size_lines_up_again_at_hardly_more_than_twice_the_cost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queue_module, "LOOK_S", 3_600.0)
    costs: list[int] = []
    for number in (200, 400):
        queue = FairQueue(None, StoppedClock().monotonic, lambda: repeat(1_000.0))
        started = await crowd(queue, number, 1, [])
        await asyncio.gather(*started)
        with Steps() as steps:
            for job_id in range(number):
                queue.refused_as_busy(job_id)
            tasks = [
                asyncio.create_task(queue.enter(job_id, job_id, lambda _place: None, is_first=True))
                for job_id in reversed(range(number))
            ]
            await settle_down()
        assert len(queue) == number
        assert [waiter.job_id for waiter in queue._order()] == list(range(number))
        costs.append(steps.taken)
        await dispersed(tasks)
    assert costs[1] < 2.4 * costs[0]


async def test_who_stands_far_back_learns_their_place_by_and_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "LOOK_S", 0.001)
    time, places = StoppedClock(), defaultdict[int, list[int]](list)
    queue = FairQueue(1, time.monotonic, lambda: repeat(1_000.0))
    last = 2 * FRONT
    tasks = [
        asyncio.create_task(queue.enter(job_id, job_id, places[job_id].append)) for job_id in range(last + 1)
    ]
    await settle_down()
    assert places[FRONT] == [FRONT]
    await until(lambda: places[last])
    assert places[last] == [last]
    queue.leave(0)
    await settle_down()
    assert places[FRONT] == [FRONT, FRONT - 1]
    time.forward(WALK_EVERY_S)
    await until(lambda: places[last] == [last, last - 1])
    await dispersed(tasks)
