"""Word rules held against a text: looked up word by word, so that their number costs next to nothing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from bot.domain.moderation.folding import bared, folded, is_part_of_word
from bot.domain.moderation.lookalikes import SIGNS
from bot.domain.moderation.rules import Match, WordRule

MIN_SPACED: Final = 3  # letters that stand alone, one after the other, before they are read as a word
MAX_ONES: Final = 3  # places of a word at which a 1 is read as an i and as an l in turn

_SIGNS: Final = frozenset(map(chr, SIGNS))
_ASCII_WORD: Final = re.compile(r"[^\W_]+")
_RUN: Final = re.compile(r"(.)\1*", re.DOTALL)
_ONES: Final = re.compile("1+")
_CHUNK: Final = re.compile(r"\S+")
_BETWEEN: Final = re.compile(r"[\s_'’-]+")  # the words of a phrase
_ALONE: Final = frozenset({"a", "i"})  # words of one letter that stand beside a word in spaced letters


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that a text trips over, the level at which it did, and what was read there."""

    rule: WordRule
    level: Match
    read_as: str


@dataclass(frozen=True, slots=True)
class _Spelling:
    """One word of a tolerant rule: each letter once, and how often it must stand there at least."""

    letters: str
    counts: tuple[int, ...]

    def fits(self, word: str) -> bool:
        return self.letters == _letters(word) and all(
            there >= wanted for there, wanted in zip(_counts(word), self.counts, strict=True)
        )


class Lexicon:
    """The words and phrases of one server; patterns apart."""

    def __init__(self, rules: Iterable[WordRule]) -> None:
        self._literal: list[tuple[str, WordRule]] = []
        self._exact: defaultdict[str, list[tuple[list[str], WordRule]]] = defaultdict(list)
        self._tolerant: defaultdict[str, list[tuple[list[_Spelling], WordRule]]] = defaultdict(list)
        for rule in rules:
            self._enter(rule)

    def matches(self, plain: str, text: str) -> dict[WordRule, Hit]:
        """Every rule that the text, `plain` when it is folded, trips over."""
        found = {hit.rule: hit for hit in (*self._literal_hits(plain), *self._exact_hits(plain))}
        if self._tolerant:
            for hit in self._tolerant_hits(bared(text)):
                found.setdefault(hit.rule, hit)
        return found

    def _enter(self, rule: WordRule) -> None:
        plain = " ".join(folded(rule.text).split())
        words, are_words = _words(plain)
        if not are_words:  # it has signs in it that make it what it is
            if plain:
                self._literal.append((plain, rule))
            return
        self._exact[words[0]].append((words, rule))
        bare, _ = _words(" ".join(bared(rule.text).split()))
        if rule.match is Match.TOLERANT and sum(map(len, bare)) > 1 and all(map(_has_letter, bare)):
            spellings = [_spelling(next(_as_letters(word))) for word in bare]
            self._tolerant[spellings[0].letters].append((spellings, rule))
            if len(bare) > 1:
                whole = _spelling("".join(next(_as_letters(word)) for word in bare))
                self._tolerant[whole.letters].append(([whole], rule))

    def _literal_hits(self, plain: str) -> Iterator[Hit]:
        line = " ".join(plain.split()) if self._literal else ""
        for literal, rule in self._literal:
            at = line.find(literal)
            while at >= 0 and not _stands_alone(line, at, literal):
                at = line.find(literal, at + 1)
            if at >= 0:
                yield Hit(rule, Match.EXACT, literal)

    def _exact_hits(self, plain: str) -> Iterator[Hit]:
        spans = _spans(plain)
        words = [plain[start:end] for start, end in spans]
        for at, word in enumerate(words):
            for phrase, rule in self._exact.get(word, ()):
                last = at + len(phrase) - 1
                if words[at : last + 1] == phrase and all(
                    _BETWEEN.fullmatch(plain, spans[n][1], spans[n + 1][0]) for n in range(at, last)
                ):
                    yield Hit(rule, Match.EXACT, " ".join(phrase))

    def _tolerant_hits(self, bare: str) -> Iterator[Hit]:
        pieces: list[set[str]] = []
        for chunk in bare.split():
            parts = [chunk] if chunk.isalpha() else list(_pieces(chunk))
            pieces += map(_readings, parts)
            if parts != [chunk] or not chunk.isalnum():
                whole = {_joined(chunk, _SIGNS), _joined(chunk, frozenset())}
                yield from self._single(reading for word in whole for reading in _readings(word))
        for at, readings in enumerate(pieces):
            yield from self._phrases(readings, pieces, at)
        for word in _spaced(bare):
            yield from self._single(_readings(word))

    def _single(self, readings: Iterable[str]) -> Iterator[Hit]:
        for word in readings:
            for spellings, rule in self._tolerant.get(_letters(word), ()):
                if len(spellings) == 1 and spellings[0].fits(word):
                    yield Hit(rule, Match.TOLERANT, word)

    def _phrases(self, readings: set[str], pieces: Sequence[set[str]], at: int) -> Iterator[Hit]:
        for word in readings:
            for spellings, rule in self._tolerant.get(_letters(word), ()):
                there = pieces[at : at + len(spellings)]
                read = [
                    next(filter(spelling.fits, others), "")
                    for spelling, others in zip(spellings, there, strict=False)
                ]
                if len(read) == len(spellings) and all(read):
                    yield Hit(rule, Match.TOLERANT, " ".join(read))


def _words(plain: str) -> tuple[list[str], bool]:
    """The words of a rule, and whether nothing but blanks, dashes and apostrophes stands between them."""
    spans = _spans(plain)
    words = [plain[start:end] for start, end in spans]
    edges = [0, *(edge for span in spans for edge in span), len(plain)]
    rest = [plain[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    return words, bool(words) and not rest[0] and not rest[-1] and all(map(_BETWEEN.fullmatch, rest[1:-1]))


def _spans(text: str) -> list[tuple[int, int]]:
    if text.isascii():
        return [found.span() for found in _ASCII_WORD.finditer(text)]
    spans, start = [], -1
    for at, character in enumerate(text):
        is_part = is_part_of_word(character)
        if is_part and start < 0:
            start = at
        elif not is_part and start >= 0:
            spans.append((start, at))
            start = -1
    return [*spans, (start, len(text))] if start >= 0 else spans


def _stands_alone(line: str, at: int, literal: str) -> bool:
    """Whether a letter or digit at either end is not within a longer word."""
    before, after = line[at - 1 : at] if at else "", line[at + len(literal) : at + len(literal) + 1]
    starts = not (before and is_part_of_word(before) and is_part_of_word(literal[0]))
    return starts and not (after and is_part_of_word(after) and is_part_of_word(literal[-1]))


def _pieces(chunk: str) -> Iterator[str]:
    """What is parted by anything that is read as no letter."""
    start = 0
    for at, character in enumerate(f"{chunk} "):
        if character not in _SIGNS and not is_part_of_word(character):
            if at > start:
                yield chunk[start:at]
            start = at + 1


def _joined(chunk: str, signs: frozenset[str]) -> str:
    if chunk.isalnum():
        return chunk
    return "".join(c for c in chunk if c in signs or is_part_of_word(c))


def _readings(word: str) -> set[str]:
    """A word in letters, with and without the digits and signs around it; none where it has no letter."""
    if word.isalpha():
        return {word}
    letters = [at for at, character in enumerate(word) if character.isalpha()]
    if not letters:
        return set()
    first, end = letters[0], letters[-1] + 1
    parts = {word, word[first:], word[:end], word[first:end]}
    return {reading for part in parts for reading in _as_letters(part)}


def _as_letters(word: str) -> Iterator[str]:
    """Signs as the letters that they stand for."""
    plain = word.translate(SIGNS)
    places = len(_ONES.findall(plain))
    if not places:
        yield plain
        return
    parts = _ONES.split(plain)
    choices = product("il", repeat=places) if places <= MAX_ONES else (("i",) * places, ("l",) * places)
    for choice in choices:
        chosen = [letter * len(ones) for letter, ones in zip(choice, _ONES.findall(plain), strict=True)]
        yield "".join(map("".join, zip(parts, [*chosen, ""], strict=True)))


def _spaced(bare: str) -> Iterator[str]:
    """Letters that stand alone, as one word: with and without a word of one letter at either end."""
    alone: list[str] = []
    gap, end = 0, 0
    for found in _CHUNK.finditer(bare):
        letters = _joined(found[0], _SIGNS)
        wide, end = found.start() - end, found.end()
        is_alone = len(set(letters)) == 1
        if letters and (not is_alone or (len(alone) > 1 and wide > gap)):
            yield from _of(alone)
            alone = []
        if is_alone:
            gap = wide if len(alone) == 1 else gap
            alone.append(letters)
    yield from _of(alone)


def _of(alone: Sequence[str]) -> Iterator[str]:
    starts = (0, 1) if alone and alone[0] in _ALONE else (0,)
    ends = (len(alone), len(alone) - 1) if alone and alone[-1] in _ALONE else (len(alone),)
    for start, end in product(starts, ends):
        if end - start >= MIN_SPACED:
            yield "".join(alone[start:end])


def _has_letter(word: str) -> bool:
    return any(map(str.isalpha, word))


def _spelling(word: str) -> _Spelling:
    return _Spelling(_letters(word), tuple(_counts(word)))


def _letters(word: str) -> str:
    return _RUN.sub(r"\1", word)


def _counts(word: str) -> list[int]:
    return [len(found[0]) for found in _RUN.finditer(word)]
