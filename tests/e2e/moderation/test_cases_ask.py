"""Ask a moderator: a refusal shows the way out, moderators decide once, the answer reaches the member."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

import discord
import pytest
import pytest_asyncio

from bot.domain.limits.limit import Measure, Window
from bot.domain.moderation.audit import ChangeKind
from bot.domain.moderation.cases import Verdict
from bot.domain.moderation.errors import CaseDecided, CaseNotFound
from bot.domain.money import Money
from tests.e2e.moderation.moderation_world import BuildClub, Club


class ModLog:
    """A club with a log channel, and what happens there."""

    def __init__(self, club: Club) -> None:
        self.club = club
        self.world = club.world
        self.log = club.guild.create_text_channel("log")

    async def open(self) -> None:
        await self.club.said(self.club.greta, "rules log", channel=self.log)

    async def refused(self, **options: Any) -> Any:
        """Alice uses her one run up and asks for another; the refusal."""
        await self.club.limit("runs", "1")
        await self.world.draw(self.club.alice, "a mill")
        asked = await self.world.imagine(self.club.alice, "a second mill", **options)
        assert "used your 1 run for today" in self.world.refusal(asked)
        return asked

    async def asked(self, **options: Any) -> tuple[Any, discord.Message]:
        """… and asks a moderator; the press and the case in the log channel."""
        refused = await self.refused(**options)
        press = await self.ask(refused)
        return press, self.case()

    async def ask(self, refused: Any, actor: Any = None) -> Any:
        answer = answer_of(refused)
        custom_id = button(answer.message, "Ask a moderator")
        return await (actor or self.club.alice).click(answer.message, custom_id=custom_id)

    def case(self) -> discord.Message:
        """The newest message of the log channel that has, or had, a member asking."""
        messages = self.world.messages(self.club.greta, self.log)
        return next(m for m in reversed(messages) if "asks for more" in words(m))

    async def press(self, actor: Any, label: str) -> Any:
        case = self.case()
        return await actor.click(case, custom_id=button(case, label))


def answer_of(asked: Any) -> Any:
    return next(answer for answer in (asked.response, *asked.followups) if answer is not None)


def words(message: discord.Message) -> str:
    view = discord.ui.LayoutView.from_message(message)
    return "\n".join(
        item.content for item in view.walk_children() if isinstance(item, discord.ui.TextDisplay)
    )


def buttons(message: discord.Message) -> dict[str, str]:
    kind = discord.ui.LayoutView if message.flags.components_v2 else discord.ui.View
    items = kind.from_message(message).walk_children()
    return {str(b.label): str(b.custom_id) for b in items if isinstance(b, discord.ui.Button)}


def button(message: discord.Message, label: str) -> str:
    return buttons(message)[label]


@pytest_asyncio.fixture
async def mod_log(club: Club) -> ModLog:
    mod_log = ModLog(club)
    await mod_log.open()
    return mod_log


async def test_without_a_log_channel_there_is_nobody_to_ask(club: Club) -> None:
    await club.limit("runs", "0")
    refused = await club.world.imagine(club.alice, "a mill")
    assert buttons(answer_of(refused).message) == {}


async def test_the_operators_stop_offers_no_moderator(build_club: BuildClub) -> None:
    club = await build_club(operator_spend_per_day="0.000001")
    mod_log = ModLog(club)
    await mod_log.open()
    refused = await club.world.imagine(club.alice, "a mill")
    assert "operator" in club.world.refusal(refused)
    assert buttons(answer_of(refused).message) == {}


async def test_the_case_says_who_where_what_and_which_limit(mod_log: ModLog) -> None:
    press, case = await mod_log.asked(steps=5)
    text = words(case)
    for part in (
        f"<@{mod_log.club.alice.id}>",
        f"<#{mod_log.club.art.id}>",
        "a second mill",
        "1 run a day",
        "1 run used",
        "about $",
        "5 steps",
    ):
        assert part in text
    assert list(buttons(case)) == ["Approve once", "Grant 5 today", "Deny", "Block"]
    assert press.followups == []
    assert (
        mod_log.world.messages(mod_log.club.bob)[-1].author
        == mod_log.world.messages(mod_log.club.bob)[0].author
    )


async def test_asking_twice_is_asking_once(mod_log: ModLog) -> None:
    refused = await mod_log.refused()
    custom_id = button(answer_of(refused).message, "Ask a moderator")
    message = answer_of(refused).message
    await mod_log.club.alice.click(message, custom_id=custom_id)
    assert "have been asked" in str(answer_of(refused).content)
    assert "Ask a moderator" not in buttons(answer_of(refused).message)
    cases = [
        m for m in mod_log.world.messages(mod_log.club.greta, mod_log.log) if "asks for more" in words(m)
    ]
    assert len(cases) == 1


async def test_approve_once_makes_the_picture_in_a_new_message(mod_log: ModLog) -> None:
    press, _ = await mod_log.asked()
    await mod_log.press(mod_log.club.greta, "Approve once")
    await mod_log.world.idle()
    picture = mod_log.world.messages(mod_log.club.bob)[-1]
    assert picture.attachments
    assert "a second mill" in words(picture)
    assert mod_log.world.runs == 2
    text = words(mod_log.case())
    assert f"Approved once** by <@{mod_log.club.greta.id}>" in text
    assert buttons(mod_log.case()) == {}
    (told,) = press.followups
    assert told.ephemeral
    assert str(picture.id) in str(told.content)
    again = await mod_log.world.imagine(mod_log.club.alice, "a third mill")
    assert "used your 1 run" in mod_log.world.refusal(again)


async def test_a_private_request_is_answered_by_direct_message(mod_log: ModLog) -> None:
    await mod_log.asked(private=True)
    before = len(mod_log.world.messages(mod_log.club.bob))
    await mod_log.press(mod_log.club.greta, "Approve once")
    await mod_log.world.idle()
    assert len(mod_log.world.messages(mod_log.club.bob)) == before
    assert any(letter.attachments for letter in mod_log.world.letters(mod_log.club.alice))


async def test_grant_lets_the_member_run_five_more_today(mod_log: ModLog) -> None:
    press, _ = await mod_log.asked()
    await mod_log.press(mod_log.club.greta, "Grant 5 today")
    assert "5 runs more for today" in str(press.followups[0].content)
    for number in range(5):
        await mod_log.world.draw(mod_log.club.alice, f"mill {number}")
    refused = await mod_log.world.imagine(mod_log.club.alice, "one too many")
    assert "used your 6 runs" in mod_log.world.refusal(refused)
    assert "Granted 5 runs more for today" in words(mod_log.case())


async def test_a_grant_at_a_spend_limit_is_money_for_five_such_runs(mod_log: ModLog) -> None:
    await mod_log.club.limit("spend", "0.000001")
    refused = await mod_log.world.imagine(mod_log.club.alice, "a mill", count=2)
    await mod_log.ask(refused)
    await mod_log.press(mod_log.club.greta, "Grant 5 today")
    text = words(mod_log.case())
    price = Money.parse(re.search(r"Price\*\* about \$([\d.]+)", text)[1])  # type: ignore[index]
    granted = await mod_log.world.application.services.guild_settings._store.granted(
        mod_log.club.guild.id, mod_log.club.alice.id, time.time()
    )
    assert set(granted) == {(Measure.SPEND, window) for window in Window}
    # The card rounds to four places, the grant is exact.
    assert abs(granted[Measure.SPEND, Window.DAY] / 5 - price.pico) <= Money.parse("0.00005").pico
    await mod_log.world.draw(mod_log.club.alice, "a mill", count=2)


async def test_deny_and_block_are_told(mod_log: ModLog) -> None:
    press, _ = await mod_log.asked()
    await mod_log.press(mod_log.club.greta, "Deny")
    assert "They said no" in str(press.followups[0].content)
    refused = await mod_log.world.imagine(mod_log.club.alice, "another")
    await mod_log.ask(refused)
    await mod_log.press(mod_log.club.greta, "Block")
    assert "blocked you" in mod_log.world.refusal(await mod_log.world.imagine(mod_log.club.alice, "one more"))
    assert "rules block" in [entry.action for entry in await mod_log.club.audit()]


async def test_of_two_moderators_the_first_decides(mod_log: ModLog) -> None:
    await mod_log.asked()
    managers = mod_log.club.guild.create_role("chiefs", permissions=discord.Permissions(manage_guild=True))
    otto = mod_log.club.guild.add_member(mod_log.world.env.create_user("otto"), roles=[managers])
    case = mod_log.case()
    approve, deny = button(case, "Approve once"), button(case, "Deny")
    await mod_log.world.application.services.cases._store.decide(
        int(deny.split(":")[1]), Verdict.DENIED, mod_log.club.greta.id, time.time()
    )
    late = await otto.click(case, custom_id=approve)
    assert "decided this already" in mod_log.world.told(late)
    assert buttons(mod_log.case()) == {}
    assert f"Denied** by <@{mod_log.club.greta.id}>" in words(mod_log.case())
    assert mod_log.world.runs == 1
    assert "Denied" in words(mod_log.case())


async def test_two_verdicts_at_the_same_moment_leave_one(mod_log: ModLog) -> None:
    refused = await mod_log.refused()
    await mod_log.ask(refused)
    cases = mod_log.world.application.services.cases
    case_id = int(button(mod_log.case(), "Deny").split(":")[1])
    guild_id, greta = mod_log.club.guild.id, mod_log.club.greta.id
    verdicts = (Verdict.DENIED, Verdict.GRANTED, Verdict.DENIED, Verdict.GRANTED)
    results = await asyncio.gather(
        *(cases.decide(case_id, v, guild_id, greta, 900_000 + n) for n, v in enumerate(verdicts)),
        return_exceptions=True,
    )
    assert [type(result) for result in results if isinstance(result, Exception)] == [CaseDecided] * 3
    kinds = [entry.change.kind for entry in await mod_log.club.entries()]
    assert len([kind for kind in kinds if kind in {ChangeKind.CASE, ChangeKind.GRANT}]) == 1


async def test_a_moderator_who_lost_the_permission_decides_nothing(mod_log: ModLog) -> None:
    await mod_log.asked()
    case = mod_log.case()
    for label in ("Approve once", "Grant 5 today", "Deny", "Block"):
        pressed = await mod_log.club.bob.click(case, custom_id=button(case, label))
        assert "permission Manage Server" in mod_log.world.refusal(pressed)
    assert mod_log.world.runs == 1
    assert list(buttons(mod_log.case())) == ["Approve once", "Grant 5 today", "Deny", "Block"]


@pytest.mark.parametrize("case_id", ["1", "99999999999999999999", "{other}"])
async def test_forged_cases_do_nothing(mod_log: ModLog, case_id: str) -> None:
    await mod_log.asked()
    real = int(button(mod_log.case(), "Deny").split(":")[1])
    cases = mod_log.world.application.services.cases
    guild_id = mod_log.club.guild.id
    if case_id == "{other}":
        case_id, guild_id = str(real), guild_id + 1  # the case of another server
    with pytest.raises(CaseNotFound):
        await cases.decide(int(case_id), Verdict.APPROVED, guild_id, mod_log.club.greta.id, 77)
    with pytest.raises(CaseNotFound):
        await cases.decide(real, Verdict.RESTORED, mod_log.club.guild.id, mod_log.club.greta.id, 78)


async def test_closed_direct_messages_are_said_to_the_moderators(mod_log: ModLog) -> None:
    await mod_log.asked()
    mod_log.world.skip(16 * 60)
    mod_log.world.env.inject_error("POST", "/users/@me/channels", status=403, code=50007, times=None)
    await mod_log.press(mod_log.club.greta, "Deny")
    text = words(mod_log.case())
    assert "Denied" in text
    assert "take no direct messages" in text


async def test_a_deleted_log_channel_is_told_and_the_press_can_be_repeated(mod_log: ModLog) -> None:
    refused = await mod_log.refused()
    mod_log.world.env.backend.delete_channel(mod_log.log.id)
    pressed = await mod_log.ask(refused)
    assert "cannot be written to" in mod_log.world.told(pressed)
    mod_log.log = mod_log.club.guild.create_text_channel("log-2")
    await mod_log.open()
    await mod_log.ask(refused)
    assert "a second mill" in words(mod_log.case())


async def test_verdicts_work_after_a_restart(mod_log: ModLog) -> None:
    await mod_log.asked()
    await mod_log.world.restart()
    await mod_log.press(mod_log.club.greta, "Approve once")
    await mod_log.world.idle()
    assert mod_log.world.messages(mod_log.club.bob)[-1].attachments
    assert any("They approved it" in letter.content for letter in mod_log.world.letters(mod_log.club.alice))


async def test_a_refusal_from_before_a_restart_is_not_remembered(mod_log: ModLog) -> None:
    refused = await mod_log.refused()
    await mod_log.world.restart()
    pressed = await mod_log.ask(refused)
    assert "not remembered" in mod_log.world.told(pressed)


async def test_the_servers_own_budget_cannot_be_approved_past(mod_log: ModLog) -> None:
    await mod_log.club.limit("runs", "1", whole_server=True)
    await mod_log.world.draw(mod_log.club.bob, "a mill")
    refused = await mod_log.world.imagine(mod_log.club.alice, "another")
    assert "This server has used its 1 run" in mod_log.world.refusal(refused)
    await mod_log.ask(refused)
    pressed = await mod_log.press(mod_log.club.greta, "Approve once")
    assert "This server has used" in mod_log.world.told(pressed)
    await mod_log.club.limit("runs", "5", whole_server=True)
    await mod_log.press(mod_log.club.greta, "Approve once")
    await mod_log.world.idle()
    assert mod_log.world.runs == 2


async def test_a_refusal_says_what_would_still_fit(mod_log: ModLog) -> None:
    await mod_log.club.limit("spend", "0.0025")
    refused = await mod_log.world.imagine(mod_log.club.alice, "a mill")
    text = mod_log.world.refusal(refused)
    assert "of your $0.0025 a day" in text
    assert "This would still fit" in text
    assert "flux-2-klein-4b" in text
