"""The shapes that pictures are offered in."""

from __future__ import annotations

from typing import Final

from discord.app_commands import Choice

# About one megapixel each, in multiples of 64: what the models were trained on.
ASPECTS: Final = {
    "1:1": (1024, 1024),
    "4:3": (1152, 896),
    "3:4": (896, 1152),
    "3:2": (1216, 832),
    "2:3": (832, 1216),
    "16:9": (1344, 768),
    "9:16": (768, 1344),
}
_NAMES: Final = {
    "1:1": "square",
    "4:3": "landscape",
    "3:4": "portrait",
    "16:9": "wide",
    "9:16": "tall",
}
ASPECT_CHOICES: Final = [
    Choice(name=f"{ratio} {_NAMES[ratio]}" if ratio in _NAMES else ratio, value=ratio) for ratio in ASPECTS
]
