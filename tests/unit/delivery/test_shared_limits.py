"""The limit that no header shows: endings first where it is met, care in a crowd where it may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.shared_limits import (
    AGAIN_S,
    CAREFUL_S,
    CROWD,
    MARGIN_S,
    MAX_CHANNELS,
    MEMORY_S,
    MINUTE_S,
    PER_MINUTE,
    PROGRESS_PER_MINUTE,
    SharedLimits,
)
from tests.support.clocks import StoppedClock

CHANNEL = 30
ANOTHER = 31


class Channel:
    """One channel under a clock that stands still."""

    def __init__(self, open_messages: int = 1) -> None:
        self.time = StoppedClock()
        self.limits = SharedLimits(self.time.monotonic)
        self.open(open_messages)

    def open(self, count: int, channel_id: int = CHANNEL) -> None:
        for _ in range(count):
            self.limits.opened(channel_id)

    def pause(self, *, is_final: bool = False, channel_id: int = CHANNEL) -> float:
        return self.limits.pause_s(channel_id, is_final=is_final)

    def claim(self, times: int, *, is_final: bool = False) -> None:
        for _ in range(times):
            self.limits.claim(CHANNEL, is_final=is_final)

    def sent_at_once(self, *, is_final: bool = False) -> int:
        """How many edits leave before one has to wait."""
        count = 0
        while self.pause(is_final=is_final) == 0 and count < 200:
            self.claim(1, is_final=is_final)
            count += 1
        return count

    def take(self, times: int) -> None:
        for _ in range(times):
            self.limits.taken(CHANNEL)


@pytest.fixture
def channel() -> Channel:
    return Channel()


@pytest.fixture
def crowd() -> Channel:
    return Channel(open_messages=100)


def test_a_few_jobs_show_everything_while_nothing_is_known(channel: Channel) -> None:
    channel.open(CROWD - 1)  # and the one that was open
    assert channel.sent_at_once() == 200


def test_a_crowd_shows_little_while_nothing_is_known_and_its_endings_wait_for_nothing(crowd: Channel) -> None:
    assert crowd.sent_at_once() == PROGRESS_PER_MINUTE
    assert crowd.pause() == AGAIN_S  # by then it may be known
    assert crowd.sent_at_once(is_final=True) == 200


def test_a_crowd_shows_everything_once_a_channel_took_more_than_the_limit(crowd: Channel) -> None:
    crowd.sent_at_once()
    crowd.take(PER_MINUTE)
    assert crowd.pause() > 0
    crowd.take(1)
    assert crowd.pause() == 0
    crowd.open(100, ANOTHER)
    assert crowd.pause(channel_id=ANOTHER) == 0


def test_edits_over_a_long_time_prove_nothing(crowd: Channel) -> None:
    crowd.sent_at_once()
    crowd.take(PER_MINUTE)
    crowd.time.forward(59)
    crowd.open(100, ANOTHER)
    for _ in range(PROGRESS_PER_MINUTE):
        crowd.limits.claim(ANOTHER, is_final=False)
    crowd.time.forward(1)
    crowd.take(1)
    assert crowd.pause(channel_id=ANOTHER) > 0


def test_a_crowd_that_lasts_finds_out_after_a_while(crowd: Channel) -> None:
    crowd.sent_at_once()
    crowd.time.forward(CAREFUL_S)
    assert crowd.sent_at_once() == 200


def test_a_crowd_that_went_home_is_none(crowd: Channel) -> None:
    crowd.sent_at_once()
    for _ in range(100 - CROWD):
        crowd.limits.closed(CHANNEL)
    assert crowd.pause() == 0


def test_a_limit_that_is_met_takes_the_proof_away_everywhere(crowd: Channel) -> None:
    crowd.take(PER_MINUTE + 1)
    crowd.limits.refused(ANOTHER, 7)
    assert crowd.sent_at_once() == PROGRESS_PER_MINUTE
    crowd.take(PER_MINUTE)  # those taken before the refusal count no more
    assert crowd.pause() > 0


def test_what_left_before_the_limit_was_met_counts(channel: Channel) -> None:
    channel.claim(PER_MINUTE - 1)
    channel.time.forward(5)
    channel.claim(1)
    channel.limits.refused(CHANNEL, 0)
    channel.time.forward(1)
    assert channel.sent_at_once(is_final=True) == PER_MINUTE  # the refusal told that a window begins


def test_a_second_refusal_forgets_nothing(channel: Channel) -> None:
    channel.limits.refused(CHANNEL, 0)
    channel.time.forward(1)
    channel.claim(PER_MINUTE, is_final=True)
    channel.limits.refused(CHANNEL, 0)
    assert channel.pause(is_final=True) == MINUTE_S


def test_a_refusal_stops_the_channel_for_its_time_and_no_other(channel: Channel) -> None:
    channel.limits.refused(CHANNEL, 7)
    assert channel.pause() == channel.pause(is_final=True) == 7
    assert channel.pause(channel_id=ANOTHER) == 0
    channel.time.forward(7)
    assert channel.pause() == 0


def test_a_met_limit_leaves_passing_states_a_third(channel: Channel) -> None:
    channel.limits.refused(CHANNEL, 0)
    assert channel.sent_at_once() == PROGRESS_PER_MINUTE
    assert channel.pause() == MINUTE_S
    assert channel.sent_at_once(is_final=True) == PER_MINUTE - PROGRESS_PER_MINUTE


def test_no_passing_state_leaves_while_an_ending_waits(channel: Channel) -> None:
    channel.limits.refused(CHANNEL, 0)
    with channel.limits.final_waits(CHANNEL):
        assert channel.pause() > 0
        assert channel.pause(is_final=True) == 0
    assert channel.pause() == 0


def test_a_met_limit_is_forgotten_in_time(channel: Channel) -> None:
    channel.limits.refused(CHANNEL, 0)
    channel.claim(PER_MINUTE)
    channel.time.forward(MEMORY_S + 1)
    assert channel.sent_at_once() == 200


def test_thousands_of_quiet_channels_are_forgotten_and_busy_ones_are_not(channel: Channel) -> None:
    channel.limits.refused(ANOTHER, 500)
    for channel_id in range(1_000, 1_000 + 2 * MAX_CHANNELS):
        channel.limits.claim(channel_id, is_final=True)
    assert len(channel.limits._channels) <= MAX_CHANNELS
    assert channel.pause(channel_id=ANOTHER) == 500
    channel.limits.closed(CHANNEL)  # it is still known to be open
    channel.open(CROWD)
    assert channel.sent_at_once() == 200


class Windows:
    """Discord as its other limits are: a window opens with the first edit that arrives."""

    def __init__(self) -> None:
        self.ends_s, self.taken = 0.0, 0

    def retry_after_s(self, arrives_s: float) -> float:
        """Zero: taken."""
        if arrives_s >= self.ends_s:
            self.ends_s, self.taken = arrives_s + 60, 0
        self.taken += 1
        return 0.0 if self.taken <= PER_MINUTE else self.ends_s - arrives_s


class Minute:
    """Discord as it may be: what was taken in the last minute counts."""

    def __init__(self) -> None:
        self.taken_s: list[float] = []

    def retry_after_s(self, arrives_s: float) -> float:
        """Zero: taken."""
        self.taken_s = [at_s for at_s in self.taken_s if at_s > arrives_s - 60]
        if len(self.taken_s) >= PER_MINUTE:
            return self.taken_s[0] + 60 - arrives_s
        self.taken_s.append(arrives_s)
        return 0.0


def refusals(channel: Channel, server: Windows | Minute, wishes: list[tuple[bool, float]]) -> int:
    """Every wish is sent as soon as it may be, a refused one again; each second wait is another's delay."""
    count = 0
    for is_final, later_s in wishes:
        channel.time.forward(later_s)
        while True:
            channel.time.forward(channel.pause(is_final=is_final))
            if channel.pause(is_final=is_final) > 0:
                continue
            channel.claim(1, is_final=is_final)
            retry_after_s = server.retry_after_s(channel.time.now_s + later_s % MARGIN_S)
            if retry_after_s == 0:
                break
            count += 1
            channel.limits.refused(CHANNEL, retry_after_s)
    return count


WISHES = st.lists(st.tuples(st.booleans(), st.floats(0, 2)), max_size=150)


@given(WISHES)
def test_windows_are_kept_without_a_refusal_once_the_limit_is_met(wishes: list[tuple[bool, float]]) -> None:
    channel = Channel()
    channel.limits.refused(CHANNEL, 0)
    channel.time.forward(1)
    assert refusals(channel, Windows(), wishes) == 0


@given(WISHES)
def test_one_refusal_tells_that_there_are_no_windows(wishes: list[tuple[bool, float]]) -> None:
    channel = Channel()
    channel.limits.refused(CHANNEL, 0)
    channel.time.forward(1)
    assert refusals(channel, Minute(), wishes) <= 1


@given(endings=st.lists(st.floats(0, 30), min_size=1, max_size=100))
def test_endings_come_as_soon_as_the_limit_lets_them(endings: list[float]) -> None:
    channel = Channel()
    channel.limits.refused(CHANNEL, 0)
    channel.time.forward(1)
    begun_s = channel.time.now_s
    for ended_s in sorted(endings):
        channel.time.forward(max(0.0, begun_s + ended_s - channel.time.now_s))
        channel.time.forward(channel.pause(is_final=True))
        channel.claim(1, is_final=True)
    windows = (len(endings) - 1) // PER_MINUTE
    assert channel.time.now_s - begun_s <= max(endings) + windows * MINUTE_S + 0.001
