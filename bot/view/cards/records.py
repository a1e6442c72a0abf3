"""A member's own records: the pages of the history, and their erasure from the question to the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.domain.job.job import Exposure, Job, Stage
from bot.domain.job.ledger import keeps_hold
from bot.view.actions.buttons import JobAction, JobButton, MemberAction, MemberButton
from bot.view.card import Card, Row, Tone
from bot.view.text.fitting import fitting, jump_link
from bot.view.text.format import escaped, plural, relative
from bot.view.text.headings import heading, sent_count

PROMPT_CHARS: Final = 120
MAX_NAMED: Final = 5  # running jobs that an erasure leaves


def history_card(
    jobs: Sequence[Job], user_id: int, number: int, *, has_newer: bool, has_older: bool, is_direct: bool
) -> Card:
    """One page of a member's jobs, newest first."""
    presses = []
    if has_newer:
        cursor = jobs[0].job_id if jobs else 0
        presses.append(MemberAction(MemberButton.NEWER, user_id, cursor, number - 1))
    if has_older:
        presses.append(MemberAction(MemberButton.OLDER, user_id, jobs[-1].job_id, number + 1))
    where = "in direct messages" if is_direct else "on this server"
    if not jobs:
        text = (
            f"You have asked for nothing {where} yet. Start with `/imagine`."
            if number == 1
            else f"Your history {where} has no page {number:,}."
        )
        return Card(Tone.WAITING, text, buttons=tuple(presses))
    return Card(
        Tone.DONE,
        f"### Your pictures {where}",
        rows=tuple(_row(job) for job in jobs),
        small_print=f"page {number:,}",
        buttons=tuple(presses),
    )


def _row(job: Job) -> Row:
    model = escaped(job.request.model.rpartition("/")[2], 60)
    facts = f"{model} · {_outcome(job)} · {relative(job.created_at_s)}{jump_link(job.origin)}"
    if is_forgotten(job):
        return Row(f"*The prompt has been erased*\n-# {facts}")
    sent = sent_count(job.request)
    facts += f" · {sent}" if sent else ""
    title = f"**{heading(job.request, PROMPT_CHARS)}**\n-# {facts}"
    if job.exposure is not Exposure.SHOWN:
        return Row(f"{title} · hidden until the moderators decide")
    return Row(title, JobAction(JobButton.AGAIN, job.job_id))


def lent_card(*, is_closed: bool) -> Card:
    """Who may use a member's pictures."""
    if is_closed:
        text = (
            "Nobody but you may use your pictures for new ones, on any server: neither what you send nor "
            "what the bot made for you. Runs that began before go on."
        )
    else:
        text = (
            "Others may use your pictures for new ones, as far as the moderators of each server let them. "
            "Without a rule of theirs, that is what the bot made for you, and nothing that you send."
        )
    return Card(Tone.DONE, f"### Your pictures\n{text}")


def is_forgotten(job: Job) -> bool:
    """Whether what was asked for is gone."""
    return job.is_forgotten


def _outcome(job: Job) -> str:
    if keeps_hold(job):
        what = "cancelled, " if job.stage is Stage.CANCELLED else ""
        return f"{what}{job.hold} held until its cost is known"
    match job.stage:
        case Stage.SUCCEEDED:
            return str(job.hold if job.cost is None else job.cost)
        case Stage.FAILED:
            return "failed, free"
        case Stage.CANCELLED:
            return f"cancelled, {job.cost}" if job.cost is not None and job.cost.pico else "cancelled, free"
        case _:
            return f"running, {job.hold} held"


# --- privacy -----------------------------------------------------------------------------------


def no_records_card() -> Card:
    """Nothing is kept of a member's texts."""
    return Card(Tone.WAITING, "No prompt or picture of yours is on record, neither here nor anywhere else.")


def records_card(filename: str, jobs: int) -> Card:
    """The answer that carries everything kept about a member."""
    return Card(
        Tone.DONE,
        f"### What is kept about you\n{plural(jobs, 'job')}, from every server and from direct messages.",
        files=(filename,),
        small_print="Wiro keeps pictures for a limited time, so old addresses may lead nowhere.",
    )


def question_card(
    user_id: int, ended: int, running: Sequence[Job], asked_at_s: int, forms: int = 0, styles: int = 0
) -> Card:
    """What an erasure takes and what it leaves, with the button that starts it.

    `forms`: last values kept; `styles`: styles that the member saved.
    """
    if not ended and not forms and not styles:
        lines = ["There is nothing to erase: no prompt or picture of yours is on record.", *_left(running)]
        return Card(Tone.WAITING, "\n".join(lines))
    what = f"your records of {plural(ended, 'job')}" if ended else "what is kept about you"
    lines = [
        f"### Erase {what}, everywhere?",
        (
            "**Goes, for good:** prompts, pictures' addresses and Wiro's words in the bot's records; what "
            "you last filled in with `/run`; your own styles; your uploads and pictures at Wiro. `/history` "
            "and Again will no longer know them."
        ),
        (
            "**Stays:** when and where you ran which model, and for how much. Servers keep books by it. "
            "Pictures in channels stay too: the Delete button beneath each removes it. Styles that you "
            "pinned are the servers' and stay, without your name."
        ),
        *_left(running),
    ]
    press = MemberAction(MemberButton.FORGET, user_id, asked_at_s)
    small = "To take a copy first, use /privacy export."
    return Card(Tone.WARNING, "\n".join(lines), small_print=small, buttons=(press,))


def erasing_card(erased: int, total: int) -> Card:
    """While it is under way."""
    return Card(
        Tone.WORKING,
        f"### Erasing your records\n**{erased:,} of {plural(total, 'job')}**",
        small_print="Should the bot restart meanwhile, use /privacy delete once more for the rest.",
    )


def erased_card(
    erased: int, cleared: int, waiting: int, running: Sequence[Job], *, is_retrying: bool, files_left: int = 0
) -> Card:
    """After our own records are gone. `waiting` tasks could not be cleared at Wiro (yet).

    `files_left` files that the member gave may be there still.
    """
    lines = [
        "### Your records are erased",
        (
            f"The prompts and pictures of {plural(erased, 'job')} are no longer on record."
            if erased
            else "Nothing that you wrote is on record any more."
        ),
    ]
    if cleared:
        lines.append(f"Wiro has deleted the files of {plural(cleared, 'job')}.")
    if waiting:
        fate = (
            "the bot is trying again."
            if is_retrying
            else "their numbers stand in the operator's log, who can ask Wiro."
        )
        lines.append(f"**Wiro could not delete the files of {plural(waiting, 'job')}**; {fate}")
    if files_left:
        are = "is" if files_left == 1 else "are"
        lines.append(
            f"**{plural(files_left, 'file')} that you gave {are} still at Wiro**, or may be: the bot can "
            "delete a file there only with the picture that it went into. The operator can delete the rest "
            "and finds them in the log; the bot looks every day whether they are gone."
        )
    lines += _left(running)
    return Card(
        Tone.WARNING if waiting or files_left else Tone.DONE,
        "\n".join(lines),
        small_print="Pictures in channels are removed with the Delete button beneath each.",
    )


def stopped_card(erased: int, total: int) -> Card:
    """Our own records could not be written."""
    return Card(
        Tone.FAILED,
        (
            f"The bot's records cannot be written just now: {erased:,} of {plural(total, 'job')} are erased, "
            "the rest is as it was. Please use `/privacy delete` again in a minute."
        ),
    )


def _left(running: Sequence[Job]) -> list[str]:
    if not running:
        return []
    names, more = fitting(running, most=MAX_NAMED, name=lambda job: f"“{heading(job.request, 60)}”")
    names += [f"{more:,} more"] if more else []
    verb = "it is" if len(running) == 1 else "they are"
    return [f"**Left alone**, because {verb} still running: {', '.join(names)}. Ask again when it has ended."]
