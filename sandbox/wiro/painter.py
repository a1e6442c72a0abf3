"""The seeded painter: the same request is always the same PNG, with its prompt written on it."""

from __future__ import annotations

import hashlib
import io
import unicodedata
from dataclasses import dataclass, field
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from sandbox.wiro.output_kinds import OutputKind
from sandbox.wiro.palette import palette_for
from sandbox.wiro.scenes import scene_for

_PROMPT_LINES = 4
_PROMPT_CHARACTERS = 600  # more never fits the band, so it is not measured either
_SUPERSAMPLED_PIXELS = 1_400_000  # beyond this the canvas is not doubled: time matters more than edges


@dataclass(frozen=True, slots=True)
class Subject:
    """All that a picture depends on. `index` counts the pictures of one task from 0; sizes in pixels."""

    model: str
    prompt: str
    negative_prompt: str
    seed: int
    width: int
    height: int
    steps: int
    index: int = 0
    count: int = 1
    output_kind: OutputKind = OutputKind.PICTURE
    source: bytes = field(default=b"", repr=False)  # the picture that was given
    strength: float = 0.6  # how far from it the result may go
    factor: float = 2.0  # how much larger


def paint(subject: Subject) -> bytes:
    """PNG bytes of `subject`. Pure: blocks for some tenths of a second, so run it in a thread."""
    # Steps change the finish, not the composition: a member who raises them sees the same picture, finer.
    composition = chance_of(subject.model, subject.prompt, subject.seed, subject.index)
    finish = chance_of(
        subject.model,
        subject.prompt,
        subject.negative_prompt,
        subject.seed,
        subject.index,
        subject.steps,
        subject.width,
        subject.height,
    )
    palette = palette_for(subject.prompt, subject.negative_prompt, composition)
    double = 2 if subject.width * subject.height <= _SUPERSAMPLED_PIXELS else 1
    canvas = Image.new("RGB", (subject.width * double, subject.height * double))
    scene_for(subject.prompt, composition)(canvas, palette, composition)
    picture = canvas.reduce(double) if double > 1 else canvas
    softness = 2.4 * max(0.0, 1 - subject.steps / 12)
    if softness > 0.2:
        picture = picture.filter(ImageFilter.BoxBlur(softness))
    picture = _grain(picture, finish)
    _caption(picture, subject)
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=3)
    return out.getvalue()


def chance_of(*parts: object) -> Random:
    """Chance that is the same for the same parts, on every machine."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")).digest()
    return Random(int.from_bytes(digest, "big"))


def _grain(picture: Image.Image, chance: Random) -> Image.Image:
    """Film grain of a few levels: hides banding and gives the file the weight of a real picture."""
    side = 256
    tile = Image.frombytes("L", (side, side), chance.randbytes(side * side)).point(
        [level * 6 // 256 for level in range(256)]
    )
    sheet = Image.new("L", picture.size)
    for top in range(0, picture.height, side):
        for left in range(0, picture.width, side):
            sheet.paste(tile, (left, top))
    return ImageChops.subtract(picture, Image.merge("RGB", (sheet, sheet, sheet)), offset=2)


def _caption(picture: Image.Image, subject: Subject) -> None:
    """The prompt in white on a dark band along the bottom, seed and steps in small type below it."""
    unit = min(picture.size)
    margin = max(6, unit // 36)
    text_size, small_size = max(11, unit // 27), max(9, unit // 46)
    text_font, small_font = ImageFont.load_default(text_size), ImageFont.load_default(small_size)
    lines = wrap(subject.prompt, text_font, picture.width - 2 * margin)
    line_height = round(text_size * 1.25)
    # The built-in font has no multiplication sign, hence the letter.
    steps = f"{subject.steps} step" if subject.steps == 1 else f"{subject.steps} steps"
    note = f"seed {subject.seed} · {steps} · {subject.width} x {subject.height}"
    if subject.count > 1:
        note += f" · {subject.index + 1}/{subject.count}"
    band_height = margin + line_height * len(lines) + round(small_size * 1.6) + margin // 2
    top = picture.height - band_height
    draw = ImageDraw.Draw(picture, "RGBA")
    draw.rectangle((0, top, picture.width, picture.height), fill=(8, 10, 18, 168))
    draw.line((0, top, picture.width, top), fill=(255, 255, 255, 60))
    y = top + margin * 0.7
    for line in lines:
        draw.text((margin, y), line, font=text_font, fill=(255, 255, 255, 255))
        y += line_height
    draw.text((margin, y + small_size * 0.2), note, font=small_font, fill=(210, 216, 230, 220))


def wrap(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: float) -> list[str]:
    """At most four lines of `text`, each at most `width` pixels; the last ends in … when text was cut."""
    lines: list[str] = [""]
    cut = len(text) > _PROMPT_CHARACTERS
    for word in _printable(text[:_PROMPT_CHARACTERS]).split():
        for piece in _pieces(word, font, width):
            longer = f"{lines[-1]} {piece}".strip()
            if font.getlength(longer) <= width:
                lines[-1] = longer
            else:
                lines.append(piece)
        if len(lines) > _PROMPT_LINES:
            break
    if len(lines) > _PROMPT_LINES:
        del lines[_PROMPT_LINES:]
        cut = True
    if cut:
        last = lines[-1]
        while last and font.getlength(last + "…") > width:
            last = last[:-1]
        lines[-1] = last + "…"
    return lines


def _pieces(word: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: float) -> list[str]:
    """`word` in parts that each fit one line."""
    if font.getlength(word) <= width:
        return [word]
    pieces = [""]
    for character in word:
        if pieces[-1] and font.getlength(pieces[-1] + character) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _printable(text: str) -> str:
    """Control and format characters, lone surrogates and the like become blanks: fonts choke on some."""
    return "".join(" " if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Cn", "Co"} else c for c in text)
