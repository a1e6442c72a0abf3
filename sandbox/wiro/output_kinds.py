"""What a model of the stand-in makes, and the names and types of its files."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType


class Trade(Enum):
    """A writer makes texts and no files."""

    PAINTER = auto()
    RETOUCHER = auto()  # paints over the picture it is given
    ENLARGER = auto()
    ANIMATOR = auto()
    MUSICIAN = auto()
    SCULPTOR = auto()
    CLERK = auto()
    WRITER = auto()

    @property
    def suffix(self) -> str:
        return _FILES[self][0]

    @property
    def content_type(self) -> str:
        return _FILES[self][1]

    @property
    def needs_a_picture(self) -> bool:
        return self is Trade.ENLARGER


_FILES: Mapping[Trade, tuple[str, str]] = MappingProxyType(
    {
        Trade.PAINTER: ("png", "image/png"),
        Trade.RETOUCHER: ("png", "image/png"),
        Trade.ENLARGER: ("png", "image/png"),
        Trade.ANIMATOR: ("gif", "image/gif"),
        Trade.MUSICIAN: ("wav", "audio/wav"),
        Trade.SCULPTOR: ("glb", "model/gltf-binary"),
        Trade.CLERK: ("pdf", "application/pdf"),
        Trade.WRITER: ("txt", "text/plain"),
    }
)
