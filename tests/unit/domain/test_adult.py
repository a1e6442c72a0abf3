"""Models that say of themselves that they are for adults, and where they may be used."""

from __future__ import annotations

import pytest

from bot.domain.catalogue.adult import says_adult
from bot.domain.moderation.errors import RuleFault, RuleRefused
from bot.domain.moderation.rules import NO_RULES, GuildRules, ModelRule, check_model
from bot.domain.request.requester import ChannelContext, Requester

MODEL = "Owner/Red"
HERE, RED, DIRECT = (
    ChannelContext(7, 30),
    ChannelContext(7, 31, is_age_restricted=True),
    ChannelContext(None, 32),
)


@pytest.mark.parametrize(
    "names",
    [("NSFW",), ("text-to-image", "nsfw-image"), ("Adult Content",), ("18+",), ("Uncensored LLM",), ("xxx",)],
)
def test_a_category_or_tag_that_says_so_is_heard(names: tuple[str, ...]) -> None:
    assert says_adult(names)


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("tool", "text-to-image"),
        ("sfw",),
        ("nsfw-detection",),
        ("Adult content filter",),
        ("adulthood", "essex", "explicitly"),
    ],
)
def test_others_and_those_that_look_for_such_pictures_are_for_everybody(names: tuple[str, ...]) -> None:
    assert not says_adult(names)


def fault(rules: GuildRules, place: ChannelContext, *, is_adult: bool) -> RuleFault | None:
    try:
        check_model(rules, Requester(1, frozenset(), place), MODEL, is_adult=is_adult)
    except RuleRefused as refused:
        return refused.fault
    return None


def marked(rule: ModelRule) -> GuildRules:
    return GuildRules(models=(("owner/red", rule),))


@pytest.mark.parametrize("place", [HERE, DIRECT])
def test_a_model_for_adults_is_one_until_the_moderators_say_otherwise(place: ChannelContext) -> None:
    assert fault(NO_RULES, place, is_adult=True) is RuleFault.ADULT_MODEL
    assert fault(NO_RULES, RED, is_adult=True) is None
    assert fault(NO_RULES, place, is_adult=False) is None
    assert fault(marked(ModelRule.GENERAL), place, is_adult=True) is None
    assert fault(marked(ModelRule.ALLOW), place, is_adult=True) is None
    assert fault(marked(ModelRule.ADULT), place, is_adult=False) is RuleFault.ADULT_MODEL
    assert fault(marked(ModelRule.DENY), RED, is_adult=True) is RuleFault.MODEL


def test_as_soon_as_one_model_is_allowed_no_other_is_for_adults_either() -> None:
    rules = GuildRules(models=(("owner/other", ModelRule.ALLOW),))
    for place in (HERE, RED):
        assert fault(rules, place, is_adult=True) is RuleFault.MODEL


def test_what_is_marked_as_for_everybody_closes_no_other_model() -> None:
    rules = GuildRules(models=(("owner/other", ModelRule.GENERAL),))
    assert fault(rules, HERE, is_adult=False) is None
