"""A moment in the past as people type it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain.records.since import MomentRefused, parse_since

NOW_S = datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        (" 2026-11-01 14:30 ", datetime(2026, 11, 1, 14, 30, tzinfo=UTC)),
        ("90m", datetime(2026, 11, 25, 10, 30, tzinfo=UTC)),
        ("12H", datetime(2026, 11, 25, tzinfo=UTC)),
        ("7 d", datetime(2026, 11, 18, 12, tzinfo=UTC)),
        ("2w", datetime(2026, 11, 11, 12, tzinfo=UTC)),
    ],
)
def test_dates_and_spans_are_understood(typed: str, meant: datetime) -> None:
    assert parse_since(typed, NOW_S) == int(meant.timestamp())


@pytest.mark.parametrize(
    "typed", ["", "soon", "7", "d", "-7d", "2026-13-01", "2027-01-01", "٧d", "1e9d", "NaN"]
)
def test_anything_else_and_the_future_are_refused(typed: str) -> None:
    with pytest.raises(MomentRefused):
        parse_since(typed, NOW_S)


def test_before_the_epoch_is_the_beginning() -> None:
    assert parse_since("99999w", NOW_S) == 1
    assert parse_since("0001-01-01", NOW_S) == 1
