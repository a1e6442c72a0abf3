"""Sentences with gaps: what stands in them, and how the facts of an error are filled in."""

from __future__ import annotations

from collections.abc import Callable
from string import Formatter
from typing import Any, TypeAlias

from bot.domain.money import Money
from bot.view.text.format import escaped, relative

Sentence: TypeAlias = str | Callable[[Any], str]  # with gaps for `error`, or made of the error


class _Gaps(Formatter):
    """``{error.name:~40}`` is harmless and cut, ``{error.at_s:R}`` a moment, ``{error.pico:$}`` money."""

    def format_field(self, value: Any, format_spec: str) -> str:
        match format_spec[:1]:
            case "~":
                return escaped(str(value), int(format_spec[1:]))
            case "R":
                return relative(value)
            case "$":
                return str(Money(value))
            case _:
                return str(super().format_field(value, format_spec))


def filled(sentence: Sentence, error: Any, **facts: str) -> str:
    """The sentence about this error."""
    return _Gaps().format(sentence, error=error, **facts) if isinstance(sentence, str) else sentence(error)
