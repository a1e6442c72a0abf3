"""The list of models, prepared once so that each keystroke of a search costs a glance a model."""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.domain.catalogue.model import ModelSummary, folded_slug

MAX_SIMILAR: Final = 3
MAX_SEARCH_CHARS: Final = 100  # as long as a model's name may be typed: each word is looked for in each model
_LEAST_LIKENESS: Final = 0.3  # shared trigrams over all: below it, names have nothing to do with each other
_NO_USES: Final[Mapping[str, int]] = {}


@dataclass(frozen=True, slots=True)
class _Entry:
    """A model with everything that searching looks at, in lower case."""

    summary: ModelSummary = field(repr=False)
    slug: str
    project: str
    title: str
    names: str  # slug, title and categories in one
    words: str  # names and description in one


class ModelIndex:
    """Models in the order of a search for nothing: the default one, then what Wiro's users run most."""

    def __init__(self, summaries: Sequence[ModelSummary], default_model: str) -> None:
        default = default_model.lower()
        entries = [_entry(summary) for summary in summaries]
        self._entries = sorted(entries, key=lambda e: (e.slug != default, -(e.summary.run_count or 0)))
        self._by_slug = {entry.slug: entry for entry in entries}
        self._trigrams: dict[str, frozenset[str]] = {}
        shelves = Counter(name.lower() for summary in summaries for name in summary.categories)
        self.categories: tuple[str, ...] = tuple(name for name, _ in shelves.most_common())

    def drop(self, slug: str) -> None:
        """Leave one model out from here on. Nothing that another thread may be reading is changed."""
        self._entries = [entry for entry in self._entries if entry.slug != slug]
        self._by_slug = {entry.slug: entry for entry in self._entries}

    def __len__(self) -> int:
        return len(self._entries)

    def of(self, slug: str) -> ModelSummary | None:
        entry = self._by_slug.get(folded_slug(slug))
        return entry.summary if entry is not None else None

    def suggestions(self, text: str, limit: int, uses: Mapping[str, int] = _NO_USES) -> list[ModelSummary]:
        """Models whose slug, title or categories contain every word of the text.

        First those that are called so, then those whose name begins so, then the rest; among equals what
        `uses` counts most (by slug in lower case), then the order of the index.
        """
        whole, words = _asked(text)
        ranked = (
            (_rank(entry, whole), -uses.get(entry.slug, 0), place)
            for place, entry in enumerate(self._entries)
            if all(word in entry.names for word in words)
        )
        return [self._entries[place].summary for *_, place in heapq.nsmallest(limit, ranked)]

    def search(self, text: str, category: str = "", uses: Mapping[str, int] = _NO_USES) -> list[ModelSummary]:
        """As `suggestions`, without a limit; descriptions count too, after everything else."""
        whole, words = _asked(text)
        shelf = category.strip().lower()
        ranked = [
            (_rank(entry, whole), any(word not in entry.names for word in words), -uses.get(entry.slug, 0), n)
            for n, entry in enumerate(self._entries)
            if all(word in entry.words for word in words) and _stands_on(entry, shelf)
        ]
        return [self._entries[place].summary for *_, place in sorted(ranked)]

    def similar(self, slug: str) -> tuple[str, ...]:
        """Slugs that somebody may have meant by this one, the likeliest first. Safe to ask in any thread."""
        asked = folded_slug(slug)
        parts = _trigrams(asked)
        by_slug = self._by_slug
        if not self._trigrams:  # once a list, and only when somebody asks for what is not there
            self._trigrams = {known: _trigrams(known) for known in by_slug}
        likely = heapq.nlargest(
            MAX_SIMILAR,
            (
                (_likeness(parts, others), known)
                for known, others in self._trigrams.items()
                if known != asked and known in by_slug
            ),
        )
        return tuple(by_slug[known].summary.slug for likeness, known in likely if likeness >= _LEAST_LIKENESS)


def _asked(text: str) -> tuple[str, list[str]]:
    words = text[:MAX_SEARCH_CHARS].lower().split()
    return " ".join(words), list(dict.fromkeys(words))


def _entry(summary: ModelSummary) -> _Entry:
    slug, title = summary.slug.lower(), " ".join(summary.title.lower().split())
    names = " ".join((slug, title, *(name.lower() for name in summary.categories)))
    words = f"{names} {summary.description.lower()}"
    return _Entry(summary, slug, slug.rpartition("/")[2], title, names, words)


def _rank(entry: _Entry, whole: str) -> int:
    known = (entry.slug, entry.project, entry.title)
    if whole in known:
        return 0
    return 1 if any(name.startswith(whole) for name in known) else 2


def _stands_on(entry: _Entry, shelf: str) -> bool:
    return not shelf or any(shelf in name.lower() for name in entry.summary.categories)


def _likeness(ones: frozenset[str], others: frozenset[str]) -> float:
    """From 0 to 1: the part of all trigrams of two slugs that they share; the owner counts for one."""
    shared = len(ones & others)
    return shared / (len(ones) + len(others) - shared)


def _trigrams(slug: str) -> frozenset[str]:
    owner, _, project = slug.rpartition("/")
    found = {owner}
    for word in re.split(r"[\s._-]+", project):
        padded = f" {word} "
        found |= {padded[at : at + 3] for at in range(len(padded) - 2)}
    return frozenset(found)
