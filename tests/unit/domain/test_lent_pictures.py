"""Whose pictures may go into a model: every rule, every kind of picture, everybody's own word."""

from __future__ import annotations

from itertools import product

import pytest

from bot.domain.moderation.errors import RuleFault, RuleRefused
from bot.domain.moderation.picture_rules import check_pictures, files_of, lenders, rule_here
from bot.domain.moderation.rules import NO_RULES, GuildRules, PictureRule
from bot.domain.request.files import NOBODY, InputFile
from bot.domain.request.requester import ChannelContext, Requester
from tests.support.samples import CHANNEL, GUILD, MEMBER, a_job, a_request, a_requester, an_origin

BOB = 5


def a_picture(owner_id: int | None = None, *, is_made_here: bool = False) -> InputFile:
    return InputFile(
        "", "https://cdn.discordapp.com/dog.png", "dog.png", owner_id=owner_id, is_made_here=is_made_here
    )


OWN, MARKED_OWN = a_picture(), a_picture(MEMBER)
BOBS, BOBS_MADE_HERE, STRAY = a_picture(BOB), a_picture(BOB, is_made_here=True), a_picture(NOBODY)


def fault(
    picture: InputFile, rule: PictureRule | None, closed: frozenset[int] = frozenset()
) -> RuleFault | None:
    rules = GuildRules(pictures=((0, rule),) if rule is not None else ())
    try:
        check_pictures(rules, a_requester(), a_request(files=(OWN, picture)), closed)
    except RuleRefused as refused:
        return refused.fault
    return None


@pytest.mark.parametrize(("picture", "rule"), list(product([OWN, MARKED_OWN], [None, *PictureRule])))
def test_ones_own_may_always_go_in_whatever_one_lends_to_others(
    picture: InputFile, rule: PictureRule | None
) -> None:
    assert fault(picture, rule, frozenset({MEMBER})) is None


EXPECTED = {
    PictureRule.OWN: (RuleFault.PICTURE_OWN, RuleFault.PICTURE_OWN, RuleFault.PICTURE_OWN),
    PictureRule.MADE_HERE: (RuleFault.PICTURE_MADE_HERE, None, RuleFault.PICTURE_MADE_HERE),
    PictureRule.ANYONE: (None, None, None),
}


def test_others_pictures_go_in_as_the_rule_says() -> None:
    assert set(EXPECTED) == set(PictureRule)
    for rule, faults in EXPECTED.items():
        assert tuple(fault(picture, rule) for picture in (BOBS, BOBS_MADE_HERE, STRAY)) == faults


def test_without_a_rule_what_the_bot_made_goes_in() -> None:
    assert fault(BOBS, None) is RuleFault.PICTURE_MADE_HERE
    assert fault(BOBS_MADE_HERE, None) is None


@pytest.mark.parametrize("rule", PictureRule)
@pytest.mark.parametrize("picture", [BOBS, BOBS_MADE_HERE])
def test_who_lends_to_nobody_lends_to_nobody(picture: InputFile, rule: PictureRule) -> None:
    assert fault(picture, rule, frozenset({BOB})) is RuleFault.PICTURE_CLOSED
    assert fault(picture, PictureRule.ANYONE, frozenset({BOB + 1})) is None


def test_a_threads_rule_goes_before_its_channels_and_that_before_the_servers() -> None:
    thread = ChannelContext(GUILD, CHANNEL + 1, parent_id=CHANNEL)
    whole, channel, own = (0, PictureRule.OWN), (CHANNEL, PictureRule.ANYONE), (CHANNEL + 1, PictureRule.OWN)
    for pictures, expected in (
        ((), PictureRule.MADE_HERE),
        ((whole,), PictureRule.OWN),
        ((whole, channel), PictureRule.ANYONE),
        ((whole, channel, own), PictureRule.OWN),
    ):
        assert rule_here(GuildRules(pictures=pictures), thread) is expected
    assert (
        rule_here(GuildRules(pictures=(whole, channel)), ChannelContext(GUILD, CHANNEL + 9))
        is PictureRule.OWN
    )
    assert rule_here(NO_RULES, ChannelContext(None, CHANNEL)) is PictureRule.MADE_HERE


@pytest.mark.parametrize(
    "text",
    [
        "https://cdn.discordapp.com/attachments/1/2/dog.png?ex=1",
        " HTTPS://media.discordapp.net/attachments/1/2/dog.png",
        "https://discord.com/channels/1/2/3",
        "https://ptb.discord.com/channels/1/2/3",
        "https://cdn1.wiro.ai/task/0.png",
    ],
)
@pytest.mark.parametrize("is_listed", [False, True])
def test_a_link_to_a_picture_here_tells_not_whose_it_is(text: str, is_listed: bool) -> None:
    request = a_request(values=(("inputImageUrl", (text,) if is_listed else text), ("steps", 5)))
    with pytest.raises(RuleRefused) as refused:
        check_pictures(NO_RULES, a_requester(), request, frozenset())
    assert refused.value.fault is RuleFault.PICTURE_LINK
    check_pictures(GuildRules(pictures=((0, PictureRule.ANYONE),)), a_requester(), request, frozenset())


@pytest.mark.parametrize(
    "text",
    ["https://example.com/dog.png", "about https://cdn1.wiro.ai/x", "https://notdiscord.com/channels/1"],
)
def test_other_texts_are_no_pictures_of_members(text: str) -> None:
    check_pictures(NO_RULES, a_requester(), a_request(values=(("caption", text),)), frozenset())


def test_what_went_into_a_job_stays_whose_it_was() -> None:
    job = a_job(origin=an_origin(user_id=BOB), request=a_request(files=(OWN, MARKED_OWN, STRAY)))
    assert [file.owner_id for file in files_of(job)] == [BOB, MEMBER, NOBODY]
    request = a_request(files=files_of(job))
    assert lenders(a_requester(), request) == {BOB}
    assert lenders(Requester(BOB, frozenset(), ChannelContext(GUILD, CHANNEL)), request) == {MEMBER}
