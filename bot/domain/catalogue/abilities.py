"""What a model takes in and gives out, as far as its inputs and its categories tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from bot.domain.catalogue.model import Parameter


class Medium(Enum):
    """What goes into a model or comes out of it. The value is how it is called."""

    TEXT = "text"
    PICTURE = "pictures"
    VIDEO = "videos"
    AUDIO = "audio"
    THREE_D = "3D models"
    DOCUMENT = "documents"
    FILE = "files"


@dataclass(frozen=True, slots=True)
class Abilities:
    """Empty where nothing is known."""

    takes: tuple[Medium, ...] = ()
    gives: tuple[Medium, ...] = ()


_MEDIA: Final[Mapping[str, Medium]] = MappingProxyType(
    {
        "text": Medium.TEXT,
        "prompt": Medium.TEXT,
        "caption": Medium.TEXT,
        "image": Medium.PICTURE,
        "img": Medium.PICTURE,
        "photo": Medium.PICTURE,
        "picture": Medium.PICTURE,
        "mask": Medium.PICTURE,
        "selfie": Medium.PICTURE,
        "sketch": Medium.PICTURE,
        "video": Medium.VIDEO,
        "clip": Medium.VIDEO,
        "movie": Medium.VIDEO,
        "audio": Medium.AUDIO,
        "speech": Medium.AUDIO,
        "voice": Medium.AUDIO,
        "music": Medium.AUDIO,
        "song": Medium.AUDIO,
        "sound": Medium.AUDIO,
        "3d": Medium.THREE_D,
        "mesh": Medium.THREE_D,
        "document": Medium.DOCUMENT,
        "pdf": Medium.DOCUMENT,
    }
)
# Categories that do not say x-to-y themselves.
_OTHERS: Final[Mapping[str, Abilities]] = MappingProxyType(
    {
        "llm": Abilities((Medium.TEXT,), (Medium.TEXT,)),
        "chat": Abilities((Medium.TEXT,), (Medium.TEXT,)),
        "image-editing": Abilities((Medium.PICTURE, Medium.TEXT), (Medium.PICTURE,)),
        "image-generation": Abilities((Medium.TEXT,), (Medium.PICTURE,)),
        "image-upscaling": Abilities((Medium.PICTURE,), (Medium.PICTURE,)),
        "upscaler": Abilities((Medium.PICTURE,), (Medium.PICTURE,)),
        "video-generation": Abilities((), (Medium.VIDEO,)),
        "music-generation": Abilities((), (Medium.AUDIO,)),
    }
)


def abilities_of(categories: Sequence[str], parameters: Sequence[Parameter] | None = None) -> Abilities:
    """From a model's inputs where they are known, else from categories such as ``text-to-image``.

    What comes out stands in categories alone.
    """
    told = [_told_by(category.strip().lower()) for category in categories]
    takes = _ordered(medium for one in told for medium in one.takes)
    gives = _ordered(medium for one in told for medium in one.gives)
    return Abilities(takes if parameters is None else _ordered(_taken_by(parameters)), gives)


def _told_by(category: str) -> Abilities:
    before, to, after = re.sub(r"[\s_]+", "-", category).partition("-to-")
    if to:
        return Abilities(tuple(_media_in(before)), tuple(_media_in(after)))
    return _OTHERS.get(before, Abilities())


def _taken_by(parameters: Sequence[Parameter]) -> Iterator[Medium]:
    for parameter in parameters:
        name = parameter.parameter_id.lower()
        if parameter.kind.takes_files:
            words = f"{name} {parameter.label.lower()}"
            yield next((medium for word, medium in _MEDIA.items() if word in words), Medium.FILE)
        elif name in {"prompt", "text", "inputtext", "question", "messages"}:
            yield Medium.TEXT


def _media_in(words: str) -> Iterator[Medium]:
    for word in words.split("-"):
        medium = _MEDIA.get(word) or _MEDIA.get(word.removesuffix("s"))
        if medium is not None:
            yield medium


def _ordered(media: Iterable[Medium]) -> tuple[Medium, ...]:
    found = set(media)
    return tuple(medium for medium in Medium if medium in found)
