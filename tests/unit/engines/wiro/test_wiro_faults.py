"""Which error an answer means, and how long it asks to wait."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engines import port
from bot.engines.wiro.faults import MAX_RETRY_AFTER_S, fault_of, is_transient, parse_retry_after
from bot.engines.wiro.values import Verdict

YES, NO = True, False


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (401, Verdict(NO, 0, "Project authorization is not valid."), port.EngineAuthFailed),
        (401, None, port.EngineAuthFailed),
        (403, None, port.EngineAuthFailed),
        (200, Verdict(NO, 0, "Project authorization is not founded"), port.EngineAuthFailed),
        (200, Verdict(NO, 0, "Requested ip 10.0.0.1 is not allowed."), port.EngineAuthFailed),
        (200, Verdict(NO, 99, "expired"), port.EngineAuthFailed),
        (429, None, port.EngineRateLimited),
        (500, Verdict(NO, 96, "busy"), port.EngineServerFault),
        (502, None, port.EngineServerFault),
        (302, None, port.EngineServerFault),
        (408, None, port.EngineServerFault),
        (200, None, port.EngineServerFault),
        (200, Verdict(None, None, ""), port.EngineServerFault),
        (400, None, port.EngineRefused),
        (422, Verdict(NO, 0, "Request parameter [prompt] required"), port.EngineRefused),
        (400, Verdict(NO, 97, "Insufficient balance"), port.EngineNoFunds),
        (404, Verdict(NO, 0, "Error parsing url."), port.EngineNotFound),
        (404, None, port.EngineServerFault),
        (404, Verdict(None, None, ""), port.EngineServerFault),
        (200, Verdict(NO, 96, "limit"), port.EngineBusy),
        (200, Verdict(NO, 97, "Insufficient balance"), port.EngineNoFunds),
        (200, Verdict(NO, 98, "sign in to run this model"), port.EngineRefused),
        (200, Verdict(NO, 0, "Request parameters are invalid."), port.EngineRefused),
        (200, Verdict(NO, None, ""), port.EngineRefused),
        (200, Verdict(NO, 1, "There is no task yet."), port.EngineNotFound),
        (200, Verdict(NO, 1, "slug-owner-project-not-exist"), port.EngineNotFound),
        (200, Verdict(NO, 0, "task-not-founded"), port.EngineNotFound),
        (200, Verdict(NO, 1, "Task is not in a cancellable state."), port.EngineRefused),
        (200, Verdict(NO, 1, "Task could not be killed: done"), port.EngineRefused),
    ],
)
def test_an_answer_means_exactly_one_error(status: int, said: Verdict | None, kind: type) -> None:
    fault = fault_of(status, said, None)
    assert type(fault) is kind
    assert fault.http_status == status
    assert fault.message


def test_a_yes_is_no_error() -> None:
    assert fault_of(200, Verdict(YES, None, ""), None) is None
    assert fault_of(201, Verdict(YES, None, ""), None) is None


def test_a_rate_limit_carries_its_wait() -> None:
    fault = fault_of(429, None, 12.0)
    assert fault is not None
    assert fault.retry_after_s == 12.0


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        (None, None),
        ("7", 7.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("999999999", MAX_RETRY_AFTER_S),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        ("Sun, 22 Nov 2026 22:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 21:00:00 GMT", 0.0),
        ("Sun, 22 Nov 2026 22:00:30 -0000", 30.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str | None, wait_s: float | None) -> None:
    now_s = 1_795_384_800.0  # 2026-11-22 22:00:00 UTC
    assert parse_retry_after(text, now_s) == wait_s


@given(st.text())
def test_no_retry_after_whatever_raises(text: str) -> None:
    wait_s = parse_retry_after(text, 0.0)
    assert wait_s is None or 0 <= wait_s <= MAX_RETRY_AFTER_S


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (port.EngineUnreachable("x"), True),
        (port.EngineServerFault("x"), True),
        (port.EngineRateLimited("x"), True),
        (port.EngineBusy("x"), False),  # our own queue waits for a free place, not the client
        (port.EngineNoFunds("x"), False),
        (port.EngineNotFound("x"), False),
        (port.EngineRefused("x"), False),
        (port.EngineAuthFailed("x"), False),
        (ValueError("x"), False),
    ],
)
def test_only_what_may_pass_by_itself_is_transient(error: Exception, expected: bool) -> None:
    assert is_transient(error) is expected
