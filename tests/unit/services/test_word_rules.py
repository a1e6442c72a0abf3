"""The word rules of servers: every text is held against them, within bounds of time and memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import bot.services.guild_settings._word_rules as word_rules_module
from bot.domain.limits.limit import LimitReached
from bot.domain.moderation.audit import AuditEntry, WordChange
from bot.domain.moderation.errors import PatternFault, PatternRefused, RuleFault, RuleRefused
from bot.domain.moderation.folding import folded
from bot.domain.moderation.rules import Match, WordRule
from bot.domain.money import Money
from bot.domain.request.errors import PromptFault, PromptRefused
from bot.domain.request.requester import Requester
from bot.domain.request.run_request import RunRequest
from bot.services.guild_settings._word_rules import Readied, WordRules
from bot.services.guild_settings.patterns import word_rule
from bot.services.limits.service import DefaultLimits
from bot.view.text.sentences import sentence
from tests.support.bot_harness import BotHarness, a_harness
from tests.support.samples import GUILD, NOON_S, a_requester

CAT = WordRule("cat", is_pattern=False, match=Match.TOLERANT)


def entry_of(word: WordRule) -> AuditEntry:
    return AuditEntry(GUILD, 9, WordChange(word, before=False, after=True), NOON_S)


async def refused_text(harness: BotHarness, **given: Any) -> str:
    with pytest.raises(RuleRefused) as refused:
        await harness.guild_settings.check_request(
            a_requester(), RunRequest("a/b", **{"prompt": "a mill"} | given)
        )
    assert refused.value.fault is RuleFault.WORD
    return sentence(refused.value)


async def test_every_text_that_reaches_the_model_is_held_against_the_words(harness: BotHarness) -> None:
    await harness.guild_settings.add_word(CAT, entry_of(CAT))
    requester = a_requester()
    await harness.guild_settings.check_request(
        requester, RunRequest("a/b", "a dog", "dogs", values=(("n", 3),))
    )
    assert "a word of this prompt" in await refused_text(harness, prompt="a c4t")
    assert "a word of the negative prompt" in await refused_text(harness, negative_prompt="no cats, cat")
    assert "a word of the field caption" in await refused_text(harness, values=(("caption", "a cat"),))
    many = (("size", 4), ("animals", ("dog", "moose", "cat")), ("caption", "a dog"))
    assert "a word of the field animals" in await refused_text(harness, values=many)


@pytest.mark.parametrize("values", [(), (("caption", "\ufdfa" * 4_000),)])
async def test_a_text_that_unfolds_past_all_bounds_is_refused_in_a_sentence(
    harness: BotHarness, values: Any
) -> None:
    await harness.guild_settings.add_word(CAT, entry_of(CAT))
    prompt = "a mill" if values else "\ufdfa" * 2_000
    with pytest.raises(PromptRefused) as refused:
        await harness.submit(1, prompt=prompt, values=values)
    assert refused.value.fault is PromptFault.UNFOLDS
    assert "stand for many letters each" in sentence(refused.value)
    assert harness.wiro.runs == []


async def test_a_text_is_folded_once_however_many_rules_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = tuple(WordRule(f"word{number}", is_pattern=number % 2 == 0) for number in range(500))
    readied = Readied(rules)
    texts: list[str] = []

    def counted(text: str) -> str:
        texts.append(text)
        return folded(text)

    monkeypatch.setattr(word_rules_module, "folded", counted)
    readied.check([("prompt", "a mill"), ("caption", "a dog")])
    assert texts == ["a mill", "a dog"]


async def test_a_crowd_makes_the_rules_ready_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Sequence[WordRule]] = []
    ready = Readied.__init__

    def noted(self: Readied, rules: Sequence[WordRule]) -> None:
        made.append(rules)
        ready(self, rules)

    monkeypatch.setattr(Readied, "__init__", noted)
    rules, words = WordRules(), (CAT,)
    await asyncio.gather(*(rules.check(1, words, [("prompt", "a dog")]) for _ in range(100)))
    assert made == [words]
    changed = (CAT, WordRule("dog", is_pattern=False))
    with pytest.raises(RuleRefused):
        await rules.check(1, changed, [("prompt", "a dog")])
    assert made == [words, changed]


async def test_what_is_kept_of_all_servers_stays_within_its_bytes() -> None:
    rules = WordRules(max_bytes=1 << 20)
    patterns = [(word_rule(f"/guild{guild}.*x/"), CAT) for guild in range(20)]
    for guild_id, words in enumerate(patterns):
        with pytest.raises(RuleRefused):
            await rules.check(guild_id, words, [("prompt", f"guild{guild_id} and x")])
        assert rules.size_bytes <= 1 << 20
    assert rules.size_bytes > 0
    with pytest.raises(RuleRefused):  # let go, and made ready anew
        await rules.check(0, patterns[0], [("prompt", "guild0 x")])


def test_many_patterns_are_kept_in_the_room_of_few() -> None:
    large = [WordRule(f"{'(a|b|c)?' * 20}{number}", is_pattern=True) for number in range(200)]
    assert Readied(large).size_bytes <= 16 << 20


async def test_a_pattern_for_which_there_is_no_room_is_refused_in_a_sentence(
    harness: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_rules_module, "MAX_SERVER_BYTES", 1 << 18)
    small, large = word_rule("/small/"), word_rule(r"/\pL{1,30}x/")
    assert await harness.guild_settings.add_word(small, entry_of(small))
    with pytest.raises(PatternRefused) as refused:
        await harness.guild_settings.add_word(large, entry_of(large))
    assert refused.value.fault is PatternFault.TOO_LARGE_TOGETHER
    assert "more memory" in sentence(refused.value)
    assert (await harness.guild_settings.of(GUILD)).rules.words == (small,)


async def test_a_server_without_words_looks_through_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Readied, "__init__", lambda *_: pytest.fail("made ready"))
    await WordRules().check(1, (), [("prompt", "\ufdfa" * 4_000)])


async def test_a_member_at_a_limit_is_told_so_before_any_word_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = DefaultLimits(0, Money.parse("2"), Money.parse("20"))
    async with a_harness(tmp_path / "db", default_limits=nothing) as harness:
        await harness.guild_settings.add_word(CAT, entry_of(CAT))
        looked: list[RunRequest] = []

        async def look(_requester: Requester, request: RunRequest) -> None:
            looked.append(request)

        monkeypatch.setattr(harness.guild_settings, "check_request", look)
        with pytest.raises(LimitReached):
            await harness.submit(prompt="a cat")
        assert looked == []
