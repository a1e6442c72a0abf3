"""The word rules of servers, ready to be held against requests: made so once, kept within a budget."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final
from weakref import WeakValueDictionary

from bot.domain.moderation.errors import RuleFault, RuleRefused
from bot.domain.moderation.folding import folded
from bot.domain.moderation.lexicon import Hit, Lexicon
from bot.domain.moderation.rules import Match, WordRule
from bot.services.guild_settings.patterns import Patterns

MAX_BYTES: Final = 64 << 20  # of all servers together; those that asked longest ago are made ready anew
MAX_SERVER_BYTES: Final = 16 << 20  # that the patterns of one may come to take
QUICK_CHARS: Final = 500  # held against words alone within a few milliseconds
_WORD_BYTES: Final = 2_048


class Readied:
    """One server's word rules. Safe to use in several threads."""

    def __init__(self, rules: Sequence[WordRule]) -> None:
        self.rules = rules
        self._lexicon = Lexicon(rule for rule in rules if not rule.is_pattern)
        self._patterns = Patterns([rule.text for rule in rules if rule.is_pattern])
        self.size_bytes = len(rules) * _WORD_BYTES + self._patterns.size_bytes

    def is_quick(self, texts: Sequence[tuple[str, str]]) -> bool:
        return not self._patterns.size_bytes and sum(len(text) for _, text in texts) <= QUICK_CHARS

    def check(self, texts: Sequence[tuple[str, str]]) -> None:
        """Raises RuleRefused with the name of the first text that trips over a rule; PromptRefused."""
        for name, text in texts:
            plain = folded(text)
            if self._lexicon.matches(plain, text) or self._finds(self._patterns, plain, text):
                raise RuleRefused(RuleFault.WORD, name)

    def matches(self, text: str) -> list[Hit]:
        """Every rule that the text trips over, in their order, and why. Raises PromptRefused."""
        plain = folded(text)
        found = self._lexicon.matches(plain, text)
        for rule in self.rules:
            if rule.is_pattern and (part := self._finds(Patterns([rule.text]), plain, text)) is not None:
                found[rule] = Hit(rule, Match.EXACT, part)
        return [found[rule] for rule in self.rules if rule in found]

    def _finds(self, patterns: Patterns, plain: str, text: str) -> str | None:
        # Folding turns ß into ss: a pattern is held against the prompt as typed, too.
        part = patterns.find(plain)
        return part if part is not None else patterns.find(text)


class WordRules:
    """Every server's, as they were last asked for."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[int, Readied] = OrderedDict()
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    @property
    def size_bytes(self) -> int:
        return sum(readied.size_bytes for readied in self._kept.values())

    async def check(self, guild_id: int, rules: Sequence[WordRule], texts: Sequence[tuple[str, str]]) -> None:
        """Hold named texts against a server's rules, off the loop where it may take long.

        Raises RuleRefused with the name of a text, PromptRefused where one unfolds past all bounds.
        """
        if not rules or not texts:
            return
        readied = await self._readied(guild_id, rules)
        if readied.is_quick(texts):
            readied.check(texts)
        else:
            await asyncio.to_thread(readied.check, texts)

    async def matches(self, guild_id: int, rules: Sequence[WordRule], text: str) -> list[Hit]:
        """Every rule that the text trips over, and why. Raises PromptRefused."""
        return await asyncio.to_thread((await self._readied(guild_id, rules)).matches, text)

    async def make_room(self, rules: Sequence[WordRule], word: WordRule) -> None:
        """Raises PatternRefused where this pattern and the server's others would take too much memory."""
        if word.is_pattern and not any(map(word.is_same, rules)):
            patterns = [rule.text for rule in rules if rule.is_pattern]
            await asyncio.to_thread(Patterns, [*patterns, word.text], MAX_SERVER_BYTES)

    async def _readied(self, guild_id: int, rules: Sequence[WordRule]) -> Readied:
        lock = self._locks.setdefault(guild_id, asyncio.Lock())
        async with lock:  # a crowd makes them ready once
            readied = self._kept.get(guild_id)
            if readied is None or readied.rules is not rules:
                readied = await asyncio.to_thread(Readied, rules)
                self._kept[guild_id] = readied
            self._kept.move_to_end(guild_id)
            while self.size_bytes > self._max_bytes:
                self._kept.popitem(last=False)
            return readied
