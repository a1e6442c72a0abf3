"""Names of outputs: plain, ending as their content demands, and what a name or a type claims."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import PurePosixPath
from types import MappingProxyType

from bot.view.files.containers import GIF, JPEG, PNG, TEXT, WEBP

_MAX_STEM = 60
_VAGUE_TYPES = frozenset({"", "application/octet-stream", "binary/octet-stream", "raw"})
_PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif"})
_EXTENSIONS: Mapping[str, str] = MappingProxyType(
    {
        PNG: "png",
        JPEG: "jpg",
        WEBP: "webp",
        GIF: "gif",
        TEXT: "txt",
        "application/pdf": "pdf",
        "application/zip": "zip",
        "image/avif": "avif",
        "image/bmp": "bmp",
        "image/heic": "heic",
        "image/jxl": "jxl",
        "image/tiff": "tiff",
        "image/vnd.adobe.photoshop": "psd",
        "image/vnd.radiance": "hdr",
        "image/x-exr": "exr",
        "model/fbx": "fbx",
        "model/ply": "ply",
        "model/stl": "stl",
        "audio/flac": "flac",
        "audio/mp4": "m4a",
        "audio/mpeg": "mp3",
        "audio/ogg": "ogg",
        "audio/wav": "wav",
        "model/gltf-binary": "glb",
        "video/mp4": "mp4",
        "video/quicktime": "mov",
        "video/webm": "webm",
        "video/x-matroska": "mkv",
    }
)
# What goes by several names: the one that it came with is kept where it is one of these.
_ALSO: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        TEXT: frozenset({"csv", "tsv", "json", "jsonl", "md", "yaml", "yml", "srt", "vtt", "ass", "log"})
        | frozenset({"obj", "mtl", "gltf", "stl", "ply", "py", "tex", "rtf", "ics", "lrc"}),
        "application/zip": frozenset({"docx", "xlsx", "pptx", "odt", "ods", "odp", "epub", "usdz", "3mf"}),
        "audio/ogg": frozenset({"opus", "oga"}),
        "audio/mp4": frozenset({"m4b"}),
        "video/mp4": frozenset({"m4v", "m4a"}),
        "image/tiff": frozenset({"tif"}),
    }
)


def filename_for(name: str, content_type: str) -> str:
    """`name` as plain ASCII without folders, ending as `content_type` demands."""
    stem, extension = _stem_and_extension(name)
    if extension.lower() in _ALSO.get(content_type, ()):
        return f"{stem}.{extension.lower()}"
    return f"{stem}.{_EXTENSIONS.get(content_type, 'bin')}"


def claims_picture(name: str, content_type: str) -> bool:
    """By what is declared, or by the name where nothing is."""
    declared = content_type.partition(";")[0].strip().lower()
    if declared in _VAGUE_TYPES:
        return PurePosixPath(name.lower()).suffix in _PICTURE_SUFFIXES
    return declared.startswith("image/")


def plain_name(name: str) -> str:
    """`name` as plain ASCII without folders, with the extension it has."""
    stem, extension = _stem_and_extension(name)
    return f"{stem}.{extension}" if extension else stem


def _stem_and_extension(name: str) -> tuple[str, str]:
    base = re.split(r"[/\\]", name)[-1]
    stem, _, extension = base.rpartition(".")
    if not re.fullmatch(r"[A-Za-z0-9]{1,5}", extension) or not stem:
        stem, extension = base, ""
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", plain)[:_MAX_STEM].strip("_-")
    return plain or "output", extension
