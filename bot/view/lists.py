"""Cards of commands: who runs here, how much is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.domain.limits import Measure, Usage
from bot.domain.money import Money
from bot.domain.news import News
from bot.view.card import Action, Card, Row, Tone
from bot.view.renderer import headline
from bot.view.text import plural, relative

MAX_ROWS: Final = 10  # three components each, of forty in a message (Discord docs, Components, 2026)


def running_card(jobs: Sequence[News], viewer_id: int, *, is_moderator: bool) -> Card:
    """The running jobs of a channel as this viewer may see them."""
    if not jobs:
        return Card(Tone.WAITING, "Nothing is running in this channel. Start something with `/imagine`.")
    rows = tuple(_row(news, viewer_id, is_moderator=is_moderator) for news in jobs[:MAX_ROWS])
    more = len(jobs) - len(rows)
    return Card(
        Tone.WORKING,
        f"### {plural(len(jobs), 'picture')} running in this channel",
        rows=rows,
        small_print=f"and {more:,} more" if more else "",
    )


def _row(news: News, viewer_id: int, *, is_moderator: bool) -> Row:
    origin = news.job.origin
    is_own = origin.user_id == viewer_id
    if origin.is_private and not is_own:
        text = f"**A private picture**\n-# by <@{origin.user_id}>"
    else:
        text = f"{headline(news)} · by <@{origin.user_id}>{_jump(news)}"
    may_cancel = (is_own or is_moderator) and not news.is_cancelling
    return Row(text, news.job.job_id, Action.CANCEL if may_cancel else None)


def _jump(news: News) -> str:
    origin = news.job.origin
    if origin.message_id is None or origin.is_private:
        return ""
    place = origin.guild_id or "@me"
    return f" · [jump to it](https://discord.com/channels/{place}/{origin.channel_id}/{origin.message_id})"


def quota_card(
    usage: Usage, runs_per_day: int, spend_per_day: Money, resets_at_s: int, *, is_direct: bool
) -> Card:
    """A member's day: used, held, left, when it resets."""
    runs_left = max(0, runs_per_day - usage.runs_used - usage.runs_held)
    spend_left = Money(max(0, spend_per_day.pico - usage.spend_used_pico - usage.spend_held_pico))
    lines = [
        "### Your day in direct messages" if is_direct else "### Your day on this server",
        (
            f"**Runs** {_of(usage.used(Measure.RUNS), usage.held(Measure.RUNS), runs_per_day)}, "
            f"**{runs_left:,} left**"
        ),
        (
            f"**Dollars** {Money(usage.spend_used_pico)} of {spend_per_day} used, "
            f"{Money(usage.spend_held_pico)} held, "
            f"**{spend_left} left**"
        ),
        f"Starts again {relative(resets_at_s)}, at midnight UTC.",
    ]
    is_out = runs_left == 0 or spend_left.pico == 0
    return Card(
        Tone.WARNING if is_out else Tone.DONE,
        "\n".join(lines),
        small_print="Held is set aside for pictures that are still running; what fails is given back.",
    )


def _of(used: int, held: int, limit: int) -> str:
    return f"{used:,} of {limit:,} used, {held:,} held"
