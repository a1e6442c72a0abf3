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
from bot.view.text.format import plural

MAX_ROWS: Final = 10  # three components each, of forty in a message (Discord docs, Components, 2026)


def running_card(jobs: Sequence[StatusUpdate], viewer: Requester) -> Card:
    """The running jobs of a channel as this viewer may see them."""
    if not jobs:
        return Card(Tone.WAITING, "Nothing is running in this channel. Start something with `/imagine`.")
    rows = tuple(_row(news, viewer) for news in jobs[:MAX_ROWS])
    more = len(jobs) - len(rows)
    return Card(
        Tone.WORKING,
        f"### {plural(len(jobs), 'picture')} running in this channel",
        rows=rows,
        small_print=f"and {more:,} more" if more else "",
    )


def _row(news: StatusUpdate, viewer: Requester) -> Row:
    origin = news.job.origin
    if has_access(news.job, viewer, JobAct.READ):
        text = f"{headline(news)} · by <@{origin.user_id}>{_jump(news)}"
    else:
        text = f"**A private picture**\n-# by <@{origin.user_id}>"
    may_cancel = has_access(news.job, viewer, JobAct.CANCEL) and not news.is_cancelling
    return Row(text, JobAction(JobButton.CANCEL, news.job.job_id) if may_cancel else None)


def _jump(news: StatusUpdate) -> str:
    origin = news.job.origin
    if origin.message_id is None or origin.is_private:
        return ""
    place = origin.guild_id or "@me"
    return f" · [jump to it](https://discord.com/channels/{place}/{origin.channel_id}/{origin.message_id})"
