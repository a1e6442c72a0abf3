"""What goes in and what comes out, from categories and from inputs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalogue.abilities import Abilities, Medium, abilities_of
from bot.domain.catalogue.model import Kind, Parameter

TEXT, PICTURE, VIDEO, AUDIO = Medium.TEXT, Medium.PICTURE, Medium.VIDEO, Medium.AUDIO


@pytest.mark.parametrize(
    ("categories", "takes", "gives"),
    [
        (["text-to-image"], [TEXT], [PICTURE]),
        (["tool", "Text-To-Image", "image-to-image"], [TEXT, PICTURE], [PICTURE]),
        (["images-to-3d"], [PICTURE], [Medium.THREE_D]),
        (["text-to-speech"], [TEXT], [AUDIO]),
        (["speech to text"], [AUDIO], [TEXT]),
        (["image-text_to_nowhere"], [TEXT, PICTURE], []),
        (["image-text-to-video"], [TEXT, PICTURE], [VIDEO]),
        (["llm"], [TEXT], [TEXT]),
        (["image-editing"], [TEXT, PICTURE], [PICTURE]),
        (["partner", "trending"], [], []),
        ([], [], []),
    ],
)
def test_categories_tell(categories: list[str], takes: list[Medium], gives: list[Medium]) -> None:
    assert abilities_of(categories) == Abilities(tuple(takes), tuple(gives))


def test_inputs_tell_better_what_goes_in() -> None:
    inputs = [
        Parameter("prompt", Kind.LONG_TEXT),
        Parameter("steps", Kind.WHOLE),
        Parameter("inputImage", Kind.FILES_OR_LINKS),
        Parameter("reference", Kind.FILE, "Your voice"),
        Parameter("attachment", Kind.FILE),
    ]
    found = abilities_of(["text-to-video"], inputs)
    assert found.takes == (TEXT, PICTURE, AUDIO, Medium.FILE)
    assert found.gives == (VIDEO,)
    assert abilities_of(["text-to-video"], []).takes == ()


@given(st.lists(st.text(max_size=20)))
def test_no_category_whatever_raises(categories: list[str]) -> None:
    assert len(abilities_of(categories).gives) <= len(Medium)
