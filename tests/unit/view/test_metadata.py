"""What a picture tells beside its pixels: nothing of people on the way in, that AI made it on the way out."""

from __future__ import annotations

import base64
import io
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from bot.domain.job.output_file import OutputFile
from bot.domain.request.errors import InputFault, InputRefused
from bot.domain.request.files import InputFile
from bot.view.files import media
from bot.view.files.containers import GIF, JPEG, PNG, WEBP, Broken
from bot.view.files.metadata import MARK_BYTES, marked, without_traces
from bot.view.files.parts import chunk, segment
from bot.view.files.sources import checked
from tests.support.images import saved

FORMATS = {PNG: "PNG", JPEG: "JPEG", WEBP: "WEBP", GIF: "GIF"}
CANARY = b"CANARY"
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:creator="CANARY"/>'
    b"</rdf:RDF></x:xmpmeta>"
)
SOURCE_TYPE = b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

# A HEIC as telephones write it, of 64 x 64 pixels, with a camera, a place and an author in it.
HEIC = base64.b85decode(
    "0000SW^{RQXk}?*00000ZE0pPXk}?*ZE0a<0005uZDn*}000000000XXk=`10000000000aA{+700000000000000000000Mrmws"
    "V*mgE07O6l0{{U4000021pom600000000>P0ssI200JHW0RR9100000bN~YY00002k^lh!00000002Dz003fXX>Mi!000000{{R3"
    "6=`l}WdZ;I000310BCk&F#rGn02OI&W@Q2Z00963002dJX=VTb001g!Zf0cy000310{{SRX>DZyVQ_G4X=7n@X>V>Xa%5&Jcx`L|"
    "000004sdC7Z2$lO00031007o$aB^?}006gXaAR)(004Msc4I>U18@KU0FVFx0000U@BsY%`1k+-4+CHT0RR|40Sp2E{{wIU00RJ!"
    "0009300RIXx&lC90096iLID8-Z~y=U0FVFx0{{R603M(qfd!W8Nhz*w0vZem00093$N&HX00=;000968L;=Baup&SJ000wXZ)|dI"
    "V{CW;0RRmE27mwn02FC+aAg1h0000006+i$06+i$01$9#cxeCt0009B2nYZG02gU+ZD9Za00000009621c3qr1ONa4C~0zKW&i*H"
    "000004r63<V*mmG0RRC2000hSWOHKx0{{U40RR91(rsj6bN~PV6(|9(3t;-j!Po!zHLG!XAH*}X?Z5y400u>PX=VTbO-%qQ00008"
    "00IFI00IC201W^D049hf00aO40096105kvq002WlPC-&xAW&#;Ze;)f00IC300IC200K?`0000200jU500RI308#(|0000005kvq"
    "0096103QGV0096101N;C00BIBI(ThxZDn*}Ab4$TZgV<#JtARbZ(?OSZgV<qWprULB0fVwPC-&xAYpZMXm4^nFL*k5ZE$U6bYVU"
)


def exif(orientation: int = 1) -> bytes:
    """As a telephone writes it: what made it, where, and how it was held."""
    made = Image.Exif()
    made[0x010F], made[0x0112] = "CANARY Phone", orientation
    made.get_ifd(0x8825)[1] = "N"
    made.get_ifd(0x8825)[29] = "CANARY day"
    return made.tobytes()


def drawn(mode: str = "RGB", size: tuple[int, int] = (24, 16)) -> Image.Image:
    bands = Image.frombytes("RGB", size, random.Random(7).randbytes(size[0] * size[1] * 3))
    return bands.convert(mode)


def encoded(content_type: str, image: Image.Image | None = None, **how: Any) -> bytes:
    return saved(image or drawn(), FORMATS[content_type], **how)


def telling(content_type: str, orientation: int = 6) -> bytes:
    """A picture that tells everything that its format can tell."""
    how: dict[str, Any] = {"icc_profile": PROFILE, "exif": exif(orientation), "xmp": XMP}
    if content_type == PNG:
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Author", "CANARY")
        texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
        texts.add_text("parameters", "CANARY", zip=True)
        how = {"icc_profile": PROFILE, "exif": exif(orientation), "pnginfo": texts}
    if content_type in {JPEG, GIF}:
        how["comment"] = "CANARY"
    if content_type == JPEG:
        how |= {"progressive": True, "quality": 80}
    return encoded(content_type, **how)


def pixels(content: bytes) -> bytes:
    return Image.open(io.BytesIO(content)).convert("RGB").tobytes()


@pytest.mark.parametrize("content_type", FORMATS)
def test_nothing_of_people_is_left_and_no_pixel_changes(content_type: str) -> None:
    told = telling(content_type)
    assert CANARY in told
    clean = without_traces(told, content_type)
    assert CANARY not in clean
    assert media.checked("a", clean).content_type == content_type
    assert pixels(clean) == pixels(told)
    assert without_traces(clean, content_type) == clean


@pytest.mark.parametrize("content_type", [PNG, JPEG, WEBP])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_colours_and_the_way_it_was_held_stay(content_type: str, orientation: int) -> None:
    clean = Image.open(io.BytesIO(without_traces(telling(content_type, orientation), content_type)))
    assert clean.info["icc_profile"] == PROFILE
    tags = dict(clean.getexif())
    assert tags == ({} if orientation == 1 else {0x0112: orientation})


@pytest.mark.parametrize("content_type", FORMATS)
def test_a_picture_that_tells_nothing_stays_as_it_is(content_type: str) -> None:
    plain = encoded(content_type)
    assert without_traces(plain, content_type) == plain


def test_what_follows_a_picture_goes_with_the_rest() -> None:
    """Telephones put films and further pictures there."""
    for content_type in FORMATS:
        assert CANARY not in without_traces(encoded(content_type) + b"ftyp CANARY \xff\xd9", content_type)


def test_a_thumbnail_in_the_head_of_a_jpeg_is_a_picture_too() -> None:
    jpeg = encoded(JPEG)
    head = b"JFIF\0\1\2\0\0\1\0\1" + b"\2\2" + CANARY * 2
    told = jpeg[:2] + segment(0xE0, head) + segment(0xE0, b"JFXX\0\x10" + CANARY) + jpeg[20:]
    clean = without_traces(told, JPEG)
    assert CANARY not in clean
    assert pixels(clean) == pixels(jpeg)


@pytest.mark.parametrize("content_type", [WEBP, GIF, PNG])
def test_a_film_of_pictures_keeps_all_of_them(content_type: str) -> None:
    more = {"save_all": True, "append_images": [drawn().rotate(90)], "duration": 70, "loop": 0}
    clean = without_traces(encoded(content_type, **more), content_type)
    image = Image.open(io.BytesIO(clean))
    assert (getattr(image, "n_frames", 1), image.info.get("loop")) == (2, 0)
    again = Image.open(io.BytesIO(marked(clean, content_type)))
    assert getattr(again, "n_frames", 1) == 2


def test_a_photo_of_a_telephone_is_blanked_in_place() -> None:
    clean = without_traces(HEIC, "image/heic")
    assert CANARY in HEIC
    assert CANARY not in clean
    assert len(clean) == len(HEIC)
    changed = [at for at, (old, new) in enumerate(zip(HEIC, clean, strict=True)) if old != new]
    assert changed[0] > HEIC.index(b"mdat")  # nothing that says where the picture's parts are


def test_a_photo_whose_metadata_cannot_be_found_is_not_passed_on() -> None:
    for broken in (HEIC.replace(b"iloc", b"free"), HEIC.replace(b"infe\2", b"infe\1")):
        file = InputFile("inputImage", "", "a.heic", "image/heic", is_picture=True)
        with pytest.raises(InputRefused) as refused:
            checked(file, broken)
        assert refused.value.fault is InputFault.METADATA


def test_members_pictures_are_cleaned_on_their_way_and_outputs_are_not() -> None:
    told = telling(JPEG)
    given = InputFile("inputImage", "", "a.jpg", "image/jpeg", is_picture=True)
    assert CANARY not in checked(given, told).content
    made = InputFile("inputImage", "", "a.jpg", "image/jpeg", is_picture=True, is_output=True)
    assert checked(made, told).content == told
    assert CANARY not in checked(InputFile("any", "", "a.heic"), HEIC).content


@pytest.mark.parametrize("content_type", FORMATS)
def test_every_picture_says_that_ai_made_it_and_looks_the_same(content_type: str) -> None:
    plain = encoded(content_type)
    told = marked(plain, content_type)
    assert SOURCE_TYPE in told
    assert len(told) - len(plain) <= MARK_BYTES
    assert media.checked("a", told).content_type == content_type
    assert pixels(told) == pixels(plain)
    assert marked(told, content_type) == told


@pytest.mark.parametrize("content_type", [PNG, JPEG, WEBP])
def test_readers_find_the_mark_where_xmp_stands(content_type: str) -> None:
    image = Image.open(io.BytesIO(marked(encoded(content_type), content_type)))
    image.load()
    found = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp", "").encode()
    assert SOURCE_TYPE in found


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("lossless", [True, False])
def test_a_plain_webp_keeps_its_size_and_its_transparency(mode: str, lossless: bool) -> None:
    image = drawn(mode, (31, 17))
    if mode == "RGBA":
        image.putalpha(90)
    told = Image.open(io.BytesIO(marked(encoded(WEBP, image, lossless=lossless), WEBP)))
    told.load()
    assert (told.size, told.mode) == ((31, 17), mode)


@pytest.mark.parametrize("content_type", [PNG, JPEG, WEBP])
def test_the_words_of_a_picture_stay_beside_the_mark(content_type: str) -> None:
    told = marked(telling(content_type), content_type)
    assert SOURCE_TYPE in told
    assert b'dc:creator="CANARY"' in told
    assert told.count(b"</rdf:RDF>") == 1


def test_a_signed_picture_is_left_as_it_is() -> None:
    """C2PA signs the bytes of a file: a mark added to it would break what it proves."""
    png, jpeg, webp = encoded(PNG), encoded(JPEG), marked(encoded(WEBP), WEBP).replace(b"XMP ", b"C2PA")
    signed_png = png[:33] + chunk(b"caBX", b"jumb c2pa") + png[33:]
    signed_jpeg = jpeg[:2] + segment(0xEB, b"JP\0\1\0\0\0\1\0\0\0\x20jumb") + jpeg[2:]
    for content, content_type in ((signed_png, PNG), (signed_jpeg, JPEG), (webp, WEBP)):
        assert marked(content, content_type) is content


@pytest.mark.parametrize("content_type", [PNG, JPEG, WEBP])
@pytest.mark.parametrize("share", [0.9, 0.5, 0.1])
def test_every_rung_of_the_ladder_is_marked_and_fits(content_type: str, share: float) -> None:
    large = encoded(content_type, drawn(size=(320, 240)))
    limit = max(4_000, int(len(large) * share))
    made = media.fit(OutputFile("a", content_type, large, None), limit)
    assert made.content is not None
    assert made.is_reduced
    assert len(made.content) <= limit
    assert SOURCE_TYPE in made.content


@given(kind=st.sampled_from([*FORMATS, "image/heic"]), seed=st.integers(0, 10_000))
def test_a_damaged_file_is_told_or_cleaned_and_never_more(kind: str, seed: int) -> None:
    chance = random.Random(seed)
    content = bytearray(HEIC if kind == "image/heic" else telling(kind))
    for _ in range(chance.randint(1, 6)):
        content[chance.randrange(12, len(content))] = chance.randrange(256)
    cut = bytes(content[: chance.randint(40, len(content))])
    try:
        without_traces(cut, kind)
    except Broken:
        return
    assert isinstance(marked(cut, kind), bytes)
