"""Where files come from and what they turn out to be: unchanged, or refused in so many words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.domain.job.job import Output
from bot.domain.job.output_file import (
    OutputError,
    OutputFile,
    OutputHostRefused,
    OutputTooLarge,
    OutputUnavailable,
    OutputUnusable,
)
from bot.domain.request.errors import InputFault, InputRefused
from bot.domain.request.files import MAX_FILE_BYTES, InputFile
from bot.view.files import sources
from bot.view.files.sources import FileSources, checked
from tests.support.images import saved

T = TypeVar("T")

CDN = "https://cdn.discordapp.com/attachments/1/2/dog.png"
WIRO = "https://cdn1.wiro.ai/a/0.png"


def encoded(kind: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (6, 4), **how: Any) -> bytes:
    return saved(Image.new(mode, size), kind, **how)


PICTURE = encoded()


class Places:
    """Discord's CDN and Wiro's, as a test fills them."""

    def __init__(self) -> None:
        self.discord: dict[str, bytes | OutputError] = {}
        self.wiro: dict[str, bytes | OutputError | None] = {}
        self.asked: list[str] = []
        outputs: Any = SimpleNamespace(fetch=self._fetch)
        self.sources = FileSources(self, outputs)

    async def read(self, name: str, address: str, finish: Callable[[bytes], Awaitable[T]]) -> T:
        self.asked.append(address)
        found = self.discord.get(address, OutputUnavailable(name, "http 404"))
        if isinstance(found, OutputError):
            raise found
        return await finish(found)

    async def _fetch(self, output: Output) -> OutputFile:
        self.asked.append(output.url or "")
        found = self.wiro.get(output.url or "", OutputUnavailable(output.name, "http 404"))
        if isinstance(found, OutputError):
            raise found
        if found is None:
            await asyncio.Event().wait()  # as a CDN that never answers
        return OutputFile(output.name, output.content_type, found, output.url)


def an_attachment(name: str = "dog.png", size: int | None = None, **given: Any) -> InputFile:
    return InputFile("inputImage", CDN, name, "image/png", size, is_picture=True, **given)


def a_result(spare_url: str | None = None) -> InputFile:
    return InputFile("", WIRO, "0.png", "image/png", spare_url=spare_url, is_picture=True, is_output=True)


async def fault_of(fetching: Any) -> InputFault:
    with pytest.raises(InputRefused) as refused:
        await fetching
    return refused.value.fault


async def test_an_attachment_comes_from_discord_as_it_is() -> None:
    places = Places()
    places.discord[CDN] = PICTURE
    upload = await places.sources.fetch(an_attachment())
    assert (upload.parameter_id, upload.content, upload.content_type) == ("inputImage", PICTURE, "image/png")


async def test_more_than_wiro_takes_is_not_even_fetched() -> None:
    places = Places()
    places.discord[CDN] = PICTURE
    fetching = places.sources.fetch(an_attachment(size=MAX_FILE_BYTES + 1))
    assert await fault_of(fetching) is InputFault.TOO_LARGE
    assert places.asked == []


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (OutputUnavailable("dog.png", "http 404"), InputFault.UNAVAILABLE),
        (OutputHostRefused("dog.png", "http 302"), InputFault.UNAVAILABLE),
        (OutputUnusable("dog.png", "content encoding"), InputFault.UNAVAILABLE),
        (OutputTooLarge("dog.png", "more than 9 bytes"), InputFault.TOO_LARGE),
    ],
)
async def test_what_discord_does_not_give_is_told_as_such(error: OutputError, fault: InputFault) -> None:
    places = Places()
    places.discord[CDN] = error
    assert await fault_of(places.sources.fetch(an_attachment())) is fault


async def test_a_result_comes_from_wiro_first() -> None:
    places = Places()
    places.wiro[WIRO], places.discord[CDN] = PICTURE, encoded("JPEG")
    assert (await places.sources.fetch(a_result(CDN))).content == PICTURE
    assert places.asked == [WIRO]


async def test_a_result_that_wiro_cleared_away_comes_from_its_message() -> None:
    places = Places()
    places.discord[CDN] = encoded("JPEG")
    upload = await places.sources.fetch(a_result(CDN))
    assert (upload.content_type, places.asked) == ("image/jpeg", [WIRO, CDN])
    assert await fault_of(places.sources.fetch(a_result())) is InputFault.UNAVAILABLE


async def test_a_cdn_that_never_answers_is_left_for_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "SPARED_PATIENCE_S", 0.01)
    places = Places()
    places.wiro[WIRO], places.discord[CDN] = None, PICTURE
    assert (await places.sources.fetch(a_result(CDN))).content == PICTURE


async def test_a_result_that_is_no_picture_is_told_as_such() -> None:
    places = Places()
    places.wiro[WIRO] = OutputUnusable("0.png", "html")
    assert await fault_of(places.sources.fetch(a_result(CDN))) is InputFault.NOT_A_PICTURE


FRAMES = {"save_all": True, "append_images": [Image.new("RGB", (6, 4), "red")], "duration": 50}
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", InputFault.EMPTY),
        (b"some words", InputFault.NOT_A_PICTURE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", InputFault.NOT_A_PICTURE),
        (b"%PDF-1.7 and so on", InputFault.NOT_A_PICTURE),
        (bytes(64), InputFault.NOT_A_PICTURE),
        (PICTURE[:-9], InputFault.DAMAGED),
        (encoded("GIF", **FRAMES), InputFault.ANIMATED),
        (encoded("PNG", **FRAMES), InputFault.ANIMATED),
        (encoded("WEBP", **FRAMES), InputFault.ANIMATED),
        (encoded(mode="1", size=(8_000, 8_000)), InputFault.TOO_MANY_PIXELS),
    ],
)
def test_what_is_no_still_picture_is_refused(content: bytes, fault: InputFault) -> None:
    with pytest.raises(InputRefused) as refused:
        checked(an_attachment(), content)
    assert refused.value.fault is fault


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (PICTURE, "image/png"),
        (encoded("JPEG", mode="CMYK"), "image/jpeg"),
        (encoded(size=(1, 1)), "image/png"),
        (encoded("GIF", mode="P"), "image/gif"),
        (encoded("WEBP"), "image/webp"),
        (encoded(mode="I;16"), "image/png"),
        (HEIC, "image/heic"),
    ],
)
def test_a_still_picture_goes_in_unchanged(content: bytes, content_type: str) -> None:
    upload = checked(an_attachment("what.ever"), content)
    assert upload.content is content
    assert upload.content_type == content_type


def test_what_need_not_be_a_picture_may_be_anything() -> None:
    film = InputFile("inputFile", CDN, "sheet.csv", "text/csv")
    assert checked(film, b"a,b\n1,2\n").content == b"a,b\n1,2\n"
    moving = InputFile("inputVideo", CDN, "moving.gif", "image/gif")
    assert checked(moving, encoded("GIF", **FRAMES)).content_type == "image/gif"
    unknown = InputFile("inputFile", CDN, "box.obj", "model/obj")
    assert checked(unknown, b"\0\1\2 unheard of").content_type == "model/obj"


@given(st.binary(max_size=200), st.sampled_from([lambda b: b, lambda b: PICTURE[: len(b)] + b]))
def test_whatever_comes_is_unchanged_or_refused(content: bytes, mix: Callable[[bytes], bytes]) -> None:
    given_bytes = mix(content)
    try:
        upload = checked(an_attachment(), given_bytes)
    except InputRefused:
        return
    assert upload.content == given_bytes
