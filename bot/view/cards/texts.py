"""Cards of texts that are read alone: the pages of an answer or of thoughts, and the log of a run."""

from __future__ import annotations

import re
from typing import Final

from bot.domain.discord_limits import MESSAGE_CHARS
from bot.domain.job.job import Job
from bot.view.actions.buttons import JobAction, JobButton, PageMove, TextAction, job_buttons
from bot.view.card import Card, Tone
from bot.view.text import said
from bot.view.text.fitting import fitting
from bot.view.text.format import code_block, plural
from bot.view.text.pages import Page, units
from bot.view.text.said import TextPart

LOG_NAME: Final = "log.txt"
LOG_UNITS: Final = MESSAGE_CHARS - 700
LOG_LINES: Final = 40
LINE_CHARS: Final = 20_000  # of one line that are looked at, colours and what was written over included
_COLOURS: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


def page_card(job: Job, part: TextPart, pages: list[Page], number: int) -> Card:
    """One page, counted from 0; one past the end is the last. `pages` is not empty."""
    last = min(len(pages), said.MAX_PAGES) - 1
    number = min(number, last)
    is_capped = len(pages) > said.MAX_PAGES
    presses = []
    if number > 0:
        presses.append(TextAction(job.job_id, part, number - 1, PageMove.BACK))
    if number < last:
        presses.append(TextAction(job.job_id, part, number + 1, PageMove.ON))
    name = "The answer" if part is TextPart.ANSWER else "What the model thought"
    where = f"page {number + 1} of {last + 1}"
    if is_capped and number == last:
        where += " that can be turned to here; the file has the rest"
    return Card(
        Tone.DONE,
        f"-# {name}" if number == 0 or part is TextPart.THINKING else "",
        small_print=where,
        body=pages[number].shown,
        buttons=tuple(presses),
    )


def text_buttons(job: Job) -> tuple[TextAction, ...]:
    """To all that a language model said and thought."""
    return tuple(TextAction(job.job_id, part, 0) for part in TextPart if said.whole(job, part))


def log_card(job: Job, log: str, *, is_attached: bool) -> Card:
    """The last lines of a log, as a terminal would show them."""
    lines, number = last_lines(log)
    if not lines:
        words = "The model has written nothing." if job.is_terminal else "The model has written nothing yet."
        return Card(Tone.WAITING, f"### Log\n{words}", buttons=_again(job))
    head = f"### Log\n{code_block(_fitting(lines), LOG_UNITS)}"
    total = plural(number, "line")
    rest = " in all, attached as a file" if is_attached else " in all; as a file it is too large to attach"
    return Card(
        Tone.WAITING,
        head,
        files=(LOG_NAME,) if is_attached else (),
        small_print=f"the end of it; {total}{rest}" if not job.is_terminal else f"{total}{rest}",
        buttons=_again(job),
    )


def last_lines(log: str) -> tuple[list[str], int]:
    """The last lines as a terminal shows them, and how many there are; blank ones at the end do not count."""
    lines: list[str] = []
    number, end = log.count("\n") + 1, len(log)
    while end >= 0 and len(lines) < LOG_LINES:
        start = log.rfind("\n", 0, end) + 1
        line = _terminal_line(log[start:end])
        if line or lines:
            lines.append(line)
        else:
            number -= 1
        end = start - 1
    return lines[::-1], number


def _terminal_line(line: str) -> str:
    """Without colours; where it was written over, what stood there last. Of a very long one, the end."""
    last = line[-LINE_CHARS:].rstrip("\r").rpartition("\r")[2]
    return _COLOURS.sub("", last).rstrip()


def _fitting(lines: list[str]) -> str:
    """As many of the last lines as a card has room for; of a single long one, its end."""
    kept, _ = fitting(lines[::-1], LOG_UNITS, measure=units)
    return "\n".join(kept[::-1]) or f"…{lines[-1][-(LOG_UNITS // 2 - 1) :]}"


def _again(job: Job) -> tuple[JobAction, ...]:
    """What still runs may be asked for once more."""
    return () if job.is_terminal else job_buttons(job.job_id, JobButton.LOG)
