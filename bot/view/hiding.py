"""A finished picture's message with its picture hidden behind a spoiler, and back; all else stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urlsplit

import discord
from discord import ui

from bot.view.buttons.cases import CaseButton
from bot.view.buttons.seal import Seal, bare
from bot.view.card import Action, CaseAction, CasePress


def hidden(message: discord.Message, case_id: int, seal: Seal) -> ui.LayoutView:
    """Its pictures and files behind spoilers, and Restore for the moderators instead of Report."""
    view = _with_spoilers(message, is_hidden=True)
    _drop(view, _custom_ids(case_id))
    rows = [item for item in view.walk_children() if isinstance(item, ui.ActionRow)]
    if rows:
        # Where Report was; other rows may be full.
        row = next((row for row in rows if _has_job_buttons(row)), rows[-1])
        row.add_item(CaseButton(CasePress(CaseAction.RESTORE, case_id), seal))
    return view


def shown(message: discord.Message, case_id: int) -> ui.LayoutView:
    """Its pictures and files open. It cannot be reported again: the moderators found it fit."""
    view = _with_spoilers(message, is_hidden=False)
    _drop(view, _custom_ids(case_id))
    return view


def is_hidden(message: discord.Message) -> bool:
    """Whether everything there is to see in it stands behind a spoiler."""
    has_links = any(line.startswith("[") for line in words_of(message).splitlines())
    return all(item.spoiler for item in _media_of(message)) and not has_links


def is_about_job(message: discord.Message) -> bool:
    """Whether it is a job's own message: the log channel's have no buttons of jobs."""
    items = ui.LayoutView.from_message(message, timeout=None).walk_children()
    return any(isinstance(item, ui.ActionRow) and _has_job_buttons(item) for item in items)


def _has_job_buttons(row: ui.ActionRow[ui.LayoutView]) -> bool:
    return any(
        isinstance(item, ui.Button) and (item.custom_id or "").startswith("job:") for item in row.children
    )


def words_of(message: discord.Message) -> str:
    """The first paragraph of one of our cards, as it was written."""
    view = ui.LayoutView.from_message(message, timeout=None)
    texts = [item.content for item in view.walk_children() if isinstance(item, ui.TextDisplay)]
    return texts[0] if texts else ""


def kept(message: discord.Message) -> Sequence[discord.Attachment]:
    """Its attachments, for an edit that keeps them; Discord keeps them too where none are named."""
    attachments: Sequence[discord.Attachment] = message.attachments or discord.utils.MISSING
    return attachments


def _media_of(message: discord.Message) -> Iterator[discord.MediaGalleryItem | ui.File[ui.LayoutView]]:
    for item in ui.LayoutView.from_message(message, timeout=None).walk_children():
        if isinstance(item, ui.MediaGallery):
            yield from item.items
        elif isinstance(item, ui.File):
            yield item


def _custom_ids(case_id: int) -> set[str]:
    # A report's case has the id of the job it is about.
    return {f"job:{case_id}:{Action.REPORT.value}", f"case:{case_id}:{CaseAction.RESTORE.value}"}


def _drop(view: ui.LayoutView, custom_ids: set[str]) -> None:
    for row in [item for item in view.walk_children() if isinstance(item, ui.ActionRow)]:
        for button in row.children:
            if isinstance(button, ui.Button) and bare(button.custom_id or "") in custom_ids:
                row.remove_item(button)


def _with_spoilers(message: discord.Message, *, is_hidden: bool) -> ui.LayoutView:
    view = ui.LayoutView.from_message(message, timeout=None)
    for item in view.walk_children():
        match item:
            case ui.MediaGallery():
                item.items = [
                    discord.MediaGalleryItem(
                        _attached(message, shown.media), description=shown.description, spoiler=is_hidden
                    )
                    for shown in item.items
                ]
            case ui.File():
                item.media = discord.UnfurledMediaItem(_attached(message, item.media))
                item.spoiler = is_hidden
            case ui.TextDisplay():
                item.content = _with_hidden_links(item.content, is_hidden=is_hidden)
            case _:
                pass
    return view


def _with_hidden_links(text: str, *, is_hidden: bool) -> str:
    """Pictures too large to attach are linked, each link in a line of its own (cards/renderer.py)."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        bare = line.removeprefix("||").removesuffix("||")
        if bare.startswith("["):
            lines[number] = f"||{bare}||" if is_hidden else bare
    return "\n".join(lines)


def _attached(message: discord.Message, media: discord.UnfurledMediaItem) -> str:
    """The medium as a reference to the message's own attachment: Discord's addresses of it expire."""
    for attachment in message.attachments:
        if attachment.id == media.attachment_id:
            return f"attachment://{attachment.filename}"
    return (
        f"attachment://{unquote(urlsplit(media.url).path.rpartition('/')[2]) or urlsplit(media.url).netloc}"
    )
