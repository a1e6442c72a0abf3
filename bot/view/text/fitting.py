"""As many as fit, and how many more there are; and where a message stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from bot.domain.request.origin import Origin

T = TypeVar("T")


def fitting(
    things: Sequence[T],
    room: float = float("inf"),
    *,
    name: Callable[[T], str] = str,
    most: int | None = None,
    gap: int = 1,
    measure: Callable[[str], int] = len,
) -> tuple[list[str], int]:
    """The names of the first things, at most `most`, that `room` holds with a `gap` beside each.

    And how many are left out: they are not named at all.
    """
    shown: list[str] = []
    for thing in things[:most]:
        text = name(thing)
        room -= measure(text) + gap
        if room < 0:
            break
        shown.append(text)
    return shown, len(things) - len(shown)


def and_more(more: int) -> str:
    """``and 3 more``; empty where nothing is left out."""
    return f"and {more:,} more" if more else ""


def joined(things: Sequence[T], most: int, name: Callable[[T], str], between: str = ", ") -> str:
    """``a, b and 3 more``."""
    shown, more = fitting(things, most=most, name=name)
    return " ".join(part for part in (between.join(shown), and_more(more)) if part)


def message_url(guild_id: int | None, channel_id: int, message_id: int) -> str:
    return f"https://discord.com/channels/{guild_id or '@me'}/{channel_id}/{message_id}"


def jump_link(origin: Origin) -> str:
    """`` · [jump to it](…)`` to a message that others can see, too; empty without one."""
    if origin.message_id is None or origin.is_private:
        return ""
    return f" · [jump to it]({message_url(origin.guild_id, origin.channel_id, origin.message_id)})"
