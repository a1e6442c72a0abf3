"""What a log channel is told besides cases: changes by moderators, and a budget running low."""

from __future__ import annotations

from typing import Final

from bot.domain.job.job import Job
from bot.domain.limits.bill_alarm import BillAlarm
from bot.domain.limits.budget import BudgetWarning
from bot.domain.moderation.audit import AuditEntry
from bot.view.card import Card, Tone
from bot.view.text.changes import format_change
from bot.view.text.fitting import jump_link
from bot.view.text.format import code, plain, plural, relative
from bot.view.text.limits import format_allowance, format_extent

SHOWN_CHARS: Final = 300
INTRODUCTION: Final = Card(
    Tone.DONE,
    "### The bot's log channel\nChanges by moderators, requests of members, reported pictures and budget "
    "warnings are shown here from now on.",
)


def entry_card(entry: AuditEntry) -> Card:
    """One change: who, what, from what to what. Mentions in it are shown, nobody is pinged."""
    lines = change_lines(entry, SHOWN_CHARS)
    return Card(Tone.WAITING, "\n".join(lines), small_print=f"<t:{int(entry.at_s)}:f>")


def change_lines(entry: AuditEntry, limit: int) -> list[str]:
    """Who did what; what it was about; from what to what. Each part in so many characters."""
    words = format_change(entry.change)
    before, after = (plain(text, limit) or "nothing" for text in (words.before, words.after))
    lines = [f"<@{entry.actor_id}> · **{plain(words.action, 60)}**", plain(words.subject, limit)]
    return [*(line for line in lines if line), f"{before} → {after}"]


def kept_back_card(entry: AuditEntry) -> Card:
    """A change whose words this server's AutoMod will not have."""
    words = format_change(entry.change)
    lines = [
        f"<@{entry.actor_id}> · **{plain(words.action, 60)}**",
        "AutoMod blocked the rest: `/rules audit`.",
    ]
    return Card(Tone.WAITING, "\n".join(lines), small_print=f"<t:{int(entry.at_s)}:f>")


def blocked_card(job: Job) -> Card:
    """The server's AutoMod kept the words of a job from being shown."""
    origin = job.origin
    lines = [
        "### AutoMod blocked what the bot was to show",
        f"**Whose** <@{origin.user_id}>",
        f"**Where** <#{origin.channel_id}>{jump_link(origin)}",
        "It is shown without its words. To let them through, exempt the bot's role from the rule of AutoMod.",
    ]
    return Card(Tone.WARNING, "\n".join(lines))


def warning_card(warning: BudgetWarning) -> Card:
    """A server's budget at 50, 80 or 100 percent."""
    limit = warning.limit
    budget = format_allowance(limit.measure, limit.window, limit.amount)
    extent = format_extent(limit.scope.channel_id, limit.scope.model)
    is_out = warning.percent >= 100
    title = (
        "This server's budget is used up"
        if is_out
        else f"{warning.percent} % of this server's budget is used"
    )
    lines = [
        f"### {title}",
        f"**{warning.used} used and {warning.held} held** of {budget}{extent}.",
        f"It starts again {relative(warning.resets_at_s)}.",
    ]
    if is_out:
        lines.append("Until then requests are refused; `/limits set` with `whole_server` can raise it.")
    return Card(Tone.FAILED if is_out else Tone.WARNING, "\n".join(lines))


def alarm_card(alarm: BillAlarm) -> Card:
    """A bill past all that was foreseen, or one that is none, of a run on this server."""
    if alarm.billed is None:
        lines = [
            "### A bill cannot be believed",
            f"For a run of {code(alarm.model)} Wiro names no amount that can be believed.",
            f"The {alarm.hold} that were held stand for it until the bot's operator has looked it up.",
        ]
    else:
        lines = [
            "### A run cost far more than anybody could foresee",
            f"A run of {code(alarm.model)} was billed **{alarm.billed}**, where {alarm.hold} were held.",
            f"Every run of this model holds as much now, also {plural(alarm.raised_jobs, 'run')} on the way.",
            "What does not fit into a limit any more is refused.",
        ]
    return Card(Tone.WARNING, "\n".join(lines), small_print=f"<t:{int(alarm.at_s)}:f>")
