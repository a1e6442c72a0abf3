"""Outputs that are linked and not attached: by name, as many as a card has room for, the rest in a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from bot.domain.discord_limits import MESSAGE_CHARS
from bot.domain.job.output_file import OutputFile
from bot.view.files.containers import TEXT
from bot.view.files.media import ANSWER_TYPE
from bot.view.text.fitting import fitting
from bot.view.text.format import escaped, plural
from bot.view.text.pages import units

LINKS_NAME: Final = "links.txt"
LINKS_CHARS: Final = MESSAGE_CHARS - 1_400  # the title and the facts
LINKS_CHARS_BESIDE_WORDS: Final = 700  # the same where an answer stands there, too
DEATH: Final = "-# Wiro keeps links for a limited time: save what you want to keep."


def linked(pictures: Sequence[OutputFile]) -> list[OutputFile]:
    """What is not attached. A model's words are no file: they are shown."""
    return [p for p in pictures if p.content is None and p.content_type != ANSWER_TYPE]


def lines_of(pictures: Sequence[OutputFile], limit: int) -> list[str]:
    """Every output that is linked or shown smaller: `limit` units, and two more lines of small print."""
    lines, missing = _fitting(pictures, limit)
    if missing:
        where = LINKS_NAME if any(p.filename == LINKS_NAME for p in pictures) else "`/privacy export`"
        lines.append(f"-# {plural(missing, 'more link')}: see {where}.")
    if any(picture.url is not None for picture in pictures if picture.content is None or picture.is_reduced):
        lines.append(DEATH)
    return lines


def have_room(pictures: Sequence[OutputFile], limit: int) -> bool:
    """Whether all links stand in the card itself."""
    return not _fitting(pictures, limit)[1]


def _fitting(pictures: Sequence[OutputFile], limit: int) -> tuple[list[str], int]:
    links = [_link(picture) for picture in linked(pictures)]
    reduced = [_original(picture) for picture in pictures if picture.is_reduced and picture.url is not None]
    return fitting([*links, *reduced], limit - len(DEATH), measure=units)


def links_file(pictures: Sequence[OutputFile]) -> OutputFile:
    """The names and addresses of everything that is linked or shown smaller."""
    lines = [
        f"{picture.filename}\t{picture.url}"
        for picture in pictures
        if picture.url is not None and (picture.content is None or picture.is_reduced)
    ]
    return OutputFile(LINKS_NAME, TEXT, ("\n".join(lines) + "\n").encode("utf-8", "replace"), None)


def _link(picture: OutputFile) -> str:
    name = escaped(picture.filename, 60)
    if picture.url is None:
        return f"{name} is too large to attach."
    return f"[{name}]({_address(picture.url)}) (linked: too large, too many or not ready)"


def _original(picture: OutputFile) -> str:
    return f"-# {escaped(picture.filename, 60)} is shown smaller; [original]({_address(picture.url or '')})"


def _address(url: str) -> str:
    # A bracket, blank or line break in the address would end the link, and what follows be read as words.
    return quote(url, safe="%/:?&=#+,;~@!$'*", errors="replace")
