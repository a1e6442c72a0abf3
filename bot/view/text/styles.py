"""Styles in one line each."""

from __future__ import annotations

from typing import Final

from bot.domain.request.style import Style
from bot.view.text.format import code, escaped

NO_STYLE: Final = "no style"


def format_style(style: Style | None, template_chars: int = 120) -> str:
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
