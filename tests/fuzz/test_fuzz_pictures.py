"""Bytes of any kind as an output: a reason why not, or a picture that fits what Discord takes."""

from __future__ import annotations

import re
import warnings

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from bot.domain.job.output_file import OutputFile, OutputUnusable
from bot.view.files.addresses import permitted
from bot.view.files.containers import Broken, shape_of, sniff
from bot.view.files.media import MAX_PIXELS, Checked, checked, filename_for, fit, is_picture, plain_name
from tests.fuzz.fuzz_pictures import TRAPS, WHOLE, encoded, spoilt_pictures, with_true_checksums
from tests.fuzz.fuzz_profile import tries

LIMITS = st.sampled_from([0, 1, 200, 2_000, 10_485_760])
HOSTS = frozenset({"cdn1.wiro.ai"})


def judged(content: bytes, name: str = "0.png") -> Checked | None:
    """What it turned out to be, None where it was refused. As in production, a warning is no error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return checked(name, content)
        except OutputUnusable as refusal:
            check_reason(refusal)
            return None


def check_reason(refusal: OutputUnusable) -> None:
    assert 0 < len(refusal.reason) < 100
    assert refusal.reason.isprintable()


def check(facts: Checked | None, content: bytes, limit_bytes: int) -> None:
    if facts is None:
        return
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,60}\.[a-z0-9]{1,5}", facts.filename)
    assert "html" not in facts.content_type
    assert "svg" not in facts.content_type
    assert (facts.shape is not None) == is_picture(facts.content_type)
    if facts.shape is not None:
        assert 0 < facts.shape.pixels <= MAX_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = fit(OutputFile(facts.filename, facts.content_type, content, None), limit_bytes)
        assert fitted.content is None or len(fitted.content) <= limit_bytes
        if fitted.content is not None and fitted.content is not content:
            assert shape_of(fitted.content, fitted.content_type, MAX_PIXELS).pixels > 0
            assert sniff(fitted.content) == fitted.content_type


@tries(350)
@given(content=spoilt_pictures(), limit_bytes=LIMITS)
def test_a_spoilt_picture_is_refused_or_fits(content: bytes, limit_bytes: int) -> None:
    check(judged(content), content, limit_bytes)


@tries(150)
@given(content=spoilt_pictures().map(with_true_checksums), limit_bytes=LIMITS)
def test_damage_under_true_checksums_is_found_too(content: bytes, limit_bytes: int) -> None:
    check(judged(content), content, limit_bytes)


@tries(300)
@given(content=st.binary(max_size=200), limit_bytes=LIMITS)
@example(content=b"", limit_bytes=0)
@example(content=b"\x89PNG\r\n\x1a\n", limit_bytes=0)
@example(content=b"\xff\xd8\xff", limit_bytes=0)
@example(content=b"GIF89a", limit_bytes=0)
@example(content=b"RIFF\0\0\0\0WEBP", limit_bytes=0)
def test_bytes_of_any_kind_are_refused_or_fit(content: bytes, limit_bytes: int) -> None:
    check(judged(content), content, limit_bytes)


@pytest.mark.parametrize("whole", WHOLE[:13], ids=lambda whole: f"{sniff(whole)}-{len(whole)}")
def test_every_true_picture_stands_and_can_be_made_smaller(whole: bytes) -> None:
    facts = judged(whole)
    assert facts is not None
    assert facts.shape is not None
    check(facts, whole, len(whole) - 1)
    for cut in range(0, len(whole), 7):
        short = judged(whole[:cut])
        assert short is None or short.shape is None or whole[cut:].strip(b"\0") == b""


HARMLESS = {  # whole, and cheap to hold and to send as they are
    "20 MiB of EXIF in a png",
    "60 MiB of text in four bytes a letter",
    "a gif comment of 20 MiB",
    "a million frames of apng",
    "a packed profile of 64 MiB",
    "png that unpacks to 200 times its size",
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_refused_or_costs_nothing(name: str) -> None:
    """Nothing is timed here: what ought to be refused at its beginning takes minutes where it is not."""
    facts = judged(TRAPS[name]())
    if facts is not None:
        assert name in HARMLESS


def test_more_scans_than_any_encoder_makes_are_refused_before_a_pixel_is_drawn() -> None:
    progressive = encoded("JPEG", progressive=True)
    assert judged(progressive) is not None
    with pytest.raises(Broken, match="too many scans"):
        shape_of(TRAPS["a jpeg of 5,000 scans"](), "image/jpeg", MAX_PIXELS)


@tries(400)
@given(name=st.text(max_size=300), content_type=st.sampled_from(["image/png", "text/plain", "made/up"]))
@example(name="../../etc/passwd\0.png", content_type="image/png")
@example(name="CON", content_type="image/png")
@example(name="\u202egnp.exe", content_type="image/png")
def test_a_name_of_any_letters_becomes_a_plain_one(name: str, content_type: str) -> None:
    for made in (filename_for(name, content_type), plain_name(name)):
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,60}(\.[A-Za-z0-9]{1,5})?", made)


@tries(400)
@given(
    address=st.one_of(
        st.text(),
        st.builds(
            "{}{}{}{}".format,
            st.sampled_from(["https://", "http://", "//", "file://", "https:/", "HTTPS://"]),
            st.sampled_from(["cdn1.wiro.ai", "cdn1.wiro.ai.", "CDN1.WIRO.AI", "cdn1。wiro.ai", "evil.test"]),
            st.sampled_from(
                ["", ":443", ":80", ":0", "@evil.test", "%2f@evil.test", "\\@evil.test", "#@x", "?@x"]
            ),
            st.text(max_size=20),
        ),
    )
)
@example(address="https://cdn1.wiro.ai@evil.test/")
@example(address="https://evil.test\\@cdn1.wiro.ai/")
def test_only_a_listed_host_is_ever_asked(address: str) -> None:
    url = permitted(address, HOSTS)
    if url is not None:
        assert (url.scheme, url.host, url.port) == ("https", "cdn1.wiro.ai", 443)
        assert URL(str(url)).host == "cdn1.wiro.ai"
        assert "@" not in url.raw_authority
