"""Discord's headers are kept: the last request of a window is an ending's, a shared limit binds a channel."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.budgets import (
    BANNED_S,
    MAX_PAUSE_S,
    Budgets,
    channel_key,
    token_key,
)
from bot.delivery.shared_limits import CROWD, PER_MINUTE, PROGRESS_PER_MINUTE
from tests.support.clocks import StoppedClock
from tests.support.discord_side import TOKEN

CHANNEL = 30
BY_TOKEN = f"/api/v10/webhooks/5/{TOKEN}/messages/@original"
BY_CHANNEL = f"/api/v10/channels/{CHANNEL}/messages/900"
KEY = token_key(TOKEN)


class Ledger:
    """Budgets under a clock that stands still."""

    def __init__(self) -> None:
        self.time = StoppedClock()
        self.budgets = Budgets(self.time.monotonic)
        self.budgets.bind(TOKEN, CHANNEL)

    def answered(self, remaining: int, reset_s: float, path: str = BY_TOKEN, status: int = 200) -> None:
        headers = {"X-RateLimit-Remaining": str(remaining), "X-RateLimit-Reset-After": str(reset_s)}
        self.budgets.observe("PATCH", path, status, headers)

    def refused(self, retry_s: float, scope: str = "user", path: str = BY_TOKEN) -> None:
        self.budgets.observe("PATCH", path, 429, {"Retry-After": str(retry_s), "X-RateLimit-Scope": scope})

    def pause(self, *, is_final: bool = False, channel_id: int = CHANNEL) -> float:
        return self.budgets.pause_s(KEY, channel_id, is_final=is_final)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def test_what_is_not_known_is_not_waited_for(ledger: Ledger) -> None:
    assert ledger.pause() == ledger.pause(is_final=True) == 0
    assert ledger.budgets.pause_s(("token", "another"), CHANNEL, is_final=False) == 0


@given(st.integers(0, 10), st.floats(0, 60), st.floats(0, 90))
def test_the_last_request_of_a_window_is_kept_for_an_ending(
    remaining: int, reset_s: float, later_s: float
) -> None:
    ledger = Ledger()
    ledger.answered(remaining, reset_s)
    ledger.time.forward(later_s)
    expected = 0.0 if remaining >= 2 else max(0.0, reset_s - later_s)
    assert ledger.pause() == pytest.approx(expected, abs=1e-6)
    assert ledger.pause(is_final=True) == 0


@pytest.mark.parametrize("headers", [{}, {"X-RateLimit-Remaining": "many"}, {"X-RateLimit-Remaining": "-1"}])
def test_headers_that_say_nothing_change_nothing(ledger: Ledger, headers: dict[str, str]) -> None:
    ledger.budgets.observe("PATCH", BY_TOKEN, 200, headers)
    assert ledger.pause() == 0


@pytest.mark.parametrize("reset", ["", "soon", "-5"])
def test_a_reset_that_cannot_be_read_is_soon(ledger: Ledger, reset: str) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": reset}
    ledger.budgets.observe("PATCH", BY_TOKEN, 200, headers)
    assert 0 <= ledger.pause() <= 1


def test_only_edits_of_messages_count(ledger: Ledger) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "9"}
    ledger.budgets.observe("POST", BY_TOKEN, 200, headers)
    ledger.budgets.observe("PATCH", "/api/v10/users/@me", 200, headers)
    ledger.budgets.observe("PATCH", "/api/v10/webhooks/5/another/messages/@original", 200, headers)
    assert ledger.pause() == 0


def test_ways_have_windows_of_their_own(ledger: Ledger) -> None:
    ledger.answered(0, 9, BY_CHANNEL)
    assert ledger.pause() == 0
    assert ledger.budgets.pause_s(channel_key(CHANNEL), CHANNEL, is_final=False) == 9


def test_a_refusal_is_heard_and_its_time_kept(ledger: Ledger) -> None:
    heard: list[str] = []
    with ledger.budgets.listened(KEY, lambda: heard.append("first")):
        with ledger.budgets.listened(KEY, lambda: heard.append("second")):
            assert heard == []
            ledger.refused(7)
        ledger.refused(7)
    ledger.refused(7)
    assert heard == ["first", "second", "first"]
    assert ledger.pause() == 7
    assert ledger.pause(is_final=True) == 7
    assert ledger.budgets.rate_limited == 3


@pytest.mark.parametrize("wait", ["inf", "nan", "-3", "tomorrow", "99999999"])
def test_a_wait_that_makes_no_sense_is_bounded(ledger: Ledger, wait: str) -> None:
    ledger.budgets.observe("PATCH", BY_TOKEN, 429, {"Retry-After": wait, "Via": "1.1 google"})
    assert 0 <= ledger.pause(is_final=True) <= MAX_PAUSE_S


@pytest.mark.parametrize("method", ["PATCH", "POST", "GET"])
def test_a_refusal_by_cloudflare_stops_every_way(ledger: Ledger, method: str) -> None:
    ledger.budgets.observe(method, BY_CHANNEL, 429, {"Retry-After": "40"})
    for key in (KEY, channel_key(CHANNEL), ("direct", "1")):
        for is_final in (False, True):
            assert ledger.budgets.pause_s(key, 31, is_final=is_final) == 40
    assert ledger.budgets.bot_pause_s() == 40
    ledger.time.forward(40)
    assert ledger.pause(is_final=True) == ledger.budgets.bot_pause_s() == 0


def test_a_refusal_by_cloudflare_that_names_no_time_lasts_a_while(ledger: Ledger) -> None:
    ledger.budgets.observe("PATCH", BY_TOKEN, 429, {})
    assert ledger.pause(is_final=True) == BANNED_S


@pytest.mark.parametrize("header", [{"X-RateLimit-Scope": "global"}, {"X-RateLimit-Global": "true"}])
def test_a_global_refusal_stops_what_bears_the_bots_token(ledger: Ledger, header: dict[str, str]) -> None:
    headers = {"Retry-After": "3", "Via": "1.1 google", **header}
    ledger.budgets.observe("POST", "/api/v10/channels/1/messages", 429, headers)
    assert ledger.budgets.bot_pause_s() == 3
    assert ledger.budgets.pause_s(channel_key(31), 31, is_final=True) == 3
    assert ledger.pause() == 0  # an interaction's token is outside the global limit


def test_a_refusal_of_any_request_is_counted(ledger: Ledger) -> None:
    ledger.budgets.observe("POST", "/api/v10/channels/1/messages", 429, {})
    assert ledger.budgets.rate_limited == 1


@pytest.mark.parametrize("path", [BY_TOKEN, BY_CHANNEL])
def test_a_shared_refusal_stops_the_whole_channel_for_its_time(ledger: Ledger, path: str) -> None:
    ledger.refused(7, "shared", path)
    assert ledger.budgets.pause_s(("token", "another"), CHANNEL, is_final=False) == 7
    assert ledger.pause(is_final=True) == 7
    assert ledger.pause(channel_id=31) == (7 if path == BY_TOKEN else 0)
    ledger.time.forward(7)
    assert ledger.pause() == 0


def test_edits_that_are_taken_prove_that_a_crowd_has_room(ledger: Ledger) -> None:
    for _ in range(CROWD + 1):
        ledger.budgets.shared.opened(CHANNEL)
    for _ in range(PROGRESS_PER_MINUTE):
        ledger.budgets.shared.claim(CHANNEL, is_final=False)
    assert ledger.pause() > 0
    for _ in range(PER_MINUTE + 1):
        ledger.answered(5, 2, BY_CHANNEL)  # another limit: it proves nothing
    assert ledger.pause() > 0
    for _ in range(PER_MINUTE + 1):
        ledger.answered(5, 2)
    assert ledger.pause() == 0


def test_failed_edits_prove_nothing(ledger: Ledger) -> None:
    for _ in range(CROWD + 1):
        ledger.budgets.shared.opened(CHANNEL)
    for _ in range(2 * PER_MINUTE):
        ledger.budgets.shared.claim(CHANNEL, is_final=False)
        ledger.answered(5, 2, status=500)
    assert ledger.pause() > 0


def test_a_token_that_is_done_with_is_forgotten(ledger: Ledger) -> None:
    ledger.answered(0, 9)
    ledger.budgets.release(TOKEN)
    assert ledger.pause() == 0
    ledger.answered(0, 9)
    ledger.refused(9, "shared")
    assert ledger.pause() == 0
    ledger.budgets.release(TOKEN)
