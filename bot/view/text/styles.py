"""Styles in words: one line of a list, and why one cannot be kept or used."""

from __future__ import annotations

from typing import Final

from bot.domain.request.errors import StyleFault, StyleRefused
from bot.domain.request.style import Style
from bot.view.text.format import code, escaped

NO_STYLE: Final = "no style"


def style_words(style: Style | None, template_chars: int = 120) -> str:
    """What a style does: ``“{prompt}, oil painting” · without fog · 30 steps``."""
    if style is None:
        return NO_STYLE
    parts = [f"“{escaped(style.template, template_chars)}”"]
    if style.negative_prompt:
        parts.append(f"without {escaped(style.negative_prompt, 60)}")
    if style.model:
        parts.append(f"model {code(style.model)}")
    if style.width is not None and style.height is not None:
        parts.append(f"{style.width} × {style.height}")
    if style.steps is not None:
        parts.append(f"{style.steps} steps")
    if style.guidance is not None:
        parts.append(f"guidance {style.guidance:g}")
    return " · ".join(parts)


def style_refused(error: StyleRefused) -> str:
    name = escaped(error.name, 40)
    match error.fault:
        case StyleFault.NAME:
            return (
                f"A style needs a name of 1 to {error.limit} characters that can be seen. "
                "Nothing was kept; give it another name."
            )
        case StyleFault.EMPTY:
            return (
                f"The style {name} has no text. Nothing was kept; write what is to be added to a prompt, "
                "with {prompt} where the prompt belongs."
            )
        case StyleFault.TOO_LONG:
            return f"A style's text has room for {error.limit:,} characters. Nothing was kept; shorten it."
        case StyleFault.TOO_LONG_TOGETHER:
            return (
                f"The style {name} and your prompt together are longer than {error.limit:,} characters. "
                "Nothing was held; shorten the prompt."
            )
        case StyleFault.TOO_MANY:
            return (
                f"You have {error.limit} styles here, as many as there is room for. Nothing was kept; "
                "delete one with `/style delete`, or save over one by its name."
            )
        case StyleFault.TOO_MANY_PINNED:
            return (
                f"This server has {error.limit} pinned styles, as many as there is room for. "
                "Nothing was kept; delete one with `/style delete`, or save over one by its name."
            )
        case StyleFault.UNKNOWN:
            return f"There is no style called {name} here. Nothing was held; `/style list` shows all of them."
