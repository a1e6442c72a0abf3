"""What a language model said: the beginning in the card, the rest in pages and in a file."""

from __future__ import annotations

import io
import zipfile
from enum import Enum
from typing import Final

from bot.domain.discord_limits import MESSAGE_CHARS
from bot.domain.job.job import Job, StreamedText
from bot.domain.job.output_file import OutputFile
from bot.view.files.media import ANSWER_NAME, ANSWER_TYPE
from bot.view.text.format import plural
from bot.view.text.pages import Page, pages_of, shown, tail_of

FIRST_UNITS: Final = MESSAGE_CHARS - 1_800  # title, links and facts stand there, too
PAGE_UNITS: Final = MESSAGE_CHARS - 400
MAX_PAGES: Final = 100  # to turn; what is longer is read in the file
MAX_CHARS: Final = PAGE_UNITS * (MAX_PAGES + 1)  # as much as can be turned to, and a little more
TAIL_UNITS: Final = 2_400
GLANCE_CHARS: Final = (
    20_000  # looked over for the first page: the whole of a longer answer is nobody's to wait for
)
ZIP_TYPE: Final = "application/zip"
THINKING_NAME: Final = "thinking.md"
ANSWER_STEM: Final = "answer."  # of the file, zipped or not

ONLY_THOUGHTS: Final = "The model thought about it, but gave no answer."


class TextPart(Enum):
    """Of what a language model said. The value stands in a custom id, for ever."""

    ANSWER = "answer"
    THINKING = "thinking"


def is_text(job: Job) -> bool:
    """Whether a language model answered, be it with thoughts alone."""
    return any(output.text is not None for output in job.outputs)


def whole(job: Job, part: TextPart) -> str:
    """All answers or thoughts of a job in one text, numbered where there are several; empty without any."""
    texts = [
        output.text if part is TextPart.ANSWER else output.thinking
        for output in job.outputs
        if output.text is not None
    ]
    said = [text for text in texts if text]
    if len(said) < 2:
        return "".join(said)
    name = "Answer" if part is TextPart.ANSWER else "Thoughts"
    return "\n\n".join(f"**{name} {number}**\n\n{text}" for number, text in enumerate(said, 1))


def pages(job: Job, part: TextPart) -> list[Page]:
    """The pages of a job's text, at most one past MAX_PAGES; the first page of an answer is its card's."""
    first = FIRST_UNITS if part is TextPart.ANSWER else PAGE_UNITS
    text = shown(whole(job, part)[:MAX_CHARS])  # nobody waits for megabytes to be looked over
    return pages_of(text, PAGE_UNITS, first=first, most=MAX_PAGES + 1)


def first_page(job: Job) -> tuple[str, bool]:
    """What the card shows of the answer, and whether that is only its beginning."""
    text = whole(job, TextPart.ANSWER)
    glance_chars = GLANCE_CHARS
    while len(seen := shown(text[:glance_chars])) < FIRST_UNITS and glance_chars < min(len(text), MAX_CHARS):
        glance_chars *= 2  # all of it but a little was what cannot be shown
    found = pages_of(seen, PAGE_UNITS, first=FIRST_UNITS, most=1)
    if not found:
        return ONLY_THOUGHTS, False
    return found[0].shown, len(found[0].body) < len(seen) or glance_chars < len(text)


def answer_file(job: Job, limit_bytes: int) -> OutputFile | None:
    """The whole answer as a file where the card shows only its beginning; zipped where it is too large.

    None where the card shows it all, and where even the zip is too large.
    """
    if not is_text(job) or not first_page(job)[1]:
        return None
    return text_file(whole(job, TextPart.ANSWER), ANSWER_NAME, limit_bytes)


def text_file(text: str, filename: str, limit_bytes: int) -> OutputFile | None:
    """A text as a file of at most so many bytes, zipped if need be; None where it is larger."""
    content = text.encode("utf-8", "replace")
    if len(content) <= limit_bytes:
        return OutputFile(filename, ANSWER_TYPE, content, None)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(filename, content)
    if out.tell() > limit_bytes:
        return None
    return OutputFile(f"{filename.rpartition('.')[0]}.zip", ZIP_TYPE, out.getvalue(), None)


def so_far(speech: StreamedText) -> str:
    """The end of an answer that is being given; while the model only thinks, how much it has thought."""
    if speech.answer.strip():
        return tail_of(shown(speech.answer), TAIL_UNITS)
    words = plural(len(speech.thinking.split()), "word")
    return f"-# thinking… ({'more than ' if speech.cut_thinking else ''}{words})"
