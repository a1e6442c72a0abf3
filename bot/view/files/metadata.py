"""What pictures say beside their pixels: personal data goes out, the mark of AI origin comes in.

Files are taken apart and put together again; no pixel is decoded, so nothing is lost. Sources: IPTC Photo
Metadata Standard 2025.1, Digital Source Type; XMP, ISO 16684-1 and part 3 of Adobe's specification.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from bot.view.files import heif
from bot.view.files.containers import GIF, JPEG, PNG, WEBP, Broken, colours_bytes
from bot.view.files.exif import orientation_in, tiff_with
from bot.view.files.parts import (
    SOS,
    chunk,
    extended_header,
    gif_parts,
    jpeg_parts,
    png_parts,
    riff,
    segment,
    webp_of,
    webp_parts,
)
from bot.view.files.slices import found, joined

_SOURCE_TYPE: Final = b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_DESCRIPTION: Final = (
    b'<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
    b'Iptc4xmpExt:DigitalSourceType="' + _SOURCE_TYPE + b'"/>'
)
_RDF_END: Final = b"</rdf:RDF>"
_PACKET: Final = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    + _DESCRIPTION
    + _RDF_END
    + b"</x:xmpmeta>"
    b'<?xpacket end="w"?>'
)
MARK_BYTES: Final = 1_024  # the most that the mark adds to a picture without other words

# Also "compositeWithTrainedAlgorithmicMedia": a picture that AI changed.
_MARK: Final = re.compile(rb"trainedAlgorithmicMedia", re.IGNORECASE)

_PNG_KEPT: Final = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT "
    b"acTL fcTL fdAT".split()
)
_PNG_XMP: Final = b"XML:com.adobe.xmp\0\0\0\0\0"  # keyword, not packed, no language, no translation
_WEBP_KEPT: Final = frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
_WEBP_HAS_EXIF: Final = 0x08
_WEBP_HAS_XMP: Final = 0x04
_JPEG_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_JPEG_EXIF: Final = b"Exif\0\0"
_JPEG_SEGMENT_BYTES: Final = 65_533  # what a segment holds beside its own length
_GIF_LOOPS: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_GIF_XMP: Final = b"XMP DataXMP"
# Read as blocks, as a reader that knows no XMP does, every place in it leads to its end (XMP, part 3, 1.1.2).
_GIF_XMP_END: Final = b"\x01" + bytes(range(255, -1, -1)) + b"\0"


def without_traces(content: bytes, content_type: str) -> bytes:
    """The picture without place, camera, author, comments and thumbnails; colours and orientation stay.

    `content` was checked before; kinds without pixels come back as they are. Raises Broken.
    """
    cleaner = _CLEANERS.get(content_type)
    clean = content if cleaner is None else cleaner(content)
    return content if clean == content else clean


def marked(content: bytes, content_type: str) -> bytes:
    """The picture with IPTC's mark of AI origin; as it is where it says so already, or signed that it does.

    A C2PA manifest is a signature over the file: to add to it would break it. `content` was checked before;
    other kinds than PNG, JPEG, WebP and GIF come back as they are, as does what cannot be taken apart.
    """
    marker = _MARKERS.get(content_type)
    try:
        return content if marker is None else marker(content)
    except Broken:
        return content


def _clean_png(content: bytes) -> bytes:
    view = memoryview(content)  # a slice of a large picture would be a copy
    kept: list[bytes | memoryview] = [view[:8]]
    for kind, start, end in png_parts(content):
        if kind in _PNG_KEPT:
            kept.append(view[start:end])
        elif kind == b"eXIf" and (orientation := orientation_in(content[start + 8 : end - 4])) > 1:
            kept.append(chunk(b"eXIf", tiff_with(orientation)))
    return joined(kept)


def _mark_png(content: bytes) -> bytes:
    packet, view = _PACKET, memoryview(content)
    made: list[bytes | memoryview] = [view[:8]]
    for kind, start, end in png_parts(content):
        if kind == b"caBX" or (kind in (b"iTXt", b"tEXt") and _is_marked(content, start, end)):
            return content
        if kind == b"iTXt" and content.startswith(_PNG_XMP[:-4], start + 8):
            packet = _joined(content[start + 8 : end - 4].removeprefix(_PNG_XMP))
        else:
            made.append(view[start:end])
    made.insert(2, chunk(b"iTXt", _PNG_XMP + packet))  # behind the header, which is first
    return joined(made)


def _clean_jpeg(content: bytes) -> bytes:
    """What follows the end of the image goes as well: there telephones keep films and further pictures."""
    view = memoryview(content)
    kept: list[bytes | memoryview] = [view[:2]]
    for (marker,), start, end in jpeg_parts(content):
        data = content[start + 4 : min(end, start + 64)]
        if marker == 0xE0 and data.startswith(b"JFIF\0"):
            kept.append(view[start:end] if end - start == 18 else segment(0xE0, data[:12] + b"\0\0"))
        elif marker == 0xE1 and data.startswith(_JPEG_EXIF):
            if (orientation := orientation_in(content[start + 10 : end])) > 1:
                kept.append(segment(0xE1, _JPEG_EXIF + tiff_with(orientation)))
        elif (
            not (0xE0 <= marker <= 0xEF or marker == 0xFE)
            or (marker == 0xE2 and data.startswith(b"ICC_PROFILE\0"))
            or (marker == 0xEE and data.startswith(b"Adobe"))
        ):
            kept.append(view[start:end])
    return joined(kept)


def _mark_jpeg(content: bytes) -> bytes:
    packet, view = _PACKET, memoryview(content)
    made: list[bytes | memoryview] = [view[:2]]
    insert_at = 1
    for (marker,), start, end in jpeg_parts(content):
        if marker in (0xE1, 0xEB, 0xED):
            data = content[start + 4 : end]
            if (marker == 0xEB and b"jumb" in data[:64]) or _MARK.search(data):
                return content
            if data.startswith(_JPEG_XMP):
                packet = _joined(data.removeprefix(_JPEG_XMP))
                packet = packet if len(_JPEG_XMP + packet) <= _JPEG_SEGMENT_BYTES else _PACKET
                continue
        if marker == SOS:
            made.append(view[start:])
            break
        made.append(view[start:end])
        if marker == 0xE0 or content[start + 4 : start + 10] == _JPEG_EXIF:  # these want to be first
            insert_at = len(made)
    made.insert(insert_at, segment(0xE1, _JPEG_XMP + packet))
    return joined(made)


def _clean_webp(content: bytes) -> bytes:
    view = memoryview(content)
    kept: list[bytes | memoryview] = []
    orientation = 1
    for kind, start, end in webp_parts(content):
        if kind in _WEBP_KEPT:
            kept.append(view[start:end])
        elif kind == b"EXIF":
            orientation = orientation_in(content[start + 8 : end].removeprefix(_JPEG_EXIF))
    if kept and kept[0][:4] == b"VP8X":
        header = bytes(kept[0])
        flags = header[8] & ~(_WEBP_HAS_EXIF | _WEBP_HAS_XMP)
        if orientation > 1:
            flags |= _WEBP_HAS_EXIF
            kept.append(riff(b"EXIF", tiff_with(orientation)))
        kept[0] = header[:8] + bytes((flags,)) + header[9:]
    return webp_of(kept)


def _mark_webp(content: bytes) -> bytes:
    packet, view, header = _PACKET, memoryview(content), b""
    kept: list[bytes | memoryview] = []
    for kind, start, end in webp_parts(content):
        if kind == b"C2PA" or (kind in (b"XMP ", b"EXIF") and _is_marked(content, start, end)):
            return content
        if kind == b"XMP ":
            packet = _joined(content[start + 8 : end])
        elif kind == b"VP8X":
            header = content[start:end]
        else:
            kept.append(view[start:end])
            header = header or extended_header(content[start : start + 32])
    if not kept:
        raise Broken("no pixels")
    header = header[:8] + bytes((header[8] | _WEBP_HAS_XMP,)) + header[9:]
    return webp_of([header, *kept, riff(b"XMP ", packet)])


def _clean_gif(content: bytes) -> bytes:
    view = memoryview(content)
    kept = [view[: 13 + colours_bytes(content[10])]]
    for kind, start, end in gif_parts(content):
        is_application = kind.startswith(b"\xff")
        if kind != b"\xfe" and (not is_application or kind[1:] in _GIF_LOOPS):
            kept.append(view[start:end])
    return joined(kept)


def _mark_gif(content: bytes) -> bytes:
    view, head = memoryview(content), 13 + colours_bytes(content[10])
    for kind, start, end in gif_parts(content):
        if kind == b"\xff" + _GIF_XMP and _is_marked(content, start, end):
            return content
    # A GIF87a has no extensions; every reader takes them.
    extension = b"!\xff\x0b" + _GIF_XMP + _PACKET + _GIF_XMP_END
    return joined((b"GIF89a", view[6:head], extension, view[head:]))


def _is_marked(content: bytes, start: int, end: int) -> bool:
    return found(_MARK, content, start, end, len(b"trainedAlgorithmicMedia")) >= 0


def _joined(packet: bytes) -> bytes:
    """The picture's own XMP with the mark added to it; the mark alone where it cannot be read."""
    head, end, tail = packet.rpartition(_RDF_END)
    return head + _DESCRIPTION + end + tail if end else _PACKET


_CLEANERS: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        PNG: _clean_png,
        JPEG: _clean_jpeg,
        WEBP: _clean_webp,
        GIF: _clean_gif,
        **dict.fromkeys(heif.TYPES, heif.without_traces),
    }
)
_MARKERS: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {PNG: _mark_png, JPEG: _mark_jpeg, WEBP: _mark_webp, GIF: _mark_gif}
)
