"""Loaded by Python at its start: a place that is shut is not looked at again for an hour."""

from bot.view.messages import doors

doors.FIRST_PAUSE_S = doors.LONGEST_PAUSE_S = 3600.0  # type: ignore[misc]
