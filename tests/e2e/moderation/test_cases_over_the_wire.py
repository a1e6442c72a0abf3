"""Cases, reports and adult models with nothing in any cache: the bot as a process, Discord as payloads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.blackbox.blackbox_harness import MANAGE_GUILD, Opened
from tests.support.clocks import until

ADULT = "black-forest-labs/flux-2-klein-4b"


@dataclass
class Court:
    """A harness with the bot in it, a manager, and a log channel."""

    harness: Any
    greta: Any
    log: Any

    def case(self) -> Any:
        found = [
            m for m in self.log.messages(self.greta) if "asks for more" in m.text() or "reported" in m.text()
        ]
        return next((m for m in reversed(found) if m.buttons()), None)


@pytest.fixture
async def court(opened: Opened) -> Court:
    harness = await opened()
    court = Court(harness, harness.add_manager(), harness.discord.add_channel(harness.guild, "log"))
    await harness.start()
    assert "### Changed" in await harness.said(court.greta, "rules log", channel=court.log)
    return court


def hidden(message: Any) -> list[bool]:
    return [
        bool(item.get("spoiler")) for part in message.walk() if part["type"] == 12 for item in part["items"]
    ]


async def test_an_approved_request_is_drawn_and_the_member_told(court: Court) -> None:
    harness = court.harness
    await court.harness.said(court.greta, "limits set", measure="runs", amount="0")
    asked = harness.imagine(harness.alice, "a mill")
    await harness.refused(asked)
    refusal = next(m for m in harness.channel.messages(harness.alice) if m.is_ephemeral)
    press = harness.alice.click(refusal, "Ask a moderator")
    case = await until(court.case)
    house_messages = len(harness.channel.messages(harness.bob))
    court.greta.click(case, "Approve once")
    await until(lambda: any(m.shown_files() for m in harness.channel.messages(harness.bob)))
    assert len(harness.channel.messages(harness.bob)) == house_messages + 1
    await until(lambda: "Approved once" in case.text())
    await until(lambda: any("They approved it" in m.text() for m in press.messages))


async def test_a_reported_picture_is_hidden_and_restored_with_its_file(court: Court) -> None:
    harness = court.harness
    picture = await harness.ended(harness.imagine(harness.alice, "a mill"))
    names = [file.filename for file in picture.shown_files()]
    harness.bob.click(picture, "Report")
    await until(lambda: hidden(picture) == [True])
    assert [file.filename for file in picture.shown_files()] == names
    case = await until(court.case)
    court.greta.click(case, "Restore")
    await until(lambda: hidden(picture) == [False])
    assert [file.filename for file in picture.shown_files()] == names


async def test_an_adult_model_works_in_age_restricted_channels_alone(court: Court) -> None:
    harness = court.harness
    red = harness.discord.add_channel(harness.guild, "red", nsfw=True)
    await court.harness.said(court.greta, "rules model", model=ADULT, action="adult")
    assert "age-restricted channels only" in await harness.refused(
        harness.imagine(harness.alice, "a mill", model=ADULT)
    )
    ended = await harness.ended(harness.imagine(harness.alice, "a mill", model=ADULT, where=red))
    assert ended.shown_files()


async def test_managers_cannot_be_blocked(court: Court) -> None:
    harness = court.harness
    chiefs = harness.discord.add_role(harness.guild, "Chiefs", permissions=MANAGE_GUILD)
    otto = harness.discord.add_member(harness.guild, "otto", roles=[chiefs])
    assert "cannot be blocked" in await court.harness.said(court.greta, "rules block", member=otto)
    assert "### Changed" in await court.harness.said(court.greta, "rules block", member=harness.bob)
