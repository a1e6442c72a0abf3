"""Cards of /rules: everything that is set, however much of it, and nothing that a member could smuggle in."""

from __future__ import annotations

from bot.domain.moderation.audit import ChannelChange
from bot.domain.moderation.lexicon import Hit
from bot.domain.moderation.rules import (
    NO_RULES,
    ChannelRule,
    GuildRules,
    Match,
    ModelRule,
    PictureRule,
    WordRule,
)
from bot.view.cards.rules import changed_card, show_card, trial_card, unchanged_card
from bot.view.text.changes import format_change

MAX_TEXT = 4_000  # of one message (Discord docs, Components reference, 2026)


def test_every_kind_of_rule_is_shown() -> None:
    rules = GuildRules(
        channels=((5, ChannelRule.ALLOW), (6, ChannelRule.DENY)),
        models=(("a/b", ModelRule.ADULT),),
        words=(WordRule("cat", is_pattern=False), WordRule("d.g", is_pattern=True)),
        blocked_user_ids=frozenset({8}),
        log_channel_id=7,
        pictures=((0, PictureRule.OWN), (5, PictureRule.ANYONE)),
    )
    text = show_card(rules).text
    for part in (
        "one's own only · <#5> anyone's",
        "<#5> allowed",
        "<#6> denied",
        "`a/b` adult",
        "`cat`",
        "`/d.g/`",
        "<@8>",
        "<#7>",
    ):
        assert part in text
    assert text.count("all others are denied") == 1


def test_an_empty_house_says_so() -> None:
    text = show_card(NO_RULES).text
    assert "allowed everywhere" in text
    assert "one's own and what the bot made" in text
    assert "all others are denied" not in text


def test_very_many_rules_still_fit_one_message() -> None:
    rules = GuildRules(
        channels=tuple((10**18 + n, ChannelRule.DENY) for n in range(500)),
        models=tuple((f"owner/{'m' * 80}{n}", ModelRule.DENY) for n in range(500)),
        words=tuple(WordRule(f"{'w' * 190}{n}", is_pattern=False) for n in range(500)),
        blocked_user_ids=frozenset(range(10**18, 10**18 + 5_000)),
    )
    card = show_card(rules)
    assert len(card.text) + len(card.small_print) <= MAX_TEXT
    assert card.text.count(" more") == 4


def test_a_word_cannot_break_out_of_its_code() -> None:
    rules = GuildRules(words=(WordRule("`@everyone` **x**\n# big", is_pattern=False),))
    text = show_card(rules).text
    assert "`'@everyone' **x** # big`" in text


def test_a_dry_run_names_the_rules_and_shows_the_prompt_harmlessly() -> None:
    matches = [
        Hit(WordRule("cat", is_pattern=False, match=Match.TOLERANT), Match.TOLERANT, "caat"),
        Hit(WordRule("c.t", is_pattern=True), Match.EXACT, "c4t"),
    ]
    refused, passed = trial_card("a **cat** @everyone", matches), trial_card("a dog", [])
    assert (
        "**2 rules** `cat` (tolerant): disguised, read as `caat` · `/c.t/`: as written, `c4t`" in refused.text
    )
    assert r"\*\*cat\*\*" in refused.text
    assert "@everyone" not in refused.text
    assert "would pass" in passed.text
    assert refused.small_print == passed.small_print == "Nothing was stored."


def test_a_change_says_before_and_after() -> None:
    change = ChannelChange(5, ChannelRule.ALLOW, ChannelRule.DENY)
    assert "<#5>: allowed → **denied**" in changed_card(format_change(change)).text
    assert "Nothing was changed" in unchanged_card("<#5>", "denied").text
