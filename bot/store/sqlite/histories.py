"""What a model took and cost with us, and the bills of its runs that nobody could foresee."""

from __future__ import annotations

import sqlite3
import statistics
from typing import Final

from bot.domain.catalogue.model import folded_slug
from bot.domain.limits.effort import Effort
from bot.domain.limits.holds import WARY_S, Bill, History
from bot.domain.money import Money
from bot.domain.request.run_request import RunRequest
from bot.services.catalogue.ports import SAMPLE
from bot.store.sqlite.rows import storable

# Answered by the index `jobs_bills` alone, from its newest entry back.
_LATEST: Final = """
SELECT elapsed_s, cost_pico, width, height, steps, picture_count FROM jobs
WHERE model = ? COLLATE NOCASE AND stage = 'SUCCEEDED' ORDER BY created_at_s DESC LIMIT ?
"""
_ALARMS: Final = """
SELECT kind, billed_pico, width, height, steps, picture_count FROM bill_alarm JOIN jobs USING (job_id)
WHERE bill_alarm.model = ? AND at_s > ? ORDER BY at_s DESC LIMIT ?
"""


def history_of(sqlite: sqlite3.Connection, model: str, at_s: float) -> History:
    """The latest successes, and the alarms that still count at `at_s`, at most SAMPLE of each."""
    name = storable(model)
    rows = sqlite.execute(_LATEST, (name, SAMPLE)).fetchall()
    elapsed = [row[0] for row in rows if row[0] is not None]
    alarms = sqlite.execute(_ALARMS, (folded_slug(name), at_s - WARY_S, SAMPLE)).fetchall()
    return History(
        median_s=statistics.median(elapsed) if elapsed else None,
        bills=tuple(Bill(Money(pico), effort_of_row(*rest)) for _, pico, *rest in rows if pico),
        surprises=tuple(
            Bill(Money(pico), effort_of_row(*rest)) for _, pico, *rest in alarms if pico is not None
        ),
        is_disbelieved=any(pico is None for _, pico, *_ in alarms),
    )


def effort_of(request: RunRequest) -> Effort:
    return effort_of_row(request.width, request.height, request.steps, request.count)


def effort_of_row(width: int | None, height: int | None, steps: int | None, pictures: int) -> Effort:
    return Effort(steps, width * height if width and height else None, pictures)
