"""The one thing of EXIF that a picture needs to be seen the right way up. Sources: TIFF 6.0, EXIF 2.32."""

from __future__ import annotations

from typing import Final, Literal

UPRIGHT: Final = 1
_ORIENTATION: Final = 0x0112
_SHORT: Final = 3


def orientation_in(tiff: bytes) -> int:
    """1 to 8; 1 (upright) where nothing is said, or nothing that can be read."""
    order: Literal["big", "little"] | None = {b"MM": "big", b"II": "little"}.get(tiff[:2])  # type: ignore[assignment]  # mypy widens the values to str
    if order is None:
        return UPRIGHT
    at = int.from_bytes(tiff[4:8], order)
    for entry in range(int.from_bytes(tiff[at : at + 2], order)):
        start = at + 2 + 12 * entry
        if start + 12 > len(tiff):
            break
        if int.from_bytes(tiff[start : start + 2], order) == _ORIENTATION:
            value = int.from_bytes(tiff[start + 8 : start + 10], order)
            return value if 1 <= value <= 8 else UPRIGHT
    return UPRIGHT


def tiff_with(orientation: int) -> bytes:
    """A TIFF header with nothing but the orientation in it."""
    entry = _ORIENTATION.to_bytes(2, "big") + _SHORT.to_bytes(2, "big") + b"\0\0\0\1"
    return b"MM\0*\0\0\0\x08\0\x01" + entry + orientation.to_bytes(2, "big") + b"\0\0" + bytes(4)
