"""What is accepted as an output, what is refused, and under which name it goes on."""

from __future__ import annotations

import re
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.domain.job.output_file import OutputTooLarge, OutputUnusable
from bot.view.files.media import MAX_PIXELS, checked, filename_for, plain_name, sniff
from tests.support.images import chunk, encoded, saved

PICTURE_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}


def animated(form: str) -> bytes:
    frames = [Image.effect_noise((40, 30), spread).convert("RGB") for spread in (5, 50, 90)]
    return saved(frames[0], form, save_all=True, append_images=frames[1:], duration=80)


def png_of(width: int, height: int, *chunks: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def reason_for(content: bytes, name: str = "0.png") -> str:
    with pytest.raises(OutputUnusable) as caught:
        checked(name, content)
    assert caught.value.name == name
    return caught.value.reason


@pytest.mark.parametrize("form", PICTURE_TYPES)
def test_a_whole_picture_passes_with_its_size(form: str) -> None:
    facts = checked("a.bin", encoded(form))
    assert facts.content_type == PICTURE_TYPES[form]
    assert facts.shape is not None
    assert (facts.shape.width, facts.shape.height, facts.shape.is_animated) == (40, 30, False)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_recognised(form: str) -> None:
    facts = checked("a", animated(form))
    assert facts.shape is not None
    assert facts.shape.is_animated


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("PNG", {"mode": "P"}),
        ("PNG", {"mode": "1"}),
        ("PNG", {"mode": "RGBA"}),
        ("PNG", {"mode": "I;16"}),
        ("JPEG", {"mode": "CMYK"}),
        ("JPEG", {"mode": "L", "progressive": True}),
        ("WEBP", {"mode": "RGBA"}),
        ("WEBP", {"lossless": True}),
        ("GIF", {"mode": "P"}),
    ],
)
def test_every_usual_flavour_of_the_four_formats_passes(form: str, options: dict[str, object]) -> None:
    assert checked("a", encoded(form, **options)).content_type == PICTURE_TYPES[form]  # type: ignore[arg-type] # mixed keywords


@pytest.mark.parametrize("form", PICTURE_TYPES)
def test_a_picture_cut_anywhere_is_refused(form: str) -> None:
    content = encoded(form)
    assert [at for at in range(12, len(content)) if _passes(content[:at])] == []


def _passes(content: bytes) -> bool:
    try:
        checked("0.png", content)
    except OutputUnusable:
        return False
    return True


def test_a_flipped_bit_in_a_png_is_refused() -> None:
    content = bytearray(encoded("PNG"))
    content[len(content) // 2] ^= 1
    assert reason_for(bytes(content)) == "checksum"


def test_bytes_behind_the_end_do_not_matter() -> None:
    for form, content_type in PICTURE_TYPES.items():
        assert checked("a", encoded(form) + b"\0\0more").content_type == content_type


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "0 bytes"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "html"),
        (b"\xef\xbb\xbf \n<HTML><script>alert(1)</script>", "html"),
        (b"<script>alert(1)</script>", "html"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "svg"),
        (b'<?xml version="1.0"?>\n<!-- x -->\n<svg></svg>', "svg"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "xml"),
        (b"MZ\x90\0\x03", "program"),
        (b"\x7fELF\x02\x01", "program"),
        (b"#!/bin/sh\n", "program"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "unknown kind"),
        (b"\xff\xfe<\0h\0t\0m\0l\0>\0", "unknown kind"),
        (bytes(range(256)), "unknown kind"),
        (b"\x89PNG\r\n\x1a\n", "truncated"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "png without header"),
        (png_of(0, 5, chunk(b"IDAT", b"")), "no pixels"),
        (png_of(5, 5), "no pixels"),
        (b"\xff\xd8\xff\xd9", "truncated"),
        (b"RIFF\x04\0\0\0WEBP", "truncated"),
        (b"GIF89a\x05\0\x05\0\0\0\0;", "no pixels"),
    ],
)
def test_what_is_no_picture_is_refused_with_its_reason(content: bytes, reason: str) -> None:
    assert reason_for(content) == reason


def test_a_picture_of_too_many_pixels_is_refused_from_its_header_alone() -> None:
    bomb = png_of(30_000, 30_000, chunk(b"IDAT", zlib.compress(bytes(10_000))))
    assert reason_for(bomb) == "30000x30000 pixels"
    gif = bytearray(encoded("GIF"))
    gif[6:10] = struct.pack("<HH", 65_535, 65_535)
    assert reason_for(bytes(gif)) == "65535x65535 pixels"
    jpeg = bytearray(encoded("JPEG"))
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = struct.pack(">HH", 65_000, 64_000)
    assert reason_for(bytes(jpeg)) == "64000x65000 pixels"
    webp = bytearray(animated("WEBP"))
    webp[24:30] = b"\xff\xff\x01" * 2
    assert reason_for(bytes(webp)) == "131072x131072 pixels"


def test_a_picture_of_too_many_pixels_that_is_no_bomb_is_only_too_large() -> None:
    real = png_of(9_000, 9_000, chunk(b"IDAT", bytes(900_000)))
    with pytest.raises(OutputTooLarge) as caught:
        checked("0.png", real)
    assert caught.value.reason == "9000x9000 pixels"
    bomb = png_of(9_000, 9_000, chunk(b"IDAT", bytes(700_000)))
    with pytest.raises(OutputUnusable) as refused:
        checked("0.png", bomb)
    assert not isinstance(refused.value, OutputTooLarge)


def test_the_cap_of_pixels_itself_is_allowed() -> None:
    body = chunk(b"IDAT", zlib.compress(bytes(100)))
    assert checked("a", png_of(MAX_PIXELS // 1000, 1000, body)).shape is not None
    assert reason_for(png_of(MAX_PIXELS // 1000, 1001, body)).endswith("pixels")


def test_a_gif_frame_far_outside_its_screen_counts() -> None:
    gif = bytearray(encoded("GIF", mode="P"))
    at = gif.index(b",", 13 + 3 * 256)
    gif[at + 5 : at + 9] = struct.pack("<HH", 60_000, 60_000)
    assert reason_for(bytes(gif)) == "60000x60000 pixels"


def test_a_png_that_claims_impossible_depths_is_refused() -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 7, 9, 0, 0, 0))
    content = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"x") + chunk(b"IEND", b"")
    assert reason_for(content) == "damaged"


@pytest.mark.parametrize(
    ("content", "content_type", "filename"),
    [
        (b"\0\0\0\x20ftypisom\0\0\x02\0", "video/mp4", "clip.mp4"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0", "video/quicktime", "clip.mov"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm", "clip.webm"),
        (b"ID3\x04\0\0\0\0\0\0", "audio/mpeg", "clip.mp3"),
        (b"\xff\xfb\x90\x64\0\0", "audio/mpeg", "clip.mp3"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav", "clip.wav"),
        (b"%PDF-1.7\n", "application/pdf", "clip.pdf"),
        (b"glTF\x02\0\0\0", "model/gltf-binary", "clip.glb"),
        (b"PK\x03\x04\x14\0", "application/zip", "clip.zip"),
        ("Grüße, 2 < 3\n".encode(), "text/plain", "clip.txt"),
    ],
)
def test_other_kinds_are_recognised_and_named(content: bytes, content_type: str, filename: str) -> None:
    facts = checked("clip.exe", content)
    assert (facts.content_type, facts.filename, facts.shape) == (content_type, filename, None)


def test_avif_is_not_taken_for_a_video() -> None:
    assert sniff(b"\0\0\0\x20ftypavif\0\0\0\0") == "image/avif"


@pytest.mark.parametrize(
    ("name", "content", "content_type", "filename"),
    [
        ("a.docx", b"PK\x03\x04\x14\0", "application/zip", "a.docx"),
        ("a.EPUB", b"PK\x03\x04\x14\0", "application/zip", "a.epub"),
        ("a.csv", b"one,two\n1,2\n", "text/plain", "a.csv"),
        ("a.json", b'{"a": 1}', "text/plain", "a.json"),
        ("a.obj", b"# a cube\nv 0 0 0\n", "text/plain", "a.obj"),
        ("a.html", b"only words", "text/plain", "a.txt"),
        ("a", b"ply\nformat binary_little_endian 1.0\nend_header\n\0\1", "model/ply", "a.ply"),
        ("a", bytes(80) + struct.pack("<I", 2) + bytes(100), "model/stl", "a.stl"),
        ("a.fbx", b"Kaydara FBX Binary  \0\x1a\0", "model/fbx", "a.fbx"),
        ("a.tif", b"II*\0\x08\0\0\0", "image/tiff", "a.tif"),
        ("a.png", b"\0\0\0\x20ftypavif\0\0\0\0", "image/avif", "a.avif"),
        ("a.opus", b"OggS\0\2", "audio/ogg", "a.opus"),
    ],
)
def test_a_kind_of_several_names_keeps_the_one_it_came_with(
    name: str, content: bytes, content_type: str, filename: str
) -> None:
    facts = checked(name, content)
    assert (facts.content_type, facts.filename, facts.shape) == (content_type, filename, None)


@pytest.mark.parametrize(
    ("name", "filename"),
    [
        ("0.png", "0.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\temp\\a b.PNG", "a_b.jpg"),
        ("Füße – 1.jpeg", "Fue_1.jpg"),
        ("", "output.jpg"),
        ("...", "output.jpg"),
        ("猫.png", "output.jpg"),
        ("a@everyone`\u202egnp.exe", "a_everyone_gnp.jpg"),
        ("x" * 500, "x" * 60 + ".jpg"),
    ],
)
def test_a_name_is_made_plain_and_fits_its_content(name: str, filename: str) -> None:
    assert filename_for(name, "image/jpeg") == filename


@given(st.text(max_size=200))
def test_no_name_carries_more_than_plain_characters(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,60}\.png", filename_for(name, "image/png"))
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,60}(\.[A-Za-z0-9]{1,5})?", plain_name(name))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(PICTURE_TYPES)),
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=8),
)
def test_damage_ends_in_acceptance_or_our_own_error(form: str, damage: list[tuple[int, int]]) -> None:
    content = bytearray(SAMPLES[form])
    for at, value in damage:
        content[at % len(content)] = value
    _passes(bytes(content))


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\xff\0\0\0WEBP", b"GIF89a"]),
    st.binary(max_size=300),
)
def test_any_bytes_end_in_acceptance_or_our_own_error(magic: bytes, rest: bytes) -> None:
    _passes(magic + rest)


SAMPLES = {form: encoded(form) for form in PICTURE_TYPES}
