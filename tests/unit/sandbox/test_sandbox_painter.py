"""The painter: the same request is the same picture, any other is another."""

import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFont

from sandbox.wiro.painter import Subject, paint, wrap

FOX = Subject("stabilityai/stable-diffusion-3-medium", "a red fox", "", 7, 256, 320, 28)


def test_the_same_subject_is_the_same_file():
    assert paint(FOX) == paint(replace(FOX))


@pytest.mark.parametrize(
    "change",
    [
        {"model": "stabilityai/sdxl-turbo"},
        {"prompt": "a blue fox"},
        {"negative_prompt": "red"},
        {"seed": 8},
        {"width": 257},
        {"steps": 29},
        {"index": 1},
    ],
)
def test_every_part_of_a_subject_shows(change):
    assert paint(replace(FOX, **change)) != paint(FOX)


def test_the_picture_has_the_size_asked_for_and_the_weight_of_a_real_one():
    data = paint(replace(FOX, width=1024, height=1024))
    picture = Image.open(io.BytesIO(data))
    assert (picture.format, picture.size) == ("PNG", (1024, 1024))
    assert 100_000 < len(data) < 1_500_000


def test_the_prompt_stands_on_the_band_at_the_bottom():
    """Bright type where the band is; the caption alone has less of it."""

    def bright(prompt):
        picture = Image.open(io.BytesIO(paint(replace(FOX, prompt=prompt, width=512, height=512))))
        band = picture.convert("L").crop((0, 400, 512, 512))
        return sum(band.histogram()[235:])

    assert bright("a dark forest with many words written at the foot of it") > bright("dark") + 200


@settings(max_examples=25, deadline=None)
@given(prompt=st.text(alphabet=st.characters(exclude_categories=()), max_size=120))
def test_no_text_breaks_the_painter(prompt):
    data = paint(replace(FOX, prompt=prompt, width=256, height=256))
    assert Image.open(io.BytesIO(data)).size == (256, 256)


@settings(max_examples=40, deadline=None)
@given(text=st.text(max_size=900), width=st.integers(60, 400))
def test_wrapped_lines_fit_their_width_and_are_four_at_most(text, width):
    font = ImageFont.load_default(14)
    lines = wrap(text, font, width)
    assert 1 <= len(lines) <= 4
    assert all(font.getlength(line) <= width or len(line) == 1 for line in lines)


def test_a_cut_text_ends_in_an_ellipsis():
    font = ImageFont.load_default(14)
    assert wrap("word " * 400, font, 200)[-1].endswith("…")
    assert wrap("one word", font, 200) == ["one word"]
