"""A job's message with all that it shows hidden until the moderators decide, and what was shown put back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import discord
from discord import ui

from bot.domain.job.job import Job
from bot.domain.moderation.cases import Case
from bot.view.actions.buttons import Action, JobAction, JobButton
from bot.view.actions.component import read
from bot.view.actions.seal import Seal
from bot.view.cards.cases import ERASED, HIDDEN, hidden_card
from bot.view.layout import Drawn, layout_of, texts_of


def hidden(message: discord.Message, job: Job, seal: Seal) -> ui.LayoutView:
    """No word of it, its pictures and files behind spoilers, Info and the moderators' buttons."""
    pictures, files = [], []
    for item in _items_of(message):
        match item:
            case ui.MediaGallery():
                pictures += [_attached(message, shown.media) for shown in item.items]
            case ui.File():
                files.append(_attached(message, item.media))
            case _:
                pass
    return layout_of(hidden_card(job, pictures, files), seal)


def shown_components(message: discord.Message, job_id: int) -> str:
    """All that the message shows, to be put back as it is: its components as JSON, but for Report.

    What the moderators restore cannot be reported again.
    """
    view = ui.LayoutView.from_message(message, timeout=None)
    for item in [*view.walk_children()]:
        match item:
            case ui.MediaGallery():
                item.items = [
                    discord.MediaGalleryItem(
                        f"attachment://{_attached(message, shown.media)}",
                        description=shown.description,
                        spoiler=shown.spoiler,
                    )
                    for shown in item.items
                ]
            case ui.File():
                item.media = discord.UnfurledMediaItem(f"attachment://{_attached(message, item.media)}")
            case ui.ActionRow():
                _drop(item, lambda action: action == JobAction(JobButton.REPORT, job_id))
            case _:
                pass
    components: list[dict[str, object]] = cast(Any, view).to_components()  # whose own word has no types
    return json.dumps(components, ensure_ascii=False)


def shown(message: discord.Message, case: Case) -> ui.LayoutView:
    """What was shown before. Where it is not kept any more, pictures and files alone."""
    if case.shown is not None:
        return Drawn(json.loads(case.shown))
    view = ui.LayoutView.from_message(message, timeout=None)
    for item in [*view.walk_children()]:
        match item:
            case ui.MediaGallery():
                item.items = [
                    discord.MediaGalleryItem(f"attachment://{_attached(message, shown.media)}")
                    for shown in item.items
                ]
            case ui.File():
                item.media = discord.UnfurledMediaItem(f"attachment://{_attached(message, item.media)}")
                item.spoiler = False
            case ui.TextDisplay() if item.content.startswith(HIDDEN):
                item.content = ERASED
            case ui.ActionRow():
                _drop(item, lambda action: getattr(action, "case_id", None) == case.case_id)
            case _:
                pass
    return view


def is_hidden(message: discord.Message) -> bool:
    """Whether the message is one that `hidden` made."""
    return any(text.startswith(HIDDEN) for text in texts_of(message))


def is_about_job(message: discord.Message) -> bool:
    """Whether it is a job's own message: the log channel's have no buttons of jobs."""
    return any(
        isinstance(item, ui.Button) and isinstance(read(item.custom_id or ""), JobAction)
        for item in _items_of(message)
    )


def words_of(message: discord.Message) -> str:
    """The first paragraph of one of our cards, as it was written."""
    texts = texts_of(message)
    return texts[0] if texts else ""


def kept(message: discord.Message) -> Sequence[discord.Attachment]:
    """Its attachments, for an edit that keeps them; Discord keeps them too where none are named."""
    attachments: Sequence[discord.Attachment] = message.attachments or discord.utils.MISSING
    return attachments


def _items_of(message: discord.Message) -> Iterator[ui.Item[ui.LayoutView]]:
    return ui.LayoutView.from_message(message, timeout=None).walk_children()


def _drop(row: ui.ActionRow[ui.LayoutView], is_dropped: Callable[[Action | None], bool]) -> None:
    """The buttons that mean this."""
    for button in [*row.children]:
        if isinstance(button, ui.Button) and is_dropped(read(button.custom_id or "")):
            row.remove_item(button)


def _attached(message: discord.Message, media: discord.UnfurledMediaItem) -> str:
    """The name of the message's own attachment that this medium is: Discord's addresses of it expire."""
    for attachment in message.attachments:
        if attachment.id == media.attachment_id:
            return attachment.filename
    return unquote(urlsplit(media.url).path.rpartition("/")[2]) or urlsplit(media.url).netloc
