"""Buttons that turn the pages of a server's audit log: what was asked for stands in the custom id."""

from __future__ import annotations

import re
from typing import Final

from discord import ui

from bot.view.actions.base import NUMBER, PressButton, any_of, number_in
from bot.view.card import AuditAction, AuditPress

_LABELS: Final = {AuditAction.NEWER: ("Newer", "◀️"), AuditAction.OLDER: ("Older", "▶️")}


class AuditButton(
    PressButton[AuditPress],
    template=(
        rf"audit:(?P<action>{any_of(AuditAction)}):(?P<member>{NUMBER}):(?P<since>{NUMBER}):(?P<newest>{NUMBER})"
        r":(?P<page>[0-9]{1,9})"
    ),
):
    """Another page. Whoever answers it asks whether the presser may read this server's log."""

    @staticmethod
    def drawn(press: AuditPress) -> ui.Button[ui.LayoutView]:
        label, emoji = _LABELS[press.action]
        custom_id = (
            f"audit:{press.action.value}:{press.member_id}:{press.since_s}:{press.newest_id}:{press.page}"
        )
        return ui.Button(label=label, emoji=emoji, custom_id=custom_id)

    @staticmethod
    def read(match: re.Match[str]) -> AuditPress:
        member_id, since_s, newest_id = (number_in(match[name]) for name in ("member", "since", "newest"))
        page = max(1, int(match["page"]))
        return AuditPress(AuditAction(match["action"]), member_id, since_s, newest_id, page)
