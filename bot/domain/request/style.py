"""House styles: a look that is kept under a name and put around whatever is asked for."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from bot.domain.request.errors import StyleFault, StyleRefused
from bot.domain.request.prompt import MAX_PROMPT_CHARS
from bot.domain.request.run_request import RunRequest

T = TypeVar("T")

MAX_NAME_CHARS: Final = 32
MAX_TEMPLATE_CHARS: Final = 1_000  # leaves as much for the prompt
MAX_OWN: Final = 25  # of a member on one server
MAX_PINNED: Final = 25  # of a server

_PLACE: Final = re.compile(r"\{\s*prompt\s*\}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Style:
    """A text with {prompt} in it, or one that is appended, and options for where a member gives none.

    `guild_id` is 0 in direct messages. A style that a moderator pinned is the server's and has no member:
    `user_id` is 0.
    """

    guild_id: int
    user_id: int
    name: str
    template: str
    saved_by: int
    saved_at_s: float
    negative_prompt: str | None = None
    model: str | None = None
    width: int | None = None
    height: int | None = None
    steps: int | None = None
    guidance: float | None = None

    @property
    def is_pinned(self) -> bool:
        return self.user_id == 0

    @property
    def key(self) -> str:
        return name_key(self.name)


def checked_style(style: Style) -> Style:
    """The style with its texts tidied. Raises StyleRefused."""
    name = " ".join(_seen(style.name).split())
    if not name or len(name) > MAX_NAME_CHARS or not name_key(name):
        raise StyleRefused(StyleFault.NAME, style.name, MAX_NAME_CHARS)
    template = style.template.replace("\0", "").strip()
    if not _seen(template).strip(" ,"):
        raise StyleRefused(StyleFault.EMPTY, name)
    if len(template) > MAX_TEMPLATE_CHARS:
        raise StyleRefused(StyleFault.TOO_LONG, name, MAX_TEMPLATE_CHARS)
    negative = (style.negative_prompt or "").replace("\0", "").strip()
    if len(negative) > MAX_TEMPLATE_CHARS:
        raise StyleRefused(StyleFault.TOO_LONG, name, MAX_TEMPLATE_CHARS)
    return replace(style, name=name, template=template, negative_prompt=negative or None)


def apply(style: Style, request: RunRequest) -> RunRequest:
    """The request in this style. What the member gave wins; an empty `model` leaves it to the style.

    Raises StyleRefused where both texts together are longer than a prompt may be.
    """
    prompt = styled(style.template, request.prompt)
    if len(prompt) > MAX_PROMPT_CHARS:
        raise StyleRefused(StyleFault.TOO_LONG_TOGETHER, style.name, MAX_PROMPT_CHARS)
    is_shaped = request.width is not None or request.height is not None
    return replace(
        request,
        prompt=prompt,
        negative_prompt=_first(request.negative_prompt, style.negative_prompt),
        model=request.model or style.model or "",
        width=request.width if is_shaped else style.width,
        height=request.height if is_shaped else style.height,
        steps=_first(request.steps, style.steps),
        guidance=_first(request.guidance, style.guidance),
    )


def styled(template: str, prompt: str) -> str:
    """``a cat`` in ``{prompt}, oil painting`` or in ``oil painting`` alike: ``a cat, oil painting``."""
    words = prompt.strip()
    if _PLACE.search(template):
        return _PLACE.sub(lambda _: words, template)
    return ", ".join(part for part in (words, template) if part)


def name_key(name: str) -> str:
    """A name as names are compared: without regard to case, forms of letters, and what cannot be seen."""
    return " ".join(_seen(unicodedata.normalize("NFKC", name)).casefold().split())


def _seen(text: str) -> str:
    """Without controls and marks of direction; tabs and line breaks are blanks."""
    kept = (c if not c.isspace() else " " for c in text)
    return "".join(c for c in kept if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Cn", "Co"})


def _first(given: T | None, otherwise: T | None) -> T | None:
    return otherwise if given is None else given
