"""Suggestions: what is called so, what this server uses, what everybody runs; at a glance a model."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalogue.model import ModelSummary
from bot.services.catalogue._model_index import ModelIndex

DEFAULT = "stabilityai/sd3"


def a_summary(slug: str, title: str = "", runs: int | None = None, **fields: Any) -> ModelSummary:
    return ModelSummary(slug, title or slug, None, run_count=runs, **fields)


INDEX = ModelIndex(
    [
        a_summary("bfl/flux-2-klein", "FLUX.2 klein", 900, categories=("text-to-image",)),
        a_summary("bfl/flux", "FLUX", 10),
        a_summary("wiro/reflux-upscaler", "Upscaler", 5_000, description="Larger pictures, by Fluxians."),
        a_summary(DEFAULT, "Stable Diffusion 3", 1),
        a_summary("suno/song", "Song Writer", 700, categories=("text-to-song", "Music")),
    ],
    DEFAULT,
)


def slugs(text: str, uses: dict[str, int] | None = None, limit: int = 25) -> list[str]:
    return [summary.slug for summary in INDEX.suggestions(text, limit, uses or {})]


def test_a_search_for_nothing_begins_with_the_default_then_what_everybody_runs() -> None:
    assert slugs("") == [DEFAULT, "wiro/reflux-upscaler", "bfl/flux-2-klein", "suno/song", "bfl/flux"]


def test_a_model_that_is_gone_is_found_no_more_and_all_others_stay_in_their_order() -> None:
    index = ModelIndex([a_summary(f"bfl/flux-{number}") for number in range(4)], DEFAULT)
    assert "bfl/flux-2" in index.similar("bfl/flux")
    index.drop("bfl/flux-2")
    left = ["bfl/flux-0", "bfl/flux-1", "bfl/flux-3"]
    assert [summary.slug for summary in index.suggestions("", 9)] == left
    assert index.of("bfl/flux-2") is None
    assert sorted(index.similar("bfl/flux")) == left


def test_what_this_server_uses_comes_before_both() -> None:
    uses = {"suno/song": 2, "bfl/flux": 9}
    assert slugs("", uses)[:3] == ["bfl/flux", "suno/song", DEFAULT]


@pytest.mark.parametrize("text", ["bfl/flux", "FLUX", " flux "])
def test_an_exact_name_is_first_whatever_is_used_then_what_begins_so(text: str) -> None:
    uses = {"wiro/reflux-upscaler": 99, "bfl/flux-2-klein": 3}
    assert slugs(text, uses)[:2] == ["bfl/flux", "bfl/flux-2-klein"]


def test_every_word_counts_in_slug_title_and_categories() -> None:
    assert slugs("klein BFL") == ["bfl/flux-2-klein"]
    assert slugs("music") == ["suno/song"]
    assert slugs("fluxians") == []
    assert slugs("", limit=2) == [DEFAULT, "wiro/reflux-upscaler"]


def test_a_search_looks_into_descriptions_after_everything_else() -> None:
    found = [summary.slug for summary in INDEX.search("flux")]
    assert found == ["bfl/flux", "bfl/flux-2-klein", "wiro/reflux-upscaler"]
    assert [summary.slug for summary in INDEX.search("larger fluxians")] == ["wiro/reflux-upscaler"]
    assert len(INDEX.search("")) == len(INDEX) == 5


def test_a_search_keeps_to_one_shelf() -> None:
    assert [summary.slug for summary in INDEX.search("", "TEXT-TO-SONG")] == ["suno/song"]
    assert [summary.slug for summary in INDEX.search("", "text-to")] == ["bfl/flux-2-klein", "suno/song"]
    assert INDEX.search("klein", "music") == []
    assert set(INDEX.categories) == {"text-to-image", "text-to-song", "music"}


def test_a_line_is_found_by_its_slug_in_any_case() -> None:
    found = INDEX.of(" BFL/Flux ")
    assert found is not None
    assert found.title == "FLUX"
    assert INDEX.of("nobody/nothing") is None


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("bfl/flux-2-klien", "bfl/flux-2-klein"),
        ("black-forest/flux", "bfl/flux"),
        ("stabilityai/sd-3", DEFAULT),
        ("wiro/upscaler", "wiro/reflux-upscaler"),
    ],
)
def test_what_somebody_may_have_meant(asked: str, first: str) -> None:
    assert INDEX.similar(asked)[0] == first


def test_nothing_alike_is_not_offered_nor_the_asked_one_itself() -> None:
    assert INDEX.similar("zzz/qqqqqqqq") == ()
    assert "bfl/flux" not in INDEX.similar("bfl/flux")


class _Watched(str):
    """A text that counts how often it is turned to lower case."""

    __slots__ = ()
    lowered = 0

    def lower(self) -> str:
        type(self).lowered += 1
        return super().lower()


class _WatchedUses(Counter[str]):
    """Counters that count how often they are asked."""

    asked = 0

    def get(self, key: str, default: Any = None) -> Any:
        type(self).asked += 1
        return super().get(key, default)


def test_a_keystroke_over_thousands_of_models_prepares_nothing_anew() -> None:
    words = _Watched("Long words " * 90)
    many = [
        ModelSummary(f"maker/model-{n}", _Watched(f"Model {n}"), None, words, run_count=n)
        for n in range(5_000)
    ]
    index = ModelIndex(many, DEFAULT)
    _Watched.lowered = 0
    uses = _WatchedUses({"maker/model-7": 3})
    assert [summary.slug for summary in index.suggestions("model", 25, uses)][:2] == [
        "maker/model-7",
        "maker/model-4999",
    ]
    assert _WatchedUses.asked == 5_000
    index.suggestions("4999", 25, uses)
    assert _WatchedUses.asked == 5_001  # only what fits is ranked
    assert _Watched.lowered == 0


@given(st.text(max_size=20), st.integers(1, 9))
def test_suggestions_are_bounded_and_each_is_one_of_the_list(text: str, limit: int) -> None:
    found = slugs(text, limit=limit)
    assert len(found) == len(set(found)) <= limit
    assert set(found) <= {summary.slug for summary in INDEX.search("")}
