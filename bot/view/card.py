"""What a message shows, as a value: equal cards look the same, so an unchanged one is never sent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from bot.view.actions.buttons import Action

ActionT = TypeVar("ActionT", bound=Action)


class Tone(Enum):
    """The colour at a card's edge, as 0xRRGGBB."""

    WAITING = 0x80848E
    WORKING = 0x5865F2
    DONE = 0x23A55A
    WARNING = 0xF0B232
    FAILED = 0xDA373C


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture at an address, shown in a card."""

    url: str
    is_spoiler: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A paragraph, with one button beside it where there is something to do."""

    text: str
    button: Action | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """One message: text, pictures (file names of its attachments), small print, and its buttons in order.

    `body` is what a language model says: a text of its own below the other.
    """

    tone: Tone
    text: str
    body: str = ""
    rows: tuple[Row, ...] = ()
    preview: Preview | None = None
    pictures: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    is_spoiler: bool = False  # pictures and files stand behind spoilers
    small_print: str = ""
    buttons: tuple[Action, ...] = ()

    def buttons_of(self, kind: type[ActionT]) -> tuple[ActionT, ...]:
        """Its buttons of one kind."""
        return tuple(button for button in self.buttons if isinstance(button, kind))
