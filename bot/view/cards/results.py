"""The buttons under results that go on from them, and which picture of a message belongs to which result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

import discord
from discord import ui

from bot.domain.job.job import Job
from bot.domain.job.output_file import OutputFile
from bot.domain.request.files import NOBODY, InputFile
from bot.view.actions.buttons import ResultAction, ResultButton
from bot.view.card import Preview
from bot.view.files.media import claims_picture

MAX_PICKED: Final = 10  # results of one job that have buttons


def picture_indexes(job: Job) -> tuple[int, ...]:
    """Which of a job's outputs are pictures."""
    return tuple(
        index
        for index, output in enumerate(job.outputs)
        if output.url is not None and claims_picture(output.name, output.content_type)
    )


def picks_of(job: Job, pictures: Sequence[OutputFile], *, can_upscale: bool) -> tuple[ResultAction, ...]:
    """One picture: Vary, Upscale. Several: V1…Vn and U1…Un. Edit prompt where there was one."""
    shown = {picture.url for picture in pictures if picture.content_type.startswith("image/")}
    indexes = [index for index in picture_indexes(job) if job.outputs[index].url in shown][:MAX_PICKED]
    actions = [ResultButton.VARY, *([ResultButton.UPSCALE] if can_upscale else [])]
    numbered = len(indexes) > 1
    picks = [
        ResultAction(action, job.job_id, index, number if numbered else 0)
        for action in actions
        for number, index in enumerate(indexes, start=1)
    ]
    if indexes and job.request.prompt:
        picks.append(ResultAction(ResultButton.EDIT, job.job_id))
    return tuple(picks)


def picture_in(attachment: discord.Attachment) -> InputFile:
    """An attachment as the picture that goes into a run. What it really is shows when it is fetched."""
    content_type = (attachment.content_type or "").partition(";")[0].strip().lower()
    return InputFile("", attachment.url, attachment.filename, content_type, attachment.size, is_picture=True)


def pictures_in(message: discord.Message, own_id: int) -> tuple[InputFile, ...]:
    """The pictures that were attached to a message, in their order, as its author's.

    Of our own messages the owner is the member whose job they show, which the record knows. Galleries count
    in our own messages alone: elsewhere they may show pictures of any address.
    """
    found = [
        picture_in(attachment)
        for attachment in message.attachments
        if claims_picture(attachment.filename, attachment.content_type or "")
    ]
    known = {urlsplit(file.source_url).path for file in found}
    if message.author.id == own_id:
        for preview in _previews(message):
            path = urlsplit(preview.url).path
            if path not in known:
                known.add(path)
                found.append(InputFile("", preview.url, path.rpartition("/")[2], is_picture=True))
    is_ours = message.author.id == own_id
    owner_id = NOBODY if is_ours else message.author.id
    return tuple(replace(file, owner_id=owner_id, is_made_here=is_ours) for file in found)


def preview_of(message: discord.Message | None, job: Job, index: int) -> Preview | None:
    """The picture of this output as the message shows it, if all of the job's pictures stand there."""
    indexes = picture_indexes(job)
    if message is None or index not in indexes:
        return None
    found = list(_previews(message))
    return found[indexes.index(index)] if len(found) == len(indexes) else None


def first_preview(message: discord.Message | None) -> Preview | None:
    """The picture of one of our confirmations."""
    return next(_previews(message), None) if message is not None else None


def _previews(message: discord.Message) -> Iterator[Preview]:
    """The pictures in galleries, films left out."""
    for item in ui.LayoutView.from_message(message, timeout=None).walk_children():
        if isinstance(item, ui.MediaGallery):
            for shown in item.items:
                name = urlsplit(shown.media.url).path.rpartition("/")[2]
                if claims_picture(name, shown.media.content_type or ""):
                    yield Preview(shown.media.url, shown.spoiler)
