"""The card of /rules audit: who changed and decided what on this server, page by page."""

from __future__ import annotations

from typing import Final

from bot.domain.moderation.audit import AuditEntry, AuditPage, AuditQuery
from bot.view.actions.buttons import AuditAction, AuditButton
from bot.view.card import Card, Row, Tone
from bot.view.cards.logs import change_lines

SHOWN_CHARS: Final = 120  # eight entries of these at most, in one message


def audit_card(page: AuditPage) -> Card:
    """One page, the newest first, with buttons to the others."""
    query = page.query
    presses = []
    if query.page > 1:
        presses.append(_press(AuditButton.NEWER, query, query.page - 1))
    if page.has_older:
        presses.append(_press(AuditButton.OLDER, query, query.page + 1))
    whom = f" by or about <@{query.member_id}>" if query.member_id else ""
    when = f" since <t:{query.since_s}:f>" if query.since_s else ""
    if not page.entries:
        text = (
            f"Nothing was changed or decided{whom}{when}."
            if query.page == 1
            else f"There is no page {query.page:,} of what was changed or decided{whom}{when}."
        )
        return Card(Tone.WAITING, text, buttons=tuple(presses))
    return Card(
        Tone.DONE,
        f"### Changes and verdicts{whom}{when}",
        rows=tuple(Row(_entry(entry)) for entry in page.entries),
        small_print=f"page {query.page:,}",
        buttons=tuple(presses),
    )


def _press(action: AuditButton, query: AuditQuery, page: int) -> AuditAction:
    return AuditAction(action, query.member_id, query.since_s, query.newest_id, page)


def _entry(entry: AuditEntry) -> str:
    return f"<t:{int(entry.at_s)}:f> · " + "\n".join(change_lines(entry, SHOWN_CHARS))
