"""A text as word rules read it: once as it stands, once with the disguises taken off its letters."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from bot.domain.moderation.lookalikes import LETTERS
from bot.domain.request.errors import PromptFault, PromptRefused

MAX_FOLDED_CHARS: Final = 8_000  # of one text: one character may stand for eighteen

# Default-ignorable by Unicode 16 (DerivedCoreProperties), as far as their category does not tell it: Hangul
# and Khmer fillers, variation selectors, the joiner of graphemes.
_FILLERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_SELECTORS: Final = (("\u180b", "\u180f"), ("\ufe00", "\ufe0f"), ("\U000e0100", "\U000e01ef"))
_UNSHOWN: Final = frozenset({"Cc", "Cf", "Cn", "Cs"})
_BRAILLE_BLANK: Final = "\u2800"
_OVERLAY: Final = 1  # combining classes: strokes through a letter,
_AROUND: Final = 200  # and from here on marks above, below and around it; vowel signs of scripts have others
# A capital I after small letters passes for an l: nobody writes so by chance.
_CAPITAL_I: Final = re.compile(r"(?<=[a-z])I+")


def folded(text: str) -> str:
    """Compatibility forms unified, case gone, and with it what shows nothing or is heaped on a letter.

    Raises PromptRefused for a text that unfolds to more than `MAX_FOLDED_CHARS`.
    """
    unified = unicodedata.normalize("NFKC", _seen(text))
    if len(unified) > MAX_FOLDED_CHARS:
        raise PromptRefused(PromptFault.UNFOLDS, len(unified), MAX_FOLDED_CHARS)
    return _without_marks(unified.casefold())


def bared(text: str) -> str:
    """As `folded`, without accents, look-alikes of other scripts as the Latin letters they pass for.

    What stands for an i or an l alike is left as the digit 1.
    """
    plain = _CAPITAL_I.sub(lambda found: "1" * len(found[0]), _seen(text))
    if plain.isascii():
        return plain.casefold()
    unified = unicodedata.normalize("NFKD", plain.translate(LETTERS)).casefold()
    return _without_marks(unified).translate(LETTERS)


def is_part_of_word(character: str) -> bool:
    """Letters, digits, and the vowel signs of the scripts that have them; no underscore."""
    return character.isalnum() or unicodedata.category(character) in {"Mn", "Mc"}


def _seen(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(character for character in text.replace(_BRAILLE_BLANK, " ") if _is_seen(character))


def _is_seen(character: str) -> bool:
    if unicodedata.category(character) in _UNSHOWN:
        return character.isspace()
    is_selector = any(first <= character <= last for first, last in _SELECTORS)
    return character not in _FILLERS and not is_selector


def _without_marks(text: str) -> str:
    return text if text.isascii() else "".join(c for c in text if not _is_heaped(c))


def _is_heaped(character: str) -> bool:
    category = unicodedata.category(character)
    if category != "Mn":
        return category == "Me"
    place = unicodedata.combining(character)
    return place == _OVERLAY or place >= _AROUND
