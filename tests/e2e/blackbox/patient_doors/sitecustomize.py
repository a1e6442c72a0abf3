"""Loaded by Python at its start: a place that is shut is not looked at again for an hour."""

from bot.delivery import circuit_breaker

circuit_breaker.FIRST_PAUSE_S = circuit_breaker.LONGEST_PAUSE_S = 3600.0  # type: ignore[misc]
