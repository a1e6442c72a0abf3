"""Cards of /style: what was kept or deleted, and the list of those there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.domain.discord_limits import MESSAGE_CHARS
from bot.domain.request.style import Style
from bot.view.card import Card, Tone
from bot.view.text.format import escaped
from bot.view.text.styles import format_style

LIST_CHARS: Final = MESSAGE_CHARS - 400  # the small print
TEMPLATE_CHARS: Final = 700
SHORT_CHARS: Final = 60


def saved_card(style: Style, before: Style | None) -> Card:
    """What is kept now, and what stood under this name before."""
    lines = [f"### {'Replaced' if before is not None else 'Kept'}: {_named(style)}"]
    if before is not None:
        lines.append(f"Before: {format_style(before, TEMPLATE_CHARS)}")
    lines.append(f"Now: {format_style(style, TEMPLATE_CHARS)}")
    whose = "Everybody on this server" if style.is_pinned else "You"
    return Card(
        Tone.DONE,
        "\n".join(lines),
        small_print=f"{whose} can draw in it with /style use, or with the option style of /imagine.",
    )


def deleted_card(style: Style) -> Card:
    """What was deleted, so that it can be saved again."""
    whose = "It was pinned for the server." if style.is_pinned else "It was one of yours."
    return Card(
        Tone.DONE,
        f"### Deleted: {_named(style)}\n{format_style(style, TEMPLATE_CHARS)}",
        small_print=f"{whose} Pictures drawn in it stay.",
    )


def list_card(pinned: Sequence[Style], own: Sequence[Style]) -> Card:
    """The server's first. What there is no room for is counted."""
    if not pinned and not own:
        text = (
            "There are no styles here yet. Keep one with `/style save`, "
            "such as name `oil` and template `{prompt}, oil painting, thick strokes`."
        )
        return Card(Tone.WAITING, text)
    mine = {style.key for style in own}
    lines: list[str] = []
    length = left_out = 0
    for heading, styles in (("### 📌 Pinned for this server", pinned), ("### Yours", own)):
        for place, style in enumerate(styles):
            hides = " (your own of this name goes before it)" if style.is_pinned and style.key in mine else ""
            line = f"**{escaped(style.name, 32)}**{hides} {format_style(style, SHORT_CHARS)}"
            line = line if place else f"{heading}\n{line}"
            length += len(line) + 1
            if length > LIST_CHARS:
                left_out += 1
            else:
                lines.append(line)
    more = f"and {left_out} more, which the option style suggests" if left_out else ""
    return Card(Tone.DONE, "\n".join(lines), small_print=more)


def _named(style: Style) -> str:
    return f"{'📌 ' if style.is_pinned else ''}{escaped(style.name, 32)}"
