"""Figures of a period in words: totals, and the largest shares by member, channel and model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from bot.domain.records.reports import Share, UsageReport
from bot.view.card import Card, Tone
from bot.view.text.fitting import and_more, fitting
from bot.view.text.format import code, plural

CHART: Final = "usage.png"
TOP: Final = 10


def usage_card(report: UsageReport, period: str, member_id: int | None = None) -> Card:
    """A server's period, or one member's there. `period` in words, as it stands after "Usage"."""
    title = "on this server" if member_id is None else f"of <@{member_id}>"
    lines = [
        f"### Usage {title}, {period}",
        (
            f"**{plural(report.runs, 'run')}** charged, **{report.spend}** spent · "
            f"{report.failed:,} failed and free · {report.held} held until costs are known"
        ),
    ]
    if member_id is None:
        lines += _shares("By member", report.by_member, lambda key: f"<@{key}>")
    lines += _shares("By channel", report.by_channel, _channel)
    lines += _shares("By model", report.by_model, lambda key: code(key, 60))
    return Card(
        Tone.DONE if report.runs or report.held.pico or report.failed else Tone.WAITING,
        "\n".join(lines),
        pictures=(CHART,),
        small_print=f"<t:{report.since_s}:d> until now, in UTC days. Threads count as their channel.",
    )


def export_card(filename: str, jobs: int, period: str) -> Card:
    """The answer that carries an export."""
    return Card(
        Tone.DONE,
        f"### Usage on this server, {period}\n{plural(jobs, 'job')}, without the prompts.",
        files=(filename,),
        small_print="Times are UTC. The apostrophe before each id lets spreadsheets keep all of its digits.",
    )


def _shares(title: str, shares: Sequence[Share], name: Callable[[str], str]) -> list[str]:
    if not shares:
        return []
    shown, more = fitting(
        shares, most=TOP, name=lambda it: f"{it.spend} · {plural(it.runs, 'run')} · {name(it.key)}"
    )
    return [f"**{title}**", *shown, *([f"-# {and_more(more)}"] if more else [])]


def _channel(key: str) -> str:
    return f"<#{key}>" if key != "0" else "an unknown channel"
