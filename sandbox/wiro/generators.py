"""What is made besides plain paintings: retouched and enlarged pictures, sound, shapes, documents."""

from __future__ import annotations

import io
import json
import math
import struct
import wave
from collections.abc import Callable, Mapping
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFont

from sandbox.wiro.output_kinds import OutputKind
from sandbox.wiro.painter import Subject, chance_of, paint, wrap

_MAX_SIDE = 4_096
_FRAMES = 12
_SAMPLES_A_SECOND = 22_050
_SCALE = (0, 2, 4, 7, 9)  # five tones that never clash


class Unreadable(Exception):
    """The picture that was given cannot be opened."""


def generate(subject: Subject, brush: Callable[[Subject], bytes] = paint) -> bytes:
    """The bytes of one output. Raises Unreadable. Blocks for some tenths of a second."""
    generators: Mapping[OutputKind, Callable[[Subject], bytes]] = {
        OutputKind.PICTURE: brush,
        OutputKind.EDITED: lambda s: _retouched(s, brush) if s.source else brush(s),
        OutputKind.ENLARGED: _enlarged,
        OutputKind.ANIMATION: _animated,
        OutputKind.SOUND: _sounding,
        OutputKind.SHAPE: _shaped,
        OutputKind.DOCUMENT: _printed,
    }
    return generators[subject.output_kind](subject)


def _source(subject: Subject) -> Image.Image:
    try:
        return Image.open(io.BytesIO(subject.source)).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Unreadable(f"cannot open the input image: {type(error).__name__}") from error


def _retouched(subject: Subject, brush: Callable[[Subject], bytes]) -> bytes:
    """The given picture, tinted towards a painting of the prompt; `strength` says how far."""
    given = _source(subject)
    size = (min(given.width, _MAX_SIDE), min(given.height, _MAX_SIDE))
    painted = Image.open(io.BytesIO(brush(subject))).convert("RGB").resize(size)
    mixed = Image.blend(given.resize(size), painted, min(1.0, max(0.05, subject.strength)))
    return _png(ImageChops.blend(mixed, ImageChops.screen(mixed, painted), 0.15))


def _enlarged(subject: Subject) -> bytes:
    given = _source(subject)
    factor = min(subject.factor, _MAX_SIDE / max(given.size))
    size = (max(1, round(given.width * factor)), max(1, round(given.height * factor)))
    return _png(given.resize(size, Image.Resampling.LANCZOS))


def _animated(subject: Subject) -> bytes:
    """A light that wanders over colours of chance, as a looping GIF."""
    chance = _chance(subject)
    base = Image.new("RGB", (320, 240), tuple(chance.randrange(20, 90) for _ in range(3)))
    frames = []
    for number in range(_FRAMES):
        frame = base.copy()
        angle = math.tau * number / _FRAMES
        x, y = 160 + 100 * math.cos(angle), 110 + 60 * math.sin(angle)
        ImageDraw.Draw(frame).ellipse((x - 30, y - 30, x + 30, y + 30), fill=(250, 220, 140))
        _label(frame, subject.prompt)
        frames.append(frame)
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=90, loop=0)
    return out.getvalue()


def _sounding(subject: Subject) -> bytes:
    """Three seconds of a slow tune, 16-bit mono."""
    chance = _chance(subject)
    tones = [220 * 2 ** (chance.choice(_SCALE) / 12 + chance.randint(0, 1)) for _ in range(6)]
    length = _SAMPLES_A_SECOND // 2
    samples = bytearray()
    for tone in tones:
        for at in range(length):
            fade = min(1.0, at / 400, (length - at) / 2_000)
            samples += struct.pack(
                "<h", int(9_000 * fade * math.sin(math.tau * tone * at / _SAMPLES_A_SECOND))
            )
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_SAMPLES_A_SECOND)
        sound.writeframes(bytes(samples))
    return out.getvalue()


def _shaped(subject: Subject) -> bytes:
    """A box of chance as binary glTF 2.0."""
    chance = _chance(subject)
    wide, high, deep = (chance.uniform(0.5, 1.5) for _ in range(3))
    corners = [(x * wide, y * high, z * deep) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    order = [corner for a, b, c, d in faces for corner in (a, b, c, a, c, d)]
    points = b"".join(struct.pack("<3f", *corner) for corner in corners)
    blob = points + struct.pack(f"<{len(order)}H", *order)
    blob += b"\0" * (-len(blob) % 4)
    indices_bytes = len(order) * 2
    scene = {
        "asset": {"version": "2.0", "generator": "sandbox"},
        "scene": 0,
        "scenes": [{"nodes": [0], "name": subject.prompt[:60]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "buffers": [{"byteLength": len(blob)}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": len(points)},
            {"buffer": 0, "byteOffset": len(points), "byteLength": indices_bytes},
        ],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": 5126,
                "count": len(corners),
                "type": "VEC3",
                "min": [-wide, -high, -deep],
                "max": [wide, high, deep],
            },
            {"bufferView": 1, "componentType": 5123, "count": len(order), "type": "SCALAR"},
        ],
    }
    text = json.dumps(scene).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(blob), b"BIN\0") + blob
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body


def _printed(subject: Subject) -> bytes:
    """One page with the prompt on it, as PDF."""
    page = Image.new("RGB", (620, 877), (252, 251, 247))
    draw = ImageDraw.Draw(page)
    title, plain = ImageFont.load_default(28), ImageFont.load_default(16)
    draw.text((60, 70), "A page by the stand-in", font=title, fill=(40, 40, 60))
    for number, line in enumerate(wrap(subject.prompt or "(no words)", plain, 500)):
        draw.text((60, 140 + 26 * number), line, font=plain, fill=(60, 60, 80))
    out = io.BytesIO()
    page.save(out, "PDF")
    return out.getvalue()


def _label(picture: Image.Image, text: str) -> None:
    font = ImageFont.load_default(14)
    line = wrap(text, font, picture.width - 20)[0]
    ImageDraw.Draw(picture).text((10, picture.height - 24), line, font=font, fill=(255, 255, 255))


def _chance(subject: Subject) -> Random:
    return chance_of(subject.model, subject.prompt, subject.seed, subject.index)


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=3)
    return out.getvalue()
