"""Report: a picture is hidden for everybody at once; moderators restore it, delete it or block its maker."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from bot.domain.job.errors import JobNotFound
from bot.domain.request.requester import ChannelContext, Requester
from tests.e2e.moderation.moderation_world import Club
from tests.e2e.moderation.test_cases_ask import button, buttons, words

LABELS = ["Again", "Info", "Delete", "Report", "Vary", "Edit prompt"]


def spoilers(message: discord.Message) -> list[bool]:
    view = discord.ui.LayoutView.from_message(message)
    return [
        i.spoiler for g in view.walk_children() if isinstance(g, discord.ui.MediaGallery) for i in g.items
    ]


class Wall:
    """A picture of alice in a club with a log channel."""

    def __init__(self, club: Club) -> None:
        self.club, self.world = club, club.world
        self.log: Any = None

    async def open(self, *, has_log: bool = True) -> None:
        if has_log:
            self.log = self.club.guild.create_text_channel("log")
            await self.club.said(self.club.greta, "rules log", channel=self.log)
        self.asked, _ = await self.world.draw(self.club.alice, "a mill")

    @property
    def picture(self) -> discord.Message:
        return self.world.messages(self.club.bob)[0]

    async def report(self, actor: Any = None) -> Any:
        return await (actor or self.club.bob).click(self.picture, custom_id=button(self.picture, "Report"))

    def case(self) -> discord.Message:
        messages = self.world.messages(self.club.greta, self.log)
        return next(m for m in reversed(messages) if "was reported and" in words(m))

    async def press(self, label: str, actor: Any = None) -> Any:
        case = self.case()
        return await (actor or self.club.greta).click(case, custom_id=button(case, label))


@pytest.fixture
async def wall(club: Club) -> Wall:
    wall = Wall(club)
    await wall.open()
    return wall


async def test_a_report_hides_the_picture_and_opens_a_case(wall: Wall) -> None:
    assert list(buttons(wall.picture)) == LABELS
    content = await wall.picture.attachments[0].read()
    pressed = await wall.report()
    assert "is hidden" in wall.world.told(pressed)
    assert spoilers(wall.picture) == [True]
    assert await wall.picture.attachments[0].read() == content
    assert "a mill" not in words(wall.picture)
    assert list(buttons(wall.picture)) == ["Info", "Restore", "Delete"]
    text = words(wall.case())
    for part in (f"<@{wall.club.alice.id}>", f"<@{wall.club.bob.id}>", "a mill", str(wall.picture.id)):
        assert part in text
    assert list(buttons(wall.case())) == ["Restore", "Delete", "Block"]


async def test_restore_shows_it_again_and_it_cannot_be_reported_twice(wall: Wall) -> None:
    content = await wall.picture.attachments[0].read()
    await wall.report()
    await wall.press("Restore")
    assert spoilers(wall.picture) == [False]
    assert await wall.picture.attachments[0].read() == content
    assert list(buttons(wall.picture)) == ["Again", "Info", "Delete", "Vary", "Edit prompt"]
    assert f"Restored** by <@{wall.club.greta.id}>" in words(wall.case())
    assert buttons(wall.case()) == {}


async def test_delete_removes_the_message(wall: Wall) -> None:
    await wall.report()
    await wall.press("Delete")
    assert wall.world.messages(wall.club.alice) == []
    assert "Deleted** by" in words(wall.case())


async def test_block_keeps_it_hidden_and_its_maker_out(wall: Wall) -> None:
    await wall.report()
    await wall.press("Block")
    assert spoilers(wall.picture) == [True]
    refused = await wall.world.imagine(wall.club.alice, "another")
    assert "blocked you" in wall.world.refusal(refused)


async def test_a_second_report_is_refused_kindly(wall: Wall) -> None:
    await wall.report()
    job_id = int(button(wall.picture, "Restore").split(":")[1])
    here = ChannelContext(wall.club.guild.id, wall.club.art.id)
    reporter = Requester(wall.club.ann.id, frozenset(), here, message_id=wall.picture.id)
    report, _ = await wall.world.application.services.cases.report(job_id, reporter, "[]")
    assert not report.is_new
    assert not report.has_hidden
    cases = [m for m in wall.world.messages(wall.club.greta, wall.log) if "was reported and" in words(m)]
    assert len(cases) == 1


async def test_without_a_log_channel_it_is_hidden_all_the_same(club: Club) -> None:
    wall = Wall(club)
    await wall.open(has_log=False)
    pressed = await wall.report()
    assert "no log channel" in wall.world.told(pressed)
    assert spoilers(wall.picture) == [True]
    restore = button(wall.picture, "Restore")
    refused = await club.bob.click(wall.picture, custom_id=restore)
    assert "permission Manage Server" in wall.world.refusal(refused)
    await club.greta.click(wall.picture, custom_id=restore)
    assert spoilers(wall.picture) == [False]
    assert "Restore" not in buttons(wall.picture)


async def test_private_pictures_and_direct_messages_have_no_report(club: Club) -> None:
    asked, card = await club.world.draw(club.alice, "a secret", private=True)
    assert "Report" not in card.buttons
    job_id = int(card.buttons["Info"].split(":")[1])
    here = ChannelContext(club.guild.id, club.art.id)
    reporter = Requester(club.bob.id, frozenset(), here, message_id=asked.response.id)
    with pytest.raises(JobNotFound):
        await club.world.application.services.cases.report(job_id, reporter, "[]")


async def test_reports_and_verdicts_work_after_restarts(wall: Wall) -> None:
    await wall.world.restart()
    await wall.report()
    assert spoilers(wall.picture) == [True]
    await wall.world.restart()
    await wall.press("Restore")
    assert spoilers(wall.picture) == [False]


async def test_a_picture_deleted_meanwhile_is_said_in_the_verdict(wall: Wall) -> None:
    await wall.report()
    wall.world.env.backend.delete_message(wall.club.art.id, wall.picture.id)
    await wall.press("Restore")
    assert "is gone" in words(wall.case())


async def test_others_may_not_decide(wall: Wall) -> None:
    await wall.report()
    for label in ("Restore", "Delete", "Block"):
        assert "permission Manage Server" in wall.world.refusal(await wall.press(label, wall.club.bob))
    assert spoilers(wall.picture) == [True]
