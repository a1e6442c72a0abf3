"""What a model of the stand-in makes, and the names and types of its files."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType


class OutputKind(Enum):
    """A text is an answer of its own and no file."""

    PICTURE = auto()
    EDITED = auto()  # painted over the picture it is given
    ENLARGED = auto()
    ANIMATION = auto()
    SOUND = auto()
    SHAPE = auto()
    DOCUMENT = auto()
    TEXT = auto()

    @property
    def suffix(self) -> str:
        return _FILES[self][0]

    @property
    def content_type(self) -> str:
        return _FILES[self][1]

    @property
    def needs_a_picture(self) -> bool:
        return self is OutputKind.ENLARGED


_FILES: Mapping[OutputKind, tuple[str, str]] = MappingProxyType(
    {
        OutputKind.PICTURE: ("png", "image/png"),
        OutputKind.EDITED: ("png", "image/png"),
        OutputKind.ENLARGED: ("png", "image/png"),
        OutputKind.ANIMATION: ("gif", "image/gif"),
        OutputKind.SOUND: ("wav", "audio/wav"),
        OutputKind.SHAPE: ("glb", "model/gltf-binary"),
        OutputKind.DOCUMENT: ("pdf", "application/pdf"),
        OutputKind.TEXT: ("txt", "text/plain"),
    }
)
