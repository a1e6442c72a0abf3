"""What counts as a prompt: words to send to a model exactly as the member wrote them."""

from __future__ import annotations

import unicodedata
from typing import Final

from bot.domain.request.errors import PromptFault, PromptRefused
from bot.domain.request.run_request import RunRequest

MAX_PROMPT_CHARS: Final = 2_000  # ours: leaves the status card readable; Discord lets 6,000 through an option

# Controls, formats (zero-width, direction marks), surrogates, unassigned and separators show nothing.
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Cn", "Zs", "Zl", "Zp"})
# Hangul fillers and the braille blank are letters and symbols by category, and blank by look.
_BLANK: Final = frozenset("ᅟᅠㅤᅠ⠀")


def checked_prompt(text: str) -> str:
    """The prompt without surrounding blanks and NULs. Raises PromptRefused when nothing visible is left."""
    prompt = text.replace("\0", "").strip()
    if not any(_is_visible(character) for character in prompt):
        raise PromptRefused(PromptFault.EMPTY, len(prompt), MAX_PROMPT_CHARS)
    return _checked_length(prompt)


def words_of(request: RunRequest) -> str:
    """Everything a member wrote for the model to follow, for people to read."""
    texts = [request.prompt]
    for _, value in request.values:
        match value:
            case str():
                texts.append(value)
            case tuple():
                texts += value
            case _:
                pass
    return "\n".join(text for text in texts if text)


def texts_of(request: RunRequest) -> tuple[tuple[str, str], ...]:
    """Every text that reaches the model, by its name: what word rules are held against.

    The negative prompt is one of them: some models follow it as they follow any words.
    """
    texts = [("prompt", request.prompt), ("negative_prompt", request.negative_prompt or "")]
    for name, value in request.values:
        match value:
            case str():
                texts.append((name, value))
            case tuple():
                texts += ((name, chosen) for chosen in value)
            case _:
                pass
    return tuple((name, text) for name, text in texts if text)


def checked_negative_prompt(text: str | None) -> str | None:
    """Like `checked_prompt`; nothing visible means no negative prompt."""
    if text is None or not any(_is_visible(character) for character in text):
        return None
    return _checked_length(text.replace("\0", "").strip())


def _checked_length(prompt: str) -> str:
    if len(prompt) > MAX_PROMPT_CHARS:
        raise PromptRefused(PromptFault.TOO_LONG, len(prompt), MAX_PROMPT_CHARS)
    return prompt


def _is_visible(character: str) -> bool:
    is_mark = unicodedata.category(character).startswith("M")  # a lone variation selector shows nothing
    return not is_mark and character not in _BLANK and unicodedata.category(character) not in _INVISIBLE
