"""Colours for a picture, read off the words of its prompt."""

from __future__ import annotations

import colorsys
import re
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

Colour: TypeAlias = tuple[int, int, int]

# Word -> hue in degrees. A prompt that names none of them gets its hues from chance alone.
_HUES = {
    "red": 0, "lava": 8, "fire": 14, "fox": 20, "autumn": 22, "sunset": 18, "copper": 24, "orange": 28,
    "desert": 34, "sand": 38, "amber": 40, "gold": 45, "golden": 45, "lion": 40, "honey": 44, "sun": 48,
    "yellow": 54, "lemon": 58, "lime": 85, "meadow": 95, "grass": 105, "spring": 100, "green": 125,
    "forest": 135, "jungle": 140, "dragon": 150, "mint": 155, "emerald": 150, "teal": 178, "lagoon": 180,
    "cyan": 186, "ice": 192, "snow": 200, "winter": 204, "mountain": 208, "sea": 200, "ocean": 205,
    "sky": 207, "water": 200, "rain": 212, "blue": 218, "city": 222, "robot": 205, "night": 238,
    "midnight": 240, "space": 252, "galaxy": 266, "nebula": 285, "lavender": 262, "violet": 272,
    "purple": 280, "magic": 288, "neon": 300, "magenta": 306, "blossom": 332, "pink": 334, "flower": 325,
    "rose": 344, "heart": 350, "love": 345, "berry": 338, "cherry": 350,
}  # fmt: skip


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DARK = word_set("night midnight dark moon moonlit stars star starry space galaxy nebula neon shadow gothic")
_GREY = word_set("grey gray fog mist monochrome noir pencil charcoal concrete")


@dataclass(frozen=True, slots=True)
class Palette:
    """Hues in degrees, most important first; `dark` asks for a night picture."""

    hues: tuple[float, float, float]
    saturation: float
    dark: bool

    def colour(self, which: int, lightness: float, *, strength: float = 1.0, shift: float = 0.0) -> Colour:
        """Hue number `which` at `lightness` 0..1; `strength` scales its saturation, `shift` turns the hue."""
        hue = ((self.hues[which % 3] + shift) % 360) / 360
        red, green, blue = colorsys.hls_to_rgb(
            hue, min(1.0, max(0.0, lightness)), min(1.0, self.saturation * strength)
        )
        return (round(red * 255), round(green * 255), round(blue * 255))


def palette_for(prompt: str, negative_prompt: str, chance: Random) -> Palette:
    """Words of the prompt choose hue and light; words of the negative prompt lose their say."""
    unwanted = set(words(negative_prompt))
    wanted = [word for word in words(prompt) if word not in unwanted]
    named = [_HUES[word] for word in wanted if word in _HUES][:3]
    first = float(named[0]) if named else chance.uniform(0, 360)
    # Neighbours and a complement: three hues that sit well together whatever the first one is.
    rest = [float(hue) for hue in named[1:]] + [
        first + chance.choice((28, 36, -32)),
        first + chance.uniform(165, 200),
    ]
    saturation = 0.16 if any(word in _GREY for word in wanted) else chance.uniform(0.55, 0.8)
    dark = any(word in _DARK for word in wanted) or (not named and chance.random() < 0.25)
    return Palette((first + chance.uniform(-6, 6), rest[0], rest[1]), saturation, dark)


def words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.lower()[:2000])


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`share` 0 is all `one`, 1 is all `other`."""
    return (
        round(one[0] + (other[0] - one[0]) * share),
        round(one[1] + (other[1] - one[1]) * share),
        round(one[2] + (other[2] - one[2]) * share),
    )
