"""The list of what runs in a channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.domain.job.access import JobAct, has_access
from bot.domain.job.status_update import StatusUpdate
from bot.domain.request.requester import Requester
from bot.view.actions.buttons import JobAction, JobButton
from bot.view.card import Card, Row, Tone
from bot.view.cards.renderer import headline
from bot.view.text.fitting import and_more, jump_link
from bot.view.text.format import plural

MAX_ROWS: Final = 10  # three components each


def running_card(jobs: Sequence[StatusUpdate], viewer: Requester) -> Card:
    """The running jobs of a channel as this viewer may see them."""
    if not jobs:
        return Card(Tone.WAITING, "Nothing is running in this channel. Start something with `/imagine`.")
    rows = tuple(_row(news, viewer) for news in jobs[:MAX_ROWS])
    return Card(
        Tone.WORKING,
        f"### {plural(len(jobs), 'picture')} running in this channel",
        rows=rows,
        small_print=and_more(len(jobs) - len(rows)),
    )


def _row(news: StatusUpdate, viewer: Requester) -> Row:
    origin = news.job.origin
    if has_access(news.job, viewer, JobAct.READ):
        text = f"{headline(news)} · by <@{origin.user_id}>{jump_link(origin)}"
    else:
        text = f"**A private picture**\n-# by <@{origin.user_id}>"
    may_cancel = has_access(news.job, viewer, JobAct.CANCEL) and not news.is_cancelling
    return Row(text, JobAction(JobButton.CANCEL, news.job.job_id) if may_cancel else None)
