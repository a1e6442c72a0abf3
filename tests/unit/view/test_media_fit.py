"""How a picture gets into a limit: the best rung of the ladder that fits, or its link."""

from __future__ import annotations

import functools
import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from bot.domain.job.output_file import OutputFile
from bot.view.files.containers import WORK_PIXELS
from bot.view.files.media import fit, sniff
from bot.view.files.metadata import MARK_BYTES, marked
from tests.support.images import saved

URL = "https://cdn1.wiro.ai/a/0.png"


def picture(content: bytes, name: str = "0.png") -> OutputFile:
    return OutputFile(name, sniff(content) or "", content, URL)


@functools.cache
def noise(mode: str, width: int, height: int) -> Image.Image:
    """Noise in every channel, the hardest thing to compress."""
    if mode == "I;16":
        return (
            Image.effect_noise((width, height), 80)
            .convert("I")
            .point(lambda level: level * 256)
            .convert("I;16")
        )
    if mode in ("P", "1"):
        return noise("RGB", width, height).convert(mode)
    bands = len(Image.new(mode, (1, 1)).getbands())
    return Image.merge(mode, [Image.effect_noise((width, height), 80) for _ in range(bands)])


def opened(result: OutputFile) -> Image.Image:
    assert result.content is not None
    image = Image.open(io.BytesIO(result.content))
    image.load()
    assert Image.MIME[image.format or ""] == result.content_type
    return image


def test_what_fits_is_not_touched_but_for_its_mark() -> None:
    original = picture(saved(noise("RGB", 40, 30)))
    assert original.content is not None
    told = fit(original, len(original.content) + MARK_BYTES)
    assert told == replace(original, content=marked(original.content, "image/png"))
    assert fit(told, len(told.content or b"")) is told


def test_a_film_of_pictures_without_room_for_the_mark_goes_without_it() -> None:
    still = noise("RGB", 40, 30).convert("P")
    moving = picture(saved(still, "GIF", save_all=True, append_images=[still.rotate(90)]))
    assert fit(moving, len(moving.content or b"")) is moving


def test_a_link_stays_a_link() -> None:
    linked = OutputFile("0.png", "image/png", None, URL)
    assert fit(linked, 10) is linked


def test_a_little_too_large_loses_nothing_but_bytes() -> None:
    flat = Image.linear_gradient("L").resize((400, 400)).convert("RGB")
    original = picture(saved(flat, compress_level=0))
    wasteful = picture(saved(flat, compress_level=1))
    assert wasteful.content is not None
    result = fit(wasteful, len(wasteful.content) - 1)
    assert (result.filename, result.content_type) == ("0.webp", "image/webp")
    assert opened(result).convert("RGB").tobytes() == opened(original).tobytes()


def test_the_rungs_follow_one_another() -> None:
    original = picture(saved(noise("RGB", 300, 200)))
    assert original.content is not None
    seen: list[tuple[str, tuple[int, int]]] = []
    limit = len(original.content) - 1
    while (result := fit(original, limit)).content is not None:
        rung = (result.content_type, opened(result).size)
        if not seen or seen[-1] != rung:
            seen.append(rung)
        assert result.url == URL
        limit = min(len(result.content) - 1, limit * 9 // 10)
    assert [kind for kind, size in seen if size == (300, 200)][:2] == ["image/webp", "image/jpeg"]
    widths = [size[0] for _, size in seen]
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) > 3
    assert result == OutputFile("0.png", "image/png", None, URL)


@pytest.mark.parametrize("limit", [-5, 0, 1, 100])
def test_an_impossible_limit_leaves_the_link(limit: int) -> None:
    result = fit(picture(saved(noise("RGB", 300, 200))), limit)
    assert result == OutputFile("0.png", "image/png", None, URL)


@settings(max_examples=40, deadline=None)
@given(
    mode_form=st.sampled_from(
        [
            ("RGB", "PNG"),
            ("RGBA", "PNG"),
            ("LA", "PNG"),
            ("L", "PNG"),
            ("P", "PNG"),
            ("1", "PNG"),
            ("I;16", "PNG"),
            ("RGB", "JPEG"),
            ("CMYK", "JPEG"),
            ("L", "JPEG"),
            ("RGB", "WEBP"),
            ("RGBA", "WEBP"),
            ("P", "GIF"),
        ]
    ),
    size=st.sampled_from([(200, 200), (333, 120), (97, 251), (33, 400), (20, 300)]),
    share=st.floats(0.001, 1.1),
)
def test_the_result_fits_opens_and_keeps_its_proportions(
    mode_form: tuple[str, str], size: tuple[int, int], share: float
) -> None:
    mode, form = mode_form
    original = picture(saved(noise(mode, *size), form))
    assert original.content is not None
    limit = int(len(original.content) * share)
    result = fit(original, limit)
    if result.content is None:
        assert (result.filename, result.url) == (original.filename, URL)
        return
    assert len(result.content) <= limit
    image = opened(result)
    # Sides are whole pixels and at least 32 of them when scaled, so the ratio may be off by about 1/32.
    assert image.width / image.height == pytest.approx(size[0] / size[1], rel=0.04)


def test_transparency_survives() -> None:
    see_through = noise("RGBA", 200, 200)
    for limit in (60_000, 30_000, 8_000):
        result = fit(picture(saved(see_through)), limit)
        assert opened(result).mode == "RGBA"
        assert result.content_type == "image/webp"


def test_a_colour_key_becomes_transparency() -> None:
    keyed = noise("P", 200, 200).copy()
    result = fit(picture(saved(keyed, transparency=bytes([0, 128, *[255] * 254]))), 12_000)
    assert opened(result).mode == "RGBA"


def test_an_opaque_alpha_channel_is_dropped() -> None:
    opaque = noise("RGB", 200, 200).convert("RGBA")
    assert opened(fit(picture(saved(opaque)), 15_000)).mode == "RGB"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_applied_and_then_forgotten(orientation: int) -> None:
    upright = Image.new("RGB", (240, 120), "blue")
    upright.paste("red", (0, 0, 60, 60))  # red marks the corner at the top left
    turns_back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(turns_back[orientation]) if orientation in turns_back else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = saved(stored, "JPEG", exif=exif, quality=100)
    image = opened(fit(picture(content), len(content) - 1))
    assert image.size == (240, 120)
    assert image.getexif().get(0x0112, 1) == 1
    red, _, blue = image.convert("RGB").getpixel((20, 20))  # type: ignore[misc] # an RGB pixel is a tuple
    assert (red > 200, blue < 60) == (True, True)


def test_sixteen_bit_grey_keeps_its_brightness() -> None:
    grey = noise("I;16", 200, 200)
    result = opened(fit(picture(saved(grey)), 15_000)).convert("L")
    assert abs(result.resize((1, 1)).getpixel((0, 0)) - 128) < 25


def test_a_colour_profile_is_carried_over_and_comments_are_not() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = saved(noise("RGB", 200, 200), "JPEG", quality=95, icc_profile=profile, comment=b"prompt")
    result = fit(picture(content, "0.jpg"), 12_000)
    assert opened(result).info["icc_profile"] == profile
    assert result.content is not None
    assert b"prompt" not in result.content


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_never_flattened(form: str) -> None:
    frames = [noise("RGB", 60, 60 + n).resize((60, 60)) for n in range(3)]
    content = saved(frames[0], form, save_all=True, append_images=frames[1:], duration=50)
    assert fit(picture(content, "a"), len(content) - 1).content is None


@pytest.mark.parametrize("content_type", ["video/mp4", "text/plain", "application/zip", "image/avif", ""])
def test_other_kinds_are_linked_when_they_do_not_fit(content_type: str) -> None:
    assert fit(OutputFile("a", content_type, bytes(100), URL), 99) == OutputFile("a", content_type, None, URL)


def test_a_picture_that_only_decoding_finds_broken_is_linked() -> None:
    content = bytearray(saved(noise("RGB", 200, 200), "WEBP", lossless=True))
    content[100:400] = bytes(300)
    assert fit(picture(bytes(content)), len(content) - 1).content is None
    not_at_all = OutputFile("0.png", "image/png", b"no picture at all", URL)
    assert fit(not_at_all, 3).content is None


def test_a_very_large_picture_is_shrunk_first() -> None:
    side = 5000
    content = saved(Image.linear_gradient("L").resize((side, side)).convert("RGB"), compress_level=0)
    image = opened(fit(picture(content), 10 * 1024 * 1024))
    assert image.width == image.height
    assert side * side > WORK_PIXELS >= image.width * image.height > WORK_PIXELS * 0.99


def test_very_large_webps_and_transparent_pictures_are_linked() -> None:
    webp = saved(Image.new("RGB", (5000, 4000), "red"), "WEBP", quality=1, method=0)
    assert fit(picture(webp), len(webp) - 1).content is None
    see_through = saved(Image.new("RGBA", (5000, 4000), (255, 0, 0, 90)), compress_level=1)
    assert fit(picture(see_through), len(see_through) - 1).content is None


def test_a_panorama_wider_than_webp_allows_still_fits() -> None:
    wide = Image.effect_noise((20_000, 60), 80).convert("RGB")
    result = fit(picture(saved(wide)), 500_000)
    assert opened(result).width <= 16_383
